// Webhooks while the servers that deliver them are killed in the middle of it, and their receiver fails, hangs and cuts
// the connection: every event arrives, a repeat is the same as what it repeats, and no subject is told out of order.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sql from 'sql-template-tag';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemViewer } from '../../src/auth/system-viewer.ts';
import { runCommand } from '../../src/commands/command.ts';
import { type Database, openDatabase } from '../../src/db/database.ts';
import { encodeTypeId, newId } from '../../src/lib/typeid.ts';
import { customerCreate, customerUpdate } from '../../src/modules/customers/index.ts';
import { messageIdOf } from '../../src/modules/webhooks/message-id.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { until } from '../support/eventually.ts';
import { postQuery, startTestProcess, type TestProcess } from '../support/server.ts';
import { type Hit, type Receiver, startReceiver } from './webhooks-receiver.ts';

const KILLS = 20;
/** Servers on one database: one delivers, another stands by, and one is starting as a rule. */
const PROCESSES = 3;
const KEY = 'trato-key-of-the-webhook-faults';
const TYPES = ['customer.created', 'customer.updated'];
const document = 'subscription ($types: [String!]) { events(types: $types) { ... on Event { type subjectId data } } }';

const cache = mkdtempSync(join(tmpdir(), 'trato-webhook-kills-'));
let database: TestDatabase;
let db: Database;
let receiver: Receiver;
const processes: TestProcess[] = [];
const alive = new Set<TestProcess>();
/** What servers said that ended without being killed. */
const fallen: string[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
  db = openDatabase(database.url, { max: 4 });
  receiver = await startReceiver();
  // The first makes the workspace.
  await start().ready();
  for (let i = 1; i < PROCESSES; i++) start();
});
afterAll(async () => {
  for (const child of processes) child.kill('SIGKILL');
  await Promise.all(processes.map((child) => child.exited));
  await receiver?.stop();
  await db?.close();
  await database?.drop();
  rmSync(cache, { recursive: true, force: true });
});

function start(): TestProcess {
  const env = {
    ...{ TRATO_LOG_LEVEL: 'warn', TRATO_DEMO: '0', DATABASE_URL: database.url, TRATO_API_KEY: KEY },
    // Most of a start is reading the code: what the first has read is kept for the others.
    NODE_COMPILE_CACHE: cache,
    TRATO_PLUGINS_DIR: 'off',
    ...{ TRATO_OUTBOUND_ALLOW: '127.0.0.0/8', TRATO_WEBHOOK_RETRY_SECONDS: Array(50).fill('0.2').join() },
  };
  const child = startTestProcess(env, { script: 'tests/faults/webhooks-process.ts' });
  processes.push(child);
  alive.add(child);
  void child.exited.then(({ code, signal }) => {
    alive.delete(child);
    if (signal !== 'SIGKILL') fallen.push(`${code} ${signal} ${child.stderr()}`);
  });
  return child;
}

/** The process that delivers at this moment; null while none does. */
async function deliverer(): Promise<TestProcess | null> {
  const rows = await db.query<{ name: string }>(sql`select a.application_name as name from pg_stat_activity a join pg_locks l using (pid)
    where a.datname = current_database() and a.application_name like 'trato jobs %' and l.locktype = 'advisory' and l.granted`);
  const pids = rows.map(({ name }) => Number(name.split(' ').at(-1)));
  return [...alive].find(({ pid }) => pids.includes(pid)) ?? null;
}

/** Creates and changes customers, as others do, until it is stopped. */
function startWriting(workspaceId: string): { stop(): Promise<void> } {
  const viewer = systemViewer(workspaceId);
  const call = { db, viewer, requestId: newId() };
  let stopped = false;
  const customers: string[] = [];
  const done = (async () => {
    for (let i = 0; !stopped; i++) {
      const displayName = `Name ${i}`;
      const id = customers[i % 40];
      const { result, userErrors } = id
        ? await runCommand(call, customerUpdate, { id, displayName })
        : await runCommand(call, customerCreate, { kind: 'PERSON', displayName });
      if (!result) throw new Error(JSON.stringify(userErrors));
      if (!id) customers.push(encodeTypeId('customer', (result as { id: string }).id));
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  })();
  return {
    async stop() {
      stopped = true;
      await done;
    },
  };
}

/** Says what the servers said and how the webhook stands, where something never came. */
async function explain(cause: unknown): Promise<never> {
  const state = await db.query(sql`select status, problem, problem_detail, failing_since, resting_until, cursor::text,
    (select json_object_agg(status || coalesce(' ' || last_error, ''), n) from (select status, last_error, count(*) as n
      from webhook_deliveries group by 1, 2) as counts) as deliveries from webhooks`);
  const said = processes.map((child) => child.stderr()).join('');
  throw new Error(`${(cause as Error).message}; ${JSON.stringify(state)}; the servers said: ${said}`, { cause });
}

test('SIGKILL of whoever delivers, 20 times: every event arrives, repeats are equal, subjects are in order', async () => {
  const [{ id: workspaceId }] = (await db.query<{ id: string }>(sql`select id from workspaces`)) as [{ id: string }];
  const { url } = await processes[0]!.ready();
  const query = 'mutation ($input: WebhookCreateInput!) { webhookCreate(input: $input) { webhook { id } userErrors { code path } } }';
  const input = { name: 'Faulty', url: receiver.url, document, variables: { types: TYPES }, timeoutMs: 4_000, concurrency: 20 };
  const { data, errors } = await postQuery(url, { query, variables: { input } }, { key: KEY });
  expect([errors, data?.webhookCreate.userErrors]).toEqual([[], []]);
  const [{ id: webhookId, cursor: began }] = (await db.query<{ id: string; cursor: bigint }>(sql`select id, cursor from webhooks`)) as [
    { id: string; cursor: bigint },
  ];

  let faulty = true;
  receiver.answer(() => {
    const chance = faulty ? Math.random() : 1;
    if (chance < 0.01) return 'hang';
    if (chance < 0.08) return 'cut';
    return chance < 0.15 ? { status: 503 } : {};
  });
  const writing = startWriting(workspaceId);
  for (let kill = 0; kill < KILLS; kill++) {
    const goal = receiver.hits.length + 1 + Math.floor(Math.random() * 40);
    let victim: TestProcess | null = null;
    await until(
      async () => {
        expect(fallen).toEqual([]);
        victim = receiver.hits.length >= goal ? await deliverer() : null;
        return victim !== null;
      },
      `deliveries go on after ${kill} kills`,
      { timeout: 60_000, interval: 5 },
    ).catch(explain);
    victim!.kill('SIGKILL');
    await victim!.exited;
    if (kill < KILLS - 2) start();
  }
  await writing.stop();
  faulty = false;

  const pending = async () => (await db.query(sql`select 1 from webhook_deliveries where status = 'PENDING' limit 1`)).length;
  const expected = async () =>
    (await db.query<{ id: string }>(sql`select id from events where type = any(${TYPES}) and seq > ${began} order by seq`)).map(({ id }) =>
      messageIdOf(webhookId, id),
    );
  const missing = async () => {
    const seen = new Set(receiver.hits.map((hit) => hit.id));
    const [inbox] = await db.query(sql`select 1 from event_inbox limit 1`);
    return inbox ? -1 : (await expected()).filter((id) => !seen.has(id)).length;
  };
  await until(async () => (await missing()) === 0 && (await pending()) === 0, 'everything has arrived', { timeout: 60_000 }).catch(explain);

  const first = new Map<string, Hit>();
  for (const hit of receiver.hits) {
    const before = first.get(hit.id);
    if (before) expect(hit.text).toBe(before.text);
    else first.set(hit.id, hit);
  }
  const ids = await expected();
  expect([...first.keys()].sort()).toEqual(ids.toSorted());
  expect(ids.length).toBeGreaterThan(KILLS * 10);
  expect(receiver.hits.length).toBeGreaterThan(ids.length);

  const places = new Map(ids.map((id, i) => [id, i]));
  const last = new Map<string, number>();
  for (const [id, { body }] of first) {
    const place = places.get(id)!;
    expect(place).toBeGreaterThan(last.get(body.event.subjectId) ?? -1);
    last.set(body.event.subjectId, place);
  }
  const [stored] = await db.query(sql`select count(*)::int as n, count(distinct event_seq)::int as events,
    count(*) filter (where status = 'DELIVERED')::int as delivered from webhook_deliveries`);
  expect(stored).toEqual({ n: ids.length, events: ids.length, delivered: ids.length });
}, 240_000);
