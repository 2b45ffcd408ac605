// A part of a transaction that is undone by itself.
import sql from 'sql-template-tag';
import type { Queryable } from './database.ts';

/**
 * Runs a part of a transaction. Where it throws, what it wrote and locked is undone, the error goes on, and the transaction
 * can go on too. Parts may lie in parts, but must not run side by side.
 */
export async function inSavepoint<T>(tx: Queryable, work: () => Promise<T>): Promise<T> {
  await tx.execute(sql`savepoint part`);
  let result: T;
  try {
    result = await work();
  } catch (error) {
    // Where that fails too, the transaction is lost, and the error says why. Let go of as well: of two savepoints of one name
    // an outer part would go back to the later.
    await tx
      .execute(sql`rollback to savepoint part`)
      .then(() => tx.execute(sql`release savepoint part`))
      .catch(() => undefined);
    throw error;
  }
  await tx.execute(sql`release savepoint part`);
  return result;
}
