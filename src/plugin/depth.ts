// Plugins ask through the core: a field whose `load` asks for itself, guards that run commands which have guards, two
// plugins that ask each other. It ends somewhere, before it takes all time, connections or memory.
import { AsyncLocalStorage } from 'node:async_hooks';
import type { LoadedPlugin } from './loaded.ts';

const DEEPEST = 5;
const depth = new AsyncLocalStorage<number>();

/** Thrown for a query or a command of a plugin that is asked for by one, which is asked for by one, and so on. */
export class TooDeep extends Error {
  constructor(id: string, what: string) {
    super(`${id}: queries and commands of plugins ask for each other, more than ${DEEPEST} deep: ${what}`);
    this.name = 'TooDeep';
  }
}

/** Runs a query or a command of a plugin, unless too many are under way around it. */
export function deeper<T>(plugin: LoadedPlugin, what: string, work: () => Promise<T>): Promise<T> {
  const now = (depth.getStore() ?? 0) + 1;
  if (now > DEEPEST) return Promise.reject(new TooDeep(plugin.id, what));
  return depth.run(now, work);
}
