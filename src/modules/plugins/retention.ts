// Events that were set aside are kept for people to see to, but not for ever: after 90 days they are let go of, as if
// somebody had discarded them. That they were set aside stays in the log (`plugin_failure.set_aside`).
import sql from 'sql-template-tag';
import type { Database } from '../../db/database.ts';
import { defineSchedule } from '../../jobs/index.ts';

/** How long an event that was set aside is kept. */
export const DEAD_DAYS = 90;

const BATCH = 1_000;
const HOUR_MS = 3_600_000;

/** Deletes what was set aside `DEAD_DAYS` before `now`, so many at a time. Answers how many. */
export async function deleteDeadFailures(db: Database, now = new Date()): Promise<number> {
  const tooOld = sql`f.dead_at < ${now}::timestamptz - ${DEAD_DAYS} * interval '1 day'`;
  let total = 0;
  for (let deleted = BATCH; deleted === BATCH; total += deleted) {
    // Looked at again under the lock: one that somebody has tried again meanwhile is wanted.
    deleted = await db.execute(sql`
      delete from plugin_failures f using (
        select old.workspace_id, old.id from workspaces w
        cross join lateral (
          select f.workspace_id, f.id from plugin_failures f where f.workspace_id = w.id and ${tooOld} order by f.dead_at limit ${BATCH}
        ) old limit ${BATCH}
      ) old where f.workspace_id = old.workspace_id and f.id = old.id and ${tooOld}`);
  }
  return total;
}

/** Has them deleted every hour. */
export function scheduleRetention(): void {
  defineSchedule({ name: 'plugin-failure-retention', everyMs: HOUR_MS, run: async (db) => void (await deleteDeadFailures(db)) });
}
