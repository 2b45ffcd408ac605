// Counts the statements that a piece of work sends.
import type { Database, Queryable } from '../../src/db/database.ts';

/** The same database, counting its statements, those of transactions too. */
export function countStatements(db: Database): { db: Database; count: () => number } {
  let statements = 0;
  const counting = <Q extends Queryable>(queryable: Q): Q => ({
    ...queryable,
    query: (statement) => {
      statements += 1;
      return queryable.query(statement);
    },
    execute: (statement) => {
      statements += 1;
      return queryable.execute(statement);
    },
  });
  return {
    db: { ...counting(db), transaction: (fn) => db.transaction((tx) => fn(counting(tx))) },
    count: () => statements,
  };
}
