// What can be read of customers, their identities, preferences and needs.
import sql from 'sql-template-tag';
import { defineEntity, type Entity } from '../../query/entity.ts';

const through = { kind: 'through', entity: 'Customer', key: 'customerId' } as const;

export const customer: Entity = defineEntity({
  name: 'Customer',
  plural: 'customers',
  prefix: 'customer',
  subject: 'customers',
  description: 'A person or an organisation: one record per real one, from first contact to advocate.',
  fields: [
    'kind',
    'displayName',
    'givenName',
    'familyName',
    'legalName',
    'partyRoles',
    'gender',
    'birthDate',
    'language',
    'timeZone',
    'country',
    'region',
    'city',
    'postalCode',
    'addressLine',
    'tags',
    'health',
    'stageSince',
    'attributes',
    'version',
    'createdAt',
    'updatedAt',
    'archivedAt',
  ],
  types: { country: 'CountryCode' },
  added: ['interactions', 'timeline', 'consents', 'leads'],
  relations: {
    owner: { one: 'User', key: 'ownerId', description: 'The user who looks after the customer.' },
    team: { one: 'Team', key: 'teamId', description: 'The team that looks after the customer.' },
    stage: { one: 'LifecycleStage', key: 'stageId', description: 'Where the customer stands in the lifecycle.' },
    identities: { many: 'Identity', key: 'customerId', description: 'The ways in which the customer is known.' },
    conversations: { many: 'Conversation', key: 'customerId', description: 'Threads of interactions.' },
    preferences: { many: 'Preference', key: 'customerId', description: 'What the customer likes.' },
    needs: { many: 'Need', key: 'customerId', description: 'What the customer lacks.' },
    transitions: { many: 'LifecycleTransition', key: 'customerId', description: 'The moves between lifecycle stages.' },
    opportunities: { many: 'Opportunity', key: 'customerId', description: 'The chances to sell to the customer.' },
    relationships: {
      many: 'Relationship',
      // Two subqueries, each on its own index, instead of an OR that neither serves.
      link: (c, parent, workspaceId) =>
        sql`${c('id')} in (select r.id from relationships r where r.workspace_id = ${workspaceId} and r.from_id = ${parent} union all select r.id from relationships r where r.workspace_id = ${workspaceId} and r.to_id = ${parent})`,
      description: 'Ties to other customers, in both directions.',
    },
    segments: {
      many: 'Segment',
      link: (c, parent, workspaceId) =>
        sql`${c('id')} in (select m.segment_id from segment_memberships m where m.workspace_id = ${workspaceId} and m.customer_id = ${parent} and m.left_at is null)`,
      over: { entity: 'SegmentMembership', tells: ['customer', 'segment', 'leftAt'] },
      description: 'The segments in which the customer is now.',
    },
    segmentMemberships: { many: 'SegmentMembership', key: 'customerId', description: 'Its stays in segments, present and past.' },
  },
  filters: {
    kind: { column: 'kind' },
    displayName: { column: 'displayName' },
    name: { search: 'displayName', description: 'Words anywhere in the name, whatever their case.' },
    partyRoles: { column: 'partyRoles' },
    country: { column: 'country' },
    tags: { column: 'tags' },
    health: { column: 'health' },
    owner: { id: 'ownerId', entity: 'User' },
    team: { id: 'teamId', entity: 'Team' },
    stage: { keyOf: 'stageId', entity: 'LifecycleStage', description: 'By the key of the lifecycle stage.' },
    createdAt: { column: 'createdAt' },
    updatedAt: { column: 'updatedAt' },
    identities: { listOf: 'Identity', by: 'customerId' },
    interactions: { listOf: 'Interaction', by: 'customerId', description: 'By the contacts with the customer.' },
    conversations: { listOf: 'Conversation', by: 'customerId' },
    preferences: { listOf: 'Preference', by: 'customerId' },
    needs: { listOf: 'Need', by: 'customerId' },
    transitions: { listOf: 'LifecycleTransition', by: 'customerId' },
    opportunities: { listOf: 'Opportunity', by: 'customerId', description: 'By the chances to sell to the customer.' },
    segmentMemberships: {
      listOf: 'SegmentMembership',
      by: 'customerId',
      description: 'By its stays in segments; those that go on have no `leftAt`.',
    },
  },
  attributes: 'Customer',
  orders: { CREATED_AT: { column: 'createdAt' }, UPDATED_AT: { column: 'updatedAt' }, DISPLAY_NAME: { column: 'displayName' } },
  defaultOrder: { field: 'CREATED_AT', direction: 'ASC' },
  scope: { kind: 'columns', owner: 'ownerId', team: 'teamId' },
});

export const identity: Entity = defineEntity({
  name: 'Identity',
  prefix: 'identity',
  subject: 'customers',
  description: 'One way a customer is known.',
  fields: ['kind', 'system', 'value', 'original', 'verified', 'primary', 'createdAt'],
  relations: { customer: { one: 'Customer', key: 'customerId', description: 'Whose it is.' } },
  filters: { kind: { column: 'kind' }, system: { column: 'system' }, value: { column: 'value' } },
  orders: { CREATED_AT: { column: 'createdAt' } },
  defaultOrder: { field: 'CREATED_AT', direction: 'ASC' },
  scope: through,
});

const knowledge = ['topic', 'value', 'basis', 'source', 'observedAt', 'version', 'createdAt', 'updatedAt', 'archivedAt'];
const knowledgeLists = {
  filters: { topic: { column: 'topic' }, basis: { column: 'basis' }, observedAt: { column: 'observedAt' } },
  orders: { OBSERVED_AT: { column: 'observedAt' } },
  defaultOrder: { field: 'OBSERVED_AT', direction: 'DESC' },
  relations: { customer: { one: 'Customer', key: 'customerId', description: 'Whose it is.' } },
  scope: through,
} as const;

export const preference: Entity = defineEntity({
  name: 'Preference',
  prefix: 'preference',
  subject: 'customers',
  description: 'What a customer likes, stated or inferred.',
  fields: knowledge,
  ...knowledgeLists,
});

export const need: Entity = defineEntity({
  name: 'Need',
  prefix: 'need',
  subject: 'customers',
  description: 'What a customer lacks, stated or inferred.',
  fields: [...knowledge, 'metAt'],
  ...knowledgeLists,
});
