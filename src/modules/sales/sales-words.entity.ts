// The workspace's own words of selling: competitors, reasons to win or lose, and roles in an opportunity.
import { defineEntity, type Entity } from '../../query/entity.ts';

const dates = ['version', 'createdAt', 'updatedAt', 'archivedAt'];
const common = {
  filters: { key: { column: 'key' }, name: { column: 'name' } },
  orders: { KEY: { column: 'key' } },
  defaultOrder: { field: 'KEY', direction: 'ASC' },
} as const;

export const competitor: Entity = defineEntity({
  name: 'Competitor',
  plural: 'competitors',
  singular: 'competitor',
  prefix: 'competitor',
  subject: 'vocabularies',
  description: 'A company that wants to win the same opportunities.',
  fields: ['key', 'name', 'description', 'website', ...dates],
  ...common,
});

export const closeReason: Entity = defineEntity({
  name: 'CloseReason',
  plural: 'closeReasons',
  singular: 'closeReason',
  prefix: 'closereason',
  subject: 'vocabularies',
  description: 'Why opportunities are won or lost.',
  fields: ['key', 'name', 'description', 'outcome', ...dates],
  ...common,
  filters: { ...common.filters, outcome: { column: 'outcome' } },
});

export const opportunityRole: Entity = defineEntity({
  name: 'OpportunityRole',
  plural: 'opportunityRoles',
  singular: 'opportunityRole',
  prefix: 'opportunityrole',
  subject: 'vocabularies',
  description: 'In which role a customer takes part in an opportunity: buyer, decision maker …',
  fields: ['key', 'name', 'description', ...dates],
  ...common,
});
