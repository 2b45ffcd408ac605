// Limits on documents and requests, the same over HTTP and over sockets: each refusal names the limit, value and maximum.
import { getIntrospectionQuery } from 'graphql';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type LimitedServer, limitedServer } from '../support/limited-server.ts';
import { type RawSocket, rawSocket, subscribe } from '../support/raw-socket.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

let base: TestServer;
let server: LimitedServer;
let socket: RawSocket;
let serial = 0;

beforeAll(async () => {
  base = await startTestServer();
  server = await limitedServer(base, { bodyBytes: 50_000, statementTimeoutMs: 1_000 });
  socket = rawSocket(server as never);
  await socket.got('connection_ack');
});
afterAll(async () => {
  socket?.socket.close();
  await server?.stop();
  await base?.stop();
});

type Problem = { message: string; extensions: Record<string, unknown> };

/** The errors with which a socket refuses an operation. */
async function overSocket(query: string, variables: object = {}): Promise<Problem[]> {
  const id = String(++serial);
  socket.send(subscribe(query, variables, id));
  await expect.poll(() => socket.messages.some((message) => message.id === id)).toBe(true);
  const { type, payload } = socket.messages.find((message) => message.id === id)!;
  return type === 'error' ? (payload as Problem[]) : ((payload as { errors?: Problem[] }).errors ?? []);
}

const deep = `{ customers ${'{ nodes { owner { id } interactions '.repeat(7)} { nodes { id } } ${'} }'.repeat(7)} }`;

describe('documents', () => {
  test.for<[string, string, string, object]>([
    ['depth', deep, 'GRAPHQL_VALIDATION_FAILED', { limit: 'depth', value: 17, maximum: 15 }],
    [
      'aliases',
      `{ viewer { ${Array.from({ length: 101 }, (_, i) => `a${i}: expiresAt`).join(' ')} } }`,
      'GRAPHQL_VALIDATION_FAILED',
      { limit: 'aliases', value: 101, maximum: 100 },
    ],
    [
      'aliases of the root',
      `{ ${Array.from({ length: 101 }, (_, i) => `a${i}: __typename`).join(' ')} }`,
      'GRAPHQL_VALIDATION_FAILED',
      { limit: 'aliases', value: 101, maximum: 100 },
    ],
    [
      'directives',
      `{ __typename ${'@include(if: true) '.repeat(51)} }`,
      'GRAPHQL_VALIDATION_FAILED',
      { limit: 'directives', value: 51, maximum: 50 },
    ],
    [
      'root fields',
      `{ ${Array.from({ length: 21 }, (_, i) => `a${i}: __typename`).join(' ')} }`,
      'GRAPHQL_VALIDATION_FAILED',
      { limit: 'rootFields', value: 21, maximum: 20 },
    ],
    [
      'repetition',
      `{ viewer { ${'expiresAt '.repeat(500)} } }`,
      'GRAPHQL_VALIDATION_FAILED',
      { limit: 'repeats', value: 500, maximum: 10 },
    ],
    ['tokens', `{ ${'__typename '.repeat(2_001)} }`, 'GRAPHQL_PARSE_FAILED', { limit: 'tokens', value: 2_001, maximum: 2_000 }],
    [
      'a circle through the schema',
      '{ __schema { types { fields { type { fields { type { fields { type { name } } } } } } } } }',
      'GRAPHQL_VALIDATION_FAILED',
      { limit: 'introspectionDepth', value: 3, maximum: 2 },
    ],
    [
      'cost',
      '{ customers(first: 100) { nodes { interactions(first: 100) { nodes { customer { interactions(first: 10) { nodes { id } } } } } } } }',
      'COST_EXCEEDED',
      { limit: 'costMaximum', value: 1 + 1 + 100 * (1 + 1 + 100 * (1 + 1 + 1 + 10)), maximum: 50_000 },
    ],
    ['batches of ids', '{ nodes(ids: [%]) { id } }', 'BAD_USER_INPUT', { limit: 'nodes', value: 101, maximum: 100 }],
    ['pages', '{ customers(first: 101) { nodes { id } } }', 'PAGE_INVALID', { limit: 'pageSize', value: 101, maximum: 100 }],
  ])('%s', async ([, text, code, facts]) => {
    const query = text.replace('%', Array(101).fill('"x"').join(' '));
    const { status, errors } = await server.post({ query });
    expect(errors).toMatchObject([{ extensions: { code, ...facts } }]);
    if (code.startsWith('GRAPHQL') || code === 'COST_EXCEEDED') expect(status).toBe(400);
    expect(await overSocket(query)).toMatchObject([{ extensions: { code, ...facts } }]);
    // A refusal is remembered with its document, and stays one.
    expect((await server.post({ query })).errors).toMatchObject([{ extensions: { code, ...facts } }]);
  });

  test('at most 20 problems of a document are told, and none quotes it at length', async () => {
    const query = `{ ${Array.from({ length: 15 }, (_, i) => `x${i}`).join(' ')} viewer { ${Array.from({ length: 90 }, (_, i) => `y${i}`).join(' ')} } }`;
    for (const errors of [(await server.post({ query })).errors, await overSocket(query)]) {
      expect(errors).toHaveLength(20);
      expect(errors.at(-1)!.message).toContain('Too many validation errors');
    }
    const long = `{ ${'x'.repeat(30_000)} }`;
    for (const [error] of [(await server.post({ query: long })).errors, await overSocket(long)]) {
      expect(error!.message.length).toBeLessThan(2_000);
    }
    const value = 'x'.repeat(30_000);
    const variables = { n: value };
    const { errors } = await server.post({ query: 'query ($n: Int) { customers(first: $n) { nodes { id } } }', variables });
    expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }]);
    expect(errors[0]!.message.length).toBeLessThan(2_000);
    expect(errors[0]!.message).toMatch(/^Variable "\$n" got invalid value .*cannot represent non-integer value/s);
  });

  test('the standard question about the schema is within all limits', async () => {
    const query = getIntrospectionQuery({ descriptions: true, inputValueDeprecation: true });
    const { data, errors, extensions } = await server.post({ query });
    expect(errors).toEqual([]);
    expect(data.__schema.types.length).toBeGreaterThan(100);
    expect(extensions.cost!.actual).toBeLessThanOrEqual(extensions.cost!.requested);
  });
});

describe('requests', () => {
  test('a body that is too long, with and without telling its length', async () => {
    const body = JSON.stringify({ query: '{ __typename }', more: 'x'.repeat(60_000) });
    const { status, errors, headers } = await server.post(body);
    expect(status).toBe(413);
    const facts = { code: 'PAYLOAD_TOO_LARGE', limit: 'bodyBytes', maximum: 50_000 };
    expect(errors).toMatchObject([{ extensions: { ...facts, value: body.length } }]);
    expect(headers.get('ratelimit-policy')).toContain('"cost"');
    const stream = new Blob([body]).stream();
    const response = await fetch(server.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${server.adminKey}` },
      body: stream,
      duplex: 'half',
    } as RequestInit);
    expect((await response.json()) as object).toMatchObject({ errors: [{ extensions: { ...facts, value: 50_001 } }] });
  });

  test('several operations in one', async () => {
    const { status, errors } = await server.post([{ query: '{ __typename }' }, { query: '{ __typename }' }]);
    expect(status).toBe(400);
    expect(errors).toMatchObject([{ extensions: { code: 'BAD_REQUEST', limit: 'operations', value: 2, maximum: 1 } }]);
  });
});

describe('a statement that runs away', () => {
  // A rule makes a read of channels as slow as a table that nobody foresaw.
  beforeAll(async () => {
    await base.db.pool.query(`alter table channels rename to slow_channels;
      create view channels as select c.* from slow_channels c, lateral (select pg_sleep(20) where c.id is not null) s`);
  });
  afterAll(() => base.db.pool.query('drop view channels; alter table slow_channels rename to channels'));

  test('is stopped, says so, and leaves its connection fit for use', async () => {
    const facts = { code: 'TIMEOUT', limit: 'statementTimeoutMs', value: 1_000, maximum: 1_000 };
    for (let i = 0; i < 4; i++) {
      const { status, errors } = await server.post({ query: '{ channels { nodes { id } } }' });
      expect(errors).toMatchObject([{ extensions: facts }]);
      expect(status).toBe(504);
    }
    expect(await overSocket('{ channels { nodes { id } } }')).toMatchObject([{ extensions: facts }]);
    expect(server.db.pool.totalCount).toBeLessThanOrEqual(3);
    const { errors, data } = await server.post({ query: '{ customers { nodes { id } } }' });
    expect([errors, data]).toEqual([[], { customers: { nodes: [] } }]);
  });
});
