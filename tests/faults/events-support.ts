// What the tests of the event log share: a log of its own, writers whose events tell their order, and the check of it.
import { randomUUID } from 'node:crypto';
import sql from 'sql-template-tag';
import { expect } from 'vitest';
import { type Database, openDatabase } from '../../src/db/database.ts';
import { appendEvents, type EventRow, type EventsLog, type FeedStep, type NewEvent } from '../../src/events/index.ts';
import { createTestDatabase } from '../support/database.ts';

export type LogTest = {
  db: Database;
  url: string;
  workspaceId: string;
  /** Everything logged as a warning or an error. */
  complaints: string[];
  log: EventsLog;
  drop(): Promise<void>;
};

export async function createLogTest(): Promise<LogTest> {
  const { url, drop } = await createTestDatabase();
  const test = openLogTest(url);
  await prepareCustomers(test.db);
  return {
    ...test,
    async drop() {
      await test.db.close();
      await drop();
    },
  };
}

export function openLogTest(url: string, workspaceId: string = randomUUID()): Omit<LogTest, 'drop'> {
  const complaints: string[] = [];
  const complain = (fields: object, message: string) => complaints.push(`${message} ${JSON.stringify(fields)}`);
  const log = { info() {}, warn: complain, error: complain };
  // 25 connections: 20 writers and the readers beside them.
  return { db: openDatabase(url, { max: 25, onError() {} }), url, workspaceId, complaints, log };
}

/** A table whose rows stand for customers: what writers lock, and count their changes in. */
export async function prepareCustomers(db: Database): Promise<void> {
  await db.execute(sql`create table if not exists test_customers (id uuid primary key, changes int not null default 0)`);
}

export async function addCustomers(db: Database, count: number): Promise<string[]> {
  const ids = Array.from({ length: count }, () => randomUUID());
  await db.execute(sql`insert into test_customers (id) select unnest(${ids}::uuid[])`);
  return ids;
}

export function sourceOf(workspaceId: string) {
  return { workspaceId, actor: { kind: 'SYSTEM' as const, id: null }, origin: null, requestId: null };
}

export function change(customerId: string, n: number, type = 'customer.updated'): NewEvent {
  return { type, subjectType: 'Customer', subjectId: customerId, customerId, occurredAt: new Date(), data: { after: { n } } };
}

export class RolledBack extends Error {}

/** Options of a change: `pause` is called between its steps, and may throw `RolledBack`. */
export type ChangeOptions = { events?: number; pause?: () => Promise<void>; type?: string };

/** Changes a customer as a command does: locks its row, counts, appends. The n-th committed change carries n. */
export async function changeCustomer(test: Pick<LogTest, 'db' | 'workspaceId'>, id: string, options: ChangeOptions = {}): Promise<void> {
  const { events = 1, pause = async () => {}, type } = options;
  try {
    await test.db.transaction(async (tx) => {
      await pause();
      const [row] = await tx.query<{ changes: number }>(
        sql`update test_customers set changes = changes + ${events}::int where id = ${id}::uuid returning changes`,
      );
      await pause();
      const first = row!.changes - events + 1;
      await appendEvents(
        tx,
        sourceOf(test.workspaceId),
        Array.from({ length: events }, (_, i) => change(id, first + i, type)),
      );
      await pause();
    });
  } catch (error) {
    if (!(error instanceof RolledBack)) throw error;
  }
}

/** A pause of up to `most` ms, now and then ten times that, which rolls back with the given likelihood. */
export function randomPause(most: number, rollback = 0.05): () => Promise<void> {
  return async () => {
    if (Math.random() < rollback) throw new RolledBack();
    const long = Math.random() < 0.03 ? 10 : 1;
    await new Promise((resolve) => setTimeout(resolve, Math.random() * most * long));
  };
}

/** Runs `writers` loops that change random customers until `changes` attempts are made in all. */
export async function runWriters(
  test: Pick<LogTest, 'db' | 'workspaceId'>,
  options: { customers: string[]; writers: number; changes: number; pauseMs: number },
): Promise<void> {
  let left = options.changes;
  const pause = randomPause(options.pauseMs);
  await Promise.all(
    Array.from({ length: options.writers }, async () => {
      while (left-- > 0) {
        const id = options.customers[Math.floor(Math.random() * options.customers.length)]!;
        const events = Math.random() < 0.1 ? 5 : 1;
        await changeCustomer(test, id, { events, pause });
      }
    }),
  );
}

export function numberOf(event: EventRow): number {
  return (event.data.after as { n: number }).n;
}

/** Asserts that the events are all changes of all customers, each once, in order for each of them. */
export async function expectAllChanges(db: Database, events: EventRow[]): Promise<void> {
  const last = new Map<string, number>();
  for (const event of events) {
    const before = last.get(event.customerId!) ?? 0;
    if (numberOf(event) !== before + 1) {
      expect.fail(`customer ${event.customerId} at place ${event.seq}: change ${numberOf(event)} came after ${before}`);
    }
    last.set(event.customerId!, numberOf(event));
  }
  const rows = await db.query<{ id: string; changes: number }>(sql`select id, changes from test_customers where changes > 0`);
  expect(new Map([...last].sort())).toEqual(new Map(rows.map((row) => [row.id, row.changes] as const).sort()));
}

/** Asserts that places run from 1 without a gap and that the inbox is empty. */
export async function expectGapless(db: Database): Promise<bigint> {
  const [row] = await db.query<{ count: bigint; first: bigint; last: bigint; left: bigint }>(sql`
    select count(*) as count, coalesce(min(seq), 1) as first, coalesce(max(seq), 0) as last,
      (select count(*) from event_inbox) as left from events`);
  expect(row).toEqual({ count: row!.last, first: 1n, last: row!.last, left: 0n });
  return row!.last;
}

/** Cuts the connections by which hubs follow the log. */
export async function cutFeed(db: Database): Promise<void> {
  await db.query(sql`select pg_terminate_backend(pid) from pg_stat_activity
    where datname = current_database() and application_name like 'trato events %'`);
}

/** The next step of a feed that must not have ended. */
export async function step(steps: AsyncGenerator<FeedStep, void>): Promise<FeedStep> {
  const { value, done } = await steps.next();
  if (done || !value) throw new Error('the feed has ended');
  return value;
}
