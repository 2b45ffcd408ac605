// The webhook that a command is about, and what the commands on webhooks share.
import sql from 'sql-template-tag';
import type { Viewer } from '../../auth/viewer.ts';
import type { CommandContext } from '../../commands/command.ts';
import { id, version } from '../../commands/fields.ts';
import { expectVersion, lockRow, notFound } from '../../commands/rows.ts';
import { reject } from '../../commands/user-errors.ts';
import type { WebhookRow } from '../../db/models.ts';
import { isLocked, lockedInOrder } from './locked-in-order.ts';

export const target = { id: id('Webhook', 'The webhook.'), expectedVersion: version() };

type Target = { id: string; expectedVersion?: number | null | undefined };

/** Locks and reads the webhook. Refuses with NOT_FOUND, for archived ones too, and VERSION_CONFLICT. */
export async function lockWebhook(ctx: CommandContext, { id: wanted, expectedVersion }: Target, path = ['id']): Promise<WebhookRow> {
  const row = await lockRow(ctx, 'Webhook', wanted);
  if (!row || row.archivedAt) return notFound('Webhook', path);
  expectVersion('Webhook', row, expectedVersion);
  return row;
}

/** The columns of a webhook that say whose role it has. Refuses callers that are neither a key nor a user, or may not send documents of their own. */
export function credentialOf(viewer: Viewer): Pick<WebhookRow, 'apiKeyId' | 'userId'> {
  const { kind, id: actor } = viewer.actor;
  if (kind === 'SYSTEM' || !actor) reject('CREDENTIAL_REQUIRED', 'A webhook needs the role of an API key or a user.', []);
  if (viewer.documents === 'TRUSTED') {
    reject('DOCUMENT_NOT_TRUSTED', 'The credential may send trusted documents only, and a webhook’s is none.', ['document']);
  }
  return kind === 'API_KEY' ? { apiKeyId: actor, userId: null } : { apiKeyId: null, userId: actor };
}

/** So much may wait for a webhook before more is asked for by hand. */
const MOST_WAITING = 20_000;

/** Refuses where too much waits already: bodies are kept until they are sent, and asking over and over would fill the disk. */
export async function assertRoom({ tx, workspaceId }: CommandContext, webhookId: string, path: string[]): Promise<void> {
  const [row] = await tx.query<{ n: number }>(sql`select count(*)::int as n from (select from webhook_deliveries
    where workspace_id = ${workspaceId}::uuid and webhook_id = ${webhookId}::uuid and status = 'PENDING' limit ${MOST_WAITING}) w`);
  if (row!.n < MOST_WAITING) return;
  reject('REPLAY_TOO_LARGE', `${MOST_WAITING} deliveries or more wait already: have them sent first, or skipped.`, path);
}

/** Gives up what waits to be sent, for a reason that deliveries tell as their last error. */
export async function dropPending(ctx: CommandContext, webhookId: string, reason: string): Promise<void> {
  await ctx.tx.execute(sql`
    with ${lockedInOrder(sql`d.workspace_id = ${ctx.workspaceId}::uuid and d.webhook_id = ${webhookId}::uuid and d.status = 'PENDING'`)}
    update webhook_deliveries d set status = 'FAILED', last_error = ${reason}, next_attempt_at = null, finished_at = ${ctx.now}
    from locked where ${isLocked}`);
}

/** Tells an event of a webhook. */
export function emitWebhook(
  ctx: CommandContext,
  what: string,
  subjectId: string,
  data: { before?: Record<string, unknown>; after?: Record<string, unknown>; [more: string]: unknown },
): void {
  ctx.emit({ type: `webhook.${what}`, subjectType: 'Webhook', subjectId, customerId: null, data });
}
