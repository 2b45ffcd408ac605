// The event log: commands append to it, a sequencer orders it, feeds and replays read it.
import type { Database } from '../db/database.ts';
import { onAppended } from './append.ts';
import { createEventHub, type EventHub } from './hub.ts';
import { type Sequencer, startSequencer } from './sequencer.ts';
import type { EventsLog } from './types.ts';

export { announceAppended, appendEvents, onAppended } from './append.ts';
export { createBell } from './bell.ts';
export { changedNames } from './changed.ts';
export { lockConsumer, type Place as ConsumerPlace, takeEvents } from './consumer.ts';
export { decodeCursor, EventCursorError, encodeCursor } from './cursor.ts';
export { coreEventTypes, hintOf, isCoreNoun, likelyCoreType } from './event-types.ts';
export type { FeedStep, FollowOptions } from './follow.ts';
export { createEventHub, type EventHub } from './hub.ts';
export { assertReached, type EventQuery, eventsSql, headSeq, lastSeq, readEvents } from './log.ts';
export { indexedPart, matches } from './ring.ts';
export { EVENTS_CHANNEL, type Sequencer, startSequencer } from './sequencer.ts';
export { isConnectionError, keepSession, reasonOf } from './session.ts';
export type { EventData, EventFilter, EventRow, EventSource, EventsLog, NewEvent } from './types.ts';

export type Events = {
  hub: EventHub;
  /** Starts the sequencer and the hub; does not wait for the database. */
  start(): void;
  /** Resolves when everything that was committed before the call is in the log. */
  drained(): Promise<void>;
  /** Ends feeds, then the sequencer, handing over to another process; close the database after it. */
  stop(): Promise<void>;
};

/** Makes the log's machinery of this process; its commits of events wake it by themselves. */
export function createEvents(db: Database, options: { log: EventsLog; ringSize?: number }): Events {
  const hub = createEventHub(db, options);
  let sequencer: Sequencer | null = null;
  let unsubscribe = () => {};
  return {
    hub,
    start() {
      if (sequencer) return;
      sequencer = startSequencer(db, options);
      unsubscribe = onAppended(sequencer.wake);
      hub.start();
    },
    async drained() {
      if (!sequencer) throw new Error('the event log is not running');
      await sequencer.drained();
    },
    async stop() {
      unsubscribe();
      await hub.stop();
      await sequencer?.stop();
      sequencer = null;
    },
  };
}
