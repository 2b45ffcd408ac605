// The pool, the queries and the transactions. Nothing else in the code talks to `pg` directly.
import pg from 'pg';
import { poolCloser } from './close-pool.ts';
import { createStatementNames, type StatementNames } from './prepared.ts';

export type Row = Record<string, unknown>;

/** A statement and its values; an `Sql` is one. */
export type Statement = {
  readonly text: string;
  readonly values: unknown[];
  /** Whether the same text is likely to come again and worth being prepared. */
  readonly prepared?: boolean;
};

/** Something that runs SQL: the pool or a transaction. */
export type Queryable = {
  /** Rows of a statement. */
  query<R = Row>(statement: Statement): Promise<R[]>;
  /** Number of rows that a statement changed. */
  execute(statement: Statement): Promise<number>;
};

export type Transaction = Queryable & {
  /** Runs after the commit, never after a rollback. */
  afterCommit(fn: () => void): void;
};

export type Database = Queryable & {
  pool: pg.Pool;
  url: string;
  /** Runs `fn` in one transaction; deadlocks and serialisation failures are tried again. */
  transaction<T>(fn: (tx: Transaction) => Promise<T>): Promise<T>;
  /** Closes its connections: idle ones at once, those in use when they are given back, after a grace by cutting them. */
  close(): Promise<void>;
};

const types = new pg.TypeOverrides();
types.setTypeParser(pg.types.builtins.INT8, BigInt);
types.setTypeParser(pg.types.builtins.DATE, (text) => text);
// Moments are written in UTC: pg writes the machine's offset in whole minutes, and before standard time, about 1900, those
// of most cities had seconds too.
pg.defaults.parseInputDatesAsUTC = true;

/** Thrown inside a transaction to have it rolled back and run again. */
export class RetryTransaction extends Error {}

const RETRYABLE = new Set(['40001', '40P01']);
const ATTEMPTS = 20;
const MOST_PAUSE_MS = 50;

function isRetryable(error: unknown): boolean {
  return error instanceof RetryTransaction || RETRYABLE.has((error as { code?: string }).code ?? '');
}

function queryable(client: pg.Pool | pg.PoolClient, names?: StatementNames): Queryable {
  return {
    async query<R>({ text, values, prepared }: Statement) {
      const name = prepared ? names?.nameOf(text) : undefined;
      const result = await client.query(name ? { name, text, values } : { text, values });
      return result.rows as R[];
    },
    async execute(statement) {
      const result = await client.query({ text: statement.text, values: statement.values });
      return result.rowCount ?? 0;
    },
  };
}

async function runOnce<T>(pool: pg.Pool, names: StatementNames, fn: (tx: Transaction) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  const callbacks: (() => void)[] = [];
  let broken: Error | undefined;
  // A connection that ends while it is checked out says so by an event that would end the process if nobody listened.
  const onError = (error: Error) => {
    broken = error;
  };
  client.on('error', onError);
  try {
    await client.query('begin');
    const result = await fn({ ...queryable(client, names), afterCommit: (callback) => callbacks.push(callback) });
    // After a statement that failed, whoever caught its error, PostgreSQL answers a commit by rolling back.
    const { command } = await client.query('commit');
    if (command === 'ROLLBACK') throw new Error('a statement of the transaction had failed: it was rolled back');
    for (const callback of callbacks) callback();
    return result;
  } catch (error) {
    await client.query('rollback').catch((failure: Error) => {
      broken = failure;
    });
    throw error;
  } finally {
    client.off('error', onError);
    client.release(broken);
  }
}

async function runTransaction<T>(pool: pg.Pool, names: StatementNames, fn: (tx: Transaction) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await runOnce(pool, names, fn);
    } catch (error) {
      if (attempt >= ATTEMPTS || !isRetryable(error)) throw error;
      // The first tries at once, for what was in the way has mostly just committed; then apart, so that a crowd thins out.
      if (attempt > 2) await new Promise((resolve) => setTimeout(resolve, Math.random() * Math.min(MOST_PAUSE_MS, attempt * 5)));
    }
  }
}

export type DatabaseOptions = {
  /** Connections at most; default 10. */
  max?: number;
  /** How long a query waits for a free connection, in milliseconds; for ever unless told. */
  timeoutMs?: number;
  /** How long PostgreSQL works on one statement before it stops it (SQLSTATE 57014), in milliseconds; 0 and unless told: for ever. */
  statementTimeoutMs?: number;
  /** How long `close` waits for whoever has a connection before it cuts it, in milliseconds; default 5,000. */
  closeGraceMs?: number | undefined;
  /** Told when an idle connection is lost. */
  onError?: (error: Error) => void;
};

/** Opens a pool on `url`. Does not connect yet. */
export function openDatabase(url: string, options: DatabaseOptions = {}): Database {
  const pool = new pg.Pool({
    connectionString: url,
    max: options.max ?? 10,
    connectionTimeoutMillis: options.timeoutMs ?? 0,
    types,
    application_name: 'trato',
    // Compiling a statement to machine code pays for none that answers a request.
    options: `-c timezone=UTC -c jit=off -c statement_timeout=${options.statementTimeoutMs ?? 0}`,
  });
  // A connection on its way out is not lost, even where the server ends it first: `end` does not wait for its goodbye.
  let closing = false;
  pool.on('error', (error) => {
    if (!closing) options.onError?.(error);
  });
  const names = createStatementNames();
  pool.on('acquire', names.tidy);
  const close = poolCloser(pool, options.closeGraceMs);
  return {
    ...queryable(pool, names),
    pool,
    url,
    transaction: (fn) => runTransaction(pool, names, fn),
    close() {
      closing = true;
      return close();
    },
  };
}
