// Has a handler take in the log: what is due again, then what is new. Everything of one turn commits together: what the
// handler wrote, its place, and what it failed at. So every event is taken in once, whoever works and whenever it is killed.
import sql from 'sql-template-tag';
import type { Database, Transaction } from '../../db/database.ts';
import { type ConsumerPlace, lockConsumer, takeEvents } from '../../events/index.ts';
import type { Left } from '../../jobs/index.ts';
import { endEvents } from '../own-tables/mark.ts';
import { takePlace } from '../places.ts';
import { lastCallSignal, stopSignal } from '../stopping.ts';
import { isGivenUp, isRetried } from '../timeouts.ts';
import { type AttemptOptions, attempt } from './attempt.ts';
import {
  addFailures,
  blockedSubjects,
  countFailure,
  dueSubjects,
  eventsAt,
  keyOf,
  type NewFailure,
  nextDue,
  removeFailure,
  type Subject,
  subjectOf,
  waitingOf,
} from './failures.ts';
import { type Handler, PAUSES_MS, placeOf } from './handler.ts';

export type WorkerOptions = Omit<AttemptOptions, 'last' | 'lastCall'> & {
  /** Events of one turn at most. */
  batch?: number;
  /** How long a turn goes on, in milliseconds: it holds what it has locked. */
  turnMs?: number;
};

const BATCH = 100;
const TURN_MS = 3_000;
/** When to look again where another process works, or one that was killed has not let go yet. */
const TAKEN_MS = 1_000;

/** One turn of a handler, in a place: those of a plugin that hang leave room for all others. */
export async function handlerTurn(db: Database, handler: Handler, options: WorkerOptions = {}): Promise<Left> {
  const lastCall = lastCallSignal();
  const leave = await takePlace({ plugin: handler.plugin, db, signal: stopSignal(), patient: true });
  if (!leave) return new Date();
  try {
    return await tried(db, handler, { ...options, lastCall });
  } catch (error) {
    // The server stops: all of the turn was taken back, and comes again.
    if (isGivenUp(error)) return new Date();
    throw error;
  } finally {
    leave();
  }
}

async function tried(db: Database, handler: Handler, options: TurnOptions): Promise<Left> {
  try {
    return await db.transaction((tx) => turn(tx, handler, options));
  } catch (error) {
    if (!isRetried(error)) throw error;
    // Tried often enough: what is in the way of one event must not hold up all others.
    return db.transaction((tx) => turn(tx, handler, { ...options, last: true }));
  }
}

type TurnOptions = WorkerOptions & Pick<AttemptOptions, 'last' | 'lastCall'>;

async function turn(tx: Transaction, handler: Handler, options: TurnOptions): Promise<Left> {
  const place = await lockConsumer(tx, placeOf(handler));
  if (!place) return new Date(Date.now() + TAKEN_MS);
  const turnMs = options.turnMs ?? TURN_MS;
  const begun = performance.now();
  // What fails over and over takes at most half the time, and at least one event of each goes on.
  const again = await takeDue(tx, handler, options, begun + turnMs / 2);
  const fresh = await takeNew(tx, place, handler, options, begun + turnMs);
  await endEvents(tx);
  return again || fresh ? 'more' : nextDue(tx, handler);
}

/** Tries what is due again; answers whether there may be more of it. */
async function takeDue(tx: Transaction, handler: Handler, options: TurnOptions, until: number): Promise<boolean> {
  const { batch = BATCH } = options;
  const subjects = await dueSubjects(tx, handler, batch);
  for (const subject of subjects) {
    await takeWaiting(tx, handler, subject, options, until);
    if (performance.now() >= until) return true;
  }
  return subjects.length > 0;
}

/** The events that wait of one subject, in order, up to the first that fails and is tried again. */
async function takeWaiting(tx: Transaction, handler: Handler, subject: Subject, options: TurnOptions, until: number): Promise<void> {
  const waiting = await waitingOf(tx, handler, subject, options.batch ?? BATCH);
  const events = await eventsAt(
    tx,
    waiting.map(({ eventSeq }) => eventSeq),
  );
  for (const [index, failure] of waiting.entries()) {
    // Those behind are due when this one is done, whatever moment they were given.
    if (index > 0 && performance.now() >= until) return makeDue(tx, handler, subject);
    const event = events.get(failure.eventSeq);
    const error = event ? await attempt(tx, handler, event, options) : null;
    if (error === null) await removeFailure(tx, failure);
    else if (await countFailure(tx, handler, failure, error)) return;
  }
  await makeDue(tx, handler, subject);
}

async function makeDue(tx: Transaction, { plugin, name }: Handler, { workspaceId, subjectKey }: Subject): Promise<void> {
  await tx.execute(sql`update plugin_failures set next_attempt_at = now() where workspace_id = ${workspaceId}::uuid and plugin = ${plugin.id}
    and handler = ${name} and subject_key = ${subjectKey}::uuid and dead_at is null`);
}

/** Takes in what is new; answers whether the log went on. */
async function takeNew(tx: Transaction, place: ConsumerPlace, handler: Handler, options: TurnOptions, until: number): Promise<boolean> {
  const { events, moved } = await takeEvents(tx, place, options.batch ?? BATCH, handler.types);
  if (events.length === 0) return moved;
  const blocked = await blockedSubjects(tx, handler, events);
  const failures: NewFailure[] = [];
  for (const [index, event] of events.entries()) {
    if (index > 0 && performance.now() >= until) {
      await moveTo(tx, place, event.seq - 1n);
      break;
    }
    const key = keyOf(subjectOf(event));
    const behind = blocked.get(key);
    if (behind) failures.push({ event, attempts: 0, nextAttemptAt: behind, error: null });
    else {
      const error = await attempt(tx, handler, event, options);
      if (error === null) continue;
      const nextAttemptAt = new Date(Date.now() + PAUSES_MS[0]);
      failures.push({ event, attempts: 1, nextAttemptAt, error });
      blocked.set(key, nextAttemptAt);
    }
  }
  await addFailures(tx, handler, failures);
  return true;
}

async function moveTo(tx: Transaction, place: ConsumerPlace, seq: bigint): Promise<void> {
  await tx.execute(sql`update event_consumers set seq = ${seq} where name = ${place.name}`);
}
