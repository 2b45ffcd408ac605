// Strategies: questions of the core that something else may answer. Whoever answers must not harm the command that asks, so
// it gets two seconds and a transaction in which nothing it does stays.
import sql from 'sql-template-tag';
import type { Queryable, Transaction } from '../db/database.ts';

/** What a strategy works with: reads, in the transaction of whoever asks, as long as the answer is awaited. */
export type StrategyCall = { db: Transaction; workspaceId: string; now: Date; signal: AbortSignal };

export type UnknownIdentities = { identities: readonly { kind: string; system: string; value: string }[] };

/** What is asked and answered, by kind. */
export type StrategyKinds = {
  /** The share from 0 to 1 of a criterion's points that each of these customers gets; those who are absent get none. */
  LEAD_SCORE: { asked: readonly string[]; answer: Map<string, number> };
  /** The customer to whom identities belong that nobody is known by; null where none. */
  IDENTITY_MATCH: { asked: UnknownIdentities; answer: string | null };
  /** The user who gets what comes from a customer; null for nobody. */
  OWNER_ASSIGNMENT: { asked: { customerId: string | null }; answer: string | null };
};
export type StrategyKind = keyof StrategyKinds;

export type Strategy<K extends StrategyKind> = (
  call: StrategyCall,
  asked: StrategyKinds[K]['asked'],
) => Promise<StrategyKinds[K]['answer']>;

/** Told what went wrong, without what was asked: that is personal data. */
export type StrategyLog = { warn(fields: object, message: string): void };

type Known = { strategy: Strategy<StrategyKind>; log: StrategyLog };

/** How long an answer may take. */
export const STRATEGY_MS = 2_000;
const SAID_AGAIN_MS = 60_000;
const quiet: StrategyLog = { warn() {} };

const known: Record<StrategyKind, Map<string, Known>> = { LEAD_SCORE: new Map(), IDENTITY_MATCH: new Map(), OWNER_ASSIGNMENT: new Map() };
const missed = new Map<string, number>();
let serverLog = quiet;

/** Registers a strategy, as `<plugin>.<name>`; gives the way to end that. */
export function defineStrategy<K extends StrategyKind>(kind: K, name: string, strategy: Strategy<K>, log: StrategyLog = quiet): () => void {
  if (known[kind].has(name)) throw new Error(`the strategy ${name} is defined twice`);
  known[kind].set(name, { strategy: strategy as unknown as Strategy<StrategyKind>, log });
  return () => void known[kind].delete(name);
}

export function isStrategy(kind: StrategyKind, name: string): boolean {
  return known[kind].has(name);
}

/** Names of the strategies of a kind, in the order of their definition. */
export function strategiesOf(kind: StrategyKind): string[] {
  return [...known[kind].keys()];
}

/** Where it is said that a strategy is named that is not there. */
export function logStrategiesTo(log: StrategyLog): void {
  serverLog = log;
}

/** An answer; or none, as the strategy failed, was late or is not there: the reason is in the log. */
export type Answered<K extends StrategyKind> = { answer: StrategyKinds[K]['answer'] } | null;

/** Asks a strategy in a transaction. Whatever happens, the transaction goes on as it was. */
export async function askStrategy<K extends StrategyKind>(
  { tx, workspaceId, now }: { tx: Queryable; workspaceId: string; now: Date },
  kind: K,
  name: string,
  asked: StrategyKinds[K]['asked'],
): Promise<Answered<K>> {
  const found = known[kind].get(name);
  if (!found) return missing(kind, name);
  // Statements that do not come back are ended by PostgreSQL: nothing else could use the connection meanwhile.
  await tx.execute(sql`savepoint strategy`);
  await tx.query(sql`select set_config('statement_timeout', ${String(STRATEGY_MS)}, true)`);
  const { db, close } = lent(tx);
  const ended = new AbortController();
  try {
    const answer = await inTime(ended, found.strategy({ db, workspaceId, now, signal: ended.signal }, asked));
    return { answer: checked(kind, answer as StrategyKinds[K]['answer']) };
  } catch (error) {
    tellUnanswered(kind, name, reasonOf(error));
    return null;
  } finally {
    close();
    // Also takes back what it set or locked.
    await tx.execute(sql`rollback to savepoint strategy`);
    await tx.execute(sql`release savepoint strategy`);
  }
}

/** Says in the log that a strategy gave no answer, or was not asked. */
export function tellUnanswered(kind: StrategyKind, name: string, reason: string): void {
  known[kind].get(name)?.log.warn({ strategy: name, kind, reason }, 'a strategy did not answer');
}

function missing(kind: StrategyKind, name: string): null {
  const key = `${kind} ${name}`;
  if ((missed.get(key) ?? 0) + SAID_AGAIN_MS <= Date.now()) {
    missed.set(key, Date.now());
    serverLog.warn({ strategy: name, kind }, 'a strategy is named that is not there: its plugin is not loaded');
  }
  return null;
}

/** The transaction until `close`: a strategy that is late must not reach into what comes after it. */
function lent(tx: Queryable): { db: Transaction; close(): void } {
  let open = true;
  const whileOpen = <T>(run: () => Promise<T>): Promise<T> =>
    open ? run() : Promise.reject(new Error('the answer is not awaited any more'));
  return {
    db: {
      query: (statement) => whileOpen(() => tx.query(statement)),
      execute: (statement) => whileOpen(() => tx.execute(statement)),
      // Nothing that a strategy does is committed.
      afterCommit: () => undefined,
    },
    close: () => {
      open = false;
    },
  };
}

async function inTime<T>(ended: AbortController, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${STRATEGY_MS} ms`)), STRATEGY_MS);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
    ended.abort();
  }
}

function checked<K extends StrategyKind>(kind: K, answer: StrategyKinds[K]['answer']): StrategyKinds[K]['answer'] {
  if (kind === 'LEAD_SCORE') {
    if (!(answer instanceof Map)) throw new Error('the answer is no Map');
    for (const share of answer.values()) if (!Number.isFinite(share)) throw new Error('a share is no number');
    return answer;
  }
  if (answer == null) return null as StrategyKinds[K]['answer'];
  if (typeof answer !== 'string' || !UUID.test(answer)) throw new Error('the answer is no UUID');
  return answer;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

// Messages of PostgreSQL's errors may hold values of rows.
function reasonOf(error: unknown): string {
  const { code, message } = (error ?? {}) as { code?: string; message?: string };
  if (typeof code === 'string') return code;
  return typeof message === 'string' ? message.slice(0, 200) : 'unknown';
}
