// Webhooks and what was sent for them, as they can be read. Secrets are no fields.
import { defineEntity, type Entity } from '../../query/entity.ts';

export const webhook: Entity = defineEntity({
  name: 'Webhook',
  plural: 'webhooks',
  singular: 'webhook',
  prefix: 'webhook',
  subject: 'webhooks',
  description: 'A stored subscription whose answers are sent to a URL, with the role of the credential that said it.',
  fields: [
    ...['name', 'url', 'document', 'variables', 'status', 'problem', 'problemDetail', 'ignoreOrigins', 'concurrency', 'timeoutMs'],
    ...['previousSecretUntil', 'failingSince', 'restingUntil', 'lastDeliveredAt', 'version', 'createdAt', 'updatedAt', 'archivedAt'],
  ],
  relations: {
    apiKey: { one: 'ApiKey', key: 'apiKeyId', description: 'The API key whose role it has; null where it is a user’s.' },
    user: { one: 'User', key: 'userId', description: 'The user whose role it has; null where it is an API key’s.' },
    deliveries: { many: 'WebhookDelivery', key: 'webhookId', description: 'What was sent for it; finished ones are kept 30 days.' },
  },
  added: ['cursor'],
  filters: { name: { column: 'name' }, createdAt: { column: 'createdAt' } },
  orders: { NAME: { column: 'name' }, CREATED_AT: { column: 'createdAt' } },
  defaultOrder: { field: 'CREATED_AT', direction: 'ASC' },
});

export const webhookDelivery: Entity = defineEntity({
  name: 'WebhookDelivery',
  singular: 'webhookDelivery',
  prefix: 'webhookdelivery',
  subject: 'webhooks',
  description: 'One message to a webhook’s receiver.',
  fields: [
    ...['kind', 'status', 'messageId', 'eventType', 'attempts', 'nextAttemptAt', 'lastStatusCode', 'lastError', 'finishedAt', 'createdAt'],
  ],
  relations: {
    webhook: { one: 'Webhook', key: 'webhookId', description: 'The webhook that it is for.' },
    replayOf: { one: 'WebhookDelivery', key: 'replayOfId', description: 'The delivery that it repeats.' },
    sent: { many: 'WebhookAttempt', key: 'deliveryId', description: 'Its attempts, the first first.' },
  },
  added: ['eventId', 'body'],
  filters: {
    status: { column: 'status' },
    kind: { column: 'kind' },
    eventType: { column: 'eventType' },
    createdAt: { column: 'createdAt' },
  },
  orders: { CREATED_AT: { column: 'createdAt' } },
  defaultOrder: { field: 'CREATED_AT', direction: 'DESC' },
});

export const webhookAttempt: Entity = defineEntity({
  name: 'WebhookAttempt',
  prefix: 'webhookattempt',
  subject: 'webhooks',
  description: 'One try to send a delivery.',
  fields: ['number', 'startedAt', 'durationMs', 'statusCode', 'error', 'requestHeaders'],
  added: ['responseHeaders', 'responseBody'],
  filters: { number: { column: 'number' } },
  orders: { NUMBER: { column: 'number' } },
  defaultOrder: { field: 'NUMBER', direction: 'ASC' },
});
