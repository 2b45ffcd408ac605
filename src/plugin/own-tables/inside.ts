// A plugin's statements in a transaction of the core. They run as the plugin's role; whatever the core runs in the same
// transaction runs as itself again. The role is changed when the other side has its next turn, so that several statements
// of one side cost one change. Statements wait for each other here, for the change and what follows it must stay together.
import { raw } from 'sql-template-tag';
import type { Statement, Transaction } from '../../db/database.ts';
import { quoteIdent } from '../../db/models.ts';
import type { LoadedPlugin } from '../loaded.ts';
import { isolationOf, roleOf, schemaOf } from './names.ts';

/** How long a statement of a plugin may take, and what throws where nothing may run any more. */
export type Limits = { timeoutMs: number; check: () => void };

type Turns = {
  /** Whose turn it is: the text that made it a plugin's, null for the core. */
  now: string | null;
  last: Promise<unknown>;
  core: Pick<Transaction, 'query' | 'execute'>;
  /** What a plugin's statement failed with: the transaction is lost, unless the core goes back to a savepoint. */
  failed: unknown;
};

const turns = new WeakMap<Transaction, Turns>();
const bases = new WeakMap<Transaction, Transaction>();

const leave = raw('set local role to default; set local search_path to default; set local statement_timeout to default');

/** Rows of a plugin's statement, in this transaction. */
export function queryInside<R>(plugin: LoadedPlugin, given: Transaction, statement: Statement, { timeoutMs, check }: Limits): Promise<R[]> {
  const tx = bases.get(given) ?? given;
  const kept = turns.get(tx) ?? keepTurns(tx);
  const enter = enterText(plugin, timeoutMs);
  return inTurn(kept, async () => {
    // Asked at the last moment: where it ended meanwhile, the connection may be another's.
    check();
    try {
      if (kept.now !== enter) {
        kept.now = enter;
        await kept.core.execute(raw(enter));
        check();
      }
      return await kept.core.query<R>(statement);
    } catch (error) {
      kept.failed ??= error;
      throw error;
    }
  });
}

/** Throws what a plugin's statement failed with, also where the plugin caught it: nothing of the transaction can be kept. */
export function assertIntact(given: Transaction): void {
  const failed = turns.get(bases.get(given) ?? given)?.failed;
  if (failed !== undefined) throw failed;
}

/** The same transaction for core code that a plugin runs: `check` is asked before each statement. */
export function checkedTransaction(given: Transaction, check: () => void): Transaction {
  const tx = bases.get(given) ?? given;
  const checked: Transaction = {
    async query<R>(statement: Statement) {
      check();
      const kept = turns.get(tx);
      return kept ? asCore(kept, statement, () => kept.core.query<R>(statement), check) : tx.query<R>(statement);
    },
    async execute(statement) {
      check();
      const kept = turns.get(tx);
      return kept ? asCore(kept, statement, () => kept.core.execute(statement), check) : tx.execute(statement);
    },
    afterCommit: tx.afterCommit,
  };
  bases.set(checked, tx);
  return checked;
}

function keepTurns(tx: Transaction): Turns {
  const kept: Turns = { now: null, last: Promise.resolve(), core: { query: tx.query, execute: tx.execute }, failed: undefined };
  tx.query = <R>(statement: Statement) => asCore(kept, statement, () => kept.core.query<R>(statement));
  tx.execute = (statement) => asCore(kept, statement, () => kept.core.execute(statement));
  turns.set(tx, kept);
  return kept;
}

function asCore<T>(kept: Turns, { text }: Statement, work: () => Promise<T>, check?: () => void): Promise<T> {
  return inTurn(kept, async () => {
    check?.();
    if (kept.now !== null) {
      kept.now = null;
      // It can only fail where the transaction has: then the next statement says so, or goes back to where the core's role was.
      await kept.core.execute(leave).catch(() => undefined);
      check?.();
    }
    const result = await work();
    if (text.startsWith('rollback to savepoint')) kept.failed = undefined;
    return result;
  });
}

function inTurn<T>(kept: Turns, work: () => Promise<T>): Promise<T> {
  const mine = kept.last.then(work);
  kept.last = mine.catch(() => undefined);
  return mine;
}

function enterText(plugin: LoadedPlugin, timeoutMs: number): string {
  const role = isolationOf(plugin) === 'ROLE' ? `set local role ${quoteIdent(roleOf(plugin))}; ` : '';
  const limit = timeoutMs > 0 ? `; set local statement_timeout to ${Math.ceil(timeoutMs)}` : '';
  return `${role}set local search_path to ${quoteIdent(schemaOf(plugin))}, pg_catalog${limit}`;
}
