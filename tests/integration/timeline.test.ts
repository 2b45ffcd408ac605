// Customer.timeline: everything that happened to a customer, from all sources, newest first, cut by the reader's role.
import fc from 'fast-check';
import sql from 'sql-template-tag';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { tryDecodeId } from '../../src/graphql/ids.ts';
import { newId } from '../../src/lib/typeid.ts';
import { ask, bulk, codesOf, type Data, done, keyOfRole, makeCustomer, watchReads } from '../support/core.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server?.stop());

const entry = `at type node { __typename ... on Interaction { subject } ... on Conversation { subject } ... on Preference { topic } ... on Need { topic } ... on LifecycleTransition { to { key } } ... on Relationship { kind { key } } }`;
const page = (select: string) => `query ($id: ID!, $first: Int, $after: String, $last: Int, $before: String, $types: [TimelineType!]) {
  customer(by: { id: $id }) { timeline(first: $first, after: $after, last: $last, before: $before, types: $types) { ${select} } } }`;
const read = (id: string, variables: object = {}, select = `nodes { ${entry} }`, key?: string): Promise<Data> =>
  ask(server, page(select), { id, ...variables }, key).then((data) => data.customer.timeline);

async function livelyCustomer(): Promise<string> {
  const id = await makeCustomer(server, { displayName: 'Lively' });
  const customer = { id };
  await bulk(server, 'interactionsRecord', [
    {
      customer,
      kind: 'call',
      channel: 'phone',
      direction: 'INBOUND',
      occurredAt: '2025-01-01T00:00:00Z',
      subject: 'first',
      conversation: { externalId: { system: 'pbx', value: id } },
    },
    { customer, kind: 'call', channel: 'phone', direction: 'INBOUND', occurredAt: '2025-01-04T00:00:00Z', subject: 'second' },
  ]);
  await done(
    server,
    'preferenceAdd',
    { customer, topic: 'colour', value: 'red', basis: 'STATED', observedAt: '2025-01-02T00:00:00Z' },
    'preference { id }',
  );
  await done(
    server,
    'needAdd',
    { customer, topic: 'ladder', value: 'long', basis: 'STATED', observedAt: '2025-01-03T00:00:00Z' },
    'need { id }',
  );
  await done(server, 'customerMoveToStage', { customer, stage: 'loyal', occurredAt: '2025-01-05T00:00:00Z' }, 'customer { id }');
  return id;
}

test('shows every kind of thing in one list, newest first', async () => {
  const id = await livelyCustomer();
  const other = await makeCustomer(server, { displayName: 'Firm' });
  await done(server, 'relationshipCreate', { kind: 'works_at', from: { id }, to: { id: other } }, 'relationship { id }');
  const timeline = await read(id);
  const told = timeline.nodes.map(({ at, type, node }: Data) => [
    at.slice(0, 10),
    type,
    node.subject ?? node.topic ?? node.to?.key ?? node.kind.key,
  ]);
  expect(told[0].slice(1)).toEqual(['Relationship', 'works_at']);
  expect(told.slice(1, 5)).toEqual([
    ['2025-01-05', 'LifecycleTransition', 'loyal'],
    ['2025-01-04', 'Interaction', 'second'],
    ['2025-01-03', 'Need', 'ladder'],
    ['2025-01-02', 'Preference', 'colour'],
  ]);
  // The conversation began with its first interaction, at the same moment.
  expect(told.slice(5).sort()).toEqual([
    ['2025-01-01', 'Conversation', 'first'],
    ['2025-01-01', 'Interaction', 'first'],
  ]);
  expect((await read(other)).nodes.map((one: Data) => one.type)).toEqual(['Relationship']);
});

describe('shows only', () => {
  let id: string;
  beforeAll(async () => {
    id = await livelyCustomer();
  });
  const typesOf = async (variables: object, key?: string) => {
    const { nodes, totalCount } = await read(id, variables, 'nodes { type } totalCount { value isExact }', key);
    expect(totalCount).toEqual({ value: nodes.length, isExact: true });
    return nodes.map((one: Data) => one.type);
  };

  test('the types that are asked for', async () => {
    expect(await typesOf({ types: ['INTERACTION'] })).toEqual(['Interaction', 'Interaction']);
    expect(await typesOf({ types: ['NEED', 'PREFERENCE', 'LIFECYCLE_TRANSITION'] })).toEqual(['LifecycleTransition', 'Need', 'Preference']);
    expect(await typesOf({ types: [] })).toEqual([]);
  });

  test('what the role may read, also when it asks for more', async () => {
    const key = await keyOfRole(server, { permissions: ['customers:read', 'conversations:read', 'lifecycle:read'] });
    expect((await typesOf({}, key)).sort()).toEqual(['Conversation', 'LifecycleTransition', 'Need', 'Preference']);
    expect(await typesOf({ types: ['INTERACTION', 'NEED'] }, key)).toEqual(['Need']);
    const timeless = await keyOfRole(server, {
      permissions: ['customers:read', 'interactions:read'],
      hiddenFields: ['Interaction.occurredAt'],
    });
    expect((await typesOf({}, timeless)).sort()).toEqual(['Need', 'Preference']);
  });

  test('what is not archived', async () => {
    const { customer } = await ask(server, 'query ($id: ID!) { customer(by: { id: $id }) { needs { nodes { id } } } }', { id });
    await done(server, 'needUpdate', { id: customer.needs.nodes[0].id, archived: true }, 'need { id }');
    expect(await typesOf({})).not.toContain('Need');
  });
});

describe('pages', () => {
  async function walk(id: string, size: number, backward: boolean, types?: string[]): Promise<string[]> {
    const pages: string[][] = [];
    for (let cursor: string | null = null; ; ) {
      const variables: Record<string, unknown> = { types, ...(backward ? { last: size, before: cursor } : { first: size, after: cursor }) };
      const { edges, pageInfo } = await read(
        id,
        variables,
        'edges { cursor node { at type node { ... on Node { id } } } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }',
      );
      expect(edges.length).toBeLessThanOrEqual(size);
      expect([pageInfo.startCursor, pageInfo.endCursor]).toEqual([edges[0]?.cursor ?? null, edges.at(-1)?.cursor ?? null]);
      expect(backward ? pageInfo.hasNextPage : pageInfo.hasPreviousPage).toBe(cursor !== null);
      pages.push(edges.map((one: Data) => `${one.node.at} ${tryDecodeId(one.node.node.id, one.node.type)}`));
      if (!(backward ? pageInfo.hasPreviousPage : pageInfo.hasNextPage)) break;
      cursor = backward ? pageInfo.startCursor : pageInfo.endCursor;
    }
    return (backward ? pages.reverse() : pages).flat();
  }

  // Times collide across the types on purpose.
  const thing = fc.record({
    type: fc.constantFrom('preferences', 'needs', 'conversations', 'interactions'),
    hour: fc.integer({ min: 0, max: 3 }),
  });

  test('walk to the end, either way, gives each thing once and in order, with ties across types', async () => {
    const [words] = await server.db.query<{ channel: string; kind: string }>(
      sql`select (select id from channels limit 1) as channel, (select id from interaction_kinds limit 1) as kind`,
    );
    await fc.assert(
      fc.asyncProperty(fc.array(thing, { maxLength: 18 }), fc.integer({ min: 1, max: 5 }), async (things, size) => {
        const id = await makeCustomer(server, { displayName: 'Walked' });
        const [w, c] = [server.workspaceId, tryDecodeId(id, 'Customer')!];
        for (const { type, hour } of things) {
          const at = new Date(Date.UTC(2025, 0, 1, hour));
          if (type === 'interactions')
            await server.db.execute(
              sql`insert into interactions (workspace_id, id, customer_id, channel_id, kind_id, direction, occurred_at, actor_kind) values (${w}, ${newId()}, ${c}, ${words!.channel}, ${words!.kind}, 'INBOUND', ${at}, 'SYSTEM')`,
            );
          else if (type === 'conversations')
            await server.db.execute(
              sql`insert into conversations (workspace_id, id, customer_id, created_at) values (${w}, ${newId()}, ${c}, ${at})`,
            );
          else
            await server.db.execute(
              sql`insert into ${sql([type] as never)} (workspace_id, id, customer_id, topic, value, basis, observed_at) values (${w}, ${newId()}, ${c}, 't', 'v', 'STATED', ${at})`,
            );
        }
        const whole = await walk(id, 100, false);
        expect(whole).toHaveLength(things.length);
        expect(new Set(whole).size).toBe(things.length);
        expect(whole).toEqual([...whole].sort().reverse());
        expect(await walk(id, size, false)).toEqual(whole);
        expect(await walk(id, size, true)).toEqual(whole);
        const needs = things.filter((one) => one.type === 'needs').length;
        expect(await walk(id, size, true, ['NEED'])).toHaveLength(needs);
      }),
      { numRuns: 12 },
    );
  });

  test('refuse cursors of other types and impossible windows', async () => {
    const id = await livelyCustomer();
    const { pageInfo } = await read(id, { first: 1 }, 'pageInfo { endCursor }');
    const refused = (variables: object) => codesOf(server, page('nodes { at }'), { id, ...variables });
    expect(await refused({ first: 1, after: pageInfo.endCursor, types: ['NEED'] })).toEqual(['CURSOR_MISMATCH']);
    expect(await refused({ first: 1, after: 'x' })).toEqual(['CURSOR_INVALID']);
    expect(await refused({ first: 101 })).toEqual(['PAGE_INVALID']);
    expect(await refused({ first: 1, last: 1 })).toEqual(['PAGE_INVALID']);
    expect((await read(id, { first: 0 })).nodes).toEqual([]);
  });
});

test('20 customers with 5 entries each cost as many statements as one customer does, each cut in SQL', async () => {
  const emails = Array.from({ length: 20 }, (_, i) => `many${i}@example.org`);
  for (const n of [1, 2, 3, 4, 5, 6, 7]) {
    await bulk(
      server,
      'interactionsRecord',
      emails.map((value) => ({
        customer: { identity: { kind: 'EMAIL', value } },
        kind: 'call',
        channel: 'phone',
        direction: 'INBOUND',
        subject: `${n}`,
        conversation: { externalId: { system: `s${n}`, value } },
      })),
    );
  }
  const document = `query ($first: Int) { customers(first: $first, filter: { name: "many" }) { nodes { timeline(first: 5) { nodes { ${entry} } totalCount { value } } } } }`;
  const cost = async (first: number) => {
    const { result, statements } = await watchReads(server, () => ask(server, document, { first }));
    expect(result.customers.nodes).toHaveLength(first);
    for (const { timeline } of result.customers.nodes) expect([timeline.nodes.length, timeline.totalCount.value]).toEqual([5, 14]);
    return statements;
  };
  const [one, twenty] = [await cost(1), await cost(20)];
  expect(twenty.length).toBe(one.length);
  expect(twenty.length).toBe(1);
  expect(twenty[0]!.text.match(/limit 5\b/g)!.length).toBeGreaterThan(3); // each source of the timeline and the whole
});
