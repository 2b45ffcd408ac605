// What can be read of the ways of selling: pipelines and their stages.
import { defineEntity, type Entity } from '../../query/entity.ts';

const dates = ['version', 'createdAt', 'updatedAt', 'archivedAt'];

export const pipeline: Entity = defineEntity({
  name: 'Pipeline',
  plural: 'pipelines',
  singular: 'pipeline',
  prefix: 'pipeline',
  subject: 'pipelines',
  description: 'A way of selling: a row of stages that opportunities go through.',
  fields: ['key', 'name', 'description', 'position', 'isDefault', ...dates],
  relations: {
    stages: { many: 'PipelineStage', key: 'pipelineId', description: 'Its stages, in their order.' },
    opportunities: { many: 'Opportunity', key: 'pipelineId', description: 'The opportunities that go through it.' },
  },
  filters: { key: { column: 'key' }, name: { column: 'name' }, isDefault: { column: 'isDefault' } },
  orders: { POSITION: { column: 'position' }, KEY: { column: 'key' } },
  defaultOrder: { field: 'POSITION', direction: 'ASC' },
});

export const pipelineStage: Entity = defineEntity({
  name: 'PipelineStage',
  plural: 'pipelineStages',
  singular: 'pipelineStage',
  prefix: 'pipelinestage',
  subject: 'pipelines',
  description: 'A step of a pipeline: how likely an opportunity there is won, and what it must have to be there.',
  fields: [
    ...['key', 'name', 'description', 'position', 'probability', 'outcome', 'forecastCategory', 'requiredFields', 'stalledAfterDays'],
    ...dates,
  ],
  relations: {
    pipeline: { one: 'Pipeline', key: 'pipelineId', description: 'The pipeline it belongs to.' },
    opportunities: { many: 'Opportunity', key: 'stageId', description: 'The opportunities that stand there.' },
  },
  filters: {
    key: { column: 'key' },
    name: { column: 'name' },
    outcome: { column: 'outcome' },
    position: { column: 'position' },
    pipeline: { keyOf: 'pipelineId', entity: 'Pipeline', description: 'By the key of its pipeline.' },
  },
  orders: { POSITION: { column: 'position' } },
  defaultOrder: { field: 'POSITION', direction: 'ASC' },
});
