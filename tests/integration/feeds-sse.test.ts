// GraphQL over Server-Sent Events as its clients use it: both modes of graphql-sse, resuming, refusals and ends.
import { type Client, type ClientOptions, createClient } from 'graphql-sse';
import sql from 'sql-template-tag';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { addKey, openStream } from '../faults/feeds-stream.ts';
import { keyOfRole, makeCustomer } from '../support/core.ts';
import { until } from '../support/eventually.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

let server: TestServer;
const clients: Client[] = [];
beforeAll(async () => {
  server = await startTestServer({
    auth: { cacheMs: 1 },
    live: { recheckMs: 50, maxStreamsPerCredential: 5, maxOperations: 3, streamInitMs: 300 },
  });
});
afterAll(async () => {
  for (const client of clients) client.dispose();
  await server?.stop();
});

function streaming<Single extends boolean = false>(more: Partial<ClientOptions<Single>> = {}, key = server.adminKey): Client<boolean> {
  const client = createClient({
    url: `${server.url}/stream`,
    headers: { authorization: `Bearer ${key}` },
    retryAttempts: 0,
    ...more,
  } as ClientOptions<boolean>);
  clients.push(client);
  return client;
}

// biome-ignore lint/suspicious/noExplicitAny: data has the shape of the operation that the test wrote
type Got = { items: any[]; ended: 'complete' | Error | null; stop(): void; reach(count: number): Promise<any[]> };

function follow(client: Client<boolean>, query: string, variables: Record<string, unknown> = {}): Got {
  const got: Got = { items: [], ended: null, stop: () => {}, reach: async () => [] };
  got.stop = client.subscribe(
    { query, variables },
    {
      next: (item) => void got.items.push(item),
      error: (error) => {
        got.ended = error as Error;
      },
      complete: () => {
        got.ended = 'complete';
      },
    },
  );
  got.reach = async (count) => {
    await until(() => got.items.length >= count || got.ended);
    if (got.items.length < count) throw new Error(`only ${got.items.length} of ${count}: ${got.ended}`);
    return got.items;
  };
  return got;
}

const all = `subscription ($after: String) { events(after: $after, types: ["customer.created"]) { __typename
  ... on Event { cursor origin changed } ... on FeedCaughtUp { cursor } } }`;
const created =
  'subscription ($after: String, $filter: CustomerFilter) { customerCreated(after: $after, filter: $filter) { id displayName } }';
const nothingLeft = () => until(() => server.events.hub.followers() === 0);
const metric = async (name: string) =>
  Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(await (await fetch(`${server.origin}/metrics`)).text())?.[1]);

describe.each([
  ['a stream for each operation', false],
  ['one stream for all', true],
] as const)('with %s', (_mode, singleConnection) => {
  test('a feed gives what was, says when it has caught up, and goes on live', async () => {
    await server.events.drained();
    const client = streaming<boolean>({ singleConnection } as never);
    const feed = follow(client, all, { after: null });
    await feed.reach(1);
    await makeCustomer(server, { displayName: 'One' });
    await feed.reach(2);
    const typed = follow(client, created, { after: feed.items[0].data.events.cursor });
    await makeCustomer(server, { displayName: 'Two' });
    await Promise.all([feed.reach(3), typed.reach(2)]);
    expect(feed.items.map((item) => item.data.events.__typename)).toEqual(['FeedCaughtUp', 'Event', 'Event']);
    expect(typed.items.map((item) => [item.data.customerCreated.displayName, item.extensions.feed.lagged])).toEqual([
      ['One', false],
      ['Two', false],
    ]);
    expect(typed.items[1].extensions.feed.cursor).toBe(feed.items[2].data.events.cursor);
    feed.stop();
    typed.stop();
    await nothingLeft();
    client.dispose();
    await until(async () => (await metric('trato_live_streams')) === 0);
  });

  test('a mutation and a query run with the same costs, and with the origin of the stream', async () => {
    const headers = { authorization: `Bearer ${server.adminKey}`, 'x-trato-origin': 'importer' };
    const client = streaming<boolean>({ singleConnection, headers } as never);
    const made = follow(client, 'mutation { customerCreate(input: { displayName: "Streamed" }) { customer { id } userErrors { code } } }');
    await until(() => made.ended);
    expect(made.items).toMatchObject([
      { data: { customerCreate: { userErrors: [] } }, extensions: { cost: { requested: expect.any(Number) } } },
    ]);
    await server.events.drained();
    const id = made.items[0].data.customerCreate.customer.id;
    const read = follow(client, 'query ($id: ID!) { events(subjectId: $id) { nodes { origin changed } } }', { id });
    await until(() => read.ended);
    expect(read.ended).toBe('complete');
    expect(read.items[0].data.events.nodes).toEqual([{ origin: 'importer', changed: expect.arrayContaining(['displayName']) }]);
  });

  test('what cannot run is told in the stream, and is not tried again', async () => {
    const client = streaming<boolean>({ singleConnection, retryAttempts: 3 } as never);
    const codes = async (query: string, variables = {}) => {
      const got = follow(client, query, variables);
      await until(() => got.ended);
      expect(got.ended).toBe('complete');
      return got.items.flatMap((item) => item.errors.map((error: { extensions: { code: string } }) => error.extensions.code));
    };
    expect(await codes('subscription { nonsense }')).toEqual(['GRAPHQL_VALIDATION_FAILED']);
    expect(await codes('subscription {')).toEqual(['GRAPHQL_PARSE_FAILED']);
    expect(await codes(all, { after: 'x' })).toEqual(['CURSOR_INVALID']);
    expect(await codes(all, { after: Buffer.from('event:999999999').toString('base64url') })).toEqual(['CURSOR_AHEAD']);
    await nothingLeft();
  });
});

test('the response is one that proxies pass on, and pages of other origins may read', async () => {
  const stream = await openStream(server, { query: all }, { headers: { origin: 'https://app.example.org' } });
  await stream.reach(1);
  expect(stream.status).toBe(200);
  expect(stream.headers).toMatchObject({
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
    'access-control-allow-origin': '*',
    'x-request-id': expect.any(String),
  });
  stream.close();
  const preflight = await fetch(`${server.url}/stream`, { method: 'OPTIONS' });
  expect(preflight.headers.get('access-control-allow-methods')).toBe('GET, POST, PUT, DELETE, OPTIONS');
  expect(preflight.headers.get('access-control-allow-headers')).toContain('x-graphql-event-stream-token');
  await nothingLeft();
});

describe('a client is refused', () => {
  const ask = async (init: RequestInit & { path?: string }) => {
    const response = await fetch(`${server.url}/stream${init.path ?? ''}`, {
      ...init,
      headers: { authorization: `Bearer ${server.adminKey}`, ...init.headers },
    });
    const { errors } = (await response.json()) as { errors: { extensions: { code: string } }[] };
    return [response.status, errors[0]!.extensions.code];
  };
  const stream = { accept: 'text/event-stream', 'content-type': 'application/json' };

  test('without a credential that holds, or without a stream', async () => {
    expect(await ask({ method: 'POST', headers: { ...stream, authorization: '' }, body: '{}' })).toEqual([401, expect.any(String)]);
    expect(await ask({ method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"query":"{ __typename }"}' })).toEqual([
      400,
      'BAD_REQUEST',
    ]);
    expect(await ask({ headers: { ...stream, 'x-graphql-event-stream-token': 'constructor' } })).toEqual([404, 'NOT_FOUND']);
    expect(await ask({ method: 'GET', headers: { accept: 'text/event-stream' }, path: '?query=mutation{__typename}' })).toEqual([
      405,
      'BAD_REQUEST',
    ]);
  });

  test('at the stream of another, whatever it knows of it', async () => {
    const headers = { authorization: `Bearer ${server.adminKey}` };
    const token = await (await fetch(`${server.url}/stream`, { method: 'PUT', headers })).text();
    const other = await keyOfRole(server, { permissions: ['*'] });
    const named = { 'x-graphql-event-stream-token': token };
    expect(await ask({ headers: { ...named, authorization: `Bearer ${other}`, accept: 'text/event-stream' } })).toEqual([404, 'NOT_FOUND']);
    expect(await ask({ method: 'DELETE', headers: { ...named, authorization: `Bearer ${other}` }, path: '?operationId=1' })).toEqual([
      404,
      'NOT_FOUND',
    ]);
    // Nobody comes to read it: it is forgotten.
    await until(async () => (await metric('trato_live_streams')) === 0);
    expect(await ask({ headers: { ...named, accept: 'text/event-stream' } })).toEqual([404, 'NOT_FOUND']);
  });

  test('beyond so many streams of a credential, or operations on a stream', async () => {
    const open = await Promise.all([1, 2, 3, 4, 5].map(() => openStream(server, { query: all })));
    expect(await ask({ method: 'POST', headers: stream, body: JSON.stringify({ query: all }) })).toEqual([429, 'RATE_LIMITED']);
    for (const one of open) one.close();
    await until(async () => (await metric('trato_live_streams')) === 0);
    const client = streaming<true>({ singleConnection: true });
    const feeds = [1, 2, 3].map(() => follow(client, all));
    await Promise.all(feeds.map((feed) => feed.reach(1)));
    const more = follow(client, all);
    await until(() => more.ended);
    expect(String(more.ended)).toContain('429');
    client.dispose();
    await nothingLeft();
  });
});

describe('a stream ends without `complete`, so that clients come again', () => {
  const ends = async (change: (key: { id: string; token: string }) => Promise<unknown>, options = {}) => {
    const key = await addKey(server, options);
    const stream = await openStream(server, { query: all }, { key: key.token });
    await stream.reach(1);
    await change(key);
    expect(await stream.ended).toBe('ended');
    expect(stream.text()).not.toContain('event: complete');
    await nothingLeft();
    return stream;
  };

  test('when its credential runs out or is withdrawn, with the reason as its last answer', async () => {
    const expired = await ends(async () => {}, { expiresInMs: 3_000 });
    expect(expired.answers().at(-1).errors[0].extensions).toEqual({ code: 'TOKEN_EXPIRED' });
    const withdrawn = await ends(({ id }) => server.db.execute(sql`update api_keys set revoked_at = now() where id = ${id}::uuid`));
    expect(withdrawn.answers().at(-1).errors[0].extensions).toEqual({ code: 'TOKEN_INVALID' });
  });

  test('when its role changes, with a comment', async () => {
    const changed = await ends(({ id }) =>
      server.db.execute(
        sql`update api_keys k set role_id = r.id from roles r where k.id = ${id}::uuid and r.workspace_id = k.workspace_id and r.key = 'recogniser'`,
      ),
    );
    expect(changed.text()).toContain(': ACCESS_CHANGED');
    expect(changed.answers()).toHaveLength(1);
  });

  test.each([false, true])('and a client with a new token goes on by itself (one stream for all: %s)', async (singleConnection) => {
    const short = await addKey(server, { expiresInMs: 3_000 });
    let key = short.token;
    const client = streaming<boolean>({
      singleConnection,
      retryAttempts: 5,
      retry: async () => {},
      headers: () => ({ authorization: `Bearer ${key}` }),
    } as never);
    await server.events.drained();
    const request = { query: all, variables: { after: null as string | null } };
    const seen: string[] = [];
    const codes: string[] = [];
    const stop = client.subscribe(request, {
      // biome-ignore lint/suspicious/noExplicitAny: the data of the operation above
      next: ({ data, errors }: any) => {
        if (errors) codes.push(errors[0].extensions.code);
        if (errors) key = server.adminKey;
        if (!data) return;
        seen.push(data.events.__typename);
        request.variables.after = data.events.cursor;
      },
      error: (error) => codes.push(String(error)),
      complete: () => codes.push('complete'),
    });
    await until(() => seen.length === 1);
    await makeCustomer(server, { displayName: 'Before' });
    await until(() => codes.length === 1);
    await makeCustomer(server, { displayName: 'After' });
    await until(() => seen.filter((type) => type === 'Event').length === 2);
    expect(codes).toEqual(['TOKEN_EXPIRED']);
    stop();
    client.dispose();
    await nothingLeft();
  });
});

test('operations over streams are logged as such', () => {
  expect(server.logs.some((line) => line.includes('"status":"sse"'))).toBe(true);
});
