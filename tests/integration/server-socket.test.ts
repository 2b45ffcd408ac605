// GraphQL over WebSockets, against the API's own schema: who gets in, what is refused, and when a socket ends.
import sql from 'sql-template-tag';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { createApiKey } from '../../src/auth/api-key.ts';
import { newId } from '../../src/lib/typeid.ts';
import { until } from '../support/eventually.ts';
import { admitted, type Closed, rawSocket, subscribe } from '../support/raw-socket.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

async function addKey(server: TestServer, options: { expiresInMs?: number; role?: string } = {}): Promise<{ id: string; token: string }> {
  const { token, hash, prefix } = createApiKey();
  const id = newId();
  const expiresAt = options.expiresInMs === undefined ? null : new Date(Date.now() + options.expiresInMs);
  await server.db.execute(sql`insert into api_keys (workspace_id, id, name, prefix, hash, role_id, expires_at)
    select workspace_id, ${id}::uuid, 'test', ${prefix}, ${hash}, id, ${expiresAt}::timestamptz from roles where workspace_id = ${server.workspaceId}::uuid and key = ${options.role ?? 'administrator'}`);
  return { id, token };
}

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ live: { maxOperations: 3, initMs: 2_000, recheckMs: 50, maxPayload: 100_000 }, auth: { cacheMs: 1 } });
});
afterAll(() => server?.stop());

test('a subscription gets what a mutation over the same socket brings', async () => {
  const client = await admitted(server);
  client.send(subscribe('subscription { events(types: ["channel.created"]) { __typename ... on Event { type } } }', {}, 'feed'));
  await until(() => client.messages.some((message) => message.id === 'feed' && JSON.stringify(message).includes('FeedCaughtUp')));
  client.send(
    subscribe('mutation { channelCreate(input: { key: "pigeon", name: "Pigeon" }) { channel { key } userErrors { code } } }', {}, 'write'),
  );
  await until(() => client.messages.some((message) => message.id === 'feed' && JSON.stringify(message).includes('channel.created')));
  await client.got('complete');
  expect(client.messages.filter((message) => message.id === 'write')).toEqual([
    {
      id: 'write',
      type: 'next',
      payload: {
        data: { channelCreate: { channel: { key: 'pigeon' }, userErrors: [] } },
        extensions: { cost: expect.objectContaining({ requested: 12, actual: 12 }) },
      },
    },
    { id: 'write', type: 'complete' },
  ]);
  client.socket.close();
});

test('queries too, with errors as over HTTP', async () => {
  const client = await admitted(server);
  client.send(subscribe('query ($id: ID!) { node(id: $id) { id } }', { id: 'nonsense' }));
  expect(await client.got('next')).toMatchObject({
    payload: { data: { node: null }, errors: [{ path: ['node'], extensions: { code: 'ID_INVALID', requestId: expect.any(String) } }] },
  });
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
  const client = rawSocket(server, { init });
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
  expect(await rawSocket(server, { init: null }).closed).toMatchObject({ code: 4408 });
  const hasty = rawSocket(server, { init: null });
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
  await until(() => server.events.hub.followers() === 0);
});

test('a socket ends with its credential', async () => {
  const { token } = await addKey(server, { expiresInMs: 3_000 });
  const client = await admitted(server, { Authorization: `Bearer ${token}` });
  client.send(subscribe('subscription { events { __typename } }'));
  await client.got('next');
  expect(await client.closed).toEqual({ code: 4403, reason: 'TOKEN_EXPIRED' });
  await until(() => server.events.hub.followers() === 0);
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
  await server.db.execute(
    sql`update api_keys k set role_id = r.id from roles r where k.id = ${id}::uuid and r.workspace_id = k.workspace_id and r.key = 'recogniser'`,
  );
  await server.db.execute(
    sql`update api_keys k set role_id = r.id from roles r where k.id = ${id}::uuid and r.workspace_id = k.workspace_id and r.key <> 'administrator'`,
  );
  expect(await client.closed).toEqual({ code: 1012, reason: 'ACCESS_CHANGED' });
});

test('a path without sockets, and an unknown subprotocol', async () => {
  const elsewhere = new WebSocket(server.wsUrl.replace('/graphql', '/other'), 'graphql-transport-ws');
  expect(await new Promise((resolve) => elsewhere.once('error', (error) => resolve(error.message)))).toContain('404');
  const old = new WebSocket(server.wsUrl, 'graphql-ws');
  expect(await new Promise((resolve) => old.once('error', (error) => resolve(error.message)))).toContain('subprotocol');
});
