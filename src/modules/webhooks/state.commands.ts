// Pausing, enabling and archiving webhooks.
import sql from 'sql-template-tag';
import { viewerOfCredential } from '../../auth/credential.ts';
import { type CommandContext, defineCommand } from '../../commands/command.ts';
import { bool, input } from '../../commands/fields.ts';
import { changesOf, writeChanges } from '../../commands/rows.ts';
import { reject } from '../../commands/user-errors.ts';
import type { WebhookRow } from '../../db/models.ts';
import { encodeCursor, lastSeq } from '../../events/index.ts';
import { checkSubscription } from './document.ts';
import { isLocked, lockedInOrder } from './locked-in-order.ts';
import { dropPending, emitWebhook, lockWebhook, target } from './target.ts';

/** What an enabled webhook has forgotten of its failures. */
export const enabled = { status: 'ACTIVE', problem: null, problemDetail: null, failingSince: null, restingUntil: null } as const;

export const webhookPause = defineCommand({
  name: 'webhookPause',
  description: 'Stops a webhook for a while: its events wait in the log.',
  permission: 'webhooks:write',
  input: input('WebhookPauseInput', 'Which webhook to pause.', target),
  run: async (ctx, wanted) => {
    const row = await lockWebhook(ctx, wanted);
    await changeWebhook(ctx, row, 'paused', { status: 'PAUSED', problem: null, problemDetail: null });
    return { id: row.id };
  },
});

export const webhookEnable = defineCommand({
  name: 'webhookEnable',
  description: 'Has a paused or disabled webhook go on where it stopped, once its document has been checked again.',
  permission: 'webhooks:write',
  input: input('WebhookEnableInput', 'Which webhook to enable.', {
    ...target,
    skip: bool('Go on at the end of the log and send nothing of what waits.').default(false),
  }),
  run: async (ctx, { skip, ...wanted }) => {
    const row = await lockWebhook(ctx, wanted);
    if (row.status === 'ACTIVE' && !skip) return { id: row.id };
    await checkOwn(ctx, row, 'Its API key or user has no access any more: update its url or document to lend it your role.');
    const cursor = skip ? await lastSeq(ctx.tx) : row.cursor;
    if (skip) await dropPending(ctx, row.id, 'SKIPPED');
    else await sendNow(ctx, row.id);
    // Skipping changes the row in any case: so whoever delivers hears of it.
    await changeWebhook(ctx, row, 'enabled', enabled, skip ? { cursor } : {});
    return { id: row.id };
  },
});

/** Checks the document for the credential that the webhook has; `gone` says what to do without that. */
export async function checkOwn(ctx: CommandContext, row: WebhookRow, gone: string): Promise<void> {
  const viewer = await viewerOfCredential(ctx.tx, row);
  if (!viewer) return reject('CREDENTIAL_GONE', gone, ['id']);
  checkSubscription(viewer, { document: row.document, variables: row.variables as Record<string, unknown> });
}

/** What waits for its next attempt need not wait longer: somebody says that the receiver is there. */
async function sendNow(ctx: CommandContext, webhookId: string): Promise<void> {
  await ctx.tx.execute(sql`
    with ${lockedInOrder(sql`d.workspace_id = ${ctx.workspaceId}::uuid and d.webhook_id = ${webhookId}::uuid and d.status = 'PENDING'
      and d.next_attempt_at > ${ctx.now}`)}
    update webhook_deliveries d set next_attempt_at = ${ctx.now} from locked where ${isLocked}`);
}

export const webhookArchive = defineCommand({
  name: 'webhookArchive',
  description: 'Ends a webhook until it is restored: what waits is not sent, what happens meanwhile neither. Its log is kept 30 days.',
  permission: 'webhooks:write',
  input: input('WebhookArchiveInput', 'Which webhook to archive.', target),
  run: async (ctx, wanted) => {
    const row = await lockWebhook(ctx, wanted);
    await dropPending(ctx, row.id, 'ARCHIVED');
    await changeWebhook(ctx, row, 'archived', { archivedAt: ctx.now });
    return { id: row.id };
  },
});

/** Writes what is another and tells it by an event; a new place in any case. */
export async function changeWebhook(
  ctx: CommandContext,
  row: WebhookRow,
  what: string,
  patch: Partial<WebhookRow>,
  { cursor }: { cursor?: bigint } = {},
): Promise<void> {
  const changes = changesOf(row, patch);
  if (!changes && cursor === undefined) return;
  await writeChanges(ctx, 'Webhook', row.id, { ...changes?.after, ...(cursor !== undefined && { cursor }) });
  // A place is told as a cursor: BigInt has no JSON.
  const moved = cursor === undefined ? null : { before: { cursor: encodeCursor(row.cursor) }, after: { cursor: encodeCursor(cursor) } };
  emitWebhook(ctx, what, row.id, {
    before: { ...changes?.before, ...moved?.before },
    after: { ...changes?.after, ...moved?.after },
  });
}
