// Whose turn it is in a transaction that the core and a plugin share. A plugin's statements run as its role, the core's as
// the core; the role is changed when the other side has its next turn, so that several statements of one side cost one
// change. Statements wait for each other here, for the change and what follows it must stay together.
import { raw } from 'sql-template-tag';
import type { Statement, Transaction } from '../../db/database.ts';

export type Turns = {
  /** Whose turn it is: the text that made it a plugin's, null for the core. */
  now: string | null;
  last: Promise<unknown>;
  core: Pick<Transaction, 'query' | 'execute'>;
  /** What a plugin's statement failed with: the transaction is lost, unless the core goes back to a savepoint. */
  failed: unknown;
  /** The same for the statements of both. */
  lost: unknown;
  /** The savepoint of the event that is handled, in a transaction that handles events. */
  mark: { open: boolean; now: string | null; first: string | null | undefined };
};

const turns = new WeakMap<Transaction, Turns>();
const bases = new WeakMap<Transaction, Transaction>();

const leave = raw('set local role to default; set local search_path to default; set local statement_timeout to default');

/** The turns of a transaction, kept from now on: its statements are the core's. */
export function turnsOf(given: Transaction): Turns {
  const tx = bases.get(given) ?? given;
  return turns.get(tx) ?? keepTurns(tx);
}

/** The same where a plugin has had a turn, or else undefined. */
export function knownTurns(given: Transaction): Turns | undefined {
  return turns.get(bases.get(given) ?? given);
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
  const kept: Turns = {
    now: null,
    last: Promise.resolve(),
    core: { query: tx.query, execute: tx.execute },
    failed: undefined,
    lost: undefined,
    mark: { open: false, now: null, first: null },
  };
  tx.query = <R>(statement: Statement) => asCore(kept, statement, () => kept.core.query<R>(statement));
  tx.execute = (statement) => asCore(kept, statement, () => kept.core.execute(statement));
  turns.set(tx, kept);
  return kept;
}

function asCore<T>(kept: Turns, { text }: Statement, work: () => Promise<T>, check?: () => void): Promise<T> {
  return inTurn(kept, async () => {
    check?.();
    if (kept.mark.first === undefined) kept.mark.first = null;
    if (kept.now !== null) {
      kept.now = null;
      // It can only fail where the transaction has: then the next statement says so, or goes back to where the core's role was.
      await kept.core.execute(leave).catch(() => undefined);
      check?.();
    }
    const result = await noting(kept, work);
    if (text.startsWith('rollback to savepoint')) isWhole(kept);
    return result;
  });
}

/** Says that the transaction went back to before whatever had failed in it. */
export function isWhole(kept: Turns): void {
  kept.failed = undefined;
  kept.lost = undefined;
}

/** Runs a statement; what it fails with is kept. */
export async function noting<T>(kept: Turns, work: () => Promise<T>, { ofPlugin = false } = {}): Promise<T> {
  try {
    return await work();
  } catch (error) {
    kept.lost ??= error;
    if (ofPlugin) kept.failed ??= error;
    throw error;
  }
}

/** Runs `work` after what was begun before it. */
export function inTurn<T>(kept: Turns, work: () => Promise<T>): Promise<T> {
  const mine = kept.last.then(work);
  kept.last = mine.catch(() => undefined);
  return mine;
}
