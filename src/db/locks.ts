// Advisory locks by name, held until the transaction ends: for what is not one row.
import sql from 'sql-template-tag';
import type { Queryable } from './database.ts';

/** Waits until nobody else holds the lock or a share of it, and takes it. Names hold the workspace where they are of one. */
export async function takeLock(tx: Queryable, name: string): Promise<void> {
  await tx.query(sql`select pg_advisory_xact_lock(hashtextextended(${name}, 0))`);
}

/** Waits until nobody holds the lock whole, and takes a share of it. */
export async function shareLock(tx: Queryable, name: string): Promise<void> {
  await tx.query(sql`select pg_advisory_xact_lock_shared(hashtextextended(${name}, 0))`);
}
