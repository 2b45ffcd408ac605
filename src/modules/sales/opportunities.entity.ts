// What can be read of opportunities and their parts.
import { defineEntity, type Entity } from '../../query/entity.ts';

const through = { kind: 'through', entity: 'Opportunity', key: 'opportunityId' } as const;
const ofOpportunity = { one: 'Opportunity', key: 'opportunityId', description: 'The opportunity.' } as const;

export const opportunity: Entity = defineEntity({
  name: 'Opportunity',
  plural: 'opportunities',
  singular: 'opportunity',
  prefix: 'opportunity',
  subject: 'opportunities',
  description: 'A chance to sell something, on its way through a pipeline.',
  fields: [
    ...['name', 'status', 'baseAmount', 'probability', 'forecastCategory', 'expectedCloseOn', 'openedAt', 'closedAt', 'stageSince'],
    ...['closeNote', 'source', 'tags', 'version', 'createdAt', 'updatedAt', 'archivedAt'],
  ],
  added: ['secondsInStage', 'timeInStages', 'weightedValue', 'stalled', 'quotes', 'rule', 'lead'],
  money: {
    value: { amount: 'valueAmount', currency: 'valueCurrency', description: 'What it is worth; the sum of its lines where it has any.' },
  },
  externalRef: { field: 'externalRef', system: 'externalSystem', id: 'externalId', description: 'Its id in the system it came from.' },
  relations: {
    customer: { one: 'Customer', key: 'customerId', description: 'Who may buy; null where nobody is named or the role does not see them.' },
    pipeline: { one: 'Pipeline', key: 'pipelineId', description: 'The pipeline it goes through.' },
    stage: { one: 'PipelineStage', key: 'stageId', description: 'Where it stands.' },
    owner: { one: 'User', key: 'ownerId', description: 'The user who works on it.' },
    team: { one: 'Team', key: 'teamId', description: 'The team that works on it.' },
    closeReason: { one: 'CloseReason', key: 'closeReasonId', description: 'Why it was won or lost.' },
    lostTo: { one: 'Competitor', key: 'lostToId', description: 'Who won it instead.' },
    lines: { many: 'OpportunityLine', key: 'opportunityId', description: 'The products it is about.' },
    contacts: { many: 'OpportunityContact', key: 'opportunityId', description: 'The customers who take part, each in a role.' },
    competitors: { many: 'OpportunityCompetitor', key: 'opportunityId', description: 'Who else wants to win it.' },
    transitions: { many: 'OpportunityTransition', key: 'opportunityId', description: 'Its moves from stage to stage.' },
  },
  filters: {
    status: { column: 'status' },
    name: { search: 'name', description: 'Words anywhere in the name, whatever their case.' },
    pipeline: { keyOf: 'pipelineId', entity: 'Pipeline', description: 'By the key of its pipeline.' },
    stage: { keyOf: 'stageId', entity: 'PipelineStage', description: 'By the key of its stage, in any pipeline.' },
    owner: { id: 'ownerId', entity: 'User' },
    team: { id: 'teamId', entity: 'Team' },
    customer: { relation: 'Customer', key: 'customerId', description: 'By its customer.' },
    customerId: { id: 'customerId', entity: 'Customer', description: 'By the id of its customer.' },
    closeReason: { keyOf: 'closeReasonId', entity: 'CloseReason', description: 'By the key of why it ended.' },
    lostTo: { keyOf: 'lostToId', entity: 'Competitor', description: 'By the key of the competitor who won it.' },
    rule: { keyOf: 'ruleId', entity: 'OpportunityRule', description: 'By the key of the rule that made it.' },
    lead: { id: 'leadId', entity: 'Lead', description: 'By the id of the lead that it came from.' },
    valueAmount: { column: 'valueAmount' },
    baseAmount: { column: 'baseAmount' },
    expectedCloseOn: { column: 'expectedCloseOn' },
    openedAt: { column: 'openedAt' },
    closedAt: { column: 'closedAt' },
    stageSince: { column: 'stageSince' },
    createdAt: { column: 'createdAt' },
    updatedAt: { column: 'updatedAt' },
    forecastCategory: { column: 'forecastCategory' },
    source: { column: 'source' },
    tags: { column: 'tags' },
    externalSystem: { column: 'externalSystem' },
    externalId: { column: 'externalId' },
    lines: { listOf: 'OpportunityLine', by: 'opportunityId' },
    contacts: { listOf: 'OpportunityContact', by: 'opportunityId' },
    competitors: { listOf: 'OpportunityCompetitor', by: 'opportunityId' },
    transitions: { listOf: 'OpportunityTransition', by: 'opportunityId' },
  },
  orders: {
    CREATED_AT: { column: 'createdAt' },
    UPDATED_AT: { column: 'updatedAt' },
    CLOSED_AT: { column: 'closedAt' },
    EXPECTED_CLOSE_ON: { column: 'expectedCloseOn' },
    VALUE: { column: 'valueAmount', description: 'By the amount of its value, whatever the currency.' },
  },
  defaultOrder: { field: 'CREATED_AT', direction: 'DESC' },
  sums: { VALUE: 'value' },
  scope: { kind: 'columns', owner: 'ownerId', team: 'teamId' },
});

export const opportunityLine: Entity = defineEntity({
  name: 'OpportunityLine',
  prefix: 'opportunityline',
  subject: 'opportunities',
  description: 'A product that an opportunity is about. Amounts are in the currency of its value.',
  fields: ['position', 'description', 'quantity', 'unitAmount', 'discountPercent', 'amount', 'createdAt'],
  relations: { opportunity: ofOpportunity, product: { one: 'Product', key: 'productId', description: 'What is to be sold.' } },
  filters: { product: { keyOf: 'productId', entity: 'Product', description: 'By the key of the product.' } },
  orders: { POSITION: { column: 'position' } },
  defaultOrder: { field: 'POSITION', direction: 'ASC' },
  scope: through,
});

export const opportunityTransition: Entity = defineEntity({
  name: 'OpportunityTransition',
  prefix: 'opportunitytransition',
  subject: 'opportunities',
  description: 'One move of an opportunity from one stage to another.',
  fields: ['occurredAt', 'leftAt', 'reason', 'createdAt'],
  added: ['actor'],
  relations: {
    opportunity: ofOpportunity,
    from: { one: 'PipelineStage', key: 'fromId', description: 'The stage left; null for the first.' },
    to: { one: 'PipelineStage', key: 'toId', description: 'The stage entered.' },
  },
  filters: {
    from: { keyOf: 'fromId', entity: 'PipelineStage', description: 'By the key of the stage left.' },
    to: { keyOf: 'toId', entity: 'PipelineStage', description: 'By the key of the stage entered.' },
    occurredAt: { column: 'occurredAt' },
  },
  orders: { OCCURRED_AT: { column: 'occurredAt' } },
  defaultOrder: { field: 'OCCURRED_AT', direction: 'ASC' },
  scope: through,
});

export const opportunityContact: Entity = defineEntity({
  name: 'OpportunityContact',
  prefix: 'opportunitycontact',
  subject: 'opportunities',
  description: 'A customer who takes part in an opportunity, in a role.',
  fields: ['note', 'createdAt'],
  relations: {
    opportunity: ofOpportunity,
    customer: { one: 'Customer', key: 'customerId', description: 'Who takes part.' },
    role: { one: 'OpportunityRole', key: 'roleId', description: 'In which role.' },
  },
  filters: {
    role: { keyOf: 'roleId', entity: 'OpportunityRole', description: 'By the key of the role.' },
    customerId: { id: 'customerId', entity: 'Customer', description: 'By the id of the customer.' },
  },
  orders: { CREATED_AT: { column: 'createdAt' } },
  defaultOrder: { field: 'CREATED_AT', direction: 'ASC' },
  scope: through,
});

export const opportunityCompetitor: Entity = defineEntity({
  name: 'OpportunityCompetitor',
  prefix: 'opportunitycompetitor',
  subject: 'opportunities',
  description: 'A competitor who wants to win the same opportunity.',
  fields: ['note', 'createdAt'],
  relations: { opportunity: ofOpportunity, competitor: { one: 'Competitor', key: 'competitorId', description: 'Who it is.' } },
  filters: { competitor: { keyOf: 'competitorId', entity: 'Competitor', description: 'By the key of the competitor.' } },
  orders: { CREATED_AT: { column: 'createdAt' } },
  defaultOrder: { field: 'CREATED_AT', direction: 'ASC' },
  scope: through,
});
