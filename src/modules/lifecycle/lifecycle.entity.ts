// What can be read of the lifecycle: its stages, and the moves of customers between them.
import sql from 'sql-template-tag';
import { defineEntity, type Entity, entityNamed } from '../../query/entity.ts';
import { mayRead } from '../../query/policy.ts';

export const lifecycleStage: Entity = defineEntity({
  name: 'LifecycleStage',
  plural: 'lifecycleStages',
  singular: 'lifecycleStage',
  prefix: 'lifecyclestage',
  subject: 'lifecycle',
  description: "A step on a customer's way from prospect to advocate.",
  fields: ['key', 'name', 'description', 'position', 'returnable', 'version', 'createdAt', 'updatedAt', 'archivedAt'],
  added: ['rule'],
  relations: {
    team: { one: 'Team', key: 'teamId', description: 'The team in charge of customers there.' },
    customers: { many: 'Customer', key: 'stageId', description: 'The customers who stand there.' },
  },
  filters: { key: { column: 'key' }, name: { column: 'name' }, position: { column: 'position' }, team: { id: 'teamId', entity: 'Team' } },
  orders: { POSITION: { column: 'position' }, KEY: { column: 'key' } },
  defaultOrder: { field: 'POSITION', direction: 'ASC' },
});

export const lifecycleTransition: Entity = defineEntity({
  name: 'LifecycleTransition',
  prefix: 'lifecycletransition',
  subject: 'lifecycle',
  description: 'One move of a customer from one lifecycle stage to another.',
  fields: ['occurredAt', 'reason', 'automatic', 'createdAt'],
  relations: {
    customer: { one: 'Customer', key: 'customerId', description: 'Who moved.' },
    from: { one: 'LifecycleStage', key: 'fromId', description: 'The stage left; null for the first entry.' },
    to: { one: 'LifecycleStage', key: 'toId', description: 'The stage entered.' },
  },
  filters: {
    from: { keyOf: 'fromId', entity: 'LifecycleStage', description: 'By the key of the stage left.' },
    to: { keyOf: 'toId', entity: 'LifecycleStage', description: 'By the key of the stage entered.' },
    occurredAt: { column: 'occurredAt' },
    automatic: { column: 'automatic' },
  },
  orders: { OCCURRED_AT: { column: 'occurredAt' } },
  defaultOrder: { field: 'OCCURRED_AT', direction: 'DESC' },
  scope: { kind: 'through', entity: 'Customer', key: 'customerId' },
  // It tells about a customer: stages alone may be read by those who may read none.
  visible: (_c, viewer) => (mayRead(viewer, entityNamed('Customer')) ? null : sql`false`),
});

export const healthRule: Entity = defineEntity({
  name: 'HealthRule',
  plural: 'healthRules',
  prefix: 'healthrule',
  subject: 'lifecycle',
  description: 'When customers count as healthy or at risk, apart from their stage.',
  fields: ['health', 'version', 'createdAt', 'updatedAt'],
  added: ['rule'],
  filters: { health: { column: 'health' } },
  orders: { HEALTH: { column: 'health' } },
  defaultOrder: { field: 'HEALTH', direction: 'ASC' },
});
