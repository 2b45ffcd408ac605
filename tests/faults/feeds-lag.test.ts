// A reader that stops reading: what waits for it stays bounded, it is told that it lagged, and it misses nothing.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createAuthenticator } from '../../src/auth/authenticate.ts';
import { appendEvents, createEvents, type Events } from '../../src/events/index.ts';
import { buildSchema } from '../../src/graphql/schema.ts';
import { newId } from '../../src/lib/typeid.ts';
import { bootstrapWorkspace } from '../../src/modules/workspace/index.ts';
import { createLogger } from '../../src/server/logger.ts';
import { createServer, type Server } from '../../src/server/server.ts';
import { until } from '../support/eventually.ts';
import { admitted, subscribe } from '../support/raw-socket.ts';
import type { TestServer } from '../support/server.ts';
import { change, createLogTest, type LogTest, sourceOf } from './events-support.ts';
import { openStream } from './feeds-stream.ts';

const RING = 50;
// Larger than what the buffers of the two ends take.
const EVENTS = 1_600;
const TEXT = 'x'.repeat(16_000);

let world: LogTest;
let events: Events;
let server: Server;
let told: Pick<TestServer, 'url' | 'wsUrl' | 'adminKey'>;
let origin: string;

beforeAll(async () => {
  world = await createLogTest();
  const { apiKey, workspaceId } = await bootstrapWorkspace(world.db, { log: () => {} });
  world.workspaceId = workspaceId;
  events = createEvents(world.db, { log: world.log, ringSize: RING });
  const { authenticate } = createAuthenticator(world.db);
  const log = createLogger('silent', { write: () => {} });
  server = await createServer({
    schema: buildSchema(),
    db: world.db,
    hub: events.hub,
    authenticate,
    log,
    live: { stallMs: 60_000, pingMs: 60_000 },
  });
  events.start();
  const { port } = await server.listen('127.0.0.1', 0);
  origin = `http://127.0.0.1:${port}`;
  told = { url: `${origin}/graphql`, wsUrl: `ws://127.0.0.1:${port}/graphql`, adminKey: apiKey! };
});
afterAll(async () => {
  await server?.drain(2_000);
  await events?.stop();
  await world?.drop();
});

const query = `subscription { events(types: ["customer.updated"]) { __typename
  ... on Event { subjectId data } ... on FeedLagged { behind } } }`;

/** Writes changes 1 … `count` of one customer, each of them large. */
async function write(customer: string, from: number, count: number): Promise<void> {
  for (let n = from; n < from + count; n += 100) {
    const batch = Array.from({ length: 100 }, (_, i) => {
      const event = change(customer, n + i);
      return { ...event, data: { after: { n: n + i, city: TEXT } } };
    });
    await world.db.transaction((tx) => appendEvents(tx, sourceOf(world.workspaceId), batch));
  }
  await events.drained();
}

async function delivered(): Promise<number> {
  const page = await (await fetch(`${origin}/metrics`)).text();
  return Number(/^trato_feed_delivery_seconds_count (\d+)$/m.exec(page)?.[1] ?? 0);
}

type Item = { __typename: string; data?: { after: { n: number } } };
type Reader = { pause(): void; resume(): void; items(): Item[]; close(): void };

const readers: Record<string, () => Promise<Reader>> = {
  async 'a socket'() {
    const client = await admitted(told as TestServer);
    client.send(subscribe(query));
    const { socket } = client;
    const items = () =>
      client.messages.filter(({ type }) => type === 'next').map(({ payload }) => (payload as { data: { events: Item } }).data.events);
    return { pause: () => socket.pause(), resume: () => socket.resume(), items, close: () => socket.terminate() };
  },
  async 'an event stream'() {
    const stream = await openStream(told, { query });
    return { ...stream, items: () => stream.answers().map((answer) => answer.data.events) };
  },
};

test.each(Object.keys(readers))('by %s', { timeout: 120_000 }, async (transport) => {
  const before = await delivered();
  const customer = newId();
  const reader = await readers[transport]!();
  await until(() => reader.items().length === 1);
  reader.pause();
  await write(customer, 1, EVENTS);
  // It has taken what fits into the buffers, and however much more is written, it takes no more.
  await until(async () => (await delivered()) > before + 1);
  let [taken, rests] = [-1, 0];
  const resting = async () => {
    const now = await delivered();
    rests = now === taken ? rests + 1 : 0;
    taken = now;
    return rests > 5;
  };
  await until(resting, 'nothing more is taken', { interval: 200 });
  expect(taken - before).toBeLessThan(EVENTS);
  await write(customer, EVENTS + 1, 300);
  expect(await delivered()).toBe(taken);
  reader.resume();
  const numbers = () => reader.items().flatMap((item) => (item.data ? [item.data.after.n] : []));
  await until(() => reader.items().at(-1)?.__typename === 'FeedCaughtUp' && reader.items().length > EVENTS, 'all is read', {
    timeout: 40_000,
    interval: 50,
  });
  expect(numbers()).toEqual(Array.from({ length: EVENTS + 300 }, (_, i) => i + 1));
  expect(reader.items().map((item) => item.__typename)).toContain('FeedLagged');
  reader.close();
  await until(() => events.hub.followers() === 0);
});
