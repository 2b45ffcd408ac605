// How many rows each table has: to show that a refused request left nothing behind.
import sql from 'sql-template-tag';
import type { Queryable } from '../../src/db/database.ts';

/** Rows of every table that lasts, by its name: unlogged ones hold no records. */
export async function tableCounts(db: Queryable): Promise<Record<string, number>> {
  const tables = await db.query<{ name: string }>(
    sql`select relname as name from pg_class where relkind = 'r' and relpersistence = 'p' and relnamespace = 'public'::regnamespace order by 1`,
  );
  const counts = tables.map(({ name }) => `select '${name}' as name, count(*)::int as rows from "${name}"`);
  const rows = await db.query<{ name: string; rows: number }>({ text: counts.join(' union all '), values: [] } as never);
  return Object.fromEntries(rows.map((row) => [row.name, row.rows]));
}
