// The database for the peers that write their SQL by hand: named statements on a pool as large as Trato's.
import pg from 'pg';

const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 10, options: '-c timezone=UTC' });

/** The text of the JSON that a statement of `statements.mjs` builds. */
export async function jsonOf({ name, text, values }, variables) {
  const { rows } = await pool.query({ name, text, values: [process.env.WORKSPACE_ID, ...values(variables)], rowMode: 'array' });
  return rows[0]?.[0] ?? 'null';
}
