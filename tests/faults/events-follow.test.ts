// Followers: from backfill to live without loss or repetition, whatever their pace and however often they come back.
import sql from 'sql-template-tag';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Database } from '../../src/db/database.ts';
import { createEventHub, createEvents, type EventRow, type Events, encodeCursor, type FeedStep, lastSeq } from '../../src/events/index.ts';
import type { FeedEnvelope } from '../../src/graphql/feed-envelope.ts';
import { feed } from '../../src/graphql/feed-field.ts';
import { until } from '../support/eventually.ts';
import {
  addCustomers,
  changeCustomer,
  createLogTest,
  cutFeed,
  expectAllChanges,
  type LogTest,
  numberOf,
  runWriters,
  step,
} from './events-support.ts';

let world: LogTest;
let events: Events;

beforeEach(async () => {
  world = await createLogTest();
});

afterEach(async () => {
  await events.stop();
  await world.drop();
});

function startLog(ringSize: number): void {
  events = createEvents(world.db, { log: world.log, ringSize });
  events.start();
}

test('followers that disconnect at random and resume by cursor see everything once', async () => {
  startLog(300);
  const customers = await addCustomers(world.db, 8);
  let last: bigint | null = null;
  async function follower(): Promise<EventRow[]> {
    const seen: EventRow[] = [];
    let cursor = 0n;
    while (last === null || cursor < last) {
      const steps = events.hub.follow({ workspaceId: world.workspaceId, after: cursor });
      const patience = 1 + Math.floor(Math.random() * 15);
      for (let i = 0; i < patience && (last === null || cursor < last); i++) {
        const given = await step(steps);
        if (given.kind === 'events') {
          seen.push(...given.events);
          cursor = given.events.at(-1)!.seq;
        } else {
          expect(given.cursor).toBeGreaterThanOrEqual(cursor);
          cursor = given.cursor;
        }
      }
      await steps.return();
    }
    return seen;
  }
  const followers = Array.from({ length: 6 }, follower);
  const writing = runWriters(world, { customers, writers: 10, changes: 900, pauseMs: 3 });
  for (let i = 1; i <= 3; i++) {
    await until(async () => (await lastSeq(world.db)) > BigInt(i * 150), 'more is written');
    await cutFeed(world.db);
  }
  await writing;
  // One more, so that a follower waiting at the end of the log wakes to see that it is done.
  await events.drained();
  last = (await lastSeq(world.db)) + 1n;
  await changeCustomer(world, customers[0]!);
  for (const seen of await Promise.all(followers)) await expectAllChanges(world.db, seen);
  await until(() => events.hub.followers() === 0, 'all followers have left');
});

test('a slow follower is told that it lags, once, and then gets everything', async () => {
  startLog(100);
  const [customer] = await addCustomers(world.db, 1);
  const steps = events.hub.follow({ workspaceId: world.workspaceId });
  expect(await step(steps)).toEqual({ kind: 'caughtUp', cursor: 0n });
  await changeCustomer(world, customer!);
  expect(await step(steps)).toMatchObject({ kind: 'events', phase: 'LIVE', events: [{ seq: 1n }] });
  // Another follower shows that the ring has moved on.
  const other = events.hub.follow({ workspaceId: world.workspaceId });
  await step(other);
  await changeCustomer(world, customer!, { events: 1_200 });
  for (let seq = 0n; seq < 1_201n; ) {
    const given = await step(other);
    if (given.kind === 'events') seq = given.events.at(-1)!.seq;
  }
  await other.return();

  expect(await step(steps)).toEqual({ kind: 'lagged', cursor: 1n, behind: 1_200 });
  const seen: EventRow[] = [];
  for (let given = await step(steps); given.kind !== 'caughtUp'; given = await step(steps)) {
    if (given.kind === 'lagged') expect.fail('lagged twice');
    expect(given.phase).toBe('BACKFILL');
    expect(given.events.length).toBeLessThanOrEqual(500);
    seen.push(...given.events);
  }
  expect(seen.map(numberOf)).toEqual(Array.from({ length: 1_200 }, (_, i) => i + 2));
  await changeCustomer(world, customer!);
  expect(await step(steps)).toMatchObject({ kind: 'events', phase: 'LIVE', events: [{ seq: 1_202n }] });
  await steps.return();
});

test('a slow typed feed that asked for milestones is told that it lags, and when it has caught up', async () => {
  startLog(20);
  const [customer] = await addCustomers(world.db, 1);
  const all = { filter: { workspaceId: world.workspaceId }, select: async (_reader: unknown, rows: EventRow[]) => rows };
  const ctx = { hub: events.hub, reader: {}, feedMilestones: true };
  const envelopes = feed(() => all).subscribe(null, {}, ctx as never) as unknown as AsyncGenerator<FeedEnvelope>;
  const next = async () => (await envelopes.next()).value as FeedEnvelope;
  expect(await next()).toEqual({ feed: { cursor: encodeCursor(0n), phase: 'LIVE', lagged: false, milestone: 'CAUGHT_UP' } });
  await changeCustomer(world, customer!);
  expect(await next()).toMatchObject({ feed: { cursor: encodeCursor(1n), phase: 'LIVE', lagged: false } });
  await changeCustomer(world, customer!, { events: 100 });
  const other = events.hub.follow({ workspaceId: world.workspaceId, after: 1n });
  for (let seq = 0n; seq < 101n; ) {
    const given = await step(other);
    if (given.kind === 'events') seq = given.events.at(-1)!.seq;
  }
  await other.return();
  expect(await next()).toEqual({
    feed: { cursor: encodeCursor(1n), phase: 'BACKFILL', lagged: true, milestone: 'LAGGED', behind: 100 },
  });
  const told: FeedEnvelope[] = [];
  while (told.at(-1)?.feed?.milestone !== 'CAUGHT_UP') told.push(await next());
  expect(told.slice(0, -1).map(({ root }) => numberOf(root as EventRow))).toEqual(Array.from({ length: 100 }, (_, i) => i + 2));
  expect(told.map((one) => one.feed!.lagged)).toEqual([true, ...Array(100).fill(false)]);
  await envelopes.return(undefined);
});

test('what comes while a page is on its way from the table is not taken for read', async () => {
  startLog(50);
  const [customer] = await addCustomers(world.db, 1);
  await changeCustomer(world, customer!, { events: 3 });
  await events.drained();
  let pages = 0;
  const late: Database = {
    ...world.db,
    async query(statement) {
      const rows = await world.db.query(statement);
      if (statement.text.includes('order by e.seq') && ++pages === 1) {
        // The page is read; before it arrives, another event comes, and the process's reader takes it in.
        const other = hub.follow({ workspaceId: world.workspaceId });
        await step(other);
        await changeCustomer(world, customer!);
        await step(other);
        await other.return();
      }
      return rows as never[];
    },
  };
  const hub = createEventHub(late, { log: world.log });
  hub.start();
  const steps = hub.follow({ workspaceId: world.workspaceId, after: 0n });
  const seen: bigint[] = [];
  while (seen.length < 4) {
    const given = await step(steps);
    if (given.kind === 'events') seen.push(...given.events.map((event) => event.seq));
  }
  expect(seen).toEqual([1n, 2n, 3n, 4n]);
  expect(pages).toBeGreaterThan(0);
  await hub.stop();
});

test('a follower that wants little does not lag, however much else passes by', async () => {
  startLog(50);
  const [busy, quiet] = await addCustomers(world.db, 2);
  const steps = events.hub.follow({ workspaceId: world.workspaceId, customerId: quiet! });
  const other = events.hub.follow({ workspaceId: world.workspaceId, customerId: busy! });
  await step(steps);
  const waiting = step(steps);
  await step(other);
  await changeCustomer(world, busy!, { events: 700 });
  for (let seq = 0n; seq < 700n; ) {
    const given = await step(other);
    if (given.kind === 'events') seq = given.events.at(-1)!.seq;
  }
  await changeCustomer(world, quiet!);
  expect(await waiting).toMatchObject({ kind: 'events', phase: 'LIVE', events: [{ seq: 701n }] });
  await steps.return();
  await other.return();
});

test('a follower counts once it has its place: what is written then reaches it', async () => {
  startLog(50);
  const steps = events.hub.follow({ workspaceId: world.workspaceId });
  let first: Promise<IteratorResult<FeedStep, void>> | undefined;
  await world.db.transaction(async (tx) => {
    // Nobody can see the end of the log.
    await tx.execute(sql`lock table events in access exclusive mode`);
    const [me] = await tx.query<{ pid: number }>(sql`select pg_backend_pid() as pid`);
    first = steps.next();
    const blocked = sql`select 1 from pg_stat_activity where ${me!.pid}::int = any(pg_blocking_pids(pid))`;
    await until(async () => (await tx.query(blocked)).length > 0);
    expect(events.hub.followers()).toBe(0);
  });
  await until(() => events.hub.followers() === 1);
  expect((await first)!.value).toMatchObject({ kind: 'caughtUp' });
  await steps.return();
});

test('a waiting follower ends by return, by its signal and with the hub', async () => {
  startLog(50);
  const abort = new AbortController();
  const [byReturn, bySignal, byHub] = [undefined, abort.signal, undefined].map((signal) =>
    events.hub.follow({ workspaceId: world.workspaceId, signal }),
  ) as [AsyncGenerator<FeedStep, void>, AsyncGenerator<FeedStep, void>, AsyncGenerator<FeedStep, void>];
  const waiting = [];
  for (const steps of [byReturn, bySignal, byHub]) {
    await step(steps);
    waiting.push(steps.next());
  }
  expect(events.hub.followers()).toBe(3);
  await byReturn.return();
  expect(await waiting[0]).toEqual({ done: true, value: undefined });
  abort.abort();
  expect(await waiting[1]).toEqual({ done: true, value: undefined });
  expect(events.hub.followers()).toBe(1);
  await events.hub.stop();
  expect(await waiting[2]).toEqual({ done: true, value: undefined });
  expect(events.hub.followers()).toBe(0);
});
