// How long a plugin's function may take. What comes too late is over: the contexts that were made for it work no more.
import { AsyncLocalStorage } from 'node:async_hooks';
import { UserErrors } from '../commands/user-errors.ts';
import { RetryTransaction } from '../db/database.ts';
import { apiError } from '../graphql/errors.ts';
import type { LoadedPlugin } from './loaded.ts';

type Running = { signal: AbortSignal; timeoutMs: number };

const running = new AsyncLocalStorage<Running>();
/** For what runs outside of any time limit: never aborted. */
const free: Running = { signal: new AbortController().signal, timeoutMs: 0 };

/** The limit under which this code runs; a timeout of 0: none. */
export function currentLimit(): Running {
  return running.getStore() ?? free;
}

/** Thrown for work that took too long. */
export class TooLate extends Error {
  constructor(ms: number) {
    super(`no answer within ${ms} ms`);
    this.name = 'TooLate';
  }
}

/** Gives what `work` gives, or throws what it throws, or TooLate. Its signal is aborted when that is decided, either way; `stopping` decides it early. */
export async function within<T>(ms: number, work: (signal: AbortSignal) => Promise<T>, stopping?: AbortSignal): Promise<T> {
  const controller = new AbortController();
  // What runs inside of another limit is over with that one, too.
  const outer = currentLimit().signal;
  const onOuter = () => controller.abort();
  if (outer.aborted) controller.abort();
  else outer.addEventListener('abort', onOuter, { once: true });
  let timer: NodeJS.Timeout | undefined;
  let onStop: (() => void) | undefined;
  const late = new Promise<never>((_resolve, refuse) => {
    timer = setTimeout(() => refuse(new TooLate(ms)), ms);
    onStop = () => refuse(new Error('the server stops'));
    stopping?.addEventListener('abort', onStop, { once: true });
  });
  const working = running.run({ signal: controller.signal, timeoutMs: ms }, async () => work(controller.signal));
  // One that fails after its time has nobody to tell.
  working.catch(() => undefined);
  try {
    return await Promise.race([working, late]);
  } finally {
    clearTimeout(timer);
    outer.removeEventListener('abort', onOuter);
    stopping?.removeEventListener('abort', onStop!);
    controller.abort();
  }
}

/**
 * Runs a function of a plugin for a caller. Whatever it throws, and that it is late, becomes PLUGIN_UNAVAILABLE with the
 * plugin's id, and is logged; only refusals and failures for which the whole transaction is tried again go through.
 */
export async function withTimeout<T>(plugin: LoadedPlugin, ms: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  try {
    return await within(ms, work);
  } catch (error) {
    if (error instanceof UserErrors || isRetried(error)) throw error;
    plugin.log.error({ plugin: plugin.id, ...causeOf(error) }, 'a plugin failed');
    throw apiError('PLUGIN_UNAVAILABLE', `The plugin ${plugin.id} failed or took too long.`, { plugin: plugin.id });
  }
}

const RETRIED = new Set<unknown>(['40001', '40P01']);

/** Whether the whole transaction is to be tried again: what was in the way has mostly passed. */
export function isRetried(error: unknown): boolean {
  try {
    return error instanceof RetryTransaction || RETRIED.has((error as { code?: unknown } | null | undefined)?.code);
  } catch {
    return false; // it breaks when it is looked at
  }
}

/** What of an error may be logged: its kind and where it was thrown. Its message may hold what a customer wrote. */
export function causeOf(error: unknown): { reason: string; at?: string } {
  try {
    if (error instanceof TooLate) return { reason: error.message };
    if (!(error instanceof Error)) return { reason: `threw ${error === null ? 'null' : typeof error}` };
    const { code } = error as { code?: unknown };
    const at = error.stack?.split('\n').find((line) => /^\s+at /.test(line) && !line.includes('node_modules'));
    return { reason: typeof code === 'string' ? code : String(error.name), ...(at && { at: at.trim() }) };
  } catch {
    // Plugins may throw anything, also what breaks when it is looked at.
    return { reason: 'threw something that breaks when it is looked at' };
  }
}
