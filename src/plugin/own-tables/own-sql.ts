// `ctx.sql`: statements on the plugin's own tables, wherever they are run.
import type { Database, Queryable, Statement, Transaction } from '../../db/database.ts';
import { capabilityError, declares } from '../capability-error.ts';
import type { LoadedPlugin } from '../loaded.ts';
import { type Limits, queryInside } from './inside.ts';
import { queryOutside } from './outside.ts';
import { checkStatement } from './statement.ts';

/** Rows of a plugin's statement: in the transaction where `db` is one, else over connections of the plugin's. */
export async function ownSql<R>(plugin: LoadedPlugin, db: Queryable, statement: Statement, limits: Limits): Promise<R[]> {
  limits.check();
  if (!declares(plugin, 'tables')) throw capabilityError(plugin, 'ctx.sql', 'tables');
  checkStatement(statement);
  if ('afterCommit' in db) return queryInside<R>(plugin, db as Transaction, statement, limits);
  if ('pool' in db) return queryOutside<R>(plugin, db as Database, statement);
  throw new Error('a context of a plugin is made over a database or a transaction');
}
