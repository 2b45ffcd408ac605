// What belongs to one request or one operation of a socket, wherever in its work an error is formatted.
import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import type { Attempt } from './answer-known.ts';
import type { Account } from './limits/account.ts';

export type RequestScope = {
  requestId: string;
  /** Writes the request id with every line. */
  log: Logger;
  /** Whether errors may suggest names of the schema ("Did you mean …"). */
  suggestions: boolean;
  /** Who pays for the request. */
  account?: Account;
  /** What the short way of a known query has done. */
  attempt?: Attempt;
  /** How long the database works on one statement, in milliseconds. */
  statementTimeoutMs?: number;
};

const storage = new AsyncLocalStorage<RequestScope>();

/** Runs `work` with this scope. */
export function withScope<T>(scope: RequestScope, work: () => T): T {
  return storage.run(scope, work);
}

export function currentScope(): RequestScope | undefined {
  return storage.getStore();
}

/** The caller's own request id where it is short and plain, else a new one. */
export function requestIdOf(header: string | string[] | undefined): string {
  return typeof header === 'string' && /^[\w.:/+=-]{1,128}$/.test(header) ? header : randomUUID();
}
