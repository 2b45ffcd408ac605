// Handlers of events: durable, exactly once for what they write, in the order of the log.
import type { Transaction } from '../db/database.ts';
import { type EventRow, lockConsumer, takeEvents } from '../events/index.ts';
import { defineWorker } from './workers.ts';

export type EventHandler = {
  /** Names its place in the log: never change it. */
  name: string;
  /** Types of events it wants; null: all. */
  types: readonly string[] | null;
  /** Takes in events of several workspaces, in order. Its writes commit with its place; when it throws they come again. */
  handle(tx: Transaction, events: EventRow[]): Promise<void>;
};

const BATCH = 500;
/** When to look again where another process works, or one that was killed has not let go yet. */
const TAKEN_MS = 1_000;

/** Registers a handler. It begins at the end of the log as it is when it first runs. */
export function defineEventHandler({ name, types, handle }: EventHandler): void {
  defineWorker({
    name,
    work: (db) =>
      db.transaction(async (tx) => {
        const place = await lockConsumer(tx, name);
        if (!place) return new Date(Date.now() + TAKEN_MS);
        const { events, moved } = await takeEvents(tx, place, BATCH, types);
        if (events.length > 0) await handle(tx, events);
        return moved ? 'more' : null;
      }),
  });
}
