// Followers: from backfill to live without loss or repetition, whatever their pace and however often they come back.
import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import sql from 'sql-template-tag';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Database } from '../../src/db/database.ts';
import {
  createEventHub,
  createEvents,
  type EventFilter,
  type EventRow,
  type Events,
  type FeedStep,
  lastSeq,
  readEvents,
} from '../../src/events/index.ts';
import {
  addCustomers,
  changeCustomer,
  createLogTest,
  expectAllChanges,
  expectGapless,
  type LogTest,
  numberOf,
  runWriters,
  until,
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

async function cutFeed(): Promise<void> {
  await world.db.query(sql`select pg_terminate_backend(pid) from pg_stat_activity
    where datname = current_database() and application_name like 'trato events %'`);
}

async function step(steps: AsyncGenerator<FeedStep, void>): Promise<FeedStep> {
  const { value, done } = await steps.next();
  if (done || !value) throw new Error('the feed has ended');
  return value;
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
    await cutFeed();
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

// Any interleaving of writes, reads, comings, goings and cut connections, over a ring of a few events. A wake-up that is
// missed shows as a follower that never gets what it waits for.
test('no interleaving of writers and followers loses or repeats an event', { timeout: 300_000 }, async () => {
  startLog(6);
  const customers = await addCustomers(world.db, 3);
  const workspaces = [randomUUID(), randomUUID()];
  type Open = { filter: EventFilter; steps: AsyncGenerator<FeedStep, void>; seen: bigint[]; from: bigint; upTo: bigint; pulling: Promise<void> | null };

  const write = fc.record({
    kind: fc.constant('write' as const),
    workspace: fc.nat(1),
    customer: fc.nat(2),
    count: fc.integer({ min: 1, max: 12 }),
    type: fc.constantFrom('a', 'b'),
  });
  const follow = fc.record({
    kind: fc.constant('follow' as const),
    workspace: fc.nat(1),
    back: fc.option(fc.nat(20)),
    types: fc.option(fc.subarray(['a', 'b'], { minLength: 1 })),
    customer: fc.option(fc.nat(2)),
  });
  const act = fc.record({ kind: fc.constantFrom('pull' as const, 'pull' as const, 'leave' as const), which: fc.nat(5) });
  const quiet = fc.record({ kind: fc.constantFrom('drain' as const, 'cut' as const) });
  const actions = fc.array(
    fc.oneof({ weight: 4, arbitrary: write }, { weight: 2, arbitrary: follow }, { weight: 6, arbitrary: act }, { weight: 1, arbitrary: quiet }),
    { minLength: 5, maxLength: 40 },
  );

  function pull(open: Open): Promise<void> {
    open.pulling ??= open.steps.next().then(({ value }) => {
      open.pulling = null;
      if (!value) return;
      if (value.kind === 'events') for (const { seq } of value.events) open.seen.push(seq);
      open.upTo = value.kind === 'events' ? value.events.at(-1)!.seq : value.cursor;
    });
    return open.pulling;
  }

  async function check(open: Open, complete: boolean): Promise<void> {
    const expected = (await readEvents(world.db, { ...open.filter, after: open.from, limit: 100_000 })).map((event) => event.seq);
    if (complete) await until(async () => open.seen.length >= expected.length || (void pull(open), false), 'a follower has all', 5_000);
    expect(open.seen).toEqual(complete ? expected : expected.slice(0, open.seen.length));
  }

  await fc.assert(
    fc.asyncProperty(actions, async (list) => {
      const opened: Open[] = [];
      try {
        for (const action of list) {
          const open = action.kind === 'pull' || action.kind === 'leave' ? opened[action.which % (opened.length || 1)] : undefined;
          if (action.kind === 'write') {
            const target = { db: world.db, workspaceId: workspaces[action.workspace]! };
            await changeCustomer(target, customers[action.customer]!, { events: action.count, type: action.type });
          } else if (action.kind === 'follow') {
            const head = await lastSeq(world.db);
            const after = action.back === null ? undefined : head > BigInt(action.back) ? head - BigInt(action.back) : 0n;
            const filter: EventFilter = {
              workspaceId: workspaces[action.workspace]!,
              types: action.types ?? undefined,
              customerId: action.customer === null ? undefined : customers[action.customer],
            };
            const steps = events.hub.follow({ ...filter, after });
            const next: Open = { filter, steps, seen: [], from: after ?? 0n, upTo: 0n, pulling: null };
            if (after === undefined) {
              await pull(next);
              next.from = next.upTo;
            }
            opened.push(next);
          } else if (action.kind === 'drain') await events.drained();
          else if (action.kind === 'cut') await cutFeed();
          else if (open && action.kind === 'pull') void pull(open);
          else if (open) {
            opened.splice(opened.indexOf(open), 1);
            await open.steps.return();
            await check(open, false);
          }
        }
        await events.drained();
        for (const open of opened) await check(open, true);
      } finally {
        for (const open of opened) await open.steps.return();
      }
    }),
    { numRuns: process.env.TRATO_LONG === '1' ? 300 : 40 },
  );
  await expectGapless(world.db);
});
