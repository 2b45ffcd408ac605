// Transactions of the background that may take minutes: a server that stops does not wait for them.
import sql from 'sql-template-tag';
import type { Transaction } from '../db/database.ts';

/** The name under which they are found in `pg_stat_activity`. */
export const LONG_WORK = 'trato long work';

/** Lets `tx` be taken back when the server stops; it is tried again when it runs next. */
export async function markLongWork(tx: Transaction): Promise<void> {
  await tx.query(sql`select set_config('application_name', ${LONG_WORK}, true)`);
}
