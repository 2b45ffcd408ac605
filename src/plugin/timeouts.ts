// How long a plugin's function may take. What comes too late is over: the contexts that were made for it work no more.
import { AsyncLocalStorage } from 'node:async_hooks';
import { fileURLToPath } from 'node:url';
import { UserErrors } from '../commands/user-errors.ts';
import { RetryTransaction } from '../db/database.ts';
import { apiError } from '../graphql/errors.ts';
import type { PluginLog } from './contexts.ts';
import { TooDeep } from './depth.ts';
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

/** Thrown for work that was given up for another reason: what it was a part of is over, or the server stops. */
export class GivenUp extends Error {
  constructor() {
    super('given up before there was an answer');
    this.name = 'GivenUp';
  }
}

/**
 * Gives what `work` gives, or throws what it throws, or TooLate, or GivenUp once `stopping` is aborted or the limit around
 * this one is over. It never waits for work that hangs: a transaction in which it runs ends, and what the work asks for
 * afterwards is refused, as its signal is aborted when all is decided, either way.
 */
export async function within<T>(ms: number, work: (signal: AbortSignal) => Promise<T>, stopping?: AbortSignal): Promise<T> {
  const controller = new AbortController();
  // What runs inside of another limit is over with that one, too.
  const outer = currentLimit().signal;
  if (outer.aborted) throw new GivenUp();
  const { promise: late, reject: refuse } = Promise.withResolvers<never>();
  const giveUp = () => {
    controller.abort();
    refuse(new GivenUp());
  };
  outer.addEventListener('abort', giveUp, { once: true });
  stopping?.addEventListener('abort', giveUp, { once: true });
  const timer = setTimeout(() => refuse(new TooLate(ms)), ms);
  const working = running.run({ signal: controller.signal, timeoutMs: ms }, async () => work(controller.signal));
  // One that fails after its time has nobody to tell.
  working.catch(() => undefined);
  try {
    return await Promise.race([working, late]);
  } finally {
    clearTimeout(timer);
    outer.removeEventListener('abort', giveUp);
    stopping?.removeEventListener('abort', giveUp);
    controller.abort();
  }
}

/**
 * Runs a function of a plugin for a caller. Whatever it throws, and that it is late, becomes PLUGIN_UNAVAILABLE with the
 * plugin's id, and is logged; only refusals and failures for which the whole transaction is tried again go through.
 */
export async function withTimeout<T>(
  plugin: LoadedPlugin,
  ms: number,
  work: (signal: AbortSignal) => Promise<T>,
  /** What of the plugin it is, for the log: `Customer.loyaltyTier`, `guard customerUpdate`. */
  place?: string,
): Promise<T> {
  try {
    return await within(ms, work);
  } catch (error) {
    if (error instanceof UserErrors || isRetried(error)) throw error;
    logFailure(plugin.log, { plugin: plugin.id, ...(place && { place }) }, error, 'a plugin failed');
    throw apiError('PLUGIN_UNAVAILABLE', `The plugin ${plugin.id} failed or took too long.`, { plugin: plugin.id });
  }
}

/** Whether it is a GivenUp. */
export function isGivenUp(error: unknown): boolean {
  try {
    return error instanceof GivenUp;
  } catch {
    return false; // it breaks when it is looked at
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

type FailureLog = Pick<PluginLog, 'error'> & { debug?(fields: object, message: string): void };

/** Logs that a function of a plugin failed. What the error says may hold what a customer wrote: that stands at the level `debug` alone. */
export function logFailure(log: FailureLog, fields: object, error: unknown, words: string): void {
  log.error({ ...fields, ...causeOf(error) }, words);
  log.debug?.({ ...fields, said: saidBy(error) }, 'what an error of a plugin says');
}

function saidBy(error: unknown): string {
  try {
    return (error instanceof Error ? error.message : String(error)).slice(0, 1_000);
  } catch {
    return 'nothing that can be read';
  }
}

/** What of an error may be logged: its kind and where in the plugin it was thrown. Its message may hold what a customer wrote. */
export function causeOf(error: unknown): { reason: string; at?: string } {
  try {
    if (error instanceof TooLate || error instanceof GivenUp || error instanceof TooDeep) return { reason: error.message };
    if (!(error instanceof Error)) return { reason: `threw ${error === null ? 'null' : typeof error}` };
    const { code, extensions } = error as { code?: unknown; extensions?: { code?: unknown } };
    const at = placeIn(error.stack);
    const kind = [code, extensions?.code].find((one) => typeof one === 'string') as string | undefined;
    return { reason: kind ?? String(error.name), ...(at && { at: at.trim() }) };
  } catch {
    // Plugins may throw anything, also what breaks when it is looked at.
    return { reason: 'threw something that breaks when it is looked at' };
  }
}

const own = ['src/', 'node_modules/'].map((folder) => fileURLToPath(new URL(`../../${folder}`, import.meta.url)));

/** The innermost place that is the plugin's own; else that where it was thrown. A plugin may lie in `node_modules` itself. */
function placeIn(stack: string | undefined): string | undefined {
  // `JSON.parse (<anonymous>)` and `Promise.all (index 0)` are no places.
  const places = (stack ?? '').split('\n').filter((line) => /^\s+at .*:\d+:\d+\)?$/.test(line) && !/\bnode:/.test(line));
  return places.find((line) => !own.some((folder) => line.includes(folder))) ?? places.find((line) => !line.includes('/node_modules/'));
}
