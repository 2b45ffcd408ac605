// Events that a command collected. Most are the caller's; some are of a plugin that works along with the command.
import type { Transaction } from '../db/database.ts';
import { appendEvents } from '../events/append.ts';
import type { EventSource, NewEvent } from '../events/types.ts';

export type Emitted = NewEvent & {
  /** Who and what caused it, where that is not the command's caller. */
  source?: Pick<EventSource, 'actor' | 'origin'>;
};

/** Appends events in their order: one statement for each run of a common source. */
export async function appendEmitted(tx: Transaction, caller: EventSource, events: readonly Emitted[]): Promise<void> {
  for (let from = 0; from < events.length; ) {
    const { source } = events[from]!;
    let to = from + 1;
    while (to < events.length && events[to]!.source === source) to++;
    await appendEvents(tx, { ...caller, ...source }, events.slice(from, to));
    from = to;
  }
}
