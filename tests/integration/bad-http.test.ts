// Requests that no client should send: each gets a clear error with a stable code, and changes nothing.
import { connect } from 'node:net';
import { Readable } from 'node:stream';
import sql from 'sql-template-tag';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Answer, postQuery, startTestServer, type TestServer } from '../support/server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server?.stop());

type Body = string | Buffer | ReadableStream;

async function post(body: Body, headers: Record<string, string> = {}): Promise<Answer> {
  const response = await fetch(server.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${server.adminKey}`, ...headers },
    body: body as never,
    ...(typeof body === 'object' && !Buffer.isBuffer(body) && { duplex: 'half' }),
  } as RequestInit);
  const { data, errors = [] } = (await response.json()) as Partial<Answer>;
  return { status: response.status, headers: response.headers, data, errors };
}

function expectError(answer: Answer, status: number, code: string, message: string | RegExp = /./): void {
  expect(answer).toMatchObject({
    status,
    errors: [{ message: expect.stringMatching(message), extensions: { code, requestId: answer.headers.get('x-request-id') } }],
  });
  expect(answer.data ?? null).toBeNull();
}

const json = (value: unknown) => JSON.stringify(value);
const create =
  'mutation ($name: String!, $key: String!) { channelCreate(input: { key: $key, name: $name }) { channel { id } userErrors { code message path } } }';

async function channelCount(): Promise<number> {
  const [row] = await server.db.query<{ n: number }>(sql`select count(*)::int as n from channels`);
  return row!.n;
}

describe('bodies', () => {
  const bytes = (text: string, ...more: number[]) => Buffer.concat([Buffer.from(text), Buffer.from(more)]);

  test.for<[string, Body, number, string, RegExp]>([
    ['nothing', '', 400, 'BODY_INVALID', /empty/],
    ['broken JSON', '{"query": "{ __typename }"', 400, 'BODY_INVALID', /not valid JSON \(at character \d+\)/],
    ['text', 'hello', 400, 'BODY_INVALID', /JSON/],
    ['invalid UTF-8', bytes('{"query":"{ __typename }","x":"', 0xff, 0x22, 0x7d), 400, 'BODY_INVALID', /UTF-8/],
    ['UTF-8 cut in the middle of a character', bytes('{"query":"{ __typename }"}', 0xe2, 0x82), 400, 'BODY_INVALID', /UTF-8/],
    ['an overlong encoding', bytes('{"query":"', 0xc0, 0xaf, 0x22, 0x7d), 400, 'BODY_INVALID', /UTF-8/],
    ['null', 'null', 400, 'BAD_REQUEST', /./],
    ['a number', '1', 400, 'BAD_REQUEST', /./],
    ['an empty object', '{}', 400, 'BAD_REQUEST', /./],
    ['a batch', json([{ query: '{ __typename }' }]), 400, 'BAD_REQUEST', /batch/],
    ['a query that is no text', json({ query: { a: 1 } }), 400, 'BAD_REQUEST', /./],
    ['variables that are no object', json({ query: '{ __typename }', variables: [] }), 400, 'BAD_REQUEST', /./],
    ['variables as text', json({ query: '{ __typename }', variables: '{}' }), 400, 'BAD_REQUEST', /./],
    ['a persisted query', json({ extensions: { persistedQuery: { version: 1, sha256Hash: 'x' } } }), 400, 'BAD_REQUEST', /not supported/],
    [
      '100,000 nested lists',
      `{"query":"{ __typename }","variables":{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}}`,
      400,
      'BAD_USER_INPUT',
      /deep/,
    ],
  ])('%s', async ([, body, status, code, message]) => {
    expectError(await post(body), status, code, message);
  });

  test('a byte order mark is no error', async () => {
    expect(await post(bytes('', 0xef, 0xbb, 0xbf, ...Buffer.from('{"query":"{ __typename }"}')))).toMatchObject({
      status: 200,
      errors: [],
    });
  });

  test('10 MB are refused, with and without a length, and the server goes on', async () => {
    const large = json({ query: '{ __typename }', variables: { x: 'a'.repeat(10_000_000) } });
    expectError(await post(large), 413, 'PAYLOAD_TOO_LARGE');
    const chunks = Readable.toWeb(
      Readable.from(
        (function* () {
          for (let at = 0; at < large.length; at += 65_536) yield Buffer.from(large.slice(at, at + 65_536));
        })(),
      ),
    );
    expectError(await post(chunks as never), 413, 'PAYLOAD_TOO_LARGE');
    expect((await server.query('{ __typename }')).status).toBe(200);
  });

  test('4 MB of variables are read', async () => {
    const answer = await server.query(
      'query ($x: String) { __typename @include(if: true) channels(first: 1, filter: { name: { eq: $x } }) { pageInfo { hasNextPage } } }',
      { x: 'a'.repeat(4_000_000) },
    );
    expect(answer).toMatchObject({ status: 200, errors: [] });
  });
});

describe('texts that cannot be kept', () => {
  test.for<[string, Record<string, unknown>]>([
    ['NUL', { key: 'nul', name: 'a\0b' }],
    ['half of a surrogate pair', { key: 'half', name: 'a\ud83d' }],
    ['NUL in a name of the input', { key: 'x', name: 'y', 'a\0': 1 }],
    ['a backslash in a name of the input', { key: 'x', name: 'y', 'a\\b': 1 }],
  ])('%s in variables', async ([, variables]) => {
    const before = await channelCount();
    expectError(await server.query(create, variables), 400, 'BAD_USER_INPUT', /must not contain/);
    expect(await channelCount()).toBe(before);
  });

  test('the path of the text is told', async () => {
    const answer = await server.query(create, { key: 'x', deep: [{ name: '\0' }] });
    expect(answer.errors[0]!.message).toContain('variables.deep.0.name');
  });

  test('NUL in the document', async () => {
    const before = await channelCount();
    const answer = await server.query('mutation { channelCreate(input: { key: "nul", name: "a\\u0000b" }) { channel { id } } }');
    expectError(answer, 400, 'GRAPHQL_VALIDATION_FAILED', /NUL/);
    expect(await channelCount()).toBe(before);
  });
});

describe('documents', () => {
  const bomb = [...Array(30).keys()]
    .map((i) => `fragment F${i} on Query { a: __typename ...F${i + 1} b${i}: node(id: "x") { id } ... on Query { ...F${i + 1} } }`)
    .join(' ');

  test.for<[string, string, number, string, RegExp]>([
    ['not GraphQL', 'select 1', 400, 'GRAPHQL_PARSE_FAILED', /Syntax Error/],
    ['more than 2,000 tokens', `{ ${'__typename '.repeat(2_001)} }`, 400, 'GRAPHQL_PARSE_FAILED', /2000 tokens/],
    [
      'fragments that double',
      `{ ...F0 } ${bomb} fragment F30 on Query { __typename }`,
      400,
      'GRAPHQL_VALIDATION_FAILED',
      /more than 10000 fields/,
    ],
    [
      'fragments in a circle',
      '{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }',
      400,
      'GRAPHQL_VALIDATION_FAILED',
      /itself/,
    ],
    ['an unknown field', '{ nothing }', 400, 'GRAPHQL_VALIDATION_FAILED', /nothing/],
    ['an unknown argument', '{ channels(firsts: 1) { nodes { id } } }', 400, 'GRAPHQL_VALIDATION_FAILED', /firsts/],
    ['a literal of the wrong type', '{ channels(first: "x") { nodes { id } } }', 400, 'GRAPHQL_VALIDATION_FAILED', /Int/],
    [
      'an unknown name of an enum',
      '{ channels(orderBy: [{ field: NO_SUCH_FIELD }]) { nodes { id } } }',
      400,
      'GRAPHQL_VALIDATION_FAILED',
      /NO_SUCH_FIELD/,
    ],
    ['two operations and no name', 'query A { __typename } query B { __typename }', 400, 'OPERATION_RESOLUTION_FAILURE', /./],
    ['no operation', 'fragment A on Query { __typename }', 400, 'GRAPHQL_VALIDATION_FAILED', /./],
    ['a subscription over HTTP', 'subscription { events { __typename } }', 400, 'BAD_REQUEST', /WebSocket/],
  ])('%s', async ([, document, status, code, message]) => {
    expectError(await server.query(document), status, code, message);
  });

  test.for<[string, string, Record<string, unknown>]>([
    ['a variable of the wrong type', 'query ($n: Int) { channels(first: $n) { nodes { id } } }', { n: 'many' }],
    ['a required variable left out', 'query ($id: ID!) { node(id: $id) { id } }', {}],
    [
      'an unknown field of an input',
      'mutation ($input: ChannelCreateInput!) { channelCreate(input: $input) { channel { id } } }',
      { input: { key: 'a', name: 'b', colour: 'red' } },
    ],
    [
      'a required field of an input left out',
      'mutation ($input: ChannelCreateInput!) { channelCreate(input: $input) { channel { id } } }',
      { input: { key: 'a' } },
    ],
  ])('%s is BAD_USER_INPUT and changes nothing', async ([, document, variables]) => {
    const before = await channelCount();
    expectError(await server.query(document, variables), 400, 'BAD_USER_INPUT', /./);
    expect(await channelCount()).toBe(before);
  });
});

describe('bytes that are no request', () => {
  const raw = (text: string) =>
    new Promise<string>((resolve, reject) => {
      const socket = connect(Number(new URL(server.url).port), '127.0.0.1', () => socket.write(text));
      let answer = '';
      socket
        .on('data', (bytes) => (answer += bytes))
        .on('close', () => resolve(answer))
        .on('error', reject);
    });

  test('not HTTP', async () => {
    const answer = await raw('HELO trato\r\n\r\n');
    expect(answer).toMatch(/^HTTP\/1.1 400 /);
    expect(answer).toContain('"code":"BAD_REQUEST"');
  });

  test('headers without end', async () => {
    expect(await raw(`POST /graphql HTTP/1.1\r\nhost: x\r\nx-long: ${'a'.repeat(100_000)}\r\n\r\n`)).toMatch(
      /^HTTP\/1.1 431 [\s\S]*"code":"BAD_REQUEST"/,
    );
  });

  test('a path that cannot be decoded', async () => {
    const answer = await raw('GET /%ZZ HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n');
    expect(answer).toMatch(/^HTTP\/1.1 400 [\s\S]*"code":"BAD_REQUEST"/);
  });

  test('the server goes on', async () => {
    expect((await postQuery(server.url, { query: '{ __typename }' })).status).toBe(200);
  });
});
