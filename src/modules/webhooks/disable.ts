// Stopping a webhook that cannot go on. It waits, with its events, until somebody enables it.
import { lockRow, writeChanges } from '../../commands/rows.ts';
import { inWorkspace } from '../../commands/system.ts';
import type { Transaction } from '../../db/database.ts';
import type { WebhookProblem, WebhookRow } from '../../db/models.ts';
import { emitWebhook } from './target.ts';

const MOST_DETAIL = 1_000;

/** Disables an active webhook and tells so by an event; `detail` is for people. Answers whether it was active. */
export async function disableWebhook(
  tx: Transaction,
  { workspaceId, id }: Pick<WebhookRow, 'workspaceId' | 'id'>,
  problem: WebhookProblem,
  detail: string,
): Promise<boolean> {
  return inWorkspace(tx, workspaceId, async (ctx) => {
    const row = await lockRow(ctx, 'Webhook', id);
    if (!row || row.archivedAt || row.status !== 'ACTIVE') return false;
    const problemDetail = detail.slice(0, MOST_DETAIL).toWellFormed();
    const after = { status: 'DISABLED' as const, problem, problemDetail };
    await writeChanges(ctx, 'Webhook', id, after);
    emitWebhook(ctx, 'disabled', id, { before: { status: row.status, problem: row.problem, problemDetail: row.problemDetail }, after });
    return true;
  });
}
