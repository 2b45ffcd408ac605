// Runs all workers in one process at a time; any other takes over when that one goes.
import sql, { raw } from 'sql-template-tag';
import type { Database } from '../db/database.ts';
import { createBell, EVENTS_CHANNEL, type EventsLog, keepSession, reasonOf } from '../events/index.ts';
import { LONG_WORK } from './long-work.ts';
import { allServices, type Running } from './services.ts';
import { allWorkers, type Left, type Worker } from './workers.ts';

const LOCK = 8_242_116_018_977_002n;
/** How often another process tries to take over. */
const IDLE_MS = 1_000;
const RETRY_MS = { first: 100, most: 30_000 };
/** How long work that takes long may go on when the server stops; then it is taken back. */
const GRACE_MS = 3_000;

/** Starts the background work of this process. It outlives errors and lost connections; only `stop` ends it. */
export function startJobs(db: Database, { log }: { log: EventsLog }): { stop(): Promise<void> } {
  const bell = createBell();
  let stopping = false;
  let loops: Running[] = [];
  const kept = keepSession(db, {
    name: 'jobs',
    log,
    async run(session) {
      await session.query(sql`listen ${raw(EVENTS_CHANNEL)}`);
      try {
        while (!stopping) {
          if (session.lost()) throw new Error('the connection was lost');
          if (loops.length === 0) {
            const [row] = await session.query<{ got: boolean }>(sql`select pg_try_advisory_lock(${LOCK}::bigint) as got`);
            if (row!.got) loops = startAll(db, log);
          }
          if (await bell.wait(IDLE_MS)) for (const loop of loops) loop.wake();
        }
      } finally {
        // Rows are locked where it matters: two processes that both work for a moment do nothing twice.
        await Promise.all(loops.splice(0).map((loop) => loop.stop()));
      }
    },
    onSignal: () => bell.ring(),
  });
  return {
    async stop() {
      stopping = true;
      bell.ring();
      const cancelling = setInterval(() => void cancelLongWork(db).catch(() => undefined), GRACE_MS);
      await kept.stop();
      clearInterval(cancelling);
    },
  };
}

function startAll(db: Database, log: EventsLog): Running[] {
  return [...allWorkers().map((worker) => startLoop(db, worker, log)), ...allServices().map(({ start }) => start(db, { log }))];
}

// Whichever process does it: what is taken back is begun again by the next.
async function cancelLongWork(db: Database): Promise<void> {
  await db.query(sql`select pg_cancel_backend(pid) from pg_stat_activity
    where datname = current_database() and application_name = ${LONG_WORK} and state = 'active'`);
}

function startLoop(db: Database, { name, work }: Worker, log: EventsLog): Running {
  const bell = createBell();
  let stopping = false;
  const ended = (async () => {
    let pause = RETRY_MS.first;
    while (!stopping) {
      let left: Left;
      try {
        left = await work(db);
        pause = RETRY_MS.first;
      } catch (error) {
        log.error({ worker: name, reason: reasonOf(error), retryInMs: pause }, 'background work failed');
        await stoppable(pause);
        pause = Math.min(pause * 2, RETRY_MS.most);
        continue;
      }
      if (left === 'more' || stopping) continue;
      const rest = left === null ? RETRY_MS.most : Math.min(RETRY_MS.most, Math.max(0, left.getTime() - Date.now()));
      await bell.wait(rest);
    }
  })();

  // While something fails, new events are no reason to try it sooner.
  async function stoppable(milliseconds: number): Promise<void> {
    for (const until = Date.now() + milliseconds; !stopping && Date.now() < until; ) await bell.wait(until - Date.now());
  }

  return {
    wake: bell.ring,
    stop() {
      stopping = true;
      bell.ring();
      return ended;
    },
  };
}
