// What can be read of the rules of the opportunity factory.
import { defineEntity, type Entity } from '../../query/entity.ts';

export const opportunityRule: Entity = defineEntity({
  name: 'OpportunityRule',
  plural: 'opportunityRules',
  singular: 'opportunityRule',
  prefix: 'opportunityrule',
  subject: 'sales-rules',
  description: 'Makes opportunities from signals: a rule of the opportunity factory.',
  fields: [
    ...['key', 'name', 'description', 'active', 'nameTemplate', 'strategy', 'strategyName', 'closeInDays', 'periodDays'],
    ...['nextRunOn', 'version', 'createdAt', 'updatedAt', 'archivedAt'],
  ],
  added: ['signal', 'condition', 'value', 'report'],
  relations: {
    pipeline: { one: 'Pipeline', key: 'pipelineId', description: 'The pipeline that its opportunities go through.' },
    stage: { one: 'PipelineStage', key: 'stageId', description: 'The stage in which they begin; the first open one, if none.' },
    product: { one: 'Product', key: 'productId', description: 'The product that they are about.' },
    user: { one: 'User', key: 'userId', description: 'The user who gets them, by the strategy USER.' },
    team: { one: 'Team', key: 'teamId', description: 'The team that gets them, by the strategies TEAM and ROUND_ROBIN.' },
    opportunities: { many: 'Opportunity', key: 'ruleId', description: 'The opportunities that it made.' },
  },
  filters: {
    key: { column: 'key' },
    name: { column: 'name' },
    active: { column: 'active' },
    signal: { column: 'signal', description: 'By the kind of signal.' },
    pipeline: { keyOf: 'pipelineId', entity: 'Pipeline', description: 'By the key of its pipeline.' },
  },
  orders: { KEY: { column: 'key' } },
  defaultOrder: { field: 'KEY', direction: 'ASC' },
});
