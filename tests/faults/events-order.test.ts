// Readers of the event log beside writers: every event exactly once, and in order for each customer.
import pg from 'pg';
import sql from 'sql-template-tag';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createEvents, type EventRow, type Events, lastSeq, readEvents } from '../../src/events/index.ts';
import { createEmptyDatabase } from '../support/database.ts';
import { until } from '../support/eventually.ts';
import {
  addCustomers,
  changeCustomer,
  createLogTest,
  expectAllChanges,
  expectGapless,
  type LogTest,
  runWriters,
} from './events-support.ts';

let world: LogTest;
let events: Events;

beforeEach(async () => {
  world = await createLogTest();
  events = createEvents(world.db, { log: world.log, ringSize: 200 });
  events.start();
});

afterEach(async () => {
  await events.stop();
  await world.drop();
});

// Reads `seq > cursor` again and again, as any outside reader would, until told how far to read.
function startReader(page: number): { finish(last: bigint): Promise<EventRow[]> } {
  const seen: EventRow[] = [];
  let last: bigint | null = null;
  const reading = (async () => {
    let cursor = 0n;
    while (last === null || cursor < last) {
      const rows = await readEvents(world.db, { workspaceId: world.workspaceId, after: cursor, limit: page });
      seen.push(...rows);
      cursor = rows.at(-1)?.seq ?? cursor;
      if (rows.length === 0) await new Promise((resolve) => setTimeout(resolve, 2));
    }
  })();
  return {
    async finish(upTo) {
      last = upTo;
      await reading;
      return seen;
    },
  };
}

// Follows live from the start of the log.
function startFollower(): { finish(last: bigint): Promise<EventRow[]> } {
  const seen: EventRow[] = [];
  let ended = false;
  const steps = events.hub.follow({ workspaceId: world.workspaceId, after: 0n });
  const reading = (async () => {
    for await (const step of steps) if (step.kind === 'events') seen.push(...step.events);
    ended = true;
  })();
  return {
    async finish(last) {
      await until(() => ended || (seen.at(-1)?.seq ?? 0n) >= last, 'the follower has seen all');
      await steps.return();
      await reading;
      return seen;
    },
  };
}

async function expectReadersSawAll(readers: { finish(last: bigint): Promise<EventRow[]> }[]): Promise<void> {
  await events.drained();
  const last = await expectGapless(world.db);
  expect(last).toBeGreaterThan(0n);
  for (const reader of readers) {
    const seen = await reader.finish(last);
    expect(seen.length).toBe(Number(last));
    await expectAllChanges(world.db, seen);
  }
  expect(world.complaints).toEqual([]);
}

test('beside 20 writers with random delays and rollbacks, all readers see all changes once and in order', async () => {
  const customers = await addCustomers(world.db, 12);
  const readers = [startReader(1), startReader(50), startReader(1000), startFollower(), startFollower()];
  await runWriters(world, { customers, writers: 20, changes: 1_500, pauseMs: 4 });
  await expectReadersSawAll(readers);
});

test('a transaction that began first, and took its position first, may commit last', async () => {
  const [slow, quick] = await addCustomers(world.db, 2);
  const readers = [startReader(10), startFollower()];
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  let steps = 0;
  // The third pause comes after the append: the position is taken, the commit is yet to come.
  const first = changeCustomer(world, slow!, { pause: async () => (++steps === 3 ? held : undefined) });
  await until(() => steps === 3, 'the first transaction has appended');
  for (let i = 0; i < 30; i++) await changeCustomer(world, quick!);
  await until(async () => (await lastSeq(world.db)) === 30n, 'the later transactions are in the log');
  release();
  await first;
  await changeCustomer(world, slow!);
  await expectReadersSawAll(readers);
});

test('many rounds of early beginners that commit late, across the batches of the sequencer', async () => {
  const customers = await addCustomers(world.db, 6);
  const readers = [startReader(100), startFollower()];
  for (let round = 0; round < 8; round++) {
    const release: (() => void)[] = [];
    const late = customers.slice(0, 3).map((id) => {
      let steps = 0;
      const gate = new Promise<void>((resolve) => release.push(resolve));
      return changeCustomer(world, id, { events: 3, pause: async () => (++steps === 3 ? gate : undefined) });
    });
    await changeCustomer(world, customers[3 + (round % 3)]!, { events: 1_500 });
    // In another order than they began; the customers' next changes queue up behind their locks.
    const next = customers.slice(0, 3).map((id) => changeCustomer(world, id));
    await events.drained();
    for (const open of release.reverse()) open();
    await Promise.all([...late, ...next]);
  }
  await expectReadersSawAll(readers);
});

test('write transactions left open, in this database or another of the server, stall nobody', async () => {
  const other = await createEmptyDatabase();
  const idle = [new pg.Client(other.url), new pg.Client(world.url), new pg.Client(world.url)];
  for (const client of idle) await client.connect();
  try {
    await idle[0]!.query('begin; create table held (n int); insert into held values (1)');
    await idle[1]!.query('begin isolation level repeatable read; select count(*) from events; create table held (n int)');
    // One that has itself appended, and so holds an unseen position.
    await idle[2]!.query(`begin; insert into event_inbox
      (workspace_id, id, type, subject_type, subject_id, actor_kind, occurred_at, data)
      values (gen_random_uuid(), gen_random_uuid(), 'held', 'Held', gen_random_uuid(), 'SYSTEM', now(), '{}')`);
    const customers = await addCustomers(world.db, 5);
    const readers = [startReader(100), startFollower()];
    await runWriters(world, { customers, writers: 10, changes: 400, pauseMs: 2 });
    await changeCustomer(world, customers[0]!, { events: 6_000 });
    await events.drained();
    await idle[2]!.query('rollback');
    await expectReadersSawAll(readers);
    // It was the open transactions' doing, if anything, that could have stalled: they are open still.
    const [open] = await world.db.query<{ count: bigint }>(
      sql`select count(*) from pg_stat_activity where state = 'idle in transaction' and backend_xid is not null
        and datname in (current_database(), ${new URL(other.url).pathname.slice(1)})`,
    );
    expect(open!.count).toBeGreaterThanOrEqual(2n);
  } finally {
    for (const client of idle) await client.end();
    await other.drop();
  }
});
