// The server over HTTP: statuses, headers, probes, CORS, logs.
import sql from 'sql-template-tag';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { postQuery, startTestServer, type TestServer } from '../support/server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server?.stop());

describe('operations', () => {
  test('a query with a key is answered, and says which request it was', async () => {
    const answer = await server.query('{ channels(first: 1) { nodes { id key } } }', {}, { headers: { 'x-request-id': 'my-request.1' } });
    expect(answer).toMatchObject({ status: 200, errors: [], data: { channels: { nodes: [{ key: expect.any(String) }] } } });
    expect(answer.headers.get('x-request-id')).toBe('my-request.1');
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
  });

  test('a request id that is not plain is replaced by a new one', async () => {
    const answer = await server.query('{ __typename }', {}, { headers: { 'x-request-id': 'a b"c' } });
    expect(answer.headers.get('x-request-id')).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  });

  test('the schema can be asked for without a key, its data cannot', async () => {
    const schema = await server.query('{ __typename __schema { queryType { name } } }', {}, { key: null });
    expect(schema).toMatchObject({ status: 200, errors: [], data: { __schema: { queryType: { name: 'Query' } } } });
    const data = await server.query('{ channels(first: 1) { nodes { id } } }', {}, { key: null });
    expect(data.status).toBe(401);
    expect(data.headers.get('www-authenticate')).toBe('Bearer');
    expect(data.errors[0]!.extensions).toMatchObject({ code: 'UNAUTHENTICATED', requestId: data.headers.get('x-request-id') });
  });

  test('an answer that has some data is a 200, also beside UNAUTHENTICATED', async () => {
    const answer = await server.query('{ __typename node(id: "customer_01h455vb4pex5vsknk084sn02q") { id } }', {}, { key: null });
    expect(answer).toMatchObject({
      status: 200,
      data: { __typename: 'Query', node: null },
      errors: [{ extensions: { code: 'UNAUTHENTICATED' } }],
    });
  });

  test.for([
    ['an unknown key', 'Bearer trato-no-such-key-here', 'TOKEN_INVALID'],
    ['another scheme', 'Basic YTpi', 'AUTHORIZATION_MALFORMED'],
    ['no token', 'Bearer ', 'AUTHORIZATION_MALFORMED'],
    [
      'a token where no issuer is known',
      `Bearer ${['{"alg":"RS256"}', '{}', 'x'].map((part) => Buffer.from(part).toString('base64url')).join('.')}`,
      'TOKEN_INVALID',
    ],
  ])('a bad credential is a 401 and nothing runs: %s', async ([, authorization, code]) => {
    const answer = await server.query('{ __typename }', {}, { key: null, headers: { authorization: authorization! } });
    expect(answer).toMatchObject({ status: 401, data: undefined, errors: [{ extensions: { code, requestId: expect.any(String) } }] });
    expect(answer.headers.get('www-authenticate')).toBe('Bearer');
  });

  test('names of the schema are suggested to callers with a key only', async () => {
    const known = await server.query('{ channel { id } }');
    expect(known.errors.map((error) => error.message).join()).toContain('argument "id"');
    const mistyped = '{ chanels(first: 1) { nodes { id } } }';
    expect((await server.query(mistyped)).errors[0]!.message).toContain('Did you mean');
    expect((await server.query(mistyped, {}, { key: null })).errors[0]!.message).toBe('Cannot query field "chanels" on type "Query".');
  });

  test('what a request was is logged, and nothing of what it held', async () => {
    const secret = 'ada.lovelace@example.com';
    await server.query('query Recognise($x: ID!) { node(id: $x) { id } }', { x: secret }, { headers: { 'x-request-id': 'logged-1' } });
    const line = server.logs.find((text) => text.includes('logged-1'))!;
    expect(JSON.parse(line)).toMatchObject({
      requestId: 'logged-1',
      operation: 'Recognise',
      type: 'query',
      status: expect.any(Number),
      durationMs: expect.any(Number),
      codes: ['ID_INVALID'],
    });
    expect(server.logs.join('')).not.toContain(secret);
    expect(server.logs.join('')).not.toContain(server.adminKey);
  });
});

describe('requests of browsers', () => {
  test('a preflight lets any origin post with an authorization, without credentials', async () => {
    const response = await fetch(server.url, {
      method: 'OPTIONS',
      headers: {
        origin: 'https://crm.example',
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization, content-type',
      },
    });
    expect(response.status).toBe(204);
    expect(response.headers.get('access-control-allow-origin')).toBe('*');
    expect(response.headers.get('access-control-allow-headers')).toContain('authorization');
    expect(response.headers.get('access-control-allow-credentials')).toBeNull();
    const answer = await server.query('{ __typename }', {}, { headers: { origin: 'https://crm.example' } });
    expect(answer.headers.get('access-control-allow-origin')).toBe('*');
    expect(answer.headers.get('access-control-expose-headers')).toContain('x-request-id');
  });

  test.for(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x'])(
    'a form of another site gets nowhere: %s',
    async (type) => {
      const answer = await postQuery(server.url, { query: '{ __typename }' }, { headers: { 'content-type': type } });
      expect(answer).toMatchObject({ status: 415, errors: [{ extensions: { code: 'BAD_REQUEST' } }] });
    },
  );

  test('only POST executes', async () => {
    const response = await fetch(`${server.url}?query={__typename}`);
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toBe('POST, OPTIONS');
    expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'BAD_REQUEST' } }] });
  });

  test('an unknown path is NOT_FOUND as JSON; the explorer is at /', async () => {
    const response = await fetch(`${server.origin}/no/such/path`);
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({
      errors: [{ extensions: { code: 'NOT_FOUND', requestId: response.headers.get('x-request-id') } }],
    });
    const page = await fetch(`${server.origin}/`);
    expect(page.headers.get('content-type')).toContain('text/html');
  });
});

describe('probes', () => {
  test('alive, ready and measured', async () => {
    expect(await (await fetch(`${server.origin}/healthz`)).json()).toEqual({ status: 'alive' });
    expect(await (await fetch(`${server.origin}/readyz`)).json()).toEqual({ status: 'ready' });
    await server.query('{ __typename }');
    const response = await fetch(`${server.origin}/metrics`);
    expect(response.headers.get('content-type')).toContain('text/plain');
    const text = await response.text();
    expect(text).toMatch(/^trato_operations_total\{type="query",status="200"\} \d+$/m);
    for (const name of [
      'process_cpu_seconds_total',
      'trato_operation_duration_seconds_bucket',
      'trato_pool_in_use',
      'trato_pool_waiting',
      'trato_live_subscriptions',
      'trato_event_inbox_lag_seconds',
    ]) {
      expect(text).toMatch(new RegExp(`^${name}.* [\\d.]+$`, 'm'));
    }
    await server.events.drained();
    expect(await (await fetch(`${server.origin}/metrics`)).text()).toMatch(/^trato_event_log_head [1-9]\d*$/m);
  });
});

test('a server whose events do not move is not ready', async () => {
  const stuck = await startTestServer();
  try {
    await stuck.events.drained();
    await stuck.events.stop();
    await stuck.db.execute(sql`insert into event_inbox (workspace_id, id, type, subject_type, subject_id, actor_kind, occurred_at, data)
      values (${stuck.workspaceId}::uuid, '018f0000-0000-7000-8000-000000000000', 'channel.created', 'Channel', ${stuck.workspaceId}::uuid, 'SYSTEM', now(), '{}')`);
    const ready = await fetch(`${stuck.origin}/readyz`);
    expect([ready.status, await ready.json()]).toEqual([503, { status: 'not ready', reason: 'events' }]);
    expect(await (await fetch(`${stuck.origin}/metrics`)).text()).toMatch(/^trato_event_inbox_size 1$/m);
  } finally {
    await stuck.stop();
  }
});

test('introspection can be turned off', async () => {
  const closed = await startTestServer({ introspection: false });
  try {
    const answer = await closed.query('{ __schema { queryType { name } } }');
    expect(answer).toMatchObject({ status: 400, errors: [{ extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }] });
    expect((await closed.query('{ chanels { id } }')).errors[0]!.message).not.toContain('Did you mean');
    expect((await closed.query('{ __typename }')).data).toEqual({ __typename: 'Query' });
  } finally {
    await closed.stop();
  }
});
