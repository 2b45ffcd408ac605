// What can be read of territories.
import { defineEntity, type Entity } from '../../query/entity.ts';

export const territory: Entity = defineEntity({
  name: 'Territory',
  plural: 'territories',
  singular: 'territory',
  prefix: 'territory',
  subject: 'sales-rules',
  description: 'A part of the market, said by a rule about customers, and who sells there.',
  fields: ['key', 'name', 'description', 'position', 'strategy', 'strategyName', 'version', 'createdAt', 'updatedAt', 'archivedAt'],
  added: ['rule'],
  relations: {
    user: { one: 'User', key: 'userId', description: 'Who gets what comes from there, with the strategy USER.' },
    team: { one: 'Team', key: 'teamId', description: 'The team that gets what comes from there.' },
    leads: { many: 'Lead', key: 'territoryId', description: 'The leads that it assigned.' },
  },
  filters: {
    key: { column: 'key' },
    name: { column: 'name' },
    position: { column: 'position' },
    user: { id: 'userId', entity: 'User' },
    team: { id: 'teamId', entity: 'Team' },
  },
  orders: { POSITION: { column: 'position' }, KEY: { column: 'key' } },
  defaultOrder: { field: 'POSITION', direction: 'ASC' },
});
