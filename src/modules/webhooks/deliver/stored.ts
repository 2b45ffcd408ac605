// Reads what is to be sent from the database.
import sql from 'sql-template-tag';
import type { Queryable } from '../../../db/database.ts';
import type { WebhookRow } from '../../../db/models.ts';
import type { Pending } from './queue.ts';

const PAGE = 500;

const webhookColumns = sql`w.workspace_id as "workspaceId", w.id, w.name, w.url, w.document, w.variables, w.status, w.problem,
  w.problem_detail as "problemDetail", w.api_key_id as "apiKeyId", w.user_id as "userId", w.ignore_origins as "ignoreOrigins",
  w.concurrency, w.timeout_ms as "timeoutMs", w.secret, w.previous_secret as "previousSecret",
  w.previous_secret_until as "previousSecretUntil", w.cursor, w.failing_since as "failingSince", w.resting_until as "restingUntil",
  w.last_delivered_at as "lastDeliveredAt", w.version, w.created_at as "createdAt", w.updated_at as "updatedAt", w.archived_at as "archivedAt"`;

/**
 * That a delivery `d`, which is found by its key, is still to be sent. Written so that no index of what is pending fits: without
 * fresh statistics PostgreSQL takes those for tiny, and would read one from end to end for each key.
 */
export const isPending = sql`d.status::text = 'PENDING'`;

const active = sql`w.status = 'ACTIVE' and w.archived_at is null`;

/** All webhooks that are being delivered, page by page. */
export async function* activeWebhooks(db: Queryable): AsyncGenerator<WebhookRow[]> {
  for (let after = '00000000-0000-0000-0000-000000000000'; ; ) {
    const rows = await db.query<WebhookRow>(
      sql`select ${webhookColumns} from webhooks w where ${active} and w.id > ${after}::uuid order by w.id limit ${PAGE}`,
    );
    if (rows.length > 0) yield rows;
    if (rows.length < PAGE) return;
    after = rows.at(-1)!.id;
  }
}

/** Those of some webhooks that are being delivered. */
export function activeAmong(db: Queryable, ids: readonly string[]): Promise<WebhookRow[]> {
  return db.query(sql`select ${webhookColumns} from webhooks w where ${active} and w.id = any(${[...ids]}::uuid[])`);
}

/** How many deliveries of each webhook wait. */
export async function pendingCounts(db: Queryable): Promise<Map<string, number>> {
  const rows = await db.query<{ id: string; n: number }>(
    sql`select webhook_id as id, count(*)::int as n from webhook_deliveries where status = 'PENDING' group by webhook_id`,
  );
  return new Map(rows.map(({ id, n }) => [id, n]));
}

/** The oldest deliveries of a webhook that are to be sent, without their bodies. */
export async function pendingOf(db: Queryable, { workspaceId, id }: WebhookRow, limit: number): Promise<Pending[]> {
  const rows = await db.query<Omit<Pending, 'dueAt' | 'body' | 'workspaceId'> & { nextAttemptAt: Date | null }>(sql`
    select d.id, d.kind, d.message_id as "messageId", d.subject_key as "subjectKey", d.attempts,
      d.next_attempt_at as "nextAttemptAt"
    from webhook_deliveries d where d.workspace_id = ${workspaceId}::uuid and d.webhook_id = ${id}::uuid and d.status = 'PENDING'
    order by d.id limit ${limit}`);
  // What was never sent is due whatever another machine's clock said. One text for the workspace, not one for each.
  return rows.map(({ nextAttemptAt, ...row }) => {
    return { ...row, workspaceId, dueAt: row.attempts === 0 ? 0 : (nextAttemptAt?.getTime() ?? 0), body: null };
  });
}

/** How a delivery that turned out not to be as it was known is now; null where it is not to be sent any more. */
export async function stateOf(db: Queryable, { workspaceId, id }: Pending): Promise<{ attempts: number; dueAt: number } | null> {
  const [row] = await db.query<{ attempts: number; nextAttemptAt: Date | null }>(sql`
    select d.attempts, d.next_attempt_at as "nextAttemptAt" from webhook_deliveries d
    where d.workspace_id = ${workspaceId}::uuid and d.id = ${id}::uuid and ${isPending}`);
  return row ? { attempts: row.attempts, dueAt: row.nextAttemptAt?.getTime() ?? 0 } : null;
}

/** Gives the body of a delivery; null where it is not to be sent any more. Those asked for together are read together. */
export function createBodies(db: Queryable): (item: Pending) => Promise<string | null> {
  type Asked = { item: Pending; fulfil(body: string | null): void; reject(error: unknown): void };
  let asked: Asked[] = [];

  async function read(): Promise<void> {
    const batch = asked;
    asked = [];
    try {
      const rows = await db.query<{ id: string; body: string }>(sql`
        select d.id, d.body from unnest(${batch.map(({ item }) => item.workspaceId)}::uuid[], ${batch.map(({ item }) => item.id)}::uuid[])
          as wanted (workspace_id, id)
        join webhook_deliveries d on d.workspace_id = wanted.workspace_id and d.id = wanted.id where ${isPending}`);
      const found = new Map(rows.map(({ id, body }) => [id, body]));
      for (const { item, fulfil } of batch) fulfil(found.get(item.id) ?? null);
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }

  return (item) =>
    new Promise((fulfil, reject) => {
      if (asked.length === 0) setImmediate(() => void read());
      asked.push({ item, fulfil, reject });
    });
}
