// What live feeds stand on: one reader of the log's end per process, and any number of followers that share it.
import type { Database } from '../db/database.ts';
import { type Control, type FeedStep, type FollowOptions, followLog, rewound } from './follow.ts';
import { createInterests } from './interest.ts';
import { createRing } from './ring.ts';
import { startTail, type Tail } from './tail.ts';
import type { EventsLog } from './types.ts';

export type EventHub = {
  start(): void;
  /** Ends all followers (their generators finish) and the connection. */
  stop(): Promise<void>;
  /**
   * Follows the log of a workspace: what is already there after the given place, then what comes, each event once and in
   * order. Ends when `signal` is aborted, when its `return()` is called (also in mid-wait) or when the hub stops. Throws
   * `EventCursorError` with `CURSOR_AHEAD` if the log has not reached `after`. It survives lost connections.
   * The events are shared with other followers: do not change them.
   */
  follow(options: FollowOptions): AsyncGenerator<FeedStep, void>;
  /** Number of followers at the moment that have begun: what is written from now on reaches them. */
  followers(): number;
};

const RING_BYTES = 64 * 1024 * 1024;

/** Makes the hub of this process; `ringSize` is how many of the newest events it keeps in memory (10,000). */
export function createEventHub(
  db: Database,
  { log, ringSize = 10_000, ringBytes = RING_BYTES }: { log: EventsLog; ringSize?: number; ringBytes?: number },
): EventHub {
  const ring = createRing(ringSize, ringBytes);
  const interests = createInterests();
  const controls = new Set<Control>();
  let tail: Tail | null = null;

  function onRewound(): void {
    for (const control of controls) {
      control.failure = rewound();
      control.onChange();
    }
  }

  function close(control: Control): void {
    control.closed = true;
    control.onChange();
  }

  function follow(options: FollowOptions): AsyncGenerator<FeedStep, void> {
    const control: Control = { closed: false, failure: null, onChange() {} };
    const onAbort = () => close(control);
    async function* steps(): AsyncGenerator<FeedStep, void> {
      if (!tail) throw new Error('the event hub is not running');
      if (control.closed || options.signal?.aborted) return;
      controls.add(control);
      options.signal?.addEventListener('abort', onAbort, { once: true });
      try {
        yield* followLog({ db, ring, interests, tail }, options, control);
      } finally {
        options.signal?.removeEventListener('abort', onAbort);
        controls.delete(control);
      }
    }
    return endable(steps(), onAbort);
  }

  return {
    start() {
      tail ??= startTail(db, { log, ring, interests, onRewound });
    },
    async stop() {
      for (const control of controls) close(control);
      await tail?.stop();
      tail = null;
    },
    follow,
    followers: () => interests.following(),
  };
}

// A generator's own `return()` waits for the `next()` under way, which for a quiet feed may be for ever.
function endable<T>(steps: AsyncGenerator<T, void>, end: () => void): AsyncGenerator<T, void> {
  return {
    next: () => steps.next(),
    return() {
      end();
      return steps.return();
    },
    throw(error) {
      end();
      return steps.throw(error);
    },
    [Symbol.asyncIterator]() {
      return this;
    },
    async [Symbol.asyncDispose]() {
      await this.return();
    },
  };
}
