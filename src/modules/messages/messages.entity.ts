// What can be read of messages.
import { defineEntity, type Entity } from '../../query/entity.ts';

export const message: Entity = defineEntity({
  name: 'Message',
  plural: 'messages',
  singular: 'message',
  prefix: 'message',
  subject: 'messages',
  description: 'An outbound message on its way to a customer: an interaction, and how far it is.',
  fields: [
    ...['status', 'provider', 'address', 'html', 'externalId', 'attempts', 'nextAttemptAt', 'error', 'sentAt', 'settledAt'],
    ...['version', 'createdAt', 'updatedAt'],
  ],
  relations: {
    interaction: { one: 'Interaction', key: 'interactionId', description: 'What it says, as an interaction.' },
    customer: { one: 'Customer', key: 'customerId', description: 'To whom.' },
    channel: { one: 'Channel', key: 'channelId', description: 'By which channel.' },
  },
  filters: {
    status: { column: 'status' },
    channel: { keyOf: 'channelId', entity: 'Channel', description: 'By the key of its channel.' },
    customer: { id: 'customerId', entity: 'Customer' },
    createdAt: { column: 'createdAt' },
  },
  orders: { CREATED_AT: { column: 'createdAt' } },
  defaultOrder: { field: 'CREATED_AT', direction: 'DESC' },
  scope: { kind: 'through', entity: 'Customer', key: 'customerId' },
});
