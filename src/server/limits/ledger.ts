// The budgets of credentials in the database, shared by all processes: a row tells the points left at a moment, and
// every statement adds what has been restored since, so that nothing has to run in between.
import sql, { type Sql } from 'sql-template-tag';
import type { Database } from '../../db/database.ts';

/** Whose budget: both are UUIDs. */
export type Credential = { workspaceId: string; credentialId: string };
export type Rate = {
  /** Points at most. */
  capacity: number;
  /** Points per second. */
  restore: number;
};

/** The shared budget of one credential. Each call is one atomic statement. */
export type Ledger = {
  /** Draws exactly these points; gives what is left, or null, having drawn nothing, where there are not as many. */
  draw(points: number): Promise<number | null>;
  /** The points there are now. */
  level(): Promise<number>;
  /** Puts back points that were drawn. */
  giveBack(points: number): Promise<void>;
};

/** The ledger of a credential. A credential without a row has all points. */
export function createLedger(db: Database, { workspaceId, credentialId }: Credential, { capacity, restore }: Rate): Ledger {
  // Clocks are read before a lock is had: whoever comes second may bring the earlier time, which restores nothing then.
  const levelAt = (at: Sql) =>
    sql`least(${capacity}::float8, b.remaining + ${restore}::float8 * greatest(0, extract(epoch from ${at} - b.restored_at)::float8))`;
  const here = sql`b.workspace_id = ${workspaceId}::uuid and b.credential_id = ${credentialId}::uuid`;
  const now = sql`(select clock_timestamp()::timestamptz(3) as at)`;

  return {
    async draw(points) {
      const level = levelAt(sql`excluded.restored_at`);
      const [row] = await db.query<{ remaining: number }>(sql`
        insert into credential_budgets as b (workspace_id, credential_id, remaining, restored_at)
        values (${workspaceId}::uuid, ${credentialId}::uuid, ${capacity}::float8 - ${points}::float8, clock_timestamp())
        on conflict (workspace_id, credential_id) do update
        set remaining = ${level} - ${points}::float8, restored_at = greatest(b.restored_at, excluded.restored_at)
        where ${level} >= ${points}::float8
        returning remaining`);
      return row ? row.remaining : null;
    },
    async level() {
      const [row] = await db.query<{ level: number }>(
        sql`select ${levelAt(sql`t.at`)} as level from credential_budgets b, ${now} as t where ${here}`,
      );
      return row?.level ?? capacity;
    },
    async giveBack(points) {
      await db.execute(sql`update credential_budgets b set
        remaining = least(${capacity}::float8, ${levelAt(sql`t.at`)} + ${points}::float8), restored_at = greatest(b.restored_at, t.at)
        from ${now} as t where ${here}`);
    },
  };
}
