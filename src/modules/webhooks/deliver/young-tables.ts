// A connection keeps the plans by which PostgreSQL checks foreign keys. Those made for empty tables read whole workspaces
// once the tables are full, until statistics are taken, which PostgreSQL does by itself after a minute or more: a new server
// would begin at a tenth of its speed. So they are taken when the tables have grown the first few times.
import sql from 'sql-template-tag';
import type { Database } from '../../../db/database.ts';
import { type EventsLog, reasonOf } from '../../../events/index.ts';

const SIZES = [200, 2_000, 20_000];

/** Gives what is to be told how many attempts were written. */
export function createYoungTables(db: Database, log: EventsLog): (written: number) => Promise<void> {
  const sizes = [...SIZES];
  let total = 0;
  return async (written) => {
    total += written;
    const size = sizes[0];
    if (size === undefined || total < size) return;
    sizes.shift();
    try {
      const [table] = await db.query<{ rows: number }>(
        sql`select reltuples::float8 as rows from pg_class where oid = 'webhook_deliveries'::regclass`,
      );
      if (table!.rows < size) await db.execute(sql`analyze webhook_deliveries, webhook_attempts`);
    } catch (error) {
      log.warn({ reason: reasonOf(error) }, 'statistics of webhook deliveries could not be taken');
    }
  };
}
