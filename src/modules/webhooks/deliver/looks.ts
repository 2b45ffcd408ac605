// Has webhooks looked at that may have something new: a few at a time, each by one at a time.
import type { EventFilter } from '../../../events/index.ts';
import { reasonOf } from '../../../events/index.ts';
import type { Delivery, Lane } from './lane.ts';
import { pendingOf } from './stored.ts';
import { problemOf, takeIn } from './take-in.ts';

const AT_ONCE = 4;
/**
 * No event is taken in above so many deliveries that wait: the log itself is the queue. Those that wait for a failing
 * customer do not count, or they would stop everybody else's, unless all is failing…
 */
const MOST_PENDING = 1_000;
/** …but no more than these are held in memory. */
const WINDOW = 20_000;
/** So many were finished before what lies beyond the window is read. */
const MOVES = 500;
const RETRY_MS = { first: 100, most: 30_000 };
/** Pauses while a command has the row of a webhook: mostly it is done in a moment. */
const HELD_MS = { first: 20, most: 1_000 };
/** So often a row is found held before somebody waits for it, one at a time: else commands in a row would never let it go. */
const OFTEN_HELD = 6;

export type Looks = {
  look(lane: Lane): void;
  /** The same for what may happen all the time: while the row is held it does nothing, for the lane is looked at again anyway. */
  wake(lane: Lane): void;
  /** A delivery of the lane is done: there may be room again. */
  onSettled(lane: Lane): void;
  stop(): Promise<void>;
};

export type LooksTold = {
  onQueued(lane: Lane): void;
  onFilter(lane: Lane, filter: EventFilter): void;
  onChanged(lane: Lane): Promise<void>;
  onProblem(lane: Lane, problem: 'CREDENTIAL_GONE' | 'DOCUMENT_INVALID', detail: string): Promise<void>;
};

export function createLooks(delivery: Delivery, told: LooksTold): Looks {
  const waiting = new Set<Lane>();
  const underWay = new Map<Lane, Promise<void>>();
  const timers = new Map<Lane, NodeJS.Timeout>();
  /** Those whose row was held, until they are looked at again. */
  const resting = new WeakSet<Lane>();
  /** Those that had no room when they were looked at. */
  const full = new WeakSet<Lane>();
  /** Whether one of them waits for its row. */
  let isWaiting = false;
  let stopping = false;

  function look(lane: Lane): void {
    if (stopping || lane.closed) return;
    waiting.add(lane);
    start();
  }

  function start(): void {
    for (const lane of waiting) {
      if (underWay.size >= AT_ONCE) return;
      // One that is being looked at is looked at again when that has ended.
      if (underWay.has(lane)) continue;
      waiting.delete(lane);
      const done = step(lane).finally(() => {
        underWay.delete(lane);
        start();
      });
      underWay.set(lane, done);
    }
  }

  async function step(lane: Lane): Promise<void> {
    try {
      if (lane.closed || stopping) return;
      resting.delete(lane);
      if (lane.stale) await load(lane);
      told.onQueued(lane);
      const took = await take(lane);
      if (took === 'held') {
        // What happened meanwhile waits too.
        waiting.delete(lane);
        resting.add(lane);
        lookLater(lane, pauseOf(lane, HELD_MS));
        return;
      }
      lane.failures = 0;
      told.onQueued(lane);
      if (took === 'more') look(lane);
    } catch (error) {
      const pause = pauseOf(lane, RETRY_MS);
      delivery.log.warn({ reason: reasonOf(error), retryInMs: pause }, 'events of a webhook could not be taken in');
      lookLater(lane, pause);
    }
  }

  function lookLater(lane: Lane, pause: number): void {
    if (stopping) return;
    clearTimeout(timers.get(lane));
    const timer = setTimeout(() => {
      timers.delete(lane);
      look(lane);
    }, pause);
    timers.set(lane, timer);
  }

  async function load(lane: Lane): Promise<void> {
    lane.stale = false;
    lane.finished = new Set();
    try {
      const rows = await pendingOf(delivery.db, lane.webhook, WINDOW);
      lane.complete = rows.length < WINDOW;
      // Somebody may have given up what waits.
      if (lane.complete) lane.queue.retain(new Set(rows.map(({ id }) => id)));
      lane.queue.add(rows.filter(({ id }) => !lane.finished!.has(id)));
      const last = rows.at(-1)?.id ?? '';
      if (last > lane.lastId) lane.lastId = last;
    } catch (error) {
      lane.stale = true;
      throw error;
    } finally {
      lane.finished = null;
    }
  }

  async function take(lane: Lane): Promise<'more' | 'done' | 'held'> {
    if (!lane.complete || lane.queue.size() >= WINDOW || counted(lane) >= MOST_PENDING) {
      full.add(lane);
      const stopped = await problemOf(delivery, lane.webhook);
      if (stopped) await told.onProblem(lane, stopped.problem, stopped.detail);
      return 'done';
    }
    const waits = !isWaiting && lane.failures >= OFTEN_HELD;
    isWaiting ||= waits;
    const took = await takeIn(delivery, lane, (filter) => told.onFilter(lane, filter), { waits }).finally(() => {
      if (waits) isWaiting = false;
    });
    if (took === 'changed') await told.onChanged(lane);
    if (typeof took === 'object') await told.onProblem(lane, took.problem, took.detail);
    return took === 'more' || took === 'held' ? took : 'done';
  }

  return {
    look,
    wake(lane) {
      if (!resting.has(lane)) look(lane);
    },
    onSettled(lane) {
      if (lane.stale) look(lane);
      if (!full.has(lane) || !hasRoom(lane)) return;
      full.delete(lane);
      if (!lane.complete) lane.stale = true;
      look(lane);
    },
    async stop() {
      stopping = true;
      waiting.clear();
      for (const timer of timers.values()) clearTimeout(timer);
      await Promise.all(underWay.values());
    },
  };
}

/** How long a lane waits that met the same again: twice as long each time. */
function pauseOf(lane: Lane, { first, most }: { first: number; most: number }): number {
  return Math.min(most, first * 2 ** Math.min(20, lane.failures++));
}

function counted({ queue, breaker }: Lane): number {
  return breaker.restingUntil() === null ? queue.free() : queue.size();
}

/** Whether enough was finished, since there was no room, to look again. */
function hasRoom(lane: Lane): boolean {
  const size = lane.queue.size();
  if (!lane.complete && size <= WINDOW / 2) return true;
  return size <= WINDOW - MOVES && counted(lane) <= MOST_PENDING / 2;
}
