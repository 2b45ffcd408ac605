// Gives the events of the inbox their places in the log. Every process runs one; one at a time holds the lock and works,
// the others stand by, pass on that they have committed something, and take over when it goes.
import sql, { raw } from 'sql-template-tag';
import type { Database } from '../db/database.ts';
import { createBell } from './bell.ts';
import { createMover } from './move.ts';
import { keepSession, type Session } from './session.ts';
import type { EventsLog } from './types.ts';

export type Sequencer = {
  /** Says that this process has committed events. */
  wake(): void;
  /** Resolves when everything that was committed before the call is in the log, whichever process moves it. */
  drained(): Promise<void>;
  /** Ends after the step under way and hands over to another process. */
  stop(): Promise<void>;
};

/** Notified with the last place after each step. */
export const EVENTS_CHANNEL = 'trato_events';
// Between sequencers: something was committed, or the lock is free (`free`).
const WAKE_CHANNEL = 'trato_event_wake';
const LOCK = 8_242_116_018_977_001n;

const BATCH = 5_000;
/** Steps and wake-ups begin at least this far apart, unless there is a backlog: a burst of commits shares one. */
const GAP_MS = 10;
/** The slowest pace when nothing happens: only for what no wake-up announced. */
const IDLE_MS = 1_000;

/** Starts the sequencer of this process. It outlives errors and lost connections; only `stop` ends it. */
export function startSequencer(db: Database, { log }: { log: EventsLog }): Sequencer {
  const bell = createBell();
  let stopping = false;
  let woken = false;
  let holding = false;
  const waiting: (() => void)[] = [];

  function wake(): void {
    woken = true;
    bell.ring();
  }

  async function run(session: Session): Promise<void> {
    holding = false;
    await prepare(session);
    while (!stopping) {
      if (session.lost()) throw new Error('the connection was lost');
      const tell = woken;
      woken = false;
      if (await acquire(session, tell)) {
        log.info({}, 'sequencing events');
        holding = true;
        await hold(session);
      } else {
        const began = performance.now();
        await bell.wait(IDLE_MS * (0.75 + Math.random() / 2));
        await pace(began);
      }
    }
  }

  async function hold(session: Session): Promise<void> {
    const mover = createMover(session, { batch: BATCH, channel: EVENTS_CHANNEL });
    let pause = GAP_MS;
    while (!stopping) {
      if (session.lost()) throw new Error('the connection was lost');
      const began = performance.now();
      const asked = waiting.length;
      const step = await mover.step();
      if (!step.drained) continue;
      for (const resolve of waiting.splice(0, asked)) resolve();
      pause = step.moved > 0 ? GAP_MS * 3 : Math.min(pause * 2, IDLE_MS);
      if (await bell.wait(pause)) pause = GAP_MS;
      await pace(began);
    }
    await session.query(sql`select pg_advisory_unlock(${LOCK}::bigint), pg_notify(${WAKE_CHANNEL}, 'free')`);
  }

  function pace(began: number): Promise<void> | undefined {
    const rest = GAP_MS - (performance.now() - began);
    return rest <= 0 || stopping ? undefined : new Promise((resolve) => setTimeout(resolve, rest));
  }

  const kept = keepSession(db, {
    name: 'sequencer',
    log,
    run,
    onSignal(channel, payload, fromSelf) {
      if (fromSelf) return;
      if (channel === null || holding || payload === 'free') bell.ring();
    },
  });

  return {
    wake,
    async drained() {
      const asked = new Promise<void>((resolve) => waiting.push(resolve));
      const done = { now: false };
      await Promise.race([asked, watchInbox(db, wake, done)]);
      done.now = true;
    },
    stop() {
      stopping = true;
      bell.ring();
      return kept.stop();
    },
  };
}

async function prepare(session: Session): Promise<void> {
  await session.query(sql`listen ${raw(WAKE_CHANNEL)}`);
  // The inbox is a queue: its statistics are always wrong, and only its index leads past dead rows.
  await session.query(sql`set enable_seqscan = off`);
  await session.query(sql`set enable_bitmapscan = off`);
  // A place that was read must never be taken back, even where the server is set to risk its last commits.
  await session.query(sql`select set_config('synchronous_commit', 'local', false) where current_setting('synchronous_commit') = 'off'`);
}

// Tried, not waited for: a session waiting in pg_advisory_lock holds a snapshot, and with it back all of vacuum.
async function acquire(session: Session, tell: boolean): Promise<boolean> {
  const [row] = await session.prepared<{ got: boolean }>(
    'trato_event_lock',
    sql`
    with tried as materialized (select pg_try_advisory_lock(${LOCK}::bigint) as got)
    select got, case when ${tell}::boolean and not got then pg_notify(${WAKE_CHANNEL}, '')::text end from tried`,
  );
  return row!.got;
}

// For a process that stands by: what was in the inbox at first is gone from it.
async function watchInbox(db: Database, wake: () => void, done: { now: boolean }): Promise<void> {
  const bell = createBell();
  wake();
  const [inbox] = await db.query<{ last: bigint | null }>(sql`select max(position) as last from event_inbox`);
  for (let left = inbox!.last !== null; left && !done.now; ) {
    await bell.wait(GAP_MS);
    wake();
    const rows = await db.query<{ left: boolean }>(sql`select exists (select from event_inbox where position <= ${inbox!.last}) as left`);
    left = rows[0]!.left;
  }
}
