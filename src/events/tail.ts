// Reads the end of the log once for all followers of this process, into the ring; rests while there are none.
import sql, { raw } from 'sql-template-tag';
import type { Database } from '../db/database.ts';
import { createBell } from './bell.ts';
import type { Interests } from './interest.ts';
import { eventColumns, lastSeq } from './log.ts';
import type { Ring } from './ring.ts';
import { EVENTS_CHANNEL } from './sequencer.ts';
import { keepSession, type Session } from './session.ts';
import type { EventRow, EventsLog } from './types.ts';

const BATCH = 500;
// Only for a notification that went missing with its connection.
const POLL_MS = 1_000;
const REST_MS = 60_000;
/** The one event after which older ones change: they lose their data. */
const ERASED = 'customer.erased';

export type Tail = {
  /** Resolves once events are read into the ring: at once while others follow. */
  ready(): Promise<void>;
  stop(): Promise<void>;
};

export function startTail(
  db: Database,
  { log, ring, interests, onRewound }: { log: EventsLog; ring: Ring; interests: Interests; onRewound(): void },
): Tail {
  const bell = createBell();
  let stopping = false;
  let active = false;
  const waiting: (() => void)[] = [];

  async function run(session: Session): Promise<void> {
    await session.query(sql`listen ${raw(EVENTS_CHANNEL)}`);
    if (active && (await lastSeq(session)) < ring.tail()) {
      log.error({}, 'the event log is shorter than before: it was replaced by an older one');
      active = false;
      onRewound();
    }
    while (!stopping) {
      if (session.lost()) throw new Error('the connection was lost');
      if (interests.size() === 0) active = false;
      else await follow(session);
      await bell.wait(active ? POLL_MS : REST_MS);
    }
  }

  async function follow(session: Session): Promise<void> {
    if (!active) {
      ring.reset(await lastSeq(session));
      active = true;
      for (const resolve of waiting.splice(0)) resolve();
    }
    for (let full = true; full && !stopping; ) {
      const rows = await read(session, ring.tail());
      for (const { bytes, ...event } of rows) {
        if (event.seq !== ring.tail() + 1n) {
          log.error({ after: String(ring.tail()), found: String(event.seq) }, 'the event log has a gap');
          ring.reset(event.seq - 1n);
        }
        ring.push(event, bytes);
        if (event.type === ERASED && event.customerId) ring.redact(event.workspaceId, event.customerId);
      }
      interests.publish(rows);
      full = rows.length === BATCH;
    }
  }

  const kept = keepSession(db, {
    name: 'events',
    log,
    run,
    onSignal(channel, payload) {
      const known = channel === EVENTS_CHANNEL && (!active || BigInt(payload) <= ring.tail());
      if (!known) bell.ring();
    },
  });

  return {
    ready() {
      if (active) return Promise.resolve();
      return new Promise((resolve) => {
        waiting.push(resolve);
        bell.ring();
      });
    },
    stop() {
      stopping = true;
      bell.ring();
      for (const resolve of waiting.splice(0)) resolve();
      return kept.stop();
    },
  };
}

function read(session: Session, after: bigint): Promise<(EventRow & { bytes: number })[]> {
  return session.prepared(
    'trato_event_tail',
    sql`
    select ${eventColumns}, pg_column_size(e.data) as bytes from events e
    where e.seq > ${after}::bigint order by e.seq limit ${BATCH}`,
  );
}
