// Which failures of background work pass by themselves.
import { RetryTransaction } from '../db/database.ts';
import { isConnectionError } from '../events/index.ts';

/** Whether the whole transaction is to be tried again: a deadlock, a lost connection, something taken meanwhile. */
export function isPassing(error: unknown): boolean {
  const { code = '' } = error as { code?: string };
  return isConnectionError(error) || code.startsWith('40') || error instanceof RetryTransaction;
}
