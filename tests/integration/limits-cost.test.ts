// Cost and budgets over HTTP and sockets: what is charged, what is told, and what happens when nothing is left.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeCustomer, record } from '../support/core.ts';
import { type LimitedServer, limitedServer } from '../support/limited-server.ts';
import { rawSocket, subscribe } from '../support/raw-socket.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

let base: TestServer;
const others: LimitedServer[] = [];

beforeAll(async () => {
  base = await startTestServer();
  for (let i = 0; i < 3; i++) {
    const id = await makeCustomer(base, { displayName: `Customer ${i}`, kind: 'PERSON', attributes: {} });
    for (let k = 0; k < 4; k++) await record(base, { customer: { id }, subject: `ends with {`, value: { amount: '10', currency: 'EUR' } });
  }
});
afterAll(async () => {
  for (const server of others) await server.stop();
  await base?.stop();
});

async function start(limits: Parameters<typeof limitedServer>[1]): Promise<LimitedServer> {
  const server = await limitedServer(base, limits);
  others.push(server);
  return server;
}

/** A key with a budget of its own. */
async function newKey(): Promise<string> {
  const { data } = await base.query(
    'mutation { apiKeyCreate(input: { name: "spender", role: "administrator" }) { key userErrors { code } } }',
  );
  expect(data.apiKeyCreate.userErrors).toEqual([]);
  return data.apiKeyCreate.key;
}

/** Objects in an answer, counted anew. */
function objects(value: unknown): number {
  if (Array.isArray(value)) return value.reduce((sum: number, item) => sum + objects(item), 0);
  return typeof value === 'object' && value !== null ? 1 + Object.values(value).reduce((sum: number, item) => sum + objects(item), 0) : 0;
}

const page = '{ customers(first: 20) { nodes { displayName interactions(first: 5) { nodes { id } } } } }';

describe('what is charged', () => {
  test('of figures whose statement reads whole tables is what that costs, however small the answer', async () => {
    const query = '{ salesPerformance(from: "2025-01-01", to: "2025-02-01", by: NONE) { totals { won } } }';
    const { errors, extensions } = await start1().then((server) => server.post({ query }));
    expect(errors).toEqual([]);
    expect(extensions.cost).toMatchObject({ requested: 1 + 1000 + 1, actual: 1 + 1000 + 1 });
  });

  test.for<[string, string, number]>([
    ['a page', page, 1 + 1 + 20 * (1 + 1 + 5)],
    ['edges', '{ customers(first: 2) { edges { cursor node { id } } pageInfo { hasNextPage } } }', 1 + 1 + 2 * 2 + 1],
    ['an empty list', '{ customers(filter: { country: { eq: "IS" } }) { nodes { id } } }', 27],
    ['an interface', '{ node(id: "customer_01h455vb4pex5vsknk084sn02q") { id ... on Customer { owner { id } } } }', 3],
    ['a timeline', '{ customers(first: 3) { nodes { timeline(first: 4) { nodes { at } } } } }', 1 + 1 + 3 * (1 + 1 + 4)],
    ['a text that ends with a brace', '{ interactions(first: 3) { nodes { subject customer { id } } } }', 1 + 1 + 3 * 2],
    ['nothing at all', '{ __typename }', 1],
  ])('%s: no more than was announced, and what it holds', async ([, query, requested]) => {
    const { data, errors, extensions } = await start1().then((server) => server.post({ query }));
    expect(errors).toEqual([]);
    expect(extensions.cost).toMatchObject({ requested, restoreRate: 200_000 });
    const { actual } = extensions.cost!;
    expect(actual).toBeLessThanOrEqual(requested);
    expect(actual).toBe(objects(data));
  });

  test('work that is no object is not given back', async () => {
    const server = await start1();
    const { extensions } = await server.post({
      query:
        '{ customers(first: 3) { nodes { id } totalCount(upTo: 5000) { value } } interactions(first: 1) { sum(field: VALUE) { amount } } }',
    });
    expect(extensions.cost).toMatchObject({ requested: 1 + 1 + 3 + 6 + 1 + 10, actual: 1 + 1 + 3 + 6 + 1 + 10 });
  });

  test('a bulk call costs by its rows', async () => {
    const server = await start1();
    const query = `mutation ($rows: [CustomerUpsertRow!]!) { customersUpsert(input: { rows: $rows }) {
      results { index status userErrors { code message path } } created } }`;
    const rows = (count: number, from: number) =>
      Array.from({ length: count }, (_, i) => ({ externalId: { system: 'bulk', value: String(from + i) }, displayName: 'x' }));
    const cost = async (count: number, from: number) => {
      const { errors, data, extensions } = await server.post({ query, variables: { rows: rows(count, from) } });
      expect([errors, data.customersUpsert.created]).toEqual([[], count]);
      return extensions.cost!.actual;
    };
    expect(await cost(1, 0)).toBe(1 + 10 + 1);
    expect(await cost(95, 1)).toBe(1 + 10 + 10);
  });

  test('a mutation, and one that is refused', async () => {
    const server = await start1();
    const query = 'mutation { channelCreate(input: { key: "owl", name: "Owl" }) { channel { id } userErrors { code } } }';
    expect((await server.post({ query })).extensions.cost).toMatchObject({ requested: 12, actual: 12 });
    expect((await server.post({ query })).extensions.cost).toMatchObject({ requested: 12, actual: 12 });
  });

  let shared: Promise<LimitedServer> | undefined;
  function start1(): Promise<LimitedServer> {
    shared ??= start({});
    return shared;
  }
});

describe('what is told', () => {
  test('the limits, as configured', async () => {
    const server = await start({ costMaximum: 500, costBudget: 700, costRestore: 3, depth: 9, statementTimeoutMs: 1_234 });
    const { data } = await server.post({
      query: `{ viewer { limits { depth introspectionDepth aliases tokens directives rootFields selections repeats bodyBytes
        costMaximum costBudget costRestore statementTimeoutMs pageSize bulkRows } } }`,
    });
    expect(data.viewer.limits).toEqual({
      depth: 9,
      introspectionDepth: 2,
      aliases: 100,
      tokens: 2_000,
      directives: 50,
      rootFields: 20,
      selections: 10_000,
      repeats: 10,
      bodyBytes: 5_000_000,
      costMaximum: 500,
      costBudget: 700,
      costRestore: 3,
      statementTimeoutMs: 1_234,
      pageSize: 100,
      bulkRows: 500,
    });
  });

  test('headers on every answer, whatever became of the request', async () => {
    const server = await start({ costMaximum: 500, costBudget: 1_000, costRestore: 7 });
    const policy = '"cost";q=1000;qu="points";w=143';
    const answers = [
      await server.post({ query: '{ viewer { roleName: expiresAt } }' }),
      await server.post({ query: '{ nothing }' }),
      await server.post('no JSON'),
      await server.post({ query: '{ customers(first: 100) { nodes { interactions(first: 100) { nodes { id } } } } }' }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([200, 400, 400, 400]);
    for (const { headers } of answers) {
      expect(headers.get('ratelimit-policy')).toBe(policy);
      expect(headers.get('ratelimit')).toMatch(/^"cost";r=\d{1,4};t=\d{1,3}$/);
    }
    expect(answers[3]!.extensions.cost).toMatchObject({ requested: 1 + 1 + 100 * 102, actual: 0 });
  });

  test('metrics count the points', async () => {
    const server = await start({});
    await server.post({ query: page });
    const text = await (await fetch(server.url.replace('/graphql', '/metrics'))).text();
    expect(Number(/^trato_cost_points_total (\d+)$/m.exec(text)?.[1])).toBeGreaterThan(5);
  });
});

describe('a spent budget', () => {
  const heavy = '{ customers(first: 100) { nodes { id } } }';

  test('is refused with 429, and whoever waits as told is served', async () => {
    const server = await start({ costMaximum: 150, costBudget: 150, costRestore: 100 });
    const key = await newKey();
    // What is not needed comes back, so a budget is spent by what is under way at once, or by writing.
    const answers = await Promise.all(Array.from({ length: 20 }, () => server.post({ query: heavy }, { key })));
    const refused = answers.filter(({ status }) => status === 429);
    expect(refused.length).toBeGreaterThan(0);
    expect(answers.length - refused.length).toBeGreaterThan(0);
    for (const { errors, headers, extensions, data } of refused) {
      expect(data).toBeUndefined();
      expect(errors).toMatchObject([{ extensions: { code: 'RATE_LIMITED', limit: 'cost', value: 102, retryAfter: expect.any(Number) } }]);
      expect(errors[0]!.extensions.maximum).toBeLessThan(102);
      expect(headers.get('retry-after')).toBe(String(errors[0]!.extensions.retryAfter));
      expect(extensions.cost).toMatchObject({ requested: 102, actual: 0 });
    }
    const wait = Math.max(...refused.map(({ headers }) => Number(headers.get('retry-after'))));
    expect(wait).toBeLessThanOrEqual(2);
    await new Promise((resolve) => setTimeout(resolve, wait * 1_000));
    expect((await server.post({ query: heavy }, { key })).errors).toEqual([]);
  });

  test('is one budget for all processes', async () => {
    const limits = { costMaximum: 100, costBudget: 1_000, costRestore: 1 };
    const [one, two] = [await start(limits), await start(limits)];
    const key = await newKey();
    const write = (i: number) => ({
      query: 'mutation ($key: String!) { channelCreate(input: { key: $key, name: "x" }) { userErrors { code } } }',
      variables: { key: `c${i}` },
    });
    let served = 0;
    for (let i = 0; i < 140; i++) if ((await [one, two][i % 2]!.post(write(i), { key })).status === 200) served++;
    // 11 points each; what the seconds of the test restore is little, and a slice a process is the most beyond.
    expect(served).toBeGreaterThanOrEqual(72);
    expect(served).toBeLessThanOrEqual(120);
  });

  test('over a socket', async () => {
    const server = await start({ costMaximum: 150, costBudget: 150, costRestore: 1 });
    const key = await newKey();
    const client = rawSocket(server as never, { init: { Authorization: `Bearer ${key}` } });
    await client.got('connection_ack');
    for (let i = 0; i < 30; i++) {
      const write = `mutation { channelCreate(input: { key: "s${i}", name: "x" }) { userErrors { code } } }`;
      client.send(subscribe(write, {}, String(i)));
      await expect.poll(() => client.messages.some(({ id }) => id === String(i))).toBe(true);
    }
    const first = client.messages.find(({ id }) => id === '0');
    expect(first).toMatchObject({ type: 'next', payload: { extensions: { cost: { requested: 11, actual: 11, restoreRate: 1 } } } });
    client.send(subscribe('subscription { events { __typename } }', {}, 'feed'));
    const answer = await client.got('error');
    expect(answer.payload).toMatchObject([{ extensions: { code: 'RATE_LIMITED', limit: 'cost', retryAfter: expect.any(Number) } }]);
    client.socket.close();
  });

  test('a subscription pays once, and must not ask for answers beyond the maximum', async () => {
    const server = await start({ costMaximum: 150, costBudget: 1_000, costRestore: 1 });
    const client = rawSocket(server as never, { init: { Authorization: `Bearer ${await newKey()}` } });
    await client.got('connection_ack');
    client.send(subscribe('subscription { events { ... on FeedCaughtUp { __typename } } }', {}, 'feed'));
    const next = await client.got('next');
    expect((next.payload as { extensions?: object }).extensions ?? {}).not.toHaveProperty('cost');
    client.send(
      subscribe(
        'subscription { interactionRecorded { customer { interactions(first: 100) { nodes { customer { id } } } } } }',
        {},
        'large',
      ),
    );
    expect((await client.got('error')).payload).toMatchObject([{ extensions: { code: 'COST_EXCEEDED', maximum: 150 } }]);
    client.socket.close();
  });

  test('who sends no credential has a small budget by address', async () => {
    const server = await start({ anonymousBudget: 30, anonymousRestore: 1 });
    const ask = () => server.post({ query: '{ __schema { queryType { name } directives { name } } }' }, { key: null });
    const codes: (string | undefined)[] = [];
    for (let i = 0; i < 8; i++) codes.push((await ask()).errors[0]?.extensions.code);
    expect(codes[0]).toBeUndefined();
    expect(codes.at(-1)).toBe('RATE_LIMITED');
    expect((await server.post({ query: '{ __schema { queryType { name } directives { name } } }' })).errors).toEqual([]);
    expect((await server.post({ query: page }, { key: null })).errors).toMatchObject([
      { extensions: { code: 'COST_EXCEEDED', maximum: 30 } },
    ]);
  });
});
