// The log of deliveries is kept for 30 days after each was finished.
import sql from 'sql-template-tag';
import type { Database } from '../../db/database.ts';
import { defineSchedule } from '../../jobs/index.ts';

const BATCH = 1_000;
const HOUR_MS = 3_600_000;

/** Deletes deliveries that were finished 30 days before `now`, in transactions of bounded size. Answers how many. */
export async function deleteOldDeliveries(db: Database, now = new Date()): Promise<number> {
  let total = 0;
  for (let deleted = BATCH; deleted === BATCH; total += deleted) deleted = await deleteSome(db, now);
  return total;
}

function deleteSome(db: Database, now: Date): Promise<number> {
  return db.transaction(async (tx) => {
    const old = await tx.query<{ workspace: string; id: string }>(sql`select workspace_id as workspace, id from webhook_deliveries
      where finished_at < ${now}::timestamptz - interval '30 days' order by finished_at limit ${BATCH} for update skip locked`);
    if (old.length === 0) return 0;
    const keys = sql`select * from unnest(${old.map((row) => row.workspace)}::uuid[], ${old.map((row) => row.id)}::uuid[])`;
    await tx.execute(sql`delete from webhook_attempts where (workspace_id, delivery_id) in (${keys})`);
    await tx.execute(sql`update webhook_deliveries set replay_of_id = null where (workspace_id, replay_of_id) in (${keys})`);
    await tx.execute(sql`delete from webhook_deliveries where (workspace_id, id) in (${keys})`);
    return old.length;
  });
}

/** Has old deliveries deleted every hour. */
export function scheduleRetention(): void {
  defineSchedule({ name: 'webhook-retention', everyMs: HOUR_MS, run: async (db) => void (await deleteOldDeliveries(db)) });
}
