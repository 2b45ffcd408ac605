// Idempotency keys: per credential and workspace, kept 24 hours, stored in the command's own transaction. Only successes are stored.
import sql from 'sql-template-tag';
import type { Viewer } from '../auth/viewer.ts';
import type { Queryable, Transaction } from '../db/database.ts';
import { apiError } from '../graphql/errors.ts';

export type IdempotencyRecord = { viewer: Viewer; key: string; command: string; inputHash: string };

const KEPT = sql`interval '24 hours'`;

/**
 * Claims the key, or answers what its first use answered. Two uses at the same moment: the second waits for the first's
 * transaction at the unique index. Throws IDEMPOTENCY_KEY_REUSED when the first use had other input.
 */
export async function recallResult(tx: Transaction, record: IdempotencyRecord): Promise<{ result: unknown } | null> {
  const { viewer, key, command, inputHash } = record;
  const where = sql`workspace_id = ${viewer.workspaceId}::uuid and credential_id = ${viewer.credentialId}::uuid and key = ${key}`;
  // A key older than 24 hours is taken over by the same statement.
  const claimed = await tx.execute(sql`insert into idempotency_records as r (workspace_id, credential_id, key, command, input_hash)
    values (${viewer.workspaceId}, ${viewer.credentialId}, ${key}, ${command}, ${inputHash})
    on conflict (workspace_id, credential_id, key) do update set command = excluded.command, input_hash = excluded.input_hash, result = null, created_at = now()
    where r.created_at < now() - ${KEPT}`);
  if (claimed === 1) return null;
  const [known] = await tx.query<{ command: string; input_hash: string; result: unknown }>(
    sql`select command, input_hash, result from idempotency_records where ${where}`,
  );
  if (!known || known.command !== command || known.input_hash !== inputHash) throw apiError('IDEMPOTENCY_KEY_REUSED');
  return { result: known.result };
}

export async function storeResult(tx: Transaction, record: IdempotencyRecord, result: unknown): Promise<void> {
  const { viewer, key } = record;
  await tx.execute(sql`update idempotency_records set result = ${JSON.stringify(result)}::jsonb
    where workspace_id = ${viewer.workspaceId}::uuid and credential_id = ${viewer.credentialId}::uuid and key = ${key}`);
}

/** Forgets keys older than 24 hours; called now and then by the server. */
export async function forgetOldKeys(db: Queryable): Promise<number> {
  return db.execute(sql`delete from idempotency_records where created_at < now() - ${KEPT}`);
}
