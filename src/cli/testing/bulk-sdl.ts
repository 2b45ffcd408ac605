/** The bulk mutations and connections of the API as far as the commands use them. */
const bulk = (mutation: string, row: string): string => {
  const name = `${mutation[0]?.toUpperCase()}${mutation.slice(1)}`;
  return `
input ${name}Input { rows: [${row}!]! onError: OnError = ABORT dryRun: Boolean = false }
extend type Mutation { ${mutation}(input: ${name}Input!): BulkPayload! }`;
};

export const BULK_SDL = `
directive @idempotent(key: String!) on FIELD
scalar DateTime scalar Date scalar Decimal scalar CurrencyCode scalar CountryCode scalar JSON
enum OnError { ABORT SKIP }
enum BulkStatus { CREATED UPDATED UNCHANGED REJECTED }
enum IdentityKind { EMAIL PHONE SOCIAL WEB_VISITOR EXTERNAL }
enum CustomerKind { PERSON ORGANISATION }
enum InteractionDirection { INBOUND OUTBOUND }
enum AttributeEntity { CUSTOMER INTERACTION }
enum AttributeType { TEXT NUMBER BOOLEAN DATE DATE_TIME SELECT MULTI_SELECT }
type UserError { code: String! message: String! path: [String!]! }
type BulkResult { index: Int! status: BulkStatus! id: ID userErrors: [UserError!]! }
type BulkPayload { results: [BulkResult!]! created: Int! updated: Int! unchanged: Int! rejected: Int! userErrors: [UserError!]! }
input ExternalRefInput { system: String! value: String! }
input IdentityRefInput { kind: IdentityKind! system: String value: String! }
input CustomerRef @oneOf { id: ID identity: IdentityRefInput externalId: ExternalRefInput }
input UserRef @oneOf { id: ID externalId: ExternalRefInput email: String }
input TeamRef @oneOf { id: ID externalId: ExternalRefInput }
input MoneyInput { amount: Decimal! currency: CurrencyCode! }
input IdentityInput { kind: IdentityKind! system: String value: String! verified: Boolean primary: Boolean }
input CustomerUpsertRow {
  externalId: ExternalRefInput identities: [IdentityInput!] kind: CustomerKind displayName: String givenName: String
  familyName: String legalName: String partyRoles: [String!] gender: String birthDate: Date language: String timeZone: String
  country: CountryCode region: String city: String postalCode: String addressLine: String tags: [String!] owner: UserRef
  team: TeamRef stage: String attributes: JSON createdAt: DateTime
}
input InteractionRecordRow {
  customer: CustomerRef! kind: String! touchPoint: String channel: String direction: InteractionDirection! occurredAt: DateTime!
  externalRef: ExternalRefInput value: MoneyInput cost: MoneyInput subject: String body: String outcome: String sentiment: Float
  duration: Int user: UserRef attributes: JSON
}
input UserUpsertRow { externalId: ExternalRefInput! name: String! email: String role: String teams: [TeamRef!] }
input TeamUpsertRow { externalId: ExternalRefInput! name: String! lead: UserRef parent: TeamRef }
input RelationshipUpsertRow { kind: String! from: CustomerRef! to: CustomerRef! title: String since: Date until: Date externalRef: ExternalRefInput }
input AttributeDefinitionUpsertRow { entity: AttributeEntity! key: String! name: String! type: AttributeType! required: Boolean options: [String!] indexed: Boolean }
input ChannelUpsertRow { key: String! name: String! }
type Workspace { id: ID! }
type Viewer { workspace: Workspace! }
type Query { viewer: Viewer! }
type Mutation { noop: Boolean }
${bulk('customersUpsert', 'CustomerUpsertRow')}
${bulk('interactionsRecord', 'InteractionRecordRow')}
${bulk('usersUpsert', 'UserUpsertRow')}
${bulk('teamsUpsert', 'TeamUpsertRow')}
${bulk('relationshipsUpsert', 'RelationshipUpsertRow')}
${bulk('attributeDefinitionsUpsert', 'AttributeDefinitionUpsertRow')}
${bulk('channelsUpsert', 'ChannelUpsertRow')}
`;
