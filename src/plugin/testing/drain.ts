// Having everything done that there is to do, and having done at once what would be tried again later.
import sql from 'sql-template-tag';
import type { Database } from '../../db/database.ts';
import { type Events, lastSeq } from '../../events/index.ts';
import { allWorkers, drainWorkers } from '../../jobs/index.ts';

/** Workers of messages say that they look again within this time while something is being sent. */
const SENDING_MS = 500;

/** Runs all workers until the log has stopped growing and nothing is being sent. */
export async function drainAll(db: Database, events: Events): Promise<void> {
  for (let before = -1n, rounds = 0; ; rounds++) {
    await events.drained();
    const now = await lastSeq(db);
    if (now === before) return;
    if (rounds > 100) throw new Error('the handlers never end: does one handle an event that it writes itself?');
    before = now;
    await drainWorkers(db);
    await untilSent(db);
  }
}

/** Waits for messages that are being sent, and sends what is due. Each try has a time limit, so this ends. */
export async function untilSent(db: Database): Promise<void> {
  for (const { work } of allWorkers().filter(({ name }) => name.startsWith('messages-'))) {
    for (let sending = true; sending; ) {
      const left = await work(db);
      sending = left === 'more' || (left !== null && left.getTime() - Date.now() <= SENDING_MS);
    }
  }
}

/** Ends the pauses of all that waits to be tried again: events that handlers failed at, and messages. */
export async function endPauses(db: Database): Promise<void> {
  await db.execute(sql`update plugin_failures set next_attempt_at = now() where dead_at is null`);
  await db.execute(sql`update messages set next_attempt_at = now() where status = 'QUEUED'`);
}

/** Waits until every handler that runs by itself has come to the end of the log. */
export async function waitUntilIdle(db: Database, events: Events): Promise<void> {
  await events.drained();
  for (let idle = allWorkers().length === 0; !idle; ) {
    const [row] = await db.query<{ behind: boolean }>(sql`
      select exists (select from event_consumers c where c.seq < coalesce(greatest((select max(seq) from events), (select max(seq) from event_head)), 0))
        or exists (select from event_inbox) as behind`);
    idle = row?.behind === false;
    if (!idle) await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
