// Work that comes back with time. What is due is written in the rows it is about, so nothing is lost while nobody runs.
import type { Database } from '../db/database.ts';
import { defineWorker } from './workers.ts';

export type Schedule = {
  name: string;
  /** How long it rests between two runs, in milliseconds. */
  everyMs: number;
  /** Does what is due. It may run again at any time, so it asks the database what is. */
  run(db: Database): Promise<void>;
};

/** Registers a schedule. It runs first when the server starts. */
export function defineSchedule({ name, everyMs, run }: Schedule): void {
  let next = 0;
  defineWorker({
    name,
    async work(db) {
      if (Date.now() >= next) {
        await run(db);
        next = Date.now() + everyMs;
      }
      return new Date(next);
    },
  });
}
