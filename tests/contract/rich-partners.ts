// The part of a rich workspace that is about partners: a message on a channel that is served, webhooks with what was sent
// for them, and events that a plugin failed at.
import sql from 'sql-template-tag';
import { insertRows } from '../../src/commands/rows.ts';
import type { Database } from '../../src/db/database.ts';
import { decodeAnyId, encodeId } from '../../src/graphql/ids.ts';
import { newId } from '../../src/lib/typeid.ts';
import { defineChannelProvider, messageSend, providerOf } from '../../src/modules/messages/index.ts';
import { webhookCreate, webhookReplay, webhookRotateSecret, webhookTest } from '../../src/modules/webhooks/index.ts';
import type { Done } from './rich-workspace.ts';

type Ref = { id: string };

/** Has a plugin serve the channel in this process; nothing is sent, since no worker runs. */
function serve(channelKey: string): void {
  if (providerOf(channelKey)) return;
  const settings = { provider: channelKey, addressKind: 'EMAIL', addressSystem: '', timeoutMs: 1000 } as const;
  defineChannelProvider({ ...settings, channelKey, send: () => Promise.reject(new Error('nothing is sent here')) });
}

type Sent = { key: string; vocabulary: string; word: string; customer: Ref };

/** A message to a customer, in the conversation of that key. */
export async function messageData(done: Done, { key, vocabulary, word, customer }: Sent): Promise<void> {
  serve(vocabulary);
  await done(messageSend as never, {
    customer,
    channel: vocabulary,
    subject: `${word} subject`,
    body: `${word} message`,
    html: `<p>${word}</p>`,
    conversation: { externalId: { system: key, value: key } },
    externalRef: { system: key, value: `${key}_message` },
  });
}

type Words = { workspaceId: string; key: string; word: string };

/** Webhooks, deliveries and failures of a plugin; answers what to name where. */
export async function partnerData(db: Database, done: Done, { workspaceId, key, word }: Words): Promise<Record<string, string>> {
  const said = {
    url: `https://${word}.example/${key}`,
    document: `subscription ${word} { customerCreated { id displayName } }`,
    variables: { [key]: word },
    ignoreOrigins: [key],
  };
  const webhook = async (name: string) => encodeId('Webhook', await done(webhookCreate as never, { ...said, name: `${word} ${name}` }));
  const stopped = await webhook('stopped');
  const id = await webhook('webhook');
  // As those who deliver would leave them: one at an end of the log that all of it is before, one stopped.
  await db.execute(sql`update webhooks set cursor = 1000000, last_delivered_at = now() where workspace_id = ${workspaceId}::uuid`);
  await db.execute(sql`update webhooks set status = 'DISABLED', problem = 'RECEIVER_FAILING', problem_detail = ${`${word} detail`},
    failing_since = now(), resting_until = now() where workspace_id = ${workspaceId}::uuid and id = ${uuidOf(stopped)}::uuid`);
  await done(webhookRotateSecret as never, { id });
  await done(webhookTest as never, { id });
  const delivery = await delivered(db, { workspaceId, key, word }, uuidOf(id));
  const replay = await done(webhookReplay as never, { delivery });
  await attempted(db, { workspaceId, word, key }, replay);
  await failed(db, { workspaceId, key, word });
  return { 'WebhookEnableInput.id': stopped, 'WebhookReplayInput.delivery': delivery };
}

const uuidOf = (id: string) => decodeAnyId(id)!.uuid;

/** The newest event of a customer that was made, which need not have come into the log yet. */
async function someEvent(db: Database, workspaceId: string): Promise<{ id: string; customerId: string }> {
  const [event] = await db.query<{ id: string; customerId: string }>(sql`select id, customer_id as "customerId" from event_inbox
    where workspace_id = ${workspaceId}::uuid and type = 'customer.created' order by position desc limit 1`);
  return event!;
}

async function delivered(db: Database, { workspaceId, key, word }: Words, webhookId: string): Promise<string> {
  const event = await someEvent(db, workspaceId);
  const id = newId();
  const of = { workspaceId, id, webhookId, kind: 'EVENT' as const, status: 'DELIVERED' as const };
  const about = { messageId: `msg_${key}`, eventSeq: 1n, eventId: event.id, eventType: 'customer.created', subjectKey: event.customerId };
  const now = new Date();
  await insertRows(db, 'WebhookDelivery', [
    { ...of, ...about, body: JSON.stringify({ data: word }), attempts: 1, lastStatusCode: 204, finishedAt: now, createdAt: now },
  ]);
  return encodeId('WebhookDelivery', id);
}

async function attempted(db: Database, { workspaceId, word }: Words, deliveryId: string): Promise<void> {
  const error = `${word} error`;
  await db.execute(sql`update webhook_deliveries set attempts = 1, last_status_code = 503, last_error = ${error}
    where workspace_id = ${workspaceId}::uuid and id = ${deliveryId}::uuid`);
  const headers = { 'x-word': word };
  await insertRows(db, 'WebhookAttempt', [
    {
      workspaceId,
      id: newId(),
      deliveryId,
      number: 1,
      startedAt: new Date(),
      durationMs: 7,
      statusCode: 503,
      error,
      ...answered(word, headers),
    },
  ]);
}

const answered = (word: string, headers: Record<string, string>) => ({
  requestHeaders: headers,
  responseHeaders: headers,
  responseBody: `${word} body`,
});

/** One event that was set aside and one that waits behind it. */
async function failed(db: Database, { workspaceId, key, word }: Words): Promise<void> {
  const { id: eventId, customerId: subjectKey } = await someEvent(db, workspaceId);
  const now = new Date();
  const of = { workspaceId, plugin: key, handler: `${word}_handler`, eventId, eventType: `${word}.happened`, subjectKey };
  const times = { error: `${word} failure`, createdAt: now, updatedAt: now };
  await insertRows(db, 'PluginFailure', [
    { ...of, ...times, id: newId(), eventSeq: 1n, attempts: 12, deadAt: now },
    { ...of, ...times, id: newId(), eventSeq: 2n, attempts: 0, nextAttemptAt: now },
  ]);
}
