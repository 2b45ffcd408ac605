// A webhook whose row commands have one after the other, as while its log is replayed in parts, must get it among them.
import sql from 'sql-template-tag';
import type { Database, Transaction } from '../../../db/database.ts';
import type { WebhookRow } from '../../../db/models.ts';

const LOCK_NOT_AVAILABLE = '55P03';

/**
 * Waits for the row of a webhook, and does something with it, in a statement of its own: what was committed meanwhile must
 * count. Null where the row was not free within `mostMs` milliseconds; then nothing was done.
 */
export async function inTurn<T>(
  db: Database,
  { workspaceId, id }: Pick<WebhookRow, 'workspaceId' | 'id'>,
  work: (tx: Transaction) => Promise<T>,
  { mostMs = 10_000 } = {},
): Promise<T | null> {
  try {
    return await db.transaction(async (tx) => {
      await tx.execute(sql`select set_config('lock_timeout', ${String(mostMs)}, true)`);
      await tx.query(sql`select from webhooks where workspace_id = ${workspaceId}::uuid and id = ${id}::uuid for no key update`);
      return work(tx);
    });
  } catch (error) {
    if ((error as { code?: unknown }).code === LOCK_NOT_AVAILABLE) return null;
    throw error;
  }
}
