// Delivery of webhooks to real receivers: in order per subject, apart from each other, signed, and given up where it must be.
import sql from 'sql-template-tag';
import { Webhook } from 'standardwebhooks';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import '../../src/modules/webhooks/webhooks.schema.ts';
import { appendEvents, type NewEvent } from '../../src/events/index.ts';
import type { Running } from '../../src/jobs/index.ts';
import { allowOutbound } from '../../src/lib/private-address.ts';
import { decodeTypeId } from '../../src/lib/typeid.ts';
import { setWebhookTiming, startDelivering } from '../../src/modules/webhooks/deliver/index.ts';
import { webhookPorts } from '../../src/modules/webhooks/deliver/service.ts';
import { type Hit, type Receiver, type Reply, startReceiver } from '../faults/webhooks-receiver.ts';
import { ask, type Data, done, makeCustomer } from '../support/core.ts';
import { eventually } from '../support/eventually.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

let server: TestServer;
let running: Running;
const receivers: Receiver[] = [];
const following = new AbortController();
let clock = 0;
const quick = { retrySeconds: [0.02, 0.02, 0.02], jitter: 0 };

beforeAll(async () => {
  allowOutbound(['127.0.0.0/8']);
  setWebhookTiming(quick);
  server = await startTestServer({ poolSize: 10 });
  const complain = (fields: object, message: string) => server.logs.push(`${message} ${JSON.stringify(fields)}`);
  const log = { info() {}, warn: complain, error: complain };
  running = startDelivering({ db: server.db, log, ports: webhookPorts, now: () => Date.now() + clock });
  void (async () => {
    for await (const _ of server.events.hub.follow({ workspaceId: server.workspaceId, signal: following.signal })) running.wake();
  })();
});
afterAll(async () => {
  following.abort();
  await running?.stop();
  await server?.stop();
  allowOutbound([]);
  setWebhookTiming();
});
afterEach(async () => {
  const { webhooks } = await ask(server, '{ webhooks(first: 50) { nodes { id } } }');
  for (const { id } of webhooks.nodes) await done(server, 'webhookArchive', { id }, 'webhook { id }');
  await Promise.all(receivers.splice(0).map((one) => one.stop()));
  clock = 0;
  setWebhookTiming(quick);
});

const document = `subscription ($types: [String!]) { events(types: $types) { ... on Event { type subject { ... on Customer { id displayName } } } } }`;
const customers = { types: ['customer.created', 'customer.updated'] };

async function receiving(answer?: (hit: { id: string }) => Reply | Promise<Reply>): Promise<Receiver> {
  const receiver = await startReceiver();
  if (answer) receiver.answer(answer);
  receivers.push(receiver);
  return receiver;
}

const create = async (url: string, more: object = {}): Promise<{ id: string; secret: string }> => {
  await server.events.drained();
  const { webhook, secret } = await done(
    server,
    'webhookCreate',
    { name: 'Hook', url, document, variables: customers, timeoutMs: 5_000, ...more },
    'webhook { id } secret',
  );
  return { id: webhook.id, secret };
};
const rename = (id: string, displayName: string) => done(server, 'customerUpdate', { id, displayName }, 'customer { id }');
const deliveries = async (id: string): Promise<Data[]> =>
  (
    await ask(
      server,
      `query ($id: ID!) { webhook(id: $id) { deliveries(first: 100, orderBy: [{ field: CREATED_AT, direction: ASC }]) { nodes { kind status
        eventType messageId attempts lastStatusCode lastError body
        sent(first: 20) { nodes { number statusCode error requestHeaders responseHeaders responseBody durationMs } } } } } }`,
      { id },
    )
  ).webhook.deliveries.nodes;
const stateOf = async (id: string): Promise<Data> =>
  (
    await ask(server, 'query ($id: ID!) { webhook(id: $id) { status problem problemDetail failingSince restingUntil lastDeliveredAt } }', {
      id,
    })
  ).webhook;
const until = (receiver: Receiver, count: number) => eventually(() => expect(receiver.hits.length).toBeGreaterThanOrEqual(count));
const placeOf = (cursor: string) => Number(Buffer.from(cursor, 'base64url').toString().split(':')[1]);
const make = (count: number) => Promise.all(Array.from({ length: count }, (_, i) => makeCustomer(server, { displayName: `C${i}` })));

describe('a delivery', () => {
  it('carries what the document asks for, signed, with a log of it; in order per subject', async () => {
    const receiver = await receiving(async () => ({ status: 200, headers: { 'x-by': 'me', 'set-cookie': 'a=b' }, body: 'thanks \0' }));
    const { id, secret } = await create(receiver.url);
    const ids = await make(5);
    for (let n = 1; n <= 4; n++) await Promise.all(ids.map((one) => rename(one, `Name ${n}`)));
    await until(receiver, 25);
    const types = new Map<string, string[]>();
    for (const { headers, text } of receiver.hits) {
      const body = new Webhook(secret).verify(text, headers as Record<string, string>) as Data;
      expect(headers).toMatchObject({ 'content-type': 'application/json', 'user-agent': expect.stringMatching(/^Trato\//) });
      expect(body.data.events).toMatchObject({ type: body.type, subject: { id: body.event.subjectId } });
      types.set(body.event.subjectId, [...(types.get(body.event.subjectId) ?? []), `${body.event.cursor}`]);
    }
    for (const one of ids) {
      const places = types.get(one)!.map(placeOf);
      expect(places).toEqual(places.toSorted((a, b) => a - b));
      expect(places).toHaveLength(5);
    }
    expect(new Set(receiver.hits.map((hit) => hit.id)).size).toBe(25);
    await eventually(async () => expect((await deliveries(id)).filter(({ status }) => status === 'DELIVERED')).toHaveLength(25));
    const [first] = await deliveries(id);
    expect(first).toMatchObject({ kind: 'EVENT', eventType: 'customer.created', attempts: 1, lastStatusCode: 200, lastError: null });
    const [sent] = first.sent.nodes;
    expect(sent).toMatchObject({ number: 1, statusCode: 200, error: null, responseBody: 'thanks \uFFFD' });
    expect(sent.requestHeaders).toMatchObject({ 'webhook-id': first.messageId });
    expect(JSON.stringify(sent)).not.toMatch(/signature|set-cookie|whsec_/);
    expect(sent.responseHeaders).toMatchObject({ 'x-by': 'me' });
    expect((await stateOf(id)).failingSince).toBeNull();
    await eventually(async () => expect((await stateOf(id)).lastDeliveredAt).not.toBeNull());
  });

  it('of a failing subject holds up its own, is tried again with the same id and body, and is given up', async () => {
    const receiver = await receiving();
    const { id } = await create(receiver.url);
    const [bad, good] = (await make(2)) as [string, string];
    await until(receiver, 2);
    receiver.answer((hit) => ({ status: receiver.hits.find((one) => one === hit)!.body.event.subjectId === bad ? 500 : 204 }));
    await rename(bad, 'First');
    await rename(bad, 'Second');
    await rename(good, 'Other');
    // Four attempts each.
    await until(receiver, 2 + 8 + 1);
    const ofBad = receiver.hits.slice(2).filter(({ body }) => body.event.subjectId === bad);
    const order = ofBad.map((hit) => hit.id);
    expect(new Set(order.slice(0, 4)).size).toBe(1);
    expect(new Set(order.slice(4)).size).toBe(1);
    expect(new Set(ofBad.slice(0, 4).map(({ text }) => text)).size).toBe(1);
    await eventually(async () => {
      const failed = (await deliveries(id)).filter(({ status }) => status === 'FAILED');
      expect(failed.map(({ attempts, lastError }) => [attempts, lastError])).toEqual([
        [4, 'HTTP_500'],
        [4, 'HTTP_500'],
      ]);
    });
    expect((await stateOf(id)).status).toBe('ACTIVE');
    expect((await deliveries(id)).flatMap(({ sent }) => sent.nodes)).toHaveLength(2 + 8 + 1);
  });

  it('of a customer whom the receiver always refuses stops no others, however many wait for it', async () => {
    setWebhookTiming({ retrySeconds: [600], jitter: 0 });
    const receiver = await receiving();
    const [bad, good] = (await make(2)) as [string, string];
    receiver.answer((hit) => ({ status: (hit as Hit).body.event.subjectId === bad ? 500 : 204 }));
    const { id } = await create(receiver.url);
    const changed = (customer: string): NewEvent => {
      const { uuid } = decodeTypeId(customer)!;
      return { type: 'customer.updated', subjectType: 'Customer', subjectId: uuid, customerId: uuid, occurredAt: new Date(), data: {} };
    };
    const source = { workspaceId: server.workspaceId, actor: { kind: 'SYSTEM' as const, id: null }, origin: null, requestId: null };
    const append = (events: NewEvent[]) => server.db.transaction((tx) => appendEvents(tx, source, events));
    await append(Array.from({ length: 1_500 }, () => changed(bad)));
    await append(Array.from({ length: 20 }, () => changed(good)));
    await until(receiver, 21);
    const subjects = receiver.hits.map(({ body }) => body.event.subjectId);
    expect([subjects.filter((one) => one === bad).length, subjects.filter((one) => one === good).length]).toEqual([1, 20]);
    // Whoever takes over, here after it was stopped, has the same in memory again and goes on.
    await done(server, 'webhookPause', { id }, 'webhook { id }');
    receiver.answer(() => ({}));
    await done(server, 'webhookEnable', { id }, 'webhook { id }');
    await until(receiver, 21 + 30);
    const ofBad = receiver.hits.map(({ body }) => body.event).filter(({ subjectId }) => subjectId === bad);
    expect(ofBad.slice(1).map(({ cursor }) => placeOf(cursor))).toEqual(ofBad.slice(1).map((_, n) => placeOf(ofBad[0].cursor) + n));
  });

  it('which another process sent too, in vain, is waited for by those that follow it', async () => {
    const receiver = await receiving();
    const { id } = await create(receiver.url);
    // As the other one writes it while the answer to this one is on its way.
    const noted = sql`update webhook_deliveries set attempts = 1, next_attempt_at = now() + interval '300 ms'
      where webhook_id = ${decodeTypeId(id)!.uuid}::uuid and attempts = 0 and status = 'PENDING' and event_type = 'customer.created'`;
    receiver.answer(async () => {
      if (receiver.hits.length === 1) await server.db.execute(noted);
      return {};
    });
    const [customer] = (await make(1)) as [string];
    for (const name of ['First', 'Second']) await rename(customer, name);
    await until(receiver, 4);
    expect(receiver.hits.map(({ body }) => body.type)).toEqual([
      ...['customer.created', 'customer.created', 'customer.updated', 'customer.updated'],
    ]);
    await eventually(async () => expect((await deliveries(id)).map(({ attempts }) => attempts)).toEqual([2, 1, 1]));
  });

  it('to a receiver that hangs holds up no other, and never takes more than its share', async () => {
    const [hanging, fine] = [await receiving(() => 'hang'), await receiving()];
    await create(hanging.url, { concurrency: 50, timeoutMs: 1_000 });
    const limited = await create(fine.url, { concurrency: 3 });
    fine.answer(() => new Promise((resolve) => setImmediate(resolve, {})));
    await make(60);
    await until(fine, 60);
    expect(Math.max(...fine.hits.map(({ together }) => together))).toBeLessThanOrEqual(3);
    expect(hanging.hits.length).toBeLessThanOrEqual(50);
    await eventually(async () => expect((await deliveries(limited.id)).filter(({ status }) => status === 'DELIVERED')).toHaveLength(60));
  });

  it('comes for the fields that the document names, and for no others', async () => {
    const receiver = await receiving();
    const named = document.replace('events(types: $types)', 'events(types: $types, changed: ["displayName"])');
    const { id } = await create(receiver.url, { document: named, variables: { types: ['customer.updated'] } });
    const [customer] = await make(1);
    await done(server, 'customerUpdate', { id: customer!, tags: ['quiet'] }, 'customer { id }');
    await rename(customer!, 'Told');
    await until(receiver, 1);
    expect(receiver.hits.map(({ body }) => body.event.changed)).toEqual([expect.arrayContaining(['displayName'])]);
    await eventually(async () => expect(await deliveries(id)).toHaveLength(1));
  });

  it('follows no redirect', async () => {
    const elsewhere = await receiving();
    const receiver = await receiving(() => ({ status: 307, headers: { location: elsewhere.url } }));
    const { id } = await create(receiver.url);
    await make(1);
    await eventually(async () => expect((await deliveries(id))[0]).toMatchObject({ status: 'FAILED', lastError: 'HTTP_307', attempts: 4 }));
    expect(elsewhere.hits).toEqual([]);
  });
});

describe('a webhook', () => {
  it('signs with both secrets while the one before is kept', async () => {
    const receiver = await receiving();
    const { id, secret: before } = await create(receiver.url);
    const { secret: now } = await done(server, 'webhookRotateSecret', { id, keepPreviousFor: 10 }, 'secret');
    await make(1);
    await until(receiver, 1);
    const [{ headers, text }] = receiver.hits as [Receiver['hits'][0]];
    for (const secret of [before, now]) expect(new Webhook(secret).verify(text, headers as Record<string, string>)).toBeTruthy();
    expect(before).not.toBe(now);
    clock = 11 * 60_000;
    await make(1);
    await until(receiver, 2);
    expect(String(receiver.hits[1]!.headers['webhook-signature']).split(' ')).toHaveLength(1);
  });

  it('is stopped at once by 410, and goes on with what waited', async () => {
    const receiver = await receiving(() => ({ status: 410 }));
    const { id } = await create(receiver.url, { concurrency: 1 });
    await make(3);
    await eventually(async () => expect(await stateOf(id)).toMatchObject({ status: 'DISABLED', problem: 'RECEIVER_FAILING' }));
    const before = receiver.hits.length;
    receiver.answer(() => ({}));
    await eventually(async () => {
      const told = await ask(server, '{ events(first: 50, types: ["webhook.disabled"]) { nodes { type } } }');
      expect(told.events.nodes.length).toBeGreaterThan(0);
    });
    await done(server, 'webhookEnable', { id }, 'webhook { id }');
    await eventually(async () => expect((await deliveries(id)).filter(({ status }) => status === 'DELIVERED')).toHaveLength(3));
    expect(before).toBeLessThan(3);
  });

  it('waits as long as a busy receiver asks', async () => {
    const receiver = await receiving(() => ({ status: 429, headers: { 'retry-after': '3600' } }));
    const { id } = await create(receiver.url);
    await make(1);
    await eventually(async () =>
      expect((await deliveries(id))[0]).toMatchObject({ status: 'PENDING', attempts: 1, lastError: 'HTTP_429' }),
    );
    const [row] = await server.db.query<{ seconds: number }>(
      sql`select extract(epoch from next_attempt_at - now())::int as seconds from webhook_deliveries where webhook_id = ${decodeTypeId(id)!.uuid}::uuid`,
    );
    expect(row!.seconds).toBeGreaterThan(3_500);
  });

  it('is stopped after days of failures, not before', async () => {
    const receiver = await receiving(() => 'cut');
    const { id } = await create(receiver.url);
    const [customer] = await make(1);
    await eventually(async () => expect((await deliveries(id))[0]).toMatchObject({ status: 'FAILED', lastError: 'CONNECTION_FAILED' }));
    await eventually(async () => expect((await stateOf(id)).failingSince).not.toBeNull());
    clock = 4.9 * 86_400_000;
    await rename(customer!, 'Later');
    await eventually(async () => expect((await deliveries(id)).filter(({ status }) => status === 'FAILED')).toHaveLength(2));
    expect(await stateOf(id)).toMatchObject({ status: 'ACTIVE' });
    clock = 5.1 * 86_400_000;
    await rename(customer!, 'Much later');
    await eventually(async () => expect(await stateOf(id)).toMatchObject({ status: 'DISABLED', problem: 'RECEIVER_FAILING' }));
    expect((await stateOf(id)).problemDetail).toContain('Every attempt has failed since');
  });

  it('rests after too many failures, and goes on after a probe', async () => {
    const receiver = await receiving(() => ({ status: 500 }));
    const { id } = await create(receiver.url, { concurrency: 50 });
    await make(40);
    await eventually(async () => expect((await stateOf(id)).restingUntil).not.toBeNull());
    // What was under way when it began to rest has ended: a failure after the leap of the clock would have it rest anew.
    await eventually(async () => expect((await deliveries(id)).flatMap(({ sent }) => sent.nodes).length).toBe(receiver.hits.length));
    receiver.answer(() => ({}));
    clock = 125_000;
    // Somebody tries it out, which wakes it: timers know nothing of the test's clock.
    await done(server, 'webhookTest', { id }, 'webhookDelivery { id }');
    await eventually(async () => expect(await stateOf(id)).toMatchObject({ restingUntil: null, failingSince: null, status: 'ACTIVE' }));
  });

  it('is stopped when its credential is gone', async () => {
    const receiver = await receiving();
    const { apiKey, key } = await done(server, 'apiKeyCreate', { name: 'Partner', role: 'administrator' }, 'apiKey { id } key');
    const input = { name: 'Theirs', url: receiver.url, document, variables: customers };
    const { webhook } = await done(server, 'webhookCreate', input, 'webhook { id }', { key });
    await done(server, 'apiKeyRevoke', { id: apiKey.id }, 'apiKey { id }');
    await make(1);
    await eventually(async () => expect(await stateOf(webhook.id)).toMatchObject({ status: 'DISABLED', problem: 'CREDENTIAL_GONE' }));
    expect(receiver.hits).toEqual([]);
  });

  it('sends tests and replays, paused it waits, enabled with skip it forgets', async () => {
    const receiver = await receiving();
    const { id } = await create(receiver.url);
    const { webhookDelivery: test } = await done(server, 'webhookTest', { id }, 'webhookDelivery { id messageId }');
    await until(receiver, 1);
    expect(receiver.hits[0]).toMatchObject({ id: test.messageId, body: { type: 'webhook.test' } });
    const [customer] = await make(1);
    await until(receiver, 2);
    await eventually(async () => expect((await deliveries(id)).every(({ status }) => status === 'DELIVERED')).toBe(true));
    await done(
      server,
      'webhookReplay',
      { range: { webhook: id, after: Buffer.from('event:0').toString('base64url'), types: ['customer.created'] } },
      'count',
    );
    await eventually(() => expect(receiver.hits.filter((hit) => hit.id === receiver.hits[1]!.id).length).toBe(2));
    await done(server, 'webhookPause', { id }, 'webhook { id }');
    const before = receiver.hits.length;
    await rename(customer!, 'While paused');
    await server.events.drained();
    await done(server, 'webhookEnable', { id, skip: true }, 'webhook { id }');
    await rename(customer!, 'After it');
    await until(receiver, before + 1);
    expect(receiver.hits.slice(before).map(({ body }) => body.data.events.subject.displayName)).toEqual(['After it']);
  });
});

it('nothing was logged about any of it', () => {
  expect(server.logs.filter((line) => /webhook/i.test(line) && /could not|failed/.test(line))).toEqual([]);
});
