// Trying a webhook out with the newest event that it would tell.
import { viewerOfCredential } from '../../auth/credential.ts';
import type { Viewer } from '../../auth/viewer.ts';
import { type CommandContext, defineCommand } from '../../commands/command.ts';
import { input } from '../../commands/fields.ts';
import { insertRows } from '../../commands/rows.ts';
import { reject } from '../../commands/user-errors.ts';
import type { WebhookRow } from '../../db/models.ts';
import { type EventRow, lastSeq, readEvents } from '../../events/index.ts';
import { encodeId } from '../../graphql/ids.ts';
import { newId } from '../../lib/typeid.ts';
import { createReader } from '../../query/reader.ts';
import { makesBodies } from './erase.ts';
import { newMessageId } from './message-id.ts';
import { emptyBody, openWebhook, renderEvents } from './render.ts';
import { assertRoom, emitWebhook, lockWebhook, target } from './target.ts';

export const TEST_TYPE = 'webhook.test';

/** So many of the newest events are looked through for one that the webhook tells. */
const LOOKED_THROUGH = 100;

export const webhookTest = defineCommand({
  name: 'webhookTest',
  description: 'Sends a try, of type `webhook.test`, with the answer for the newest event that fits. The delivery tells how it went.',
  permission: 'webhooks:write',
  input: input('WebhookTestInput', 'Which webhook to try out.', target),
  run: async (ctx, wanted) => {
    await makesBodies(ctx.tx, ctx.workspaceId);
    const row = await lockWebhook(ctx, wanted);
    if (row.status !== 'ACTIVE') reject('WEBHOOK_INACTIVE', 'Nothing is sent for it now: enable it first.', ['id']);
    const viewer = await viewerOfCredential(ctx.tx, row);
    if (!viewer) return reject('CREDENTIAL_GONE', 'Its API key or user has no access any more.', ['id']);
    await assertRoom(ctx, row.id, ['id']);
    const delivery = newId();
    await insertRows(ctx.tx, 'WebhookDelivery', [
      {
        workspaceId: ctx.workspaceId,
        id: delivery,
        webhookId: row.id,
        kind: 'TEST',
        messageId: newMessageId(),
        eventType: TEST_TYPE,
        nextAttemptAt: ctx.now,
        ...(await triedOn(ctx, row, viewer)),
      },
    ]);
    emitWebhook(ctx, 'tested', row.id, { delivery: encodeId('WebhookDelivery', delivery) });
    return { id: delivery };
  },
});

/** The body of a try, and whom it is about: so erasing a person finds it. */
async function triedOn(ctx: CommandContext, row: WebhookRow, viewer: Viewer): Promise<{ body: string; subjectKey: string | null }> {
  const as = { type: TEST_TYPE, timestamp: ctx.now };
  const event = await newestTold(ctx, row, viewer);
  const [rendered] = event ? await renderEvents(ctx.tx, row, viewer, [event], { as }) : [];
  if (!event || !rendered) return { body: emptyBody(as.type, as.timestamp), subjectKey: null };
  return { body: rendered.body, subjectKey: event.customerId ?? event.subjectId };
}

async function newestTold(ctx: CommandContext, row: WebhookRow, viewer: Viewer): Promise<EventRow | null> {
  const { filter, select } = openWebhook(viewer, row);
  const before = (await lastSeq(ctx.tx)) + 1n;
  const events = await readEvents(ctx.tx, { ...filter, before, keep: 'newest', limit: LOOKED_THROUGH });
  const wanted = events.filter(({ origin }) => origin === null || !row.ignoreOrigins.includes(origin));
  const roots = await select(createReader(ctx.tx, viewer), wanted);
  return wanted.findLast((_event, i) => roots[i]) ?? null;
}
