// A query that comes again is answered on a shorter way than the first time. Nobody can tell, but by the time it takes.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeCustomer, watchReads } from '../support/core.ts';
import { limitedServer } from '../support/limited-server.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
  for (const displayName of ['Ada', 'Grace', 'Mary']) await makeCustomer(server, { displayName, kind: 'PERSON' });
});
afterAll(() => server.stop());

type Told = { status: number; headers: Record<string, string>; body: string };

async function send(
  body: object,
  { key = server.adminKey, url = server.url, headers = {} }: { key?: string; url?: string; headers?: object } = {},
): Promise<Told> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${key}`, ...headers },
    body: JSON.stringify(body),
  });
  const changing = new Set(['x-request-id', 'date', 'ratelimit', 'content-length']);
  return {
    status: response.status,
    headers: Object.fromEntries([...response.headers].filter(([name]) => !changing.has(name))),
    body: (await response.text()).replace(/"requestId":"[^"]*"/g, '').replace(/"remaining":\d+/g, ''),
  };
}

const page =
  'query Page($first: Int, $after: String) { customers(first: $first, after: $after) { nodes { id displayName } pageInfo { hasNextPage } } }';

describe('a query asked again', () => {
  test.each<[string, object, object]>([
    ['is answered alike', { query: page, variables: { first: 2 } }, {}],
    ['by its operation name', { query: `${page} query Other { channels { nodes { key } } }`, operationName: 'Other' }, {}],
    ['where the client takes GraphQL responses', { query: page, variables: { first: 1 } }, { accept: 'application/graphql-response+json' }],
    ['where the client takes JSON', { query: page, variables: { first: 1 } }, { accept: 'application/json' }],
    ['with a page too large', { query: page, variables: { first: 1000 } }, {}],
    ['with a cursor of nothing', { query: page, variables: { after: 'nonsense' } }, {}],
    ['with variables of a wrong type', { query: page, variables: { first: 'two' } }, {}],
    ['with an operation name of nothing', { query: page, operationName: 'Nobody' }, {}],
  ])('%s', async (_what, body, headers) => {
    await send({ query: page, variables: { first: 1 } }); // known from here on
    const [first, again] = [await send(body, { headers }), await send(body, { headers })];
    expect(again).toEqual(first);
    // What a server answers that has never seen the query.
    const fresh = await limitedServer(server, {});
    try {
      expect(await send(body, { headers, url: fresh.url })).toEqual(first);
    } finally {
      await fresh.stop();
    }
  });

  test('sees another role with its eyes, and nobody without a credential', async () => {
    const { data } = await server.query(
      'mutation { roleCreate(input: { key: "blind", name: "Blind", permissions: ["customers:read"], hiddenFields: ["Customer.displayName"] }) { userErrors { code } } apiKeyCreate(input: { name: "blind", role: "blind" }) { key } }',
    );
    const query = '{ customers(first: 1) { nodes { id displayName } } }';
    expect((await send({ query })).body).toContain('Ada');
    expect((await send({ query })).body).toContain('Ada');
    const blind = await send({ query }, { key: data.apiKeyCreate.key });
    expect(blind.body).not.toContain('Ada');
    expect(blind.body).toContain('FORBIDDEN');
    expect((await send({ query }, { key: 'x'.repeat(20) })).status).toBe(401);
  });

  test('is charged once, whichever way it goes', async () => {
    const limited = await limitedServer(server, { costMaximum: 30, costBudget: 40, costRestore: 1 });
    try {
      const query = '{ customers(first: 3) { nodes { id } } }';
      const remaining = async (body: object) => {
        const response = await fetch(limited.url, {
          method: 'POST',
          headers: { 'content-type': 'application/json', authorization: `Bearer ${server.adminKey}` },
          body: JSON.stringify(body),
        });
        return (await response.json()) as { extensions?: { cost?: { remaining: number } }; errors?: { extensions: { code: string } }[] };
      };
      const left: number[] = [];
      for (let i = 0; i < 4; i++) left.push((await remaining({ query })).extensions!.cost!.remaining);
      const spent = left.slice(1).map((now, i) => left[i]! - now);
      for (const points of spent) expect(points).toBeLessThanOrEqual(5); // the answer, the connection and three rows, less what was restored
      // Refused for its arguments after it was known: still paid once, by what it held.
      const bad = (await remaining({ query: '{ customers(first: 3, after: "x") { nodes { id } } }' })).extensions!.cost!.remaining;
      expect(left[3]! - bad).toBeLessThanOrEqual(5);
      for (let i = 0; i < 20; i++) await remaining({ query });
      expect((await remaining({ query })).errors![0]!.extensions.code).toBe('RATE_LIMITED');
    } finally {
      await limited.stop();
    }
  });

  test('costs the database one statement, also where it ends in an error of the row', async () => {
    const query = '{ customers(first: 2) { nodes { id } } }';
    await send({ query });
    expect((await watchReads(server, () => send({ query }))).statements).toHaveLength(1);
    const counted = server.logs.length;
    await send({ query });
    expect(server.logs.slice(counted).map((line) => JSON.parse(line))).toMatchObject([
      { type: 'query', status: 200, requestId: expect.any(String) },
    ]);
  });
});
