// What an adversary, or bad luck, could do to deliveries: change a webhook while its events are read, hold all sockets with
// receivers that hang, have a batch cost more than any request may, and go on with a credential that was withdrawn.
import sql from 'sql-template-tag';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { allColumns } from '../../src/commands/rows.ts';
import type { Database, Statement } from '../../src/db/database.ts';
import type { WebhookRow } from '../../src/db/models.ts';
import { configureLimits, defaultLimits } from '../../src/graphql/limits.ts';
import type { Running } from '../../src/jobs/index.ts';
import { allowOutbound } from '../../src/lib/private-address.ts';
import { decodeTypeId } from '../../src/lib/typeid.ts';
import { createHealthRows, judge } from '../../src/modules/webhooks/deliver/health.ts';
import { setWebhookTiming, startDelivering } from '../../src/modules/webhooks/deliver/index.ts';
import { createLane, type WebhookPorts } from '../../src/modules/webhooks/deliver/lane.ts';
import { webhookPorts } from '../../src/modules/webhooks/deliver/service.ts';
import { createWorkspace } from '../../src/modules/workspace/index.ts';
import { type Receiver, type Reply, startReceiver } from '../faults/webhooks-receiver.ts';
import { ask, done, makeCustomer, mutate } from '../support/core.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

let server: TestServer;
let running: Running;
const receivers: Receiver[] = [];
const following = new AbortController();
/** How many events were rendered together, by the name of the webhook. */
const batches: { name: string; size: number }[] = [];
/** Webhooks whose events are read only once somebody lets them. */
const gates = new Map<string, Promise<void>>();
const looked: string[] = [];
const log = { info() {}, warn() {}, error() {} };
const SOCKETS = 8;
/** The end of the log is read, and webhooks that were changed are read anew, only once somebody lets them be. */
let tail: Promise<void> | null = null;
let unread: Promise<void> | null = null;
/** How often events were read to be taken in. */
let reads = 0;

const ports: WebhookPorts = {
  ...webhookPorts,
  async viewerOf(db, webhook) {
    looked.push(webhook.name);
    await gates.get(webhook.name);
    return webhookPorts.viewerOf(db, webhook);
  },
  render(db, webhook, viewer, events) {
    batches.push({ name: webhook.name, size: events.length });
    return webhookPorts.render(db, webhook, viewer, events);
  },
};

beforeAll(async () => {
  allowOutbound(['127.0.0.0/8']);
  // What failed waits for longer than any test.
  setWebhookTiming({ retrySeconds: [600], jitter: 0 });
  server = await startTestServer({ poolSize: 10 });
  const db: Database = {
    ...server.db,
    async query<R>(statement: Statement) {
      if (statement.text.includes('from events where seq >')) await tail;
      if (statement.text.includes('w.id = any(')) await unread;
      const rows = await server.db.query<R>(statement);
      if (statement.text.includes('from events e where')) reads++;
      return rows;
    },
  };
  running = startDelivering({ db, log, ports, sockets: SOCKETS });
  void (async () => {
    for await (const _ of server.events.hub.follow({ workspaceId: server.workspaceId, signal: following.signal })) running.wake();
  })();
});
afterAll(async () => {
  following.abort();
  await Promise.all(receivers.map((one) => one.stop()));
  await running?.stop();
  await server?.stop();
  allowOutbound([]);
  setWebhookTiming();
});

const document = 'subscription ($types: [String!]) { events(types: $types) { ... on Event { type subjectId } } }';
const created = { types: ['customer.created'] };
const eventually = <T>(look: () => T | Promise<T>) => vi.waitFor(look, { timeout: 15_000, interval: 10 });
const uuidOf = (id: string) => decodeTypeId(id)!.uuid;

async function receiving(answer?: () => Reply | Promise<Reply>): Promise<Receiver> {
  const receiver = await startReceiver();
  if (answer) receiver.answer(answer);
  receivers.push(receiver);
  return receiver;
}
async function create(name: string, url: string, more: object = {}, key?: string): Promise<string> {
  const input = { name, url, document, variables: created, timeoutMs: 60_000, ...more };
  return (await done(server, 'webhookCreate', input, 'webhook { id }', key === undefined ? {} : { key })).webhook.id;
}
const archive = (id: string, key?: string) => done(server, 'webhookArchive', { id }, '', key === undefined ? {} : { key });

it('loses nothing that happens after a webhook was changed, though it was read for what the webhook was', async () => {
  const [receiver, other] = [await receiving(), await receiving()];
  let open = () => {};
  gates.set('Changed', new Promise((resolve) => (open = resolve)));
  const id = await create('Changed', receiver.url, { variables: { types: ['quote.accepted'] } });
  await eventually(() => expect(looked).toContain('Changed'));
  await done(server, 'webhookUpdate', { id, variables: created }, '');
  await makeCustomer(server, { displayName: 'After the change' });
  await server.events.drained();
  // The log has been followed up to here once this one is looked at.
  const later = await create('Later', other.url);
  await eventually(() => expect(looked).toContain('Later'));
  gates.delete('Changed');
  open();
  await eventually(() => expect(receiver.hits).toHaveLength(1));
  await archive(id);
  await archive(later);
});

it('loses nothing that was passed over for what a webhook was before its change was known', async () => {
  const receiver = await receiving();
  const following = (field: string) => `subscription { customerUpdated(changed: ["${field}"]) { displayName } }`;
  const customer = await makeCustomer(server, { displayName: 'Before' });
  const id = await create('Passed', receiver.url, { document: following('city'), variables: {} });
  await server.events.drained();
  await eventually(() => expect(looked).toContain('Passed'));
  let [goOn, release] = [() => {}, () => {}];
  tail = new Promise((resolve) => (goOn = resolve));
  unread = new Promise((resolve) => (release = resolve));
  await done(server, 'webhookUpdate', { id, document: following('displayName') }, '');
  await done(server, 'customerUpdate', { id: customer, displayName: 'After' }, '');
  await server.events.drained();
  const before = reads;
  tail = null;
  goOn();
  // The change and what came after it are met together: as the webhook was known, it is woken and passes that over.
  await eventually(() => expect(reads).toBeGreaterThan(before)).finally(() => {
    unread = null;
    setImmediate(release);
  });
  await eventually(() => expect(receiver.hits.map(({ body }) => body.data.customerUpdated.displayName)).toEqual(['After']));
  await archive(id);
});

it('leaves sockets to other workspaces, however many receivers of one hang', async () => {
  const { apiKey } = await createWorkspace(server.db, { key: 'hog', name: 'Hog', currency: 'EUR', country: 'DE' });
  const key = apiKey!;
  const hanging = await receiving(() => 'hang');
  const hogs: string[] = [];
  for (const name of ['A', 'B', 'C']) hogs.push(await create(name, hanging.url, { concurrency: 50 }, key));
  for (let i = 0; i < 10; i++) await done(server, 'customerCreate', { displayName: `C${i}` }, '', { key });
  await server.events.drained();
  running.wake();
  await eventually(() => expect(hanging.hits.length).toBe(SOCKETS / 2));
  const fine = await receiving();
  const id = await create('Fine', fine.url);
  for (let i = 0; i < 3; i++) await makeCustomer(server, { displayName: `C${i}` });
  await eventually(() => expect(fine.hits).toHaveLength(3));
  expect(hanging.hits).toHaveLength(SOCKETS / 2);
  for (const hog of hogs) await archive(hog, key);
  await archive(id);
  await hanging.stop();
});

it('renders no more events together than may cost what one request may', async () => {
  const receiver = await receiving();
  const heavy = `subscription { customerCreated { id interactions(first: 50) { nodes { id } } } }`;
  configureLimits({ ...defaultLimits, costMaximum: 130 });
  const id = await create('Heavy', receiver.url, { document: heavy, variables: {} });
  await done(server, 'webhookPause', { id }, '');
  for (let i = 0; i < 7; i++) await makeCustomer(server, { displayName: `C${i}` });
  await server.events.drained();
  await done(server, 'webhookEnable', { id }, '');
  await eventually(() => expect(receiver.hits).toHaveLength(7));
  configureLimits(defaultLimits);
  expect(Math.max(...batches.filter(({ name }) => name === 'Heavy').map(({ size }) => size))).toBe(2);
  expect(new Set(receiver.hits.map((hit) => hit.id)).size).toBe(7);
  await archive(id);
});

it('stops what waits to be sent again when its credential is withdrawn, though nothing new happens', async () => {
  const receiver = await receiving(() => ({ status: 500 }));
  const { apiKey, key } = await done(server, 'apiKeyCreate', { name: 'Partner', role: 'administrator' }, 'apiKey { id } key');
  const id = await create('Theirs', receiver.url, {}, key);
  await makeCustomer(server, { displayName: 'Waits' });
  await eventually(() => expect(receiver.hits).toHaveLength(1));
  await done(server, 'apiKeyRevoke', { id: apiKey.id }, '');
  const look = 'query ($id: ID!) { webhook(id: $id) { status problem } }';
  await eventually(async () =>
    expect((await ask(server, look, { id })).webhook).toEqual({ status: 'DISABLED', problem: 'CREDENTIAL_GONE' }),
  );
  expect((await mutate(server, 'webhookEnable', { id }, '')).userErrors).toMatchObject([{ code: 'CREDENTIAL_GONE' }]);
});

it('writes nothing of what it saw before over a webhook that was enabled again', async () => {
  const id = await create('Health', 'https://health.example.com', { variables: { types: ['quote.accepted'] } });
  const read = async () =>
    (await server.db.query<WebhookRow>(sql`select ${allColumns('Webhook')} from webhooks where id = ${uuidOf(id)}::uuid`))[0]!;
  const failed = { error: 'TIMEOUT', statusCode: null, startedAt: new Date(), durationMs: 1, requestHeaders: {}, responseHeaders: null };
  const seen = async (webhook: WebhookRow) => {
    const [lane, rows] = [createLane(webhook), createHealthRows({ db: server.db, log })];
    judge(lane, { ...failed, responseBody: null, retryAfter: null }, 1, Date.now());
    rows.touch(lane);
    lane.closed = true;
    await rows.stop();
    return (await read()).failingSince;
  };
  const before = await read();
  await done(server, 'webhookPause', { id }, '');
  await done(server, 'webhookEnable', { id }, '');
  expect(await seen(before)).toBeNull();
  expect(await seen(await read())).toEqual(failed.startedAt);
  await archive(id);
});
