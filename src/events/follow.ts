// One follower of the log: a loop that its consumer pulls, with a place of its own. It reads from the ring while its
// place lies inside, else from the table in pages, so one that is slow costs no memory and misses nothing.
import type { Database } from '../db/database.ts';
import { EventCursorError } from './cursor.ts';
import type { Follower, Interests } from './interest.ts';
import { assertReached, readEvents } from './log.ts';
import { indexedPart, matches, type Ring } from './ring.ts';
import { isConnectionError } from './session.ts';
import type { Tail } from './tail.ts';
import type { EventFilter, EventRow } from './types.ts';

/**
 * What a follower is given. `BACKFILL` events are older than the last `caughtUp`; `LIVE` ones came after it. `caughtUp`
 * says that everything up to `cursor` was given; `lagged` that the consumer fell so far behind (`behind` places) that
 * backfill begins anew at `cursor`: nothing is missed by it.
 */
export type FeedStep =
  | { kind: 'events'; events: EventRow[]; phase: 'BACKFILL' | 'LIVE' }
  | { kind: 'caughtUp'; cursor: bigint }
  | { kind: 'lagged'; cursor: bigint; behind: number };

export type FollowOptions = EventFilter & {
  /** Begin after this place; without it, at the end of the log as it is when the first step is asked for. */
  after?: bigint;
  signal?: AbortSignal;
};

export type FollowSource = { db: Database; ring: Ring; interests: Interests; tail: Tail };

/** Lets a follower be ended, or failed, from outside. */
export type Control = { closed: boolean; failure: Error | null; onChange(): void };

const BATCH = 500;
const RETRY_MS = { first: 100, most: 2_000 };

export async function* followLog(source: FollowSource, options: FollowOptions, control: Control): AsyncGenerator<FeedStep, void> {
  const { ring, interests, tail } = source;
  const { after, signal: _, ...filter } = options;
  // What no index knows is looked for in pages of all the rest: one statement might walk a long log in vain.
  const indexed = indexedPart(filter);
  let resume: (() => void) | null = null;
  const wake = () => resume?.();
  const follower: Follower = { filter, next: null, seen: 0n, begun: false, wake };
  control.onChange = wake;
  const ended = () => {
    if (control.failure) throw control.failure;
    return control.closed;
  };
  // Only called where nothing was awaited since the reason to wait was checked, so no wake-up can fall between.
  const sleep = (milliseconds?: number) =>
    new Promise<void>((resolve) => {
      const timer = milliseconds === undefined ? undefined : setTimeout(resolve, milliseconds);
      resume = () => {
        clearTimeout(timer);
        resolve();
      };
    });

  async function retried<T>(read: () => Promise<T>): Promise<T | null> {
    for (let pause = RETRY_MS.first; ; pause = Math.min(pause * 2, RETRY_MS.most)) {
      try {
        return await read();
      } catch (error) {
        if (ended()) return null;
        if (!isConnectionError(error)) throw error;
        await sleep(pause);
        if (ended()) return null;
      }
    }
  }

  interests.add(follower);
  try {
    if (ended()) return;
    await Promise.race([tail.ready(), sleep()]);
    if (ended()) return;
    follower.next = null;
    follower.seen = ring.tail();
    let cursor = after ?? ring.tail();
    follower.begun = true;
    let live = false;
    let target: bigint | null = null;
    if (cursor > ring.tail()) await retried(() => assertReached(source.db, cursor));

    while (!ended()) {
      if (cursor >= follower.seen) {
        const quietUpTo = follower.next === null ? ring.tail() : follower.next - 1n;
        if (quietUpTo > cursor) cursor = quietUpTo;
      }
      if (cursor < ring.start()) {
        if (live) {
          live = false;
          yield { kind: 'lagged', cursor, behind: Number(ring.tail() - cursor) };
          continue;
        }
        target = null;
        const readUpTo = ring.tail();
        const page = await retried(() => readEvents(source.db, { ...indexed, after: cursor, limit: BATCH }));
        if (!page || ended()) return;
        const last = page.at(-1)?.seq ?? cursor;
        // A page that is not full has given all that the log held when it was read: at the least what the ring held.
        cursor = page.length < BATCH && readUpTo > last ? readUpTo : last;
        const events = page.filter((event) => matches(filter, event));
        if (events.length > 0) yield { kind: 'events', events, phase: 'BACKFILL' };
        continue;
      }
      target ??= ring.tail();
      const { events, cursor: reached } = ring.read(cursor, filter, BATCH);
      cursor = reached;
      if (cursor >= ring.tail()) {
        follower.next = null;
        follower.seen = ring.tail();
      }
      if (events.length > 0) yield { kind: 'events', events, phase: live ? 'LIVE' : 'BACKFILL' };
      else if (live) await sleep();
      if (!live && cursor >= target) {
        live = true;
        yield { kind: 'caughtUp', cursor };
      }
    }
  } finally {
    interests.remove(follower);
    control.closed = true;
  }
}

/** The error of followers whose log was replaced by an older one. */
export function rewound(): Error {
  return new EventCursorError('CURSOR_AHEAD');
}
