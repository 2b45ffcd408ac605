// The newest events of the log, shared by all followers of a process. Places are gapless, so a place is an index.
import { changesOneOf } from './changed.ts';
import type { EventFilter, EventRow } from './types.ts';

export type Ring = {
  /** Holds every event after this place … */
  start(): bigint;
  /** … up to this one, the last that the process has read. */
  tail(): bigint;
  /** Empties it; the next event to come is the one after `head`. */
  reset(head: bigint): void;
  /** Adds the next event, which takes up about `bytes`. */
  push(event: EventRow, bytes: number): void;
  /** Takes the data out of a customer's events, as erasing the customer did in the table. */
  redact(workspaceId: string, customerId: string): void;
  /** Events after a place that lies inside, at most `limit` that match; `cursor` is where reading goes on. */
  read(after: bigint, filter: EventFilter, limit: number): { events: EventRow[]; cursor: bigint };
};

/** Holds at most `size` events and about `maxBytes` of them, whichever is reached first. */
export function createRing(size: number, maxBytes: number): Ring {
  const slots = new Array<EventRow | undefined>(size);
  const weights = new Float64Array(size);
  let start = 0n;
  let tail = 0n;
  let held = 0;
  const slot = (seq: bigint) => Number(seq % BigInt(size));

  function dropFirst(): void {
    start += 1n;
    const at = slot(start);
    held -= weights[at]!;
    slots[at] = undefined;
  }

  return {
    start: () => start,
    tail: () => tail,
    reset(head) {
      slots.fill(undefined);
      start = tail = head;
      held = 0;
    },
    push(event, bytes) {
      if (event.seq !== tail + 1n) throw new Error(`the log jumps from ${tail} to ${event.seq}`);
      if (tail - start === BigInt(size)) dropFirst();
      tail = event.seq;
      slots[slot(tail)] = event;
      weights[slot(tail)] = bytes;
      held += bytes;
      while (held > maxBytes && start < tail) dropFirst();
    },
    redact(workspaceId, customerId) {
      for (const [at, event] of slots.entries()) {
        if (event?.customerId === customerId && event.workspaceId === workspaceId) slots[at] = { ...event, data: { erased: true } };
      }
    },
    read(after, filter, limit) {
      const events: EventRow[] = [];
      if (after >= tail) return { events, cursor: after };
      let at = slot(after + 1n);
      let left = Number(tail - after);
      for (; left > 0 && events.length < limit; left--) {
        const event = slots[at]!;
        if (matches(filter, event)) events.push(event);
        at = at + 1 === size ? 0 : at + 1;
      }
      return { events, cursor: tail - BigInt(left) };
    },
  };
}

/** The part of a filter that an index serves, and that can be told without an event's data: of the rest nothing is asked of PostgreSQL where it would walk the log. */
export function indexedPart({ changed: _, notOrigins: __, ...indexed }: EventFilter): EventFilter {
  return indexed;
}

/** Whether a filter lets an event through; the same that `readEvents` asks of the database. */
export function matches(filter: EventFilter, event: EventRow): boolean {
  return (
    event.workspaceId === filter.workspaceId &&
    (filter.types === undefined || filter.types.includes(event.type)) &&
    (filter.subjectId === undefined || event.subjectId === filter.subjectId) &&
    (filter.customerId === undefined || event.customerId === filter.customerId) &&
    (filter.notOrigins === undefined || event.origin === null || !filter.notOrigins.includes(event.origin)) &&
    (filter.changed === undefined || changesOneOf(event.data, filter.changed))
  );
}
