// What can be read of interactions, their participants and conversations.
import { defineEntity, type Entity } from '../../query/entity.ts';

const through = { kind: 'through', entity: 'Customer', key: 'customerId' } as const;

export const interaction: Entity = defineEntity({
  name: 'Interaction',
  plural: 'interactions',
  singular: 'interaction',
  prefix: 'interaction',
  subject: 'interactions',
  description: 'One contact between a customer and the company, inbound or outbound, on any channel.',
  fields: [
    'direction',
    'occurredAt',
    'subject',
    'body',
    'outcome',
    'sentiment',
    'duration',
    'attributes',
    'version',
    'createdAt',
    'updatedAt',
  ],
  money: {
    value: {
      amount: 'valueAmount',
      currency: 'valueCurrency',
      description: 'What the contact was worth; negative where it took value back.',
    },
    cost: { amount: 'costAmount', currency: 'costCurrency', description: 'What the contact cost the company.' },
  },
  externalRef: { field: 'externalRef', system: 'externalSystem', id: 'externalId', description: 'Its id in the system it came from.' },
  relations: {
    customer: { one: 'Customer', key: 'customerId', description: 'With whom.' },
    touchPoint: { one: 'TouchPoint', key: 'touchPointId', description: 'Where customer and company met.' },
    channel: { one: 'Channel', key: 'channelId', description: 'By which channel.' },
    kind: { one: 'InteractionKind', key: 'kindId', description: 'What kind of contact it was.' },
    conversation: { one: 'Conversation', key: 'conversationId', description: 'The thread it belongs to.' },
    user: { one: 'User', key: 'userId', description: 'The user who acted for the company.' },
    participants: { many: 'InteractionParticipant', key: 'interactionId', description: 'Who else took part.' },
  },
  filters: {
    customer: { relation: 'Customer', key: 'customerId', description: 'By its customer.' },
    customerId: { id: 'customerId', entity: 'Customer', description: 'By the id of its customer.' },
    kind: { keyOf: 'kindId', entity: 'InteractionKind', description: 'By the key of its kind.' },
    channel: { keyOf: 'channelId', entity: 'Channel', description: 'By the key of its channel.' },
    touchPoint: { keyOf: 'touchPointId', entity: 'TouchPoint', description: 'By the key of its touch point.' },
    conversation: { id: 'conversationId', entity: 'Conversation' },
    user: { id: 'userId', entity: 'User' },
    direction: { column: 'direction' },
    occurredAt: { column: 'occurredAt' },
    createdAt: { column: 'createdAt' },
    externalSystem: { column: 'externalSystem' },
    externalId: { column: 'externalId' },
    sentiment: { column: 'sentiment' },
    valueAmount: { column: 'valueAmount' },
    participants: { listOf: 'InteractionParticipant', by: 'interactionId' },
  },
  attributes: 'Interaction',
  orders: { OCCURRED_AT: { column: 'occurredAt' }, CREATED_AT: { column: 'createdAt' } },
  defaultOrder: { field: 'OCCURRED_AT', direction: 'DESC' },
  sums: { VALUE: 'value', COST: 'cost' },
  scope: through,
});

export const participant: Entity = defineEntity({
  name: 'InteractionParticipant',
  prefix: 'participant',
  subject: 'interactions',
  description: 'Somebody else who took part in an interaction.',
  fields: ['role', 'createdAt'],
  relations: {
    interaction: { one: 'Interaction', key: 'interactionId', description: 'The interaction.' },
    customer: { one: 'Customer', key: 'customerId', description: 'The customer who took part.' },
    user: { one: 'User', key: 'userId', description: 'The user who took part.' },
  },
  filters: { role: { column: 'role' } },
  orders: { ID: { column: 'id' } },
  defaultOrder: { field: 'ID', direction: 'ASC' },
  scope: { kind: 'through', entity: 'Interaction', key: 'interactionId' },
});

export const conversation: Entity = defineEntity({
  name: 'Conversation',
  plural: 'conversations',
  singular: 'conversation',
  prefix: 'conversation',
  subject: 'conversations',
  description: 'A thread of interactions about one matter.',
  fields: ['subject', 'status', 'closedAt', 'version', 'createdAt', 'updatedAt'],
  externalRef: { field: 'externalRef', system: 'externalSystem', id: 'externalId', description: 'Its id in the system it came from.' },
  relations: {
    customer: { one: 'Customer', key: 'customerId', description: 'With whom.' },
    channel: { one: 'Channel', key: 'channelId', description: 'The channel on which it began.' },
    interactions: { many: 'Interaction', key: 'conversationId', description: 'What was said, newest first.' },
  },
  filters: {
    status: { column: 'status' },
    customer: { id: 'customerId', entity: 'Customer' },
    channel: { keyOf: 'channelId', entity: 'Channel' },
    createdAt: { column: 'createdAt' },
    interactions: { listOf: 'Interaction', by: 'conversationId' },
  },
  orders: { CREATED_AT: { column: 'createdAt' } },
  defaultOrder: { field: 'CREATED_AT', direction: 'DESC' },
  scope: through,
});
