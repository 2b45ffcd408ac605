// The detections of graphql-cop (a scanner of GraphQL servers), each as its request against a running server.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Answer, postQuery, startTestServer, type TestServer } from '../support/server.ts';

let server: TestServer;
/** With the settings of production. */
let closed: TestServer;
beforeAll(async () => {
  server = await startTestServer();
  closed = await startTestServer({ introspection: false });
});
afterAll(async () => {
  await server?.stop();
  await closed?.stop();
});

const times = (count: number, part: (index: number) => string) => Array.from({ length: count }, (_, index) => part(index)).join(' ');
function multipart(fields: Record<string, string>): FormData {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  return form;
}
const codes = (answer: Answer) => answer.errors.map((error) => error.extensions.code);

describe.for([['anonymous'], ['administrator']] as const)('%s', ([who]) => {
  const send = (body: unknown) => postQuery(server.url, body, { key: who === 'anonymous' ? null : server.adminKey });

  test.for<[string, string, string]>([
    ['alias overload', `{ ${times(101, (i) => `alias${i}: __typename`)} }`, 'aliases'],
    ['alias overload below a field', `{ viewer { ${times(101, (i) => `alias${i}: permissions`)} } }`, 'aliases'],
    ['field duplication', `{ ${times(500, () => '__typename')} }`, 'rootFields'],
    ['field duplication below a field', `{ viewer { ${times(500, () => 'permissions')} } }`, 'repeats'],
    [
      'circular introspection',
      '{ __schema { types { fields { type { fields { type { fields { type { fields { type { name } } } } } } } } } } }',
      'introspectionDepth',
    ],
    ['directive overload of known directives', `{ ${times(60, (i) => `f${i}: __typename @skip(if: false)`)} }`, 'directives'],
  ])('%s is refused by a limit that is named', async ([, query, limit]) => {
    const answer = await send({ query });
    expect(answer).toMatchObject({ status: 400, data: undefined });
    const [{ extensions }] = answer.errors as [Answer['errors'][number]];
    expect(extensions).toMatchObject({ code: 'GRAPHQL_VALIDATION_FAILED', limit, value: expect.any(Number), maximum: expect.any(Number) });
    expect(extensions.value).toBeGreaterThan(extensions.maximum as number);
  });

  test('directive overload is not answered with an error for each', async () => {
    const answer = await send({ query: `{ __typename ${'@aa'.repeat(10)} }` });
    expect(answer.status).toBe(400);
    expect(answer.errors.length).toBeLessThan(10);
  });

  test('array batching is off', async () => {
    const answer = await send(Array.from({ length: 10 }, () => ({ query: '{ __typename }' })));
    expect([answer.status, codes(answer)]).toEqual([400, ['BAD_REQUEST']]);
  });

  test('circular fragments are refused', async () => {
    const query = '{ __schema { ...A } } fragment A on __Schema { __typename ...B } fragment B on __Schema { ...A }';
    expect(codes(await send({ query }))).toEqual(['GRAPHQL_VALIDATION_FAILED']);
  });

  test('no tracing, even when asked for', async () => {
    const response = await fetch(server.url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'apollo-tracing': '1',
        'x-apollo-tracing': '1',
        'apollo-federation-include-trace': 'ftv1',
      },
      body: JSON.stringify({ query: '{ __typename }' }),
    });
    const { extensions = {} } = (await response.json()) as { extensions?: object };
    expect(Object.keys(extensions).filter((name) => name !== 'cost')).toEqual([]);
  });

  test.for<[string, string]>([
    ['what is no GraphQL', 'qwerty cop { abc }'],
    ['an unknown field', '{ abc }'],
    ['an id of nothing', '{ node(id: "x") { id } }'],
  ])('the error for %s tells nothing of the inside', async ([, query]) => {
    const answer = await send({ query });
    expect(answer.errors).not.toEqual([]);
    for (const error of answer.errors) {
      expect(Object.keys(error.extensions)).not.toEqual(expect.arrayContaining(['exception']));
      expect(Object.keys(error.extensions)).not.toEqual(expect.arrayContaining(['stacktrace']));
    }
    expect(JSON.stringify(answer.errors)).not.toMatch(/node_modules|\.ts\b|\.js\b|\bat \w+ \(|select /);
  });
});

describe('requests that a page of another site can have a browser send', () => {
  const refused = async (response: Response, statuses: number[]) => {
    expect(statuses).toContain(response.status);
    const body = (await response.json()) as { data?: unknown; errors: unknown[] };
    expect(body).toEqual({ errors: [expect.objectContaining({ extensions: expect.objectContaining({ code: 'BAD_REQUEST' }) })] });
  };
  const authorization = () => ({ authorization: `Bearer ${server.adminKey}` });

  test.for<[string, string]>([
    ['a query', '{ __typename }'],
    ['a mutation', 'mutation { __typename }'],
  ])('GET runs no %s', async ([, query]) => {
    const url = `${server.url}?${new URLSearchParams({ query })}`;
    await refused(await fetch(url, { headers: authorization() }), [405]);
    await refused(await fetch(url, { headers: { ...authorization(), 'apollo-require-preflight': '1' } }), [405]);
    expect((await fetch(url, { method: 'HEAD' })).status).toBe(405);
  });

  test.for<[string, () => RequestInit['body']]>([
    ['form-encoded', () => new URLSearchParams({ query: '{ __typename }' })],
    ['multipart', () => multipart({ query: '{ __typename }' })],
    ['plain text', () => JSON.stringify({ query: '{ __typename }' })],
  ])('POST takes no %s body', async ([, body]) => {
    await refused(await fetch(server.url, { method: 'POST', headers: authorization(), body: body() }), [415]);
  });

  test('POST takes no query from the address', async () => {
    const url = `${server.url}?${new URLSearchParams({ query: '{ __typename }' })}`;
    const response = await fetch(url, { method: 'POST', headers: authorization() });
    expect(response.status).toBeGreaterThanOrEqual(400);
    expect(await response.json()).not.toHaveProperty('data');
  });
});

describe('what a stranger learns', () => {
  test.for<[string, string]>([
    ['a field', '{ customer { id } viewr { permissions } }'],
    ['a field of the schema itself', '{ __schema { directive } }'],
    ['an argument', '{ customers(frst: 1) { nodes { id } } }'],
    ['a type', '{ node(id: "x") { ... on Custmer { id } } }'],
  ])('no suggestion for %s', async ([, query]) => {
    const answer = await server.query(query, {}, { key: null });
    expect(answer.errors).not.toEqual([]);
    expect(JSON.stringify(answer.errors)).not.toMatch(/Did you mean/i);
  });

  test.for<[string, string]>([
    ['the schema', '{ __schema { queryType { name } } }'],
    ['a type', '{ __type(name: "Customer") { name } }'],
  ])('nothing of %s where introspection is off, whoever asks', async ([, query]) => {
    for (const key of [null, closed.adminKey]) {
      const answer = await closed.query(query, {}, { key });
      expect([answer.status, answer.data]).toEqual([400, undefined]);
      expect(new Set(codes(answer))).toEqual(new Set(['GRAPHQL_VALIDATION_FAILED']));
    }
  });

  test.for(['/graphiql', '/playground', '/console', '/graphql'])('no IDE at %s', async (path) => {
    const response = await fetch(server.origin + path, { headers: { accept: 'text/html' } });
    expect(response.status).toBeGreaterThanOrEqual(400);
    expect(await response.text()).not.toMatch(/graphiql|playground/i);
  });
});
