// Appending to, moving within and reading from the log, each against the real database.
import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import pg from 'pg';
import sql from 'sql-template-tag';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { appendEvents, createEvents, type EventRow, lastSeq, type NewEvent, onAppended, readEvents } from '../../src/events/index.ts';
import { matches } from '../../src/events/ring.ts';
import { until } from '../support/eventually.ts';
import {
  addCustomers,
  change,
  changeCustomer,
  createLogTest,
  expectGapless,
  type LogTest,
  openLogTest,
  sourceOf,
} from './events-support.ts';

let world: LogTest;

beforeAll(async () => {
  world = await createLogTest();
});

afterAll(() => world.drop());

beforeEach(async () => {
  await world.db.execute(sql`truncate event_inbox, events`);
});

async function logged(drain: () => Promise<void> = async () => {}): Promise<EventRow[]> {
  const events = createEvents(world.db, { log: world.log });
  events.start();
  await drain();
  await events.drained();
  await events.stop();
  return readEvents(world.db, { workspaceId: world.workspaceId, limit: 100_000 });
}

test('what is appended is what is read, whatever its text, in the order of the array', async () => {
  const texts = ['', 'plain', '"quoted" \\ {braces}, null', 'line\nbreak\ttab', "it's", 'NULL', 'ü 漢 💥', '$1 $$'];
  const occurredAt = new Date('2011-12-09T12:50:00.123Z');
  const made: NewEvent[] = Array.from({ length: 12_003 }, (_, i) => ({
    type: texts[i % 8]!,
    subjectType: texts[(i + 3) % 8]!,
    subjectId: randomUUID(),
    customerId: i % 3 ? randomUUID() : null,
    occurredAt,
    data: { before: i % 2 ? null : { text: texts[i % 8] }, after: { n: i, text: texts[(i + 1) % 8], list: [1.5, true, null] } },
  }));
  const source = {
    workspaceId: world.workspaceId,
    actor: { kind: 'API_KEY' as const, id: randomUUID() },
    origin: 'shop "one", {two}',
    requestId: 'r\\1',
  };
  await world.db.transaction((tx) => appendEvents(tx, source, made));
  const rows = await logged();
  expect(rows.map(({ seq, workspaceId, id, actorKind, actorId, origin, requestId, ...event }) => event)).toEqual(made);
  const { workspaceId, actorKind, actorId, origin, requestId } = rows[0]!;
  expect({ workspaceId, actor: { kind: actorKind, id: actorId }, origin, requestId }).toEqual(source);
  expect(new Set(rows.map((row) => row.id)).size).toBe(made.length);
});

test('a commit announces its events, a rollback and an empty list do not', async () => {
  let calls = 0;
  const end = onAppended(() => calls++);
  const append = (events: NewEvent[], fail = false) =>
    world.db.transaction(async (tx) => {
      await appendEvents(tx, sourceOf(world.workspaceId), events);
      if (fail) throw new Error('rolled back');
    });
  await append([]);
  await expect(append([change(randomUUID(), 1)], true)).rejects.toThrow('rolled back');
  expect(calls).toBe(0);
  await append([change(randomUUID(), 1), change(randomUUID(), 2)]);
  expect(calls).toBe(1);
  end();
  await append([change(randomUUID(), 1)]);
  expect(calls).toBe(1);
  expect((await logged()).length).toBe(3);
});

test('reading gives what a filter of the whole log gives, from either end', async () => {
  const customers = [randomUUID(), randomUUID()];
  const workspaces = [world.workspaceId, randomUUID()];
  for (let i = 0; i < 60; i++) {
    const type = `type.${'aabc'[i % 4]}`;
    const event = { ...change(customers[i % 2]!, i, type), customerId: i % 5 ? customers[i % 2]! : null };
    await world.db.transaction((tx) => appendEvents(tx, sourceOf(workspaces[i % 7 ? 0 : 1]!), [event]));
  }
  await logged();
  const all = (await Promise.all(workspaces.map((workspaceId) => readEvents(world.db, { workspaceId, limit: 100 })))).flat();
  all.sort((a, b) => (a.seq < b.seq ? -1 : 1));
  expect(all.map((event) => event.seq)).toEqual(Array.from({ length: 60 }, (_, i) => BigInt(i + 1)));
  const place = fc.bigInt({ min: 0n, max: 62n });
  const query = fc.record(
    {
      workspaceId: fc.constantFrom(...workspaces),
      after: place,
      before: place,
      types: fc.subarray(['type.a', 'type.b', 'type.c', 'type.none', 'type.a']),
      subjectId: fc.constantFrom(...customers),
      customerId: fc.constantFrom(...customers),
      keep: fc.constantFrom('oldest' as const, 'newest' as const),
      visible: fc.constant(sql`(e.data -> 'after' ->> 'n')::int % 2 = ${0}`),
      limit: fc.integer({ min: 0, max: 70 }),
    },
    { requiredKeys: ['workspaceId', 'limit'] },
  );
  await fc.assert(
    fc.asyncProperty(query, async ({ after = -1n, before = 99n, visible, keep, limit, ...filter }) => {
      const given = { ...filter, visible, keep, limit, ...(after < 0n ? {} : { after }), ...(before === 99n ? {} : { before }) };
      const wanted = all.filter(
        (event) =>
          matches(filter, event) &&
          event.seq > after &&
          event.seq < before &&
          (!visible || (event.data.after as { n: number }).n % 2 === 0),
      );
      const newest = (keep ?? (before < 99n && after < 0n ? 'newest' : 'oldest')) === 'newest';
      const cut = newest ? wanted.slice(Math.max(0, wanted.length - limit)) : wanted.slice(0, limit);
      expect(await readEvents(world.db, given)).toEqual(cut);
    }),
    { numRuns: 300 },
  );
});

test('under a transaction held open, moving one event does not step over all those moved before', async () => {
  const held = new pg.Client(world.url);
  await held.connect();
  const events = createEvents(world.db, { log: world.log });
  events.start();
  const entriesRead = async () => {
    const [row] = await world.db.query<{ read: bigint }>(
      sql`select idx_tup_read as read from pg_stat_user_indexes where indexrelname = 'event_inbox_pkey'`,
    );
    return row!.read;
  };
  try {
    const [busy, one] = await addCustomers(world.db, 2);
    // It holds back vacuum, and has a position of its own below all others.
    await held.query('begin isolation level repeatable read');
    await held.query(`insert into event_inbox (workspace_id, id, type, subject_type, subject_id, actor_kind, occurred_at, data)
      values (gen_random_uuid(), gen_random_uuid(), 'held', 'Held', gen_random_uuid(), 'SYSTEM', now(), '{}')`);
    for (let i = 0; i < 4; i++) await changeCustomer(world, busy!, { events: 6_000 });
    await changeCustomer(world, one!);
    await until(async () => (await lastSeq(world.db)) === 24_001n, 'all is moved');
    // Counted when the backends report, which they do about once a second; the first many reads must be in.
    await until(async () => (await entriesRead()) >= 48_000n, 'the moves are counted');
    const before = await entriesRead();
    for (let i = 0; i < 60; i++) {
      await changeCustomer(world, one!);
      await until(async () => (await lastSeq(world.db)) === BigInt(24_002 + i), 'it is moved');
    }
    await until(async () => (await entriesRead()) > before + 60n, 'the moves are counted');
    // From the start each of the 60 steps would have read 24,000.
    expect((await entriesRead()) - before).toBeLessThan(100_000n);
    await held.query('commit');
    await events.drained();
    expect(await expectGapless(world.db)).toBe(24_062n);
  } finally {
    await events.stop();
    await held.end();
  }
});

test('positions set back by hand are noticed', async () => {
  const [customer] = await addCustomers(world.db, 1);
  const rows = await logged(async () => {
    await changeCustomer(world, customer!, { events: 50 });
    await until(async () => (await lastSeq(world.db)) === 50n, 'they are moved');
    await world.db.execute(sql`select setval('event_inbox_position_seq', 1)`);
    await changeCustomer(world, customer!, { events: 20 });
    await until(async () => (await lastSeq(world.db)) === 70n, 'they are moved as well');
  });
  expect(rows.length).toBe(70);
});

test('a place above the log in event_head is kept: the log goes on after it', async () => {
  const other = openLogTest(world.url, world.workspaceId);
  await world.db.execute(sql`update event_head set seq = 1000`);
  try {
    expect(await lastSeq(other.db)).toBe(1_000n);
    const [customer] = await addCustomers(world.db, 1);
    await changeCustomer(world, customer!);
    expect((await logged()).map((event) => event.seq)).toEqual([1_001n]);
  } finally {
    await world.db.execute(sql`update event_head set seq = 0`);
    await other.db.close();
  }
});
