// The sequencer dies in the middle of a move: nothing is lost or doubled, and another process goes on.
import pg from 'pg';
import sql from 'sql-template-tag';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { lastSeq, readEvents, startSequencer } from '../../src/events/index.ts';
import { until } from '../support/eventually.ts';
import { expectedReport, holder, type LogProcess, type LogSession, sessionsOf, startLogProcess } from './events-processes.ts';
import { addCustomers, changeCustomer, createLogTest, expectAllChanges, expectGapless, type LogTest } from './events-support.ts';

let world: LogTest;
let processes: LogProcess[];
let customers: string[];

beforeEach(async () => {
  world = await createLogTest();
  processes = [];
  customers = await addCustomers(world.db, 10);
});

afterEach(async () => {
  for (const process of processes) await process.kill();
  await world.drop();
});

/** Writes 3,000 events and has a move stand still in its middle: at a place that an open transaction has taken. */
async function freezeInMidMove(): Promise<{ stuck: LogSession; thaw(): Promise<void> }> {
  await inboxEmpty();
  const blocker = new pg.Client(world.url);
  blocker.on('error', () => {});
  await blocker.connect();
  await blocker.query('begin');
  await blocker.query(
    `insert into events (seq, workspace_id, id, type, subject_type, subject_id, actor_kind, occurred_at, data)
     values ($1, gen_random_uuid(), gen_random_uuid(), 'block', 'Block', gen_random_uuid(), 'SYSTEM', now(), '{}')`,
    [(await lastSeq(world.db)) + 1_500n],
  );
  for (const id of customers) await changeCustomer(world, id, { events: 300 });
  await until(async () => (await holder(world))?.waits === true, 'a move stands still');
  return {
    stuck: (await holder(world))!,
    async thaw() {
      await blocker.query('rollback');
      await blocker.end();
    },
  };
}

async function inboxEmpty(): Promise<void> {
  await until(async () => (await world.db.query(sql`select from event_inbox limit 1`)).length === 0, 'the inbox is empty');
}

async function cut(session: LogSession): Promise<void> {
  await world.db.query(sql`select pg_terminate_backend(${session.backend}::int)`);
}

async function anotherHolds(before: LogSession): Promise<void> {
  await until(async () => {
    const now = await holder(world);
    return now !== undefined && now.backend !== before.backend;
  }, 'another session holds the lock');
}

async function start(count: number): Promise<LogProcess[]> {
  const started = await Promise.all(Array.from({ length: count }, () => startLogProcess(world)));
  processes.push(...started);
  return started;
}

/** Everything committed is in the log, once, in order; and each process has followed exactly that. */
async function expectWhole(followers: LogProcess[]): Promise<void> {
  await inboxEmpty();
  const last = await expectGapless(world.db);
  await expectAllChanges(world.db, await readEvents(world.db, { workspaceId: world.workspaceId, limit: 1_000_000 }));
  const expected = await expectedReport(world);
  for (const follower of followers) expect(await follower.report(last)).toMatchObject(expected);
}

test('the very first event of a database, written beside a sequencer that already runs, is moved at once', async () => {
  const running = await start(1);
  await until(async () => (await holder(world)) !== undefined, 'the sequencer holds the lock');
  await changeCustomer(world, customers[0]!);
  await expectWhole(running);
});

test('a process that stands by passes on its wake-ups, many as one, and takes over when the lock is free', async () => {
  const first = startSequencer(world.db, { log: world.log });
  await until(async () => (await holder(world)) !== undefined, 'the first holds the lock');
  const second = startSequencer(world.db, { log: world.log });
  await until(async () => (await sessionsOf(world, 'sequencer')).length === 2, 'the second stands by');
  const listener = new pg.Client(world.url);
  await listener.connect();
  const heard: string[] = [];
  listener.on('notification', (note) => heard.push(note.payload ?? ''));
  await listener.query('listen trato_event_wake');
  for (let i = 0; i < 100; i++) second.wake();
  await until(() => heard.length > 0, 'the wake-up is passed on');
  await changeCustomer(world, customers[0]!);
  expect(heard.length).toBeLessThanOrEqual(2);
  // From here on it passes on one every 10 ms for as long as the first takes to move what was written.
  await second.drained();
  expect(await lastSeq(world.db)).toBe(1n);
  const before = await holder(world);
  await first.stop();
  await anotherHolds(before!);
  expect(heard).toContain('free');
  await changeCustomer(world, customers[0]!);
  await second.drained();
  expect(await lastSeq(world.db)).toBe(2n);
  await second.stop();
  await listener.end();
});

test('the session of the sequencer is cut in mid-move', async () => {
  const running = await start(3);
  for (let round = 0; round < 3; round++) {
    const { stuck, thaw } = await freezeInMidMove();
    await cut(stuck);
    await thaw();
    await anotherHolds(stuck);
    for (const session of await sessionsOf(world, 'events')) await cut(session);
  }
  await expectWhole(running);
});

test('the process of the sequencer is killed in mid-move', async () => {
  let running = await start(3);
  for (let round = 0; round < 2; round++) {
    const { stuck, thaw } = await freezeInMidMove();
    const victim = running.find((process) => process.pid === stuck.process)!;
    await victim.kill();
    await thaw();
    running = running.filter((process) => process !== victim);
    await anotherHolds(stuck);
    running.push(...(await start(1)));
  }
  await expectWhole(running);
});

test('one process after the other is stopped: each hands over, and the last one left has it all', async () => {
  const running = await start(3);
  while (running.length > 1) {
    const written = Promise.all(customers.map((id) => changeCustomer(world, id, { events: 20 })));
    await running.shift()!.stop();
    await written;
  }
  await expectWhole(running);
});
