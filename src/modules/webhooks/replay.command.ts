// Sending again: one delivery as it was, or a range of the log as it looks now.
import sql from 'sql-template-tag';
import { z } from 'zod';
import { viewerOfCredential } from '../../auth/credential.ts';
import { type CommandContext, defineCommand } from '../../commands/command.ts';
import { id, input, oneOfInput, text } from '../../commands/fields.ts';
import { insertRows, lockRow, notFound } from '../../commands/rows.ts';
import { reject } from '../../commands/user-errors.ts';
import type { WebhookDeliveryRow, WebhookRow } from '../../db/models.ts';
import { decodeCursor, EventCursorError, type EventFilter, type EventRow, eventsSql, readEvents } from '../../events/index.ts';
import { newId } from '../../lib/typeid.ts';
import { ERASED_BODY, makesBodies } from './erase.ts';
import { messageIdOf } from './message-id.ts';
import { openWebhook, renderEvents } from './render.ts';
import { assertRoom, emitWebhook, lockWebhook } from './target.ts';

/** The most events of the log that one call looks at. */
export const MOST_REPLAYED = 10_000;
const BATCH = 200;

const cursor = (description: string) => text(description, 100);
const range = input('WebhookReplayRange', 'A range of the log.', {
  webhook: id('Webhook', 'The webhook.'),
  after: cursor('Events after this place: a cursor of Query.events or a feed.'),
  before: cursor('Events before this place; unless told, all that the webhook has come past.').nullish(),
  types: z.array(text('A type of event.', 100)).max(50, 'At most 50 types.').nullish().meta({ description: 'Only events of these types.' }),
});

type Range = z.output<typeof range>;
type Replayed = { id: string | null; count: number };

export const webhookReplay = defineCommand({
  name: 'webhookReplay',
  description:
    'Sends again, under the same `webhook-id`: a delivery with the body it had, or the events of a range, 10,000 at most, as the webhook sees them now.',
  permission: 'webhooks:write',
  input: oneOfInput('WebhookReplayInput', 'What is sent again.', {
    delivery: id('WebhookDelivery', 'One delivery.').nullish(),
    range: range.nullish(),
  }),
  run: async (ctx, { delivery, range: asked }): Promise<Replayed> => {
    if ((delivery == null) === (asked == null)) reject('ONE_OF_INVALID', 'Give a delivery or a range.', []);
    await makesBodies(ctx.tx, ctx.workspaceId);
    return delivery != null ? replayDelivery(ctx, delivery) : replayRange(ctx, asked!);
  },
});

async function replayDelivery(ctx: CommandContext, wanted: string): Promise<Replayed> {
  // The webhook is locked first, as by all others.
  const [named] = await ctx.tx.query<{ webhookId: string }>(sql`select webhook_id as "webhookId" from webhook_deliveries
    where workspace_id = ${ctx.workspaceId}::uuid and id = ${wanted}::uuid`);
  const webhook = named && (await lockWebhook(ctx, { id: named.webhookId }, ['delivery']));
  const found = webhook && (await lockRow(ctx, 'WebhookDelivery', wanted));
  if (!found) return notFound('WebhookDelivery', ['delivery']);
  if (found.body === ERASED_BODY) reject('DELIVERY_ERASED', 'The person whom it was about was erased.', ['delivery']);
  await assertRoom(ctx, webhook.id, ['delivery']);
  const { messageId, eventSeq, eventId, eventType, subjectKey, body } = found;
  const replayOfId = found.replayOfId ?? found.id;
  const row = replayOf(ctx, webhook, { messageId, eventSeq, eventId, eventType, subjectKey, body, replayOfId });
  await insertRows(ctx.tx, 'WebhookDelivery', [row]);
  emitWebhook(ctx, 'replayed', webhook.id, { deliveries: 1 });
  return { id: row.id, count: 1 };
}

type Repeated = Pick<WebhookDeliveryRow, 'messageId' | 'eventSeq' | 'eventId' | 'eventType' | 'subjectKey' | 'body' | 'replayOfId'>;

function replayOf(ctx: CommandContext, webhook: WebhookRow, what: Repeated) {
  const { workspaceId, now } = ctx;
  return { workspaceId, id: newId(), webhookId: webhook.id, kind: 'REPLAY' as const, nextAttemptAt: now, ...what };
}

async function replayRange(ctx: CommandContext, asked: Range): Promise<Replayed> {
  const webhook = await lockWebhook(ctx, { id: asked.webhook }, ['range', 'webhook']);
  await assertRoom(ctx, webhook.id, ['range', 'webhook']);
  const viewer = await viewerOfCredential(ctx.tx, webhook);
  if (!viewer) return reject('CREDENTIAL_GONE', 'Its API key or user has no access any more.', ['range', 'webhook']);
  const after = placeOf(asked.after, 'after');
  // What comes after the webhook's own place it is still going to tell.
  const own = webhook.cursor + 1n;
  const before = asked.before == null ? own : smaller(placeOf(asked.before, 'before'), own);
  const { filter, atOnce } = openWebhook(viewer, webhook);
  const events = eventsOf(ctx, narrowed(filter, asked.types), after, before);
  let count = 0;
  for await (const batch of events) {
    for (let at = 0; at < batch.length; at += atOnce) {
      const rendered = await renderEvents(ctx.tx, webhook, viewer, batch.slice(at, at + atOnce));
      const rows = rendered.flatMap((one) => (one ? [replayOf(ctx, webhook, told(webhook, one))] : []));
      await insertRows(ctx.tx, 'WebhookDelivery', rows);
      count += rows.length;
    }
  }
  if (count > 0)
    emitWebhook(ctx, 'replayed', webhook.id, { deliveries: count, range: { after: asked.after, before: asked.before ?? null } });
  return { id: null, count };
}

function told(webhook: WebhookRow, { event, body }: { event: EventRow; body: string }): Repeated {
  return {
    messageId: messageIdOf(webhook.id, event.id),
    eventSeq: event.seq,
    eventId: event.id,
    eventType: event.type,
    subjectKey: event.customerId ?? event.subjectId,
    body,
    replayOfId: null,
  };
}

/** The events of a range, page by page. Refuses with REPLAY_TOO_LARGE, before any, where there are too many. */
async function* eventsOf(ctx: CommandContext, filter: EventFilter, after: bigint, before: bigint): AsyncGenerator<EventRow[]> {
  if (filter.types?.length === 0) return;
  const whole = eventsSql({ ...filter, after, before, limit: MOST_REPLAYED + 1 });
  const [counted] = await ctx.tx.query<{ n: number }>(sql`select count(*)::int as n from (${whole}) c`);
  if (counted!.n > MOST_REPLAYED) {
    reject('REPLAY_TOO_LARGE', `The range has more than ${MOST_REPLAYED} events: replay it in parts.`, ['range']);
  }
  for (let from = after; ; ) {
    const events = await readEvents(ctx.tx, { ...filter, after: from, before, limit: BATCH });
    if (events.length > 0) yield events;
    if (events.length < BATCH) return;
    from = events.at(-1)!.seq;
  }
}

function narrowed(filter: EventFilter, types: readonly string[] | null | undefined): EventFilter {
  if (!types) return filter;
  return { ...filter, types: filter.types ? types.filter((type) => filter.types!.includes(type)) : types };
}

function smaller(one: bigint, other: bigint): bigint {
  return one < other ? one : other;
}

function placeOf(written: string, name: string): bigint {
  try {
    return decodeCursor(written);
  } catch (error) {
    if (error instanceof EventCursorError) return reject(error.code, error.message, ['range', name]);
    throw error;
  }
}
