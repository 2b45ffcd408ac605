// What can be read of leads, where they come from and how they are scored.
import { defineEntity, type Entity } from '../../query/entity.ts';

const dates = ['version', 'createdAt', 'updatedAt', 'archivedAt'];
const keyed = {
  filters: { key: { column: 'key' }, name: { column: 'name' } },
  orders: { KEY: { column: 'key' } },
  defaultOrder: { field: 'KEY', direction: 'ASC' },
} as const;

export const leadSource: Entity = defineEntity({
  name: 'LeadSource',
  plural: 'leadSources',
  singular: 'leadSource',
  prefix: 'leadsource',
  subject: 'vocabularies',
  description: 'Where leads come from: a form, a fair, a recommendation …',
  fields: ['key', 'name', 'description', ...dates],
  ...keyed,
});

export const leadCriterion: Entity = defineEntity({
  name: 'LeadCriterion',
  plural: 'leadCriteria',
  singular: 'leadCriterion',
  prefix: 'leadcriterion',
  subject: 'sales-rules',
  description: 'Something that makes a lead more or less promising: a rule about its customer, and its points.',
  fields: ['key', 'name', 'description', 'points', 'strategy', ...dates],
  added: ['rule'],
  ...keyed,
});

export const lead: Entity = defineEntity({
  name: 'Lead',
  plural: 'leads',
  singular: 'lead',
  prefix: 'lead',
  subject: 'leads',
  description: 'An expression of interest by a customer, with its source and score.',
  fields: ['status', 'interest', 'message', 'score', 'capturedAt', 'convertedAt', 'closeNote', ...dates],
  externalRef: { field: 'externalRef', system: 'externalSystem', id: 'externalId', description: 'Its id in the system it came from.' },
  relations: {
    customer: { one: 'Customer', key: 'customerId', description: 'Who is interested.' },
    source: { one: 'LeadSource', key: 'sourceId', description: 'Where it came from.' },
    owner: { one: 'User', key: 'ownerId', description: 'The user who follows it up.' },
    team: { one: 'Team', key: 'teamId', description: 'The team that follows it up.' },
    territory: { one: 'Territory', key: 'territoryId', description: 'The territory that assigned it.' },
    product: { one: 'Product', key: 'productId', description: 'The product that the customer is interested in.' },
    points: { many: 'LeadPoints', key: 'leadId', description: 'What its score is made of.' },
    opportunities: { many: 'Opportunity', key: 'leadId', description: 'What it became.' },
    consents: { many: 'Consent', key: 'leadId', description: 'What the customer agreed to with it.' },
  },
  filters: {
    status: { column: 'status' },
    score: { column: 'score' },
    capturedAt: { column: 'capturedAt' },
    source: { keyOf: 'sourceId', entity: 'LeadSource', description: 'By the key of its source.' },
    product: { keyOf: 'productId', entity: 'Product', description: 'By the key of its product.' },
    territory: { keyOf: 'territoryId', entity: 'Territory', description: 'By the key of its territory.' },
    owner: { id: 'ownerId', entity: 'User' },
    team: { id: 'teamId', entity: 'Team' },
    customer: { relation: 'Customer', key: 'customerId', description: 'By its customer.' },
    externalSystem: { column: 'externalSystem' },
    externalId: { column: 'externalId' },
    points: { listOf: 'LeadPoints', by: 'leadId' },
  },
  orders: { CAPTURED_AT: { column: 'capturedAt' }, SCORE: { column: 'score' } },
  defaultOrder: { field: 'CAPTURED_AT', direction: 'DESC' },
  scope: { kind: 'columns', owner: 'ownerId', team: 'teamId' },
});

export const leadPoints: Entity = defineEntity({
  name: 'LeadPoints',
  prefix: 'leadpoints',
  subject: 'leads',
  description: 'The points that a criterion gives a lead.',
  fields: ['points', 'createdAt'],
  relations: {
    lead: { one: 'Lead', key: 'leadId', description: 'The lead.' },
    criterion: { one: 'LeadCriterion', key: 'criterionId', description: 'The criterion that holds.' },
  },
  filters: { criterion: { keyOf: 'criterionId', entity: 'LeadCriterion', description: 'By the key of the criterion.' } },
  orders: { ID: { column: 'id' } },
  defaultOrder: { field: 'ID', direction: 'ASC' },
  scope: { kind: 'through', entity: 'Lead', key: 'leadId' },
});
