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
  // What runs the core's statements in another way says what it stands on.
  const { base = db } = db as Queryable & { base?: Queryable };
  if ('afterCommit' in base) return queryInside<R>(plugin, base as Transaction, statement, limits);
  if ('pool' in base) return queryOutside<R>(plugin, base as Database, statement);
  throw new Error('a context of a plugin is made over a database or a transaction');
}
