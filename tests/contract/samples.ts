// Values for what a call needs beside the one that is tried: they name what the caller's own workspace has.
import { type GraphQLInputType, getNullableType, isEnumType, isInputObjectType, isListType, isRequiredInputField } from 'graphql';
import { allEntities } from '../../src/query/entity.ts';
import { someRule } from './rich-sales.ts';
import type { RichWorkspace } from './rich-workspace.ts';

const scalars: Record<string, unknown> = {
  Int: 1,
  Float: 0.5,
  Boolean: true,
  DateTime: '2026-01-05T10:00:00Z',
  Date: '2026-01-05',
  Decimal: '1',
  CurrencyCode: 'GBP',
  CountryCode: 'GB',
  JSON: {},
};
const enums: Record<string, string> = { IdentityKind: 'EXTERNAL', SegmentKind: 'STATIC', SegmentationKind: 'TACTICAL' };
/** Texts that are neither names nor keys. */
const texts: Record<string, string> = {
  'RoleCreateInput.permissions': 'customers:read',
  'RowScopeRuleInput.subject': 'customers',
  'CustomerEraseInput.confirm': 'erase',
  'OpportunityRuleCreateInput.nameTemplate': '{customer}',
  'WebhookCreateInput.url': 'https://fresh.example',
  'WebhookCreateInput.document': 'subscription { customerCreated { id } }',
  'WebhookReplayRange.after': Buffer.from('event:0').toString('base64url'),
};

/** Ends of periods, which come after their beginnings, and days that must begin one. */
const moments: Record<string, string> = {
  'lifecycleFunnel.to': '2090-01-01T00:00:00Z',
  'membersAt.at': '2090-01-01T00:00:00Z',
  'salesPerformance.to': '2030-01-01',
  'SalesTargetCreateInput.startsOn': '2030-03-01',
  'SalesTargetUpsertRow.startsOn': '2030-03-01',
};

/** A value that is in order for `own`. Throws where it does not know what an ID names. */
export function sampleOf(type: GraphQLInputType, place: string, own: RichWorkspace): unknown {
  const bare = getNullableType(type);
  if (isInputObjectType(bare) && bare.name === 'SegmentRuleInput') return someRule;
  if (isInputObjectType(bare) && bare.name === 'OpportunitySignalInput') return { interaction: { kind: own.key } };
  // Nobody is tied to himself.
  if (/^Relationship\w+\.to$/.test(place)) return { id: own.otherCustomer };
  if (isListType(bare)) return [sampleOf(bare.ofType, place, own)];
  if (isInputObjectType(bare)) {
    const fields = Object.values(bare.getFields());
    if (bare.isOneOf) return { [fields[0]!.name]: sampleOf(fields[0]!.type, `${bare.name}.${fields[0]!.name}`, own) };
    const required = fields.filter(isRequiredInputField);
    const made = Object.fromEntries(required.map((field) => [field.name, sampleOf(field.type, `${bare.name}.${field.name}`, own)]));
    return withCompanions(bare.name, '', made, own);
  }
  if (place in moments) return moments[place];
  if (isEnumType(bare)) return enums[bare.name] ?? bare.getValues()[0]!.name;
  if (bare.name === 'ID') return own.fitting[place] ?? own.ids[entityOfPlace(place)];
  if (bare.name === 'String') return textFor(place, own);
  if (!(bare.name in scalars)) throw new Error(`no value for the scalar ${bare.name} at ${place}`);
  return scalars[bare.name];
}

function textFor(place: string, own: RichWorkspace): string {
  return texts[place] ?? (/CreateInput\.key$/.test(place) ? 'fresh' : own.key);
}

/** `CustomerUpdateInput.id` names a Customer, and so do `CustomerRef.id` and `customerChanged.id`. */
function entityOfPlace(place: string): string {
  const names = allEntities().map((entity) => entity.name as string);
  const found = names.filter((name) => place.toLowerCase().startsWith(name.toLowerCase()) && /^\w*\.id$/.test(place.slice(name.length)));
  const last = place.split('.').at(-1)!;
  const longest = found.sort((a, b) => b.length - a.length)[0] ?? names.find((name) => name.toLowerCase() === last);
  if (!longest) throw new Error(`what ${place} names is not known: say it in tests/contract/samples.ts`);
  return longest;
}

const ruleOwner = ({ ids }: RichWorkspace) => ({ user: { id: ids.User } });
/** What a rule compares is said, unless that is what is tried. */
const measured = (_own: RichWorkspace, given: string) =>
  ['count', 'sum', 'average', 'last', 'first', 'distinct'].includes(given) ? {} : { count: { gte: 0 } };

/** Fields that are optional by themselves, but one of several must be given. */
const companions: Record<string, (own: RichWorkspace, given: string) => Record<string, unknown>> = {
  InteractionRecordInput: ({ key }) => ({ channel: key, subject: 'Fresh' }),
  InteractionRecordRow: ({ key }) => ({ channel: key, subject: 'Fresh' }),
  CustomerCreateInput: () => ({ displayName: 'Fresh' }),
  CustomerUpsertRow: ({ key }, given) => ({
    city: 'Fresh',
    ...(given !== 'identities' && { externalId: { system: key, value: key } }),
  }),
  RelationshipUpsertRow: () => ({ title: 'Fresh' }),
  UserUpsertRow: ({ key }, given) => (given === 'email' ? {} : { externalId: { system: key, value: key } }),
  IdentityRefInput: ({ key }) => ({ system: key }),
  IdentityInput: ({ key }) => ({ system: key }),
  ...Object.fromEntries(
    ['OpportunityRuleCreateInput', 'OpportunityRuleUpsertRow', 'TerritoryCreateInput', 'TerritoryUpsertRow'].map((type) => [
      type,
      ruleOwner,
    ]),
  ),
  RuleInteractionsInput: measured,
  RuleOpportunitiesInput: measured,
  QuoteLineInput: ({ key }) => ({ product: key, quantity: '1', unitAmount: '1' }),
  ParticipantInput: ({ ids }, given) => (given === 'customer' || given === 'user' ? {} : { user: { id: ids.User } }),
};

/** Adds what a call cannot do without, unless it is given. */
export function withCompanions(type: string, given: string, made: Record<string, unknown>, own: RichWorkspace): Record<string, unknown> {
  return { ...companions[type]?.(own, given), ...made };
}
