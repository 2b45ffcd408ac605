// What can be read of the touch-point map.
import { defineEntity, type Entity } from '../../query/entity.ts';

export const touchPoint: Entity = defineEntity({
  name: 'TouchPoint',
  plural: 'touchPoints',
  singular: 'touchPoint',
  prefix: 'touchpoint',
  subject: 'touch-points',
  description: 'A place where customer and company meet: a channel, a moment of the lifecycle and a department.',
  fields: ['key', 'name', 'purpose', 'monthlyTarget', 'version', 'createdAt', 'updatedAt', 'archivedAt'],
  added: ['figures'],
  money: { cost: { amount: 'costAmount', currency: 'costCurrency', description: 'What one contact there is planned to cost.' } },
  relations: {
    channel: { one: 'Channel', key: 'channelId', description: 'By which channel.' },
    stage: { one: 'LifecycleStage', key: 'stageId', description: 'At which moment of the lifecycle.' },
    department: { one: 'Team', key: 'departmentId', description: 'The team responsible for it.' },
    interactions: { many: 'Interaction', key: 'touchPointId', description: 'The contacts that happened there.' },
  },
  filters: {
    key: { column: 'key' },
    name: { column: 'name' },
    channel: { keyOf: 'channelId', entity: 'Channel', description: 'By the key of its channel.' },
    stage: { keyOf: 'stageId', entity: 'LifecycleStage', description: 'By the key of its lifecycle stage.' },
    department: { id: 'departmentId', entity: 'Team' },
  },
  orders: { KEY: { column: 'key' } },
  defaultOrder: { field: 'KEY', direction: 'ASC' },
});
