// Many commands as one transaction over one connection, with their statements in a pipeline: hundreds of small commands
// cost their work instead of a round trip for each statement.
import type { PoolClient } from 'pg';
import type { Database, Statement, Transaction } from '../../db/database.ts';

/**
 * Runs `work` with a database whose transactions are all parts of one: it is committed when `work` ends and rolled back
 * when it fails. Commands may run at the same time as long as none waits for what another has not done yet. Where one is
 * refused `work` must fail, for savepoints of commands that run at the same time undo each other; and it must not end
 * before the commands that it started (see `together`). Nothing is tried again.
 */
export async function allOrNothing<T>(db: Database, work: (inner: Database) => Promise<T>): Promise<T> {
  const client: PoolClient & { pipeline?: boolean } = await db.pool.connect();
  const callbacks: (() => void)[] = [];
  client.pipeline = true;
  // A connection that is lost fails the statement under way, too: that one tells.
  const onError = () => {};
  client.on('error', onError);
  let whole = false;
  try {
    await client.query('begin');
    const tx = transactionOn(client, callbacks);
    const result = await work({ ...db, query: tx.query, execute: tx.execute, transaction: (fn) => fn(tx) });
    await client.query('commit');
    whole = true;
    for (const callback of callbacks) callback();
    return result;
  } catch (error) {
    await client.query('rollback').catch(onError);
    throw error;
  } finally {
    client.pipeline = false;
    client.off('error', onError);
    client.release(!whole);
  }
}

function transactionOn(client: PoolClient, callbacks: (() => void)[]): Transaction {
  const run = (statement: Statement) => client.query({ text: statement.text, values: statement.values });
  return {
    query: async <R>(statement: Statement) => (await run(statement)).rows as R[],
    execute: async (statement) => (await run(statement)).rowCount ?? 0,
    afterCommit: (callback) => callbacks.push(callback),
  };
}

/**
 * Waits for all of them, whatever becomes of each, so that nothing is under way any more. Then throws what went wrong:
 * what a command refused, rather than that others found the transaction broken by it.
 */
export async function together(work: readonly Promise<unknown>[]): Promise<void> {
  const failures: unknown[] = [];
  await Promise.all(work.map((one) => one.catch((error: unknown) => failures.push(error))));
  if (failures.length > 0) throw failures.find((error) => !(error instanceof Error && 'code' in error)) ?? failures[0];
}
