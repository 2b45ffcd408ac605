// GraphQL over WebSockets, against the API's own schema and against one whose source of events the test drives.
import { GraphQLInt, GraphQLNonNull, GraphQLObjectType, GraphQLSchema, GraphQLString } from 'graphql';
import sql from 'sql-template-tag';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { WebSocket } from 'ws';
import { createApiKey } from '../../src/auth/api-key.ts';
import type { Context } from '../../src/graphql/context.ts';
import type { FeedEnvelope } from '../../src/graphql/feed-envelope.ts';
import { newId } from '../../src/lib/typeid.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { createSource, type Source } from '../support/source.ts';

type Closed = { code: number; reason: string };
type Message = { type: string; id?: string; payload?: unknown };
type Raw = { socket: WebSocket; messages: Message[]; closed: Promise<Closed>; send(message: object | string | Buffer): void; got(type: string): Promise<Message> };

/** A client that says what it is told to. */
function raw(server: TestServer, options: { init?: object | null } = {}): Raw {
  const socket = new WebSocket(server.wsUrl, 'graphql-transport-ws');
  const messages: Message[] = [];
  socket.on('message', (data) => messages.push(JSON.parse(String(data))));
  const closed = new Promise<Closed>((resolve, reject) => {
    socket.once('close', (code, reason) => resolve({ code, reason: String(reason) }));
    socket.once('error', reject);
  });
  closed.catch(() => undefined);
  const { init = { Authorization: `Bearer ${server.adminKey}` } } = options;
  const send: Raw['send'] = (message) => socket.send(Buffer.isBuffer(message) || typeof message === 'string' ? message : JSON.stringify(message));
  if (init) socket.once('open', () => send({ type: 'connection_init', payload: init }));
  const got = (type: string) => vi.waitUntil(() => messages.find((message) => message.type === type), { timeout: 10_000, interval: 5 });
  return { socket, messages, closed, send, got };
}

async function admitted(server: TestServer, init?: object): Promise<Raw> {
  const client = raw(server, init ? { init } : {});
  await client.got('connection_ack');
  return client;
}

const subscribe = (query: string, variables: object = {}, id = '1') => ({ id, type: 'subscribe', payload: { query, variables } });

async function addKey(server: TestServer, options: { expiresInMs?: number; role?: string } = {}): Promise<{ id: string; token: string }> {
  const { token, hash, prefix } = createApiKey();
  const id = newId();
  const expiresAt = options.expiresInMs === undefined ? null : new Date(Date.now() + options.expiresInMs);
  await server.db.execute(sql`insert into api_keys (workspace_id, id, name, prefix, hash, role_id, expires_at)
    select workspace_id, ${id}::uuid, 'test', ${prefix}, ${hash}, id, ${expiresAt}::timestamptz from roles where workspace_id = ${server.workspaceId}::uuid and key = ${options.role ?? 'administrator'}`);
  return { id, token };
}

describe('the API', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer({ live: { maxOperations: 3, initMs: 300, recheckMs: 50, maxPayload: 100_000 }, auth: { cacheMs: 1 } });
  });
  afterAll(() => server?.stop());

  test('a subscription gets what a mutation over the same socket brings', async () => {
    const client = await admitted(server);
    client.send(subscribe('subscription { events(types: ["channel.created"]) { __typename ... on Event { type } } }', {}, 'feed'));
    await vi.waitUntil(() => client.messages.some((message) => message.id === 'feed' && JSON.stringify(message).includes('FeedCaughtUp')));
    client.send(subscribe('mutation { channelCreate(input: { key: "pigeon", name: "Pigeon" }) { channel { key } userErrors { code } } }', {}, 'write'));
    await vi.waitUntil(() => client.messages.some((message) => message.id === 'feed' && JSON.stringify(message).includes('channel.created')), { timeout: 10_000 });
    await client.got('complete');
    expect(client.messages.filter((message) => message.id === 'write')).toEqual([
      { id: 'write', type: 'next', payload: { data: { channelCreate: { channel: { key: 'pigeon' }, userErrors: [] } } } },
      { id: 'write', type: 'complete' },
    ]);
    client.socket.close();
  });

  test('queries too, with errors as over HTTP', async () => {
    const client = await admitted(server);
    client.send(subscribe('query ($id: ID!) { node(id: $id) { id } }', { id: 'nonsense' }));
    expect(await client.got('next')).toMatchObject({ payload: { data: { node: null }, errors: [{ path: ['node'], extensions: { code: 'ID_INVALID', requestId: expect.any(String) } }] } });
    client.socket.close();
  });

  test.for<[string, string, object, string]>([
    ['not GraphQL', 'select 1', {}, 'GRAPHQL_PARSE_FAILED'],
    ['too many tokens', `{ ${'__typename '.repeat(2001)} }`, {}, 'GRAPHQL_PARSE_FAILED'],
    ['an unknown field', '{ nothing }', {}, 'GRAPHQL_VALIDATION_FAILED'],
    ['NUL in a variable', 'query ($id: ID!) { node(id: $id) { id } }', { id: '\0' }, 'BAD_USER_INPUT'],
    ['no operation of this name', 'query A { __typename } query B { __typename }', {}, 'OPERATION_RESOLUTION_FAILURE'],
  ])('%s is an error of the operation, not of the socket', async ([, query, variables, code]) => {
    const client = await admitted(server);
    client.send(subscribe(query, variables));
    expect(await client.got('error')).toMatchObject({ id: '1', payload: [{ extensions: { code, requestId: expect.any(String) } }] });
    client.send(subscribe('{ __typename }', {}, '2'));
    expect(await client.got('next')).toMatchObject({ id: '2', payload: { data: { __typename: 'Query' } } });
    client.socket.close();
  });

  test('a variable of the wrong type is BAD_USER_INPUT', async () => {
    const client = await admitted(server);
    client.send(subscribe('query ($n: Int) { channels(first: $n) { pageInfo { hasNextPage } } }', { n: 'many' }));
    expect(await client.got('next')).toMatchObject({ payload: { errors: [{ extensions: { code: 'BAD_USER_INPUT' } }] } });
    client.socket.close();
  });

  test.for<[string, object, Closed]>([
    ['no credential', {}, { code: 4403, reason: 'UNAUTHENTICATED' }],
    ['an unknown key', { Authorization: 'Bearer trato-no-such-key-here' }, { code: 4403, reason: 'TOKEN_INVALID' }],
    ['another scheme', { authorization: 'Basic x' }, { code: 4403, reason: 'AUTHORIZATION_MALFORMED' }],
  ])('%s closes the socket with a code that clients retry with another credential', async ([, init, closed]) => {
    const client = raw(server, { init });
    expect(await client.closed).toEqual(closed);
    expect(client.messages).toEqual([]);
  });

  test('a key in the header of the upgrade counts as well', async () => {
    const socket = new WebSocket(server.wsUrl, 'graphql-transport-ws', { headers: { authorization: `Bearer ${server.adminKey}` } });
    socket.once('open', () => socket.send('{"type":"connection_init"}'));
    const first = await new Promise((resolve) => socket.once('message', (data) => resolve(String(data))));
    expect(first).toBe('{"type":"connection_ack"}');
    socket.close();
  });

  test('who says nothing is closed, and who asks before saying who it is', async () => {
    expect(await raw(server, { init: null }).closed).toMatchObject({ code: 4408 });
    const hasty = raw(server, { init: null });
    hasty.socket.once('open', () => hasty.send(subscribe('{ __typename }')));
    expect(await hasty.closed).toMatchObject({ code: 4401 });
  });

  test.for<[string, string | Buffer, number]>([
    ['more than the largest message', `{"type":"ping","payload":{"x":"${'a'.repeat(100_000)}"}}`, 1009],
    ['no JSON', 'hello', 4400],
    ['bytes', Buffer.from('{"type":"ping"}'), 4400],
  ])('%s closes the socket', async ([, message, code]) => {
    const client = await admitted(server);
    client.send(message);
    expect(await client.closed).toMatchObject({ code });
  });

  test('more operations at once than allowed close the socket for good', async () => {
    const client = await admitted(server);
    for (let i = 0; i < 4; i++) client.send(subscribe('subscription { events { __typename } }', {}, String(i)));
    expect(await client.closed).toEqual({ code: 4429, reason: 'TOO_MANY_OPERATIONS' });
    await vi.waitUntil(() => server.events.hub.followers() === 0);
  });

  test('a socket ends with its credential', async () => {
    const { token } = await addKey(server, { expiresInMs: 700 });
    const client = await admitted(server, { Authorization: `Bearer ${token}` });
    client.send(subscribe('subscription { events { __typename } }'));
    await client.got('next');
    expect(await client.closed).toEqual({ code: 4403, reason: 'TOKEN_EXPIRED' });
    await vi.waitUntil(() => server.events.hub.followers() === 0);
  });

  test('a withdrawn key closes its sockets', async () => {
    const { id, token } = await addKey(server);
    const client = await admitted(server, { Authorization: `Bearer ${token}` });
    await server.db.execute(sql`update api_keys set revoked_at = now() where id = ${id}::uuid`);
    expect(await client.closed).toEqual({ code: 4403, reason: 'TOKEN_INVALID' });
  });

  test('a changed role has its sockets connect anew', async () => {
    const { id, token } = await addKey(server);
    const client = await admitted(server, { Authorization: `Bearer ${token}` });
    await server.db.execute(sql`update api_keys k set role_id = r.id from roles r where k.id = ${id}::uuid and r.workspace_id = k.workspace_id and r.key = 'recogniser'`);
    await server.db.execute(sql`update api_keys k set role_id = r.id from roles r where k.id = ${id}::uuid and r.workspace_id = k.workspace_id and r.key <> 'administrator'`);
    expect(await client.closed).toEqual({ code: 1012, reason: 'ACCESS_CHANGED' });
  });

  test('a path without sockets, and an unknown subprotocol', async () => {
    const elsewhere = new WebSocket(server.wsUrl.replace('/graphql', '/other'), 'graphql-transport-ws');
    expect(await new Promise((resolve) => elsewhere.once('error', (error) => resolve(error.message)))).toContain('404');
    const old = new WebSocket(server.wsUrl, 'graphql-ws');
    expect(await new Promise((resolve) => old.once('error', (error) => resolve(error.message)))).toContain('subprotocol');
  });
});

describe('feeds', () => {
  let server: TestServer;
  let source: Source;
  let statements = 0;

  beforeAll(async () => {
    source = createSource();
    const query = new GraphQLObjectType({ name: 'Query', fields: { fine: { type: GraphQLString, resolve: () => 'fine' } } });
    const gate = { type: GraphQLString, resolve: async () => (await source.gate.promise, 'changed') };
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
        more: { type: GraphQLString, resolve: async ({ n }, _args, ctx) => ctx.reader!.batch('more', Number((await ctx.reader!.batch('text', n, load)).split(' ')[1]), load) },
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
      live: { pauseBytes: 100_000, stallMs: 400, closeMs: 5_000, maxSockets: 20, maxOperations: 60 },
    });
  });
  afterAll(() => server?.stop());

  const envelope = (n: number): FeedEnvelope => ({ root: { n }, feed: { cursor: `c${n}`, phase: 'LIVE', lagged: n > 1 } });

  test('each answer carries its place in the log', async () => {
    const answers = server.subscriber().iterate({ query: 'subscription { item { n text } }' });
    const first = answers.next();
    await vi.waitUntil(() => source.followers() === 1);
    source.publish(envelope(1));
    source.publish({ root: { n: 2 } });
    expect((await first).value).toEqual({ data: { item: { n: 1, text: 'text 1' } }, extensions: { feed: { cursor: 'c1', phase: 'LIVE', lagged: false } } });
    expect((await answers.next()).value).toEqual({ data: { item: { n: 2, text: 'text 2' } } });
    await answers.return!();
    await vi.waitUntil(() => source.followers() === 0);
  });

  test('a bug in one answer is masked and the feed goes on; one at its begin or in its source ends it', async () => {
    const client = await admitted(server);
    client.send(subscribe('subscription { item { n bug } }'));
    await vi.waitUntil(() => source.followers() === 1);
    source.publish(envelope(1));
    const answer = await client.got('next');
    expect(answer).toMatchObject({ payload: { data: { item: { n: 1, bug: null } }, errors: [{ path: ['item', 'bug'], extensions: { code: 'INTERNAL_SERVER_ERROR' } }], extensions: { feed: { cursor: 'c1' } } } });
    source.fail(new TypeError('cannot use "secret"'));
    expect(await client.got('error')).toMatchObject({ payload: [{ extensions: { code: 'INTERNAL_SERVER_ERROR', requestId: expect.any(String) } }] });
    client.send(subscribe('subscription { refused { n } }', {}, '2'));
    await client.got('complete');
    expect(client.messages.find((message) => message.id === '2')).toMatchObject({ type: 'next', payload: { errors: [{ extensions: { code: 'INTERNAL_SERVER_ERROR' } }] } });
    expect(JSON.stringify([client.messages, server.logs])).not.toContain('secret');
    client.socket.close();
  });

  test('a client that goes without a word leaves nothing behind', async () => {
    const client = await admitted(server);
    for (const id of ['1', '2', '3']) client.send(subscribe('subscription { item { n } }', {}, id));
    await vi.waitUntil(() => source.followers() === 3);
    client.socket.terminate();
    await vi.waitUntil(() => source.followers() === 0);
    await vi.waitUntil(async () => /^trato_live_subscriptions 0$/m.test(await (await fetch(`${server.origin}/metrics`)).text()));
  });

  test('500 subscribers of one event cost a few statements', async () => {
    const clients = await Promise.all([...Array(10)].map(() => admitted(server)));
    for (const client of clients) for (let id = 0; id < 50; id++) client.send(subscribe('subscription { item { n text more } }', {}, String(id)));
    await vi.waitUntil(() => source.followers() === 500, { timeout: 10_000 });
    statements = 0;
    source.publish(envelope(7));
    await vi.waitUntil(() => clients.every((client) => client.messages.filter((message) => message.type === 'next').length === 50), { timeout: 10_000 });
    expect(clients[9]!.messages.at(-1)).toMatchObject({ payload: { data: { item: { n: 7, text: 'text 7', more: 'text 7' } } } });
    expect(statements).toBeLessThanOrEqual(12);
    for (const client of clients) client.socket.close();
    await vi.waitUntil(() => source.followers() === 0);
  });

  test('a reader that stops reading is not sent more, is closed to try again later, and holds up nobody', async () => {
    const slow = await admitted(server);
    const quick = await admitted(server);
    for (const client of [slow, quick]) client.send(subscribe('subscription { item { n big } }'));
    await vi.waitUntil(() => source.followers() === 2);
    (slow.socket as unknown as { _socket: { pause(): void; resume(): void } })._socket.pause();
    const before = source.taken();
    const received = () => quick.messages.filter((message) => message.type === 'next').length;
    for (let n = 1; n <= 100; n++) {
      source.publish(envelope(n));
      await vi.waitUntil(() => received() === n, { timeout: 10_000, interval: 1 });
    }
    // Of the 200, the slow one has taken what fits into the buffers of the two ends, and no more.
    expect(source.taken() - before).toBeLessThan(190);
    await vi.waitUntil(() => source.followers() === 1, { timeout: 10_000 });
    (slow.socket as unknown as { _socket: { resume(): void } })._socket.resume();
    expect(await slow.closed).toEqual({ code: 1013, reason: 'SLOW_CONSUMER' });
    quick.socket.close();
    await vi.waitUntil(() => source.followers() === 0);
  });

  test('a full server refuses further sockets for now', async () => {
    await vi.waitUntil(async () => /^trato_live_sockets 0$/m.test(await (await fetch(`${server.origin}/metrics`)).text()));
    const clients = await Promise.all([...Array(20)].map(() => admitted(server)));
    const refused = new WebSocket(server.wsUrl, 'graphql-transport-ws');
    expect(await new Promise((resolve) => refused.once('error', (error) => resolve(error.message)))).toContain('503');
    for (const client of clients) client.socket.terminate();
    await vi.waitUntil(async () => /^trato_live_sockets 0$/m.test(await (await fetch(`${server.origin}/metrics`)).text()));
  });

  test('a stopping server closes sockets with a code that clients retry, each once its mutation is done', async () => {
    const idle = await admitted(server);
    idle.send(subscribe('subscription { item { n } }'));
    const busy = await admitted(server);
    busy.send(subscribe('mutation { slow }'));
    await vi.waitUntil(() => source.followers() === 1);
    await vi.waitUntil(() => source.gate.asked());
    const drained = server.server.drain(10_000);
    expect(await idle.closed).toEqual({ code: 1012, reason: 'SHUTTING_DOWN' });
    expect(busy.socket.readyState).toBe(WebSocket.OPEN);
    source.gate.open();
    expect(await busy.got('next')).toMatchObject({ payload: { data: { slow: 'changed' } } });
    expect(await busy.closed).toEqual({ code: 1012, reason: 'SHUTTING_DOWN' });
    expect(await drained).toBe(true);
  });
});
