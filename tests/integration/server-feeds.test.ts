// Subscriptions over WebSockets, against a schema whose source of events the test drives.
import { GraphQLInt, GraphQLNonNull, GraphQLObjectType, GraphQLSchema, GraphQLString } from 'graphql';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import type { Context } from '../../src/graphql/context.ts';
import { type FeedEnvelope, rowGone } from '../../src/graphql/feed-envelope.ts';
import { openStream } from '../faults/feeds-stream.ts';
import { until } from '../support/eventually.ts';
import { admitted, subscribe } from '../support/raw-socket.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { createSource, type Source } from '../support/source.ts';

let server: TestServer;
let source: Source;
let statements = 0;

beforeAll(async () => {
  source = createSource();
  const query = new GraphQLObjectType({ name: 'Query', fields: { fine: { type: GraphQLString, resolve: () => 'fine' } } });
  const gate = { type: GraphQLString, resolve: () => source.gate.promise.then(() => 'changed') };
  const mutation = new GraphQLObjectType({ name: 'Mutation', fields: { slow: gate } });
  const load = (keys: readonly number[]) => {
    statements++;
    return Promise.resolve(keys.map((key) => `text ${key}`));
  };
  const item = new GraphQLObjectType<{ n: number }, Context>({
    name: 'Item',
    fields: {
      n: { type: new GraphQLNonNull(GraphQLInt) },
      text: { type: GraphQLString, resolve: ({ n }, _args, ctx) => ctx.reader!.batch('text', n, load) },
      more: {
        type: GraphQLString,
        resolve: async ({ n }, _args, ctx) =>
          ctx.reader!.batch('more', Number((await ctx.reader!.batch('text', n, load)).split(' ')[1]), load),
      },
      big: { type: GraphQLString, resolve: () => 'x'.repeat(200_000) },
      bug: {
        type: GraphQLString,
        resolve: () => {
          throw new TypeError('cannot use "secret"');
        },
      },
    },
  });
  const subscription = new GraphQLObjectType({
    name: 'Subscription',
    fields: {
      item: { type: item, subscribe: () => source.follow(), resolve: (root) => root },
      kept: {
        type: item,
        subscribe: () => source.follow(),
        resolve: (root) => {
          if (root.n < 0) throw rowGone('Item');
          return root;
        },
      },
      refused: {
        type: item,
        subscribe: () => {
          throw new TypeError('cannot use "secret"');
        },
      },
    },
  });
  server = await startTestServer({
    schema: new GraphQLSchema({ query, mutation, subscription }),
    live: { pauseBytes: 100_000, stallMs: 1_500, closeMs: 60_000, maxSockets: 20, maxOperations: 60 },
  });
});
afterAll(() => server?.stop());

const envelope = (n: number): FeedEnvelope => ({ root: { n }, feed: { cursor: `c${n}`, phase: 'LIVE', lagged: n > 1 } });

test('each answer carries its place in the log', async () => {
  const answers = server.subscriber().iterate({ query: 'subscription { item { n text } }' });
  const first = answers.next();
  await until(() => source.followers() === 1);
  source.publish(envelope(1));
  source.publish({ root: { n: 2 } });
  expect((await first).value).toEqual({
    data: { item: { n: 1, text: 'text 1' } },
    extensions: { feed: { cursor: 'c1', phase: 'LIVE', lagged: false } },
  });
  expect((await answers.next()).value).toEqual({ data: { item: { n: 2, text: 'text 2' } } });
  await answers.return!();
  await until(() => source.followers() === 0);
});

test('a bug in one answer is masked and the feed goes on; one at its begin or in its source ends it', async () => {
  const client = await admitted(server);
  client.send(subscribe('subscription { item { n bug } }'));
  await until(() => source.followers() === 1);
  source.publish(envelope(1));
  const answer = await client.got('next');
  expect(answer).toMatchObject({
    payload: {
      data: { item: { n: 1, bug: null } },
      errors: [{ path: ['item', 'bug'], extensions: { code: 'INTERNAL_SERVER_ERROR' } }],
      extensions: { feed: { cursor: 'c1' } },
    },
  });
  source.fail(new TypeError('cannot use "secret"'));
  expect(await client.got('error')).toMatchObject({
    payload: [{ extensions: { code: 'INTERNAL_SERVER_ERROR', requestId: expect.any(String) } }],
  });
  client.send(subscribe('subscription { refused { n } }', {}, '2'));
  await client.got('complete');
  expect(client.messages.find((message) => message.id === '2')).toMatchObject({
    type: 'next',
    payload: { errors: [{ extensions: { code: 'INTERNAL_SERVER_ERROR' } }] },
  });
  expect(JSON.stringify([client.messages, server.logs])).not.toContain('secret');
  client.socket.close();
});

test('what went out of sight since it was chosen is left out, and the lag that it would have told is told with the next', async () => {
  const client = await admitted(server);
  for (const id of ['1', '2']) client.send(subscribe('subscription { kept { n } }', {}, id));
  await until(() => source.followers() === 2);
  source.publish({ ...envelope(-1), feed: { cursor: 'gone', phase: 'LIVE', lagged: true }, share: 'gone' });
  source.publish({ ...envelope(1), feed: { cursor: 'here', phase: 'LIVE', lagged: false }, share: 'here' });
  await until(() => client.messages.filter((message) => message.type === 'next').length === 2);
  for (const message of client.messages.filter(({ type }) => type === 'next'))
    expect(message.payload).toEqual({ data: { kept: { n: 1 } }, extensions: { feed: { cursor: 'here', phase: 'LIVE', lagged: true } } });
  expect(client.messages.map(({ type }) => type)).not.toContain('error');
  client.socket.close();
  await until(() => source.followers() === 0);
});

test('a client that goes without a word leaves nothing behind', async () => {
  const client = await admitted(server);
  for (const id of ['1', '2', '3']) client.send(subscribe('subscription { item { n } }', {}, id));
  await until(() => source.followers() === 3);
  client.socket.terminate();
  await until(() => source.followers() === 0);
  await until(async () => /^trato_live_subscriptions 0$/m.test(await (await fetch(`${server.origin}/metrics`)).text()));
});

test('500 subscribers of one event cost a few statements', async () => {
  const clients = await Promise.all([...Array(10)].map(() => admitted(server)));
  for (const client of clients)
    for (let id = 0; id < 50; id++) client.send(subscribe('subscription { item { n text more } }', {}, String(id)));
  await until(() => source.followers() === 500);
  statements = 0;
  source.publish(envelope(7));
  await until(() => clients.every((client) => client.messages.filter((message) => message.type === 'next').length === 50));
  expect(clients[9]!.messages.at(-1)).toMatchObject({ payload: { data: { item: { n: 7, text: 'text 7', more: 'text 7' } } } });
  // Two in one turn; a busy machine takes several. Each with its own would take 1,500.
  expect(statements).toBeLessThanOrEqual(60);
  for (const client of clients) client.socket.close();
  await until(() => source.followers() === 0);
});

test('a reader that stops reading is not sent more, is closed to try again later, and holds up nobody', async () => {
  const slow = await admitted(server);
  const quick = await admitted(server);
  for (const client of [slow, quick]) client.send(subscribe('subscription { item { n big } }'));
  await until(() => source.followers() === 2);
  (slow.socket as unknown as { _socket: { pause(): void; resume(): void } })._socket.pause();
  const before = source.taken();
  const received = () => quick.messages.filter((message) => message.type === 'next').length;
  for (let n = 1; n <= 100; n++) {
    source.publish(envelope(n));
    await until(() => received() === n);
  }
  // Of the 200, the slow one has taken what fits into the buffers of the two ends, and no more.
  expect(source.taken() - before).toBeLessThan(190);
  await until(() => source.followers() === 1);
  (slow.socket as unknown as { _socket: { resume(): void } })._socket.resume();
  expect(await slow.closed).toEqual({ code: 1013, reason: 'SLOW_CONSUMER' });
  quick.socket.close();
  await until(() => source.followers() === 0);
});

test('a reader of an event stream that stops reading is cut off, and holds up nobody', async () => {
  const big = { query: 'subscription { item { n big } }' };
  const [slow, quick] = [await openStream(server, big), await openStream(server, big)];
  await until(() => source.followers() === 2);
  slow.pause();
  const before = source.taken();
  for (let n = 1; n <= 100; n++) {
    source.publish(envelope(n));
    await quick.reach(n);
  }
  expect(source.taken() - before).toBeLessThan(190);
  await until(() => source.followers() === 1);
  slow.resume();
  expect(await slow.ended).toBe('cut');
  quick.close();
  await until(() => source.followers() === 0);
});

test('a full server refuses further sockets for now', async () => {
  await until(async () => /^trato_live_sockets 0$/m.test(await (await fetch(`${server.origin}/metrics`)).text()));
  const clients = await Promise.all([...Array(20)].map(() => admitted(server)));
  const refused = new WebSocket(server.wsUrl, 'graphql-transport-ws');
  expect(await new Promise((resolve) => refused.once('error', (error) => resolve(error.message)))).toContain('503');
  for (const client of clients) client.socket.terminate();
  await until(async () => /^trato_live_sockets 0$/m.test(await (await fetch(`${server.origin}/metrics`)).text()));
});

test('a stopping server closes sockets with a code that clients retry, each once its mutation is done', async () => {
  const idle = await admitted(server);
  idle.send(subscribe('subscription { item { n } }'));
  const busy = await admitted(server);
  busy.send(subscribe('mutation { slow }'));
  await until(() => source.followers() === 1);
  await until(() => source.gate.asked());
  const stream = await openStream(server, { query: 'subscription { item { n } }' });
  await until(() => source.followers() === 2);
  const drained = server.server.drain(10_000);
  expect(await idle.closed).toEqual({ code: 1012, reason: 'SHUTTING_DOWN' });
  expect(busy.socket.readyState).toBe(WebSocket.OPEN);
  source.gate.open();
  expect(await busy.got('next')).toMatchObject({ payload: { data: { slow: 'changed' } } });
  expect(await busy.closed).toEqual({ code: 1012, reason: 'SHUTTING_DOWN' });
  expect([await stream.ended, stream.text().includes(': SHUTTING_DOWN'), stream.answers()]).toEqual(['ended', true, []]);
  expect(await drained).toBe(true);
});
