// What works in the background, by name. Modules say what there is to do; `start.ts` has one process do it.
import type { Database } from '../db/database.ts';

/** What a worker has left: work at once, work at a moment, or nothing until an event comes. */
export type Left = 'more' | Date | null;

export type Worker = {
  name: string;
  /** Does a piece of work. Called when it has said that there is some, and whenever events were written. */
  work(db: Database): Promise<Left>;
};

const workers = new Map<string, Worker>();

/** Registers a worker. Modules call it when they are loaded. */
export function defineWorker(worker: Worker): void {
  if (workers.has(worker.name)) throw new Error(`the worker ${worker.name} is defined twice`);
  workers.set(worker.name, worker);
}

/** All workers, in the order of their definition. */
export function allWorkers(): Worker[] {
  return [...workers.values()];
}

/** Has the named workers (all unless told) work until none has anything left to do at once. For tests and commands. */
export async function drainWorkers(db: Database, names?: readonly string[]): Promise<void> {
  const chosen = allWorkers().filter(({ name }) => !names || names.includes(name));
  for (const { work } of chosen) while ((await work(db)) === 'more');
}
