// What can be read of sales targets.
import { defineEntity, type Entity } from '../../query/entity.ts';

export const salesTarget: Entity = defineEntity({
  name: 'SalesTarget',
  plural: 'salesTargets',
  singular: 'salesTarget',
  prefix: 'salestarget',
  subject: 'targets',
  description: 'How much is to be won in a period, by a user, a team or everyone, in the currency of the workspace.',
  fields: ['period', 'startsOn', 'amount', 'version', 'createdAt', 'updatedAt', 'archivedAt'],
  relations: {
    owner: { one: 'User', key: 'ownerId', description: 'The user whose target it is.' },
    team: { one: 'Team', key: 'teamId', description: 'The team whose target it is.' },
    pipeline: { one: 'Pipeline', key: 'pipelineId', description: 'The pipeline in which it is to be won; any, if none.' },
  },
  filters: {
    period: { column: 'period' },
    startsOn: { column: 'startsOn' },
    owner: { id: 'ownerId', entity: 'User' },
    team: { id: 'teamId', entity: 'Team' },
    pipeline: { keyOf: 'pipelineId', entity: 'Pipeline', description: 'By the key of its pipeline.' },
  },
  orders: { STARTS_ON: { column: 'startsOn' } },
  defaultOrder: { field: 'STARTS_ON', direction: 'DESC' },
});
