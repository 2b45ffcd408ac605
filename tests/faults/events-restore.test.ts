// A dump restored into another server, whose transaction ids are lower: cursors keep working and order holds.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import sql from 'sql-template-tag';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { runOn, withDatabase } from '../../src/db/databases.ts';
import { type EmbeddedDatabase, startEmbeddedDatabase } from '../../src/db/embedded/index.ts';
import { applyMigrations } from '../../src/db/migrate.ts';
import { createEvents, type EventRow, readEvents } from '../../src/events/index.ts';
import { until } from '../support/eventually.ts';
import {
  addCustomers,
  changeCustomer,
  createLogTest,
  expectAllChanges,
  expectGapless,
  type LogTest,
  openLogTest,
  prepareCustomers,
} from './events-support.ts';

const TABLES = ['event_inbox', 'events', 'event_head', 'test_customers'];

type Dump = { tables: Record<string, string>; position: string };

let folder: string;
let server: EmbeddedDatabase;
let source: LogTest;
let databases = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trato-test-restore-'));
  server = await startEmbeddedDatabase({ dataDir: join(folder, 'data'), settings: { fsync: 'off' } });
});

afterAll(async () => {
  await server?.stop();
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
});

beforeEach(async () => {
  source = await createLogTest();
});

afterEach(() => source.drop());

// What pg_dump writes of these tables: their rows as one snapshot sees them, and the sequence as it stands after.
async function dump(url: string): Promise<Dump> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    await client.query('begin isolation level repeatable read read only');
    const tables: Record<string, string> = {};
    for (const table of TABLES) {
      const { rows } = await client.query(`select coalesce(json_agg(t), '[]')::text as rows from ${table} t`);
      tables[table] = rows[0].rows;
    }
    const { rows } = await client.query('select last_value from event_inbox_position_seq');
    return { tables, position: rows[0].last_value };
  } finally {
    await client.end();
  }
}

async function restore(copy: Dump): Promise<Omit<LogTest, 'drop'>> {
  const name = `restored_${++databases}`;
  await runOn(server.url, `create database ${name}`);
  const url = withDatabase(server.url, name);
  await applyMigrations({ url });
  const target = openLogTest(url, source.workspaceId);
  await prepareCustomers(target.db);
  for (const [table, rows] of Object.entries(copy.tables)) {
    await target.db.pool.query(`truncate ${table}`);
    await target.db.pool.query(`insert into ${table} select * from json_populate_recordset(null::${table}, $1)`, [rows]);
  }
  await target.db.execute(sql`select setval('event_inbox_position_seq', ${copy.position}::bigint)`);
  return target;
}

async function transactionId(db: LogTest['db']): Promise<bigint> {
  const [row] = await db.query<{ xid: string }>(sql`select pg_current_xact_id()::text as xid`);
  return BigInt(row!.xid);
}

const all = { after: 0n, limit: 100_000 };

test('a log dumped with events still in its inbox goes on in a server with lower transaction ids', async () => {
  const { workspaceId } = source;
  const customers = await addCustomers(source.db, 6);
  // Transaction ids far beyond those of a new server.
  await source.db.pool.query('do $$ begin for i in 1..20000 loop perform pg_current_xact_id(); commit; end loop; end $$');
  const first = createEvents(source.db, { log: source.log });
  first.start();
  for (let i = 0; i < 20; i++) await Promise.all(customers.map((id) => changeCustomer(source, id)));
  await first.drained();
  const seen: EventRow[] = (await readEvents(source.db, { workspaceId, ...all })).slice(0, 77);
  await first.stop();

  // Committed but not in the log yet; and one that is never to commit here, with a lower position than theirs.
  let steps = 0;
  let release = () => {};
  const gate = new Promise<void>((resolve) => {
    release = resolve;
  });
  const open = changeCustomer(source, customers[5]!, { events: 2, pause: async () => (++steps === 3 ? gate : undefined) });
  await until(() => steps === 3, 'the open transaction has appended');
  for (let i = 0; i < 5; i++) await Promise.all(customers.slice(0, 5).map((id) => changeCustomer(source, id, { events: 3 })));
  const copy = await dump(source.url);
  release();
  await open;

  const target = await restore(copy);
  expect(await transactionId(target.db)).toBeLessThan(await transactionId(source.db));
  const second = createEvents(target.db, { log: target.log, ringSize: 50 });
  second.start();
  try {
    for (let i = 0; i < 10; i++) await Promise.all(customers.map((id) => changeCustomer(target, id)));
    await second.drained();
    const last = await expectGapless(target.db);
    expect(last).toBe(120n + 75n + 60n);
    // Reading by the cursor of the old server, and following by it.
    const rest = await readEvents(target.db, { workspaceId, after: seen.at(-1)!.seq, limit: 100_000 });
    await expectAllChanges(target.db, [...seen, ...rest]);
    const followed: EventRow[] = [];
    for await (const step of second.hub.follow({ workspaceId, after: seen.at(-1)!.seq })) {
      if (step.kind === 'events') followed.push(...step.events);
      if (step.kind === 'caughtUp') break;
    }
    expect(followed).toEqual(rest);
    expect(target.complaints).toEqual([]);
  } finally {
    await second.stop();
    await target.db.close();
  }
});

test('a cursor from beyond the end of a restored older dump is refused, not silently empty', async () => {
  const { workspaceId } = source;
  const [customer] = await addCustomers(source.db, 1);
  const first = createEvents(source.db, { log: source.log });
  first.start();
  await changeCustomer(source, customer!, { events: 5 });
  await first.drained();
  const copy = await dump(source.url);
  await changeCustomer(source, customer!, { events: 5 });
  await first.drained();
  const cursor = (await readEvents(source.db, { workspaceId, ...all })).at(-1)!.seq;
  expect(cursor).toBe(10n);
  await first.stop();

  const target = await restore(copy);
  const second = createEvents(target.db, { log: target.log });
  second.start();
  try {
    const steps = second.hub.follow({ workspaceId, after: cursor });
    await expect(steps.next()).rejects.toMatchObject({ code: 'CURSOR_AHEAD' });
    const steps5 = second.hub.follow({ workspaceId, after: 5n });
    expect(await steps5.next()).toEqual({ done: false, value: { kind: 'caughtUp', cursor: 5n } });
    await steps5.return();
  } finally {
    await second.stop();
    await target.db.close();
  }
});
