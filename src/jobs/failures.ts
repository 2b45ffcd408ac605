// Which failures of background work pass by themselves.
import { RetryTransaction } from '../db/database.ts';
import { isConnectionError } from '../events/index.ts';

const CANCELED = '57014';

/** Whether the whole transaction is to be tried again: a deadlock, a lost connection, something taken meanwhile, a server that stops. */
export function isPassing(error: unknown): boolean {
  const { code = '' } = error as { code?: string };
  return isConnectionError(error) || code === CANCELED || code.startsWith('40') || error instanceof RetryTransaction;
}
