// The rows of partners: webhooks with their deliveries and attempts, messages, and events that plugins failed at.
import sql from 'sql-template-tag';
import type { Filling } from './rows.ts';
import { moment, orNull, text, words } from './samples.ts';

const codes = [null, 'TIMEOUT', 'HTTP_500', 'REFUSED'];

export async function fillPartners(filling: Filling): Promise<void> {
  await fillWebhooks(filling);
  await fillMessages(filling);
  const { random, make, customerId } = filling;
  await make('PluginFailure', 30, (i) => ({
    plugin: random.pick(['loyalty', 'channel-email']),
    handler: random.pick(words),
    eventSeq: BigInt(i),
    eventId: random.uuid(i),
    eventType: random.pick(['customer.updated', 'interaction.recorded']),
    subjectKey: customerId(),
    attempts: random.int(0, 12),
    nextAttemptAt: orNull(random, moment(random)),
    deadAt: orNull(random, moment(random)),
    error: orNull(random, text(random)),
    createdAt: moment(random),
    updatedAt: moment(random),
  }));
}

async function fillWebhooks({ workspaceId, db, random, made, make, archivable, customerId }: Filling): Promise<void> {
  const keys = await db.query<{ id: string }>(
    sql`select id from api_keys where workspace_id = ${workspaceId}::uuid order by name, prefix, id`,
  );
  const webhooks = await make('Webhook', 8, (i) => {
    const status = random.pick(['ACTIVE', 'PAUSED', 'DISABLED']);
    const isStopped = status === 'DISABLED';
    const isOfUser = random.chance(0.5);
    return {
      name: text(random),
      url: `https://example.com/${random.pick(words)}`,
      document: 'subscription { customerCreated { id } }',
      variables: { word: text(random) },
      status,
      problem: isStopped ? random.pick(['RECEIVER_FAILING', 'CREDENTIAL_GONE', 'DOCUMENT_INVALID']) : null,
      problemDetail: isStopped ? text(random) : null,
      apiKeyId: isOfUser ? null : random.pick(keys).id,
      userId: isOfUser ? random.pick(made.User!).id : null,
      ignoreOrigins: random.some(['erp', 'shop', 'with,comma'], random.int(0, 2)),
      concurrency: random.int(1, 50),
      timeoutMs: 1000 * random.int(1, 60),
      secret: 'whsec_none',
      previousSecret: null,
      previousSecretUntil: orNull(random, moment(random)),
      // Beyond what a number of JSON holds.
      cursor: random.pick([0n, BigInt(i), 2n ** 53n + 1n, 2n ** 63n - 1n]),
      failingSince: orNull(random, moment(random)),
      restingUntil: orNull(random, moment(random)),
      lastDeliveredAt: orNull(random, moment(random)),
      ...archivable(),
    };
  });
  const delivery = (kinds: string[], replayOf: () => string | null) => (i: number) => ({
    webhookId: random.chance(0.3) ? webhooks[0]!.id : random.pick(webhooks).id,
    kind: random.pick(kinds),
    status: random.pick(['PENDING', 'DELIVERED', 'FAILED']),
    messageId: `msg_${random.int(0, 5)}`,
    eventSeq: BigInt(i),
    eventId: orNull(random, random.uuid(i)),
    eventType: random.pick(['customer.updated', 'webhook.test']),
    subjectKey: orNull(random, customerId()),
    body: '{}',
    attempts: random.int(0, 4),
    nextAttemptAt: orNull(random, moment(random)),
    lastStatusCode: orNull(random, random.pick([200, 410, 503])),
    lastError: random.pick(codes),
    replayOfId: replayOf(),
    finishedAt: orNull(random, moment(random)),
    createdAt: moment(random),
  });
  const first = await make(
    'WebhookDelivery',
    40,
    delivery(['EVENT', 'TEST'], () => null),
  );
  const again = await make(
    'WebhookDelivery',
    25,
    delivery(['REPLAY'], () => random.pick(first).id),
  );
  made.WebhookDelivery = [...first, ...again];
  const headers = () => ({ 'content-type': random.pick(['application/json', 'text/plain']), 'x-word': text(random) });
  await make('WebhookAttempt', 80, () => ({
    deliveryId: random.chance(0.2) ? first[0]!.id : random.pick(made.WebhookDelivery!).id,
    number: random.int(1, 4),
    startedAt: moment(random),
    durationMs: random.int(0, 60_000),
    statusCode: orNull(random, random.pick([200, 410, 503])),
    error: random.pick(codes),
    requestHeaders: headers(),
    responseHeaders: orNull(random, headers()),
    responseBody: orNull(random, text(random)),
  }));
}

async function fillMessages({ random, made, make, customerId, stamps }: Filling): Promise<void> {
  const carried = random.some(made.Interaction!, 70);
  await make('Message', carried.length, (i) => ({
    interactionId: carried[i]!.id,
    customerId: customerId(),
    channelId: carried[i]!.channelId,
    provider: random.pick(['channel-email', 'channel-webchat']),
    address: `mail${i % 7}@example.com`,
    html: orNull(random, text(random)),
    status: random.pick(['QUEUED', 'SENT', 'DELIVERED', 'BOUNCED', 'FAILED']),
    externalId: orNull(random, `x${i}`),
    attempts: random.int(0, 4),
    nextAttemptAt: orNull(random, moment(random)),
    error: orNull(random, text(random)),
    sentAt: orNull(random, moment(random)),
    settledAt: orNull(random, moment(random)),
    ...stamps(),
  }));
}
