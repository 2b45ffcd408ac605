// What lists cost: statements do not grow with rows, nested pages are cut in SQL, and indexes serve every main list.
import sql from 'sql-template-tag';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { encodeId } from '../../src/graphql/ids.ts';
import { ask, bulk, type Data, done, type Statement, watchReads } from '../support/core.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server?.stop());

describe('statements', () => {
  beforeAll(async () => {
    await done(server, 'userCreate', { name: 'Grace', email: 'grace@example.org' }, 'user { id }');
    const people = Array.from({ length: 20 }, (_, i) => ({ kind: 'EMAIL', value: `p${i}@example.org` }));
    await bulk(
      server,
      'customersUpsert',
      people.map((identity) => ({ identities: [identity], stage: 'prospect', owner: { email: 'grace@example.org' } })),
    );
    for (let n = 0; n < 7; n++) {
      const contact = (identity: object) => ({
        customer: { identity },
        kind: 'order_placed',
        touchPoint: 'web_shop',
        direction: 'INBOUND',
        user: { email: 'grace@example.org' },
        occurredAt: `2025-01-0${n + 1}T00:00:00Z`,
        value: { amount: '5', currency: 'GBP' },
      });
      await bulk(server, 'interactionsRecord', people.map(contact));
    }
  });

  const document = `query ($first: Int) { customers(first: $first) { nodes { displayName stage { name } owner { name } identities { nodes { value } }
    interactions(first: 5) { nodes { occurredAt kind { key } channel { key } touchPoint { key channel { name } } user { name } customer { displayName } actor { apiKey { name } } participants { nodes { role } } } } } } }`;

  test('of a page of customers with their contacts and all to-ones are one, whatever the number of rows', async () => {
    const cost = async (first: number) => {
      const { result, statements } = await watchReads(server, () => ask(server, document, { first }));
      expect(result.customers.nodes.map((one: Data) => one.interactions.nodes.length)).toEqual(Array(first).fill(5));
      expect(result.customers.nodes[0].interactions.nodes[0]).toMatchObject({
        occurredAt: '2025-01-07T00:00:00.000Z',
        kind: { key: 'order_placed' },
        touchPoint: { key: 'web_shop', channel: { name: 'Web' } },
        user: { name: 'Grace' },
      });
      return statements;
    };
    const [one, twenty] = [await cost(1), await cost(20)];
    expect([one.length, twenty.length]).toEqual([1, 1]);
    // Neither counts nor a row more than asked: nobody asked whether there are more.
    expect(twenty[0]!.text).not.toContain('count(');
    expect(twenty[0]!.text).toMatch(/from "interactions" .* limit 5\)/s);
  });

  test('count and sum only when that is asked, once for all parents', async () => {
    const counted = await watchReads(server, () =>
      ask(
        server,
        '{ customers(first: 20) { totalCount { value } nodes { interactions(first: 1) { totalCount { value isExact } sum(field: VALUE) { amount } } } } }',
      ),
    );
    expect(counted.result.customers.totalCount.value).toBe(20);
    for (const { interactions } of counted.result.customers.nodes)
      expect(interactions).toEqual({ totalCount: { value: 7, isExact: true }, sum: { amount: '35.00' } });
    expect(counted.statements).toHaveLength(1);
    const only = await watchReads(server, () => ask(server, '{ interactions { totalCount(upTo: 100) { value isExact } } }'));
    expect(only.result.interactions.totalCount).toEqual({ value: 100, isExact: false });
    expect(only.statements.map(({ text }) => /limit 101/.test(text))).toEqual([true]);
  });

  test('the same list under two names is read twice at the most, two different ones apart', async () => {
    const data = await ask(
      server,
      '{ customers(first: 2) { nodes { a: interactions(first: 1) { nodes { occurredAt } } b: interactions(last: 1) { nodes { occurredAt } } c: interactions(filter: { kind: { eq: "call" } }) { nodes { occurredAt } } } } }',
    );
    for (const { a, b, c } of data.customers.nodes)
      expect([a.nodes[0].occurredAt.slice(8, 10), b.nodes[0].occurredAt.slice(8, 10), c.nodes]).toEqual(['07', '01', []]);
  });
});

describe('indexes', () => {
  const owners: string[] = [];
  beforeAll(async () => {
    const w = server.workspaceId;
    const run = (statement: ReturnType<typeof sql>) => server.db.execute(statement);
    const people = await server.db.query<{ id: string }>(sql`insert into users (workspace_id, id, name, email)
      select ${w}::uuid, gen_random_uuid(), 'user ' || n, 'u' || n || '@example.org' from generate_series(1, 100) n returning id`);
    owners.push(...people.map((one) => encodeId('User', one.id)));
    await run(sql`insert into customers (workspace_id, id, kind, display_name, owner_id, stage_id, tags, party_roles, country, health, created_at, updated_at, archived_at, attributes)
      select ${w}::uuid, gen_random_uuid(), 'PERSON', md5(n::text), u.ids[1 + n % 100], s.ids[1 + n % 5], array['tag' || n % 400], array[case n % 50 when 0 then 'partner' else 'customer' end],
        chr(65 + n % 26) || chr(65 + n / 26 % 26), 'UNKNOWN', timestamptz '2025-01-01' + n * interval '1 minute', timestamptz '2025-06-01' - n * interval '1 minute', case n % 200 when 0 then now() end, jsonb_build_object('score', n)
      from generate_series(1, 20000) n, (select array_agg(id) ids from users where workspace_id = ${w}::uuid) u, (select array_agg(id) ids from lifecycle_stages where workspace_id = ${w}::uuid and key <> 'lost') s`);
    await run(
      sql`insert into identities (workspace_id, id, customer_id, kind, system, value, original) select workspace_id, gen_random_uuid(), id, 'EXTERNAL', 'bulk', id::text, '' from customers`,
    );
    await run(sql`insert into conversations (workspace_id, id, customer_id, channel_id, status, created_at) select c.workspace_id, gen_random_uuid(), c.id, h.id, (case when c.n % 100 = 0 then 'OPEN' else 'CLOSED' end)::conversation_status, c.created_at
      from (select *, row_number() over () n from customers) c, (select id from channels where workspace_id = ${w}::uuid and key = 'phone') h`);
    await run(sql`insert into interactions (workspace_id, id, customer_id, channel_id, kind_id, user_id, touch_point_id, conversation_id, direction, occurred_at, created_at, actor_kind, external_system, external_id)
      select v.workspace_id, gen_random_uuid(), v.customer_id, h.ids[1 + n % array_length(h.ids, 1)], k.ids[1 + n % array_length(k.ids, 1)], u.ids[1 + n % 100], t.ids[1 + n % array_length(t.ids, 1)], v.id, 'INBOUND', v.created_at, v.created_at, 'SYSTEM', 'bulk', n::text
      from (select *, row_number() over () n from conversations) v, (select array_agg(id) ids from channels) h, (select array_agg(id) ids from interaction_kinds) k, (select array_agg(id) ids from touch_points) t, (select array_agg(id) ids from users) u`);
    await run(
      sql`insert into preferences (workspace_id, id, customer_id, topic, value, basis, observed_at) select workspace_id, gen_random_uuid(), id, 't', 'v', 'STATED', created_at from customers`,
    );
    // As autovacuum does soon after so many rows: it also empties the pending lists of the GIN indexes, which cost each search.
    await server.db.pool.query('vacuum (analyze)');
  });

  type Plan = { 'Node Type': string; 'Relation Name'?: string; Plans?: Plan[] };
  const big = new Set(['customers', 'identities', 'conversations', 'interactions', 'preferences']);

  async function scans({ text, values }: Statement): Promise<string[]> {
    const { rows } = await server.db.pool.query({ text: `explain (format json) ${text}`, values });
    const nodes = (plan: Plan): Plan[] => [plan, ...(plan.Plans ?? []).flatMap(nodes)];
    return nodes(rows[0]['QUERY PLAN'][0].Plan).flatMap((node) =>
      /Seq Scan/.test(node['Node Type']) && big.has(node['Relation Name']!) ? [`${node['Relation Name']}: ${text}`] : [],
    );
  }

  /** Runs a list and looks at the plan of every statement behind it. */
  async function served(list: string, variables: Record<string, unknown> = {}): Promise<Data> {
    const { result, statements } = await watchReads(server, () => ask(server, list, variables));
    expect(statements.length).toBeGreaterThan(0);
    for (const statement of statements) expect(await scans(statement)).toEqual([]);
    return result;
  }

  const both = (orders: string[]) => orders.flatMap((field) => ['ASC', 'DESC'].map((direction) => ({ field, direction })));
  const pages = (type: string, list: string) =>
    `query ($filter: ${type}Filter, $orderBy: [${type}Order!], $after: String) { ${list}(first: 10, filter: $filter, orderBy: $orderBy, after: $after) { nodes { id } pageInfo { endCursor hasNextPage } } }`;

  test.each(['CREATED_AT', 'UPDATED_AT', 'DISPLAY_NAME'].flatMap((field) => both([field])))(
    'serve customers in the order $field $direction, also after a cursor',
    async (order) => {
      const first = await served(pages('Customer', 'customers'), { orderBy: [order] });
      const second = await served(pages('Customer', 'customers'), { orderBy: [order], after: first.customers.pageInfo.endCursor });
      expect([first.customers.nodes.length, second.customers.nodes.length]).toEqual([10, 10]);
    },
  );

  test.each([
    [{}, 10],
    [{ name: 'abcde' }, 1],
    [{ displayName: { startsWith: 'abcd' } }, 0],
    [{ displayName: { eq: 'cfcd208495d565ef66e7dff9f98764da' } }, 0],
    [{ tags: { has: 'tag7' } }, 10],
    [{ identities: { some: { kind: { eq: 'EXTERNAL' }, system: { eq: 'bulk' }, value: { startsWith: 'zz' } } } }, 0],
    [{ interactions: { some: { kind: { eq: 'order_placed' } } } }, 10],
    [{ conversations: { none: { status: { eq: 'OPEN' } } } }, 10],
    [{ tags: { hasAny: ['tag7', 'tag8'] } }, 10],
    [{ partyRoles: { has: 'partner' } }, 10],
    [{ country: { eq: 'AB' } }, 10],
    [{ stage: { eq: 'loyal' } }, 10],
    [{ archived: 'ONLY' }, 10],
    [{ createdAt: { gte: '2025-01-10T00:00:00Z' } }, 10],
    [{ updatedAt: { lt: '2025-05-25T00:00:00Z' } }, 10],
    [{ attributes: [{ key: 'score', number: { eq: 17 } }] }, 1],
  ])('serve customers filtered by %j', async (filter, least) => {
    const { customers } = await served(pages('Customer', 'customers'), { filter });
    expect(customers.nodes.length).toBeGreaterThanOrEqual(least);
  });

  test('serve customers by owner, with their count', async () => {
    const list = 'query ($filter: CustomerFilter) { customers(filter: $filter) { nodes { id } totalCount { value } } }';
    expect((await served(list, { filter: { owner: { eq: owners[3] } } })).customers.totalCount.value).toBeGreaterThan(100);
  });

  test.each(both(['OCCURRED_AT', 'CREATED_AT']))(
    'serve interactions in the order $field $direction, also after a cursor',
    async (order) => {
      const first = await served(pages('Interaction', 'interactions'), { orderBy: [order] });
      expect(
        (await served(pages('Interaction', 'interactions'), { orderBy: [order], after: first.interactions.pageInfo.endCursor }))
          .interactions.nodes,
      ).toHaveLength(10);
    },
  );

  test('serve interactions by customer, kind, channel, touch point, user and reference', async () => {
    const { customers } = await ask(server, '{ customers(first: 1, filter: { tags: { has: "tag7" } }) { nodes { id } } }');
    const filters = [
      { customerId: { eq: customers.nodes[0].id } },
      { kind: { eq: 'call' } },
      { channel: { eq: 'phone' } },
      { touchPoint: { eq: 'web_shop' } },
      { user: { eq: owners[5] } },
      { externalSystem: { eq: 'bulk' }, externalId: { eq: '77' } },
      { occurredAt: { gte: '2025-01-14T00:00:00Z' } },
    ];
    for (const filter of filters)
      expect((await served(pages('Interaction', 'interactions'), { filter })).interactions.nodes.length).toBeGreaterThan(0);
  });

  test('serve conversations by status, customer and time', async () => {
    for (const filter of [{}, { status: { eq: 'OPEN' } }, { createdAt: { lt: '2025-01-02T00:00:00Z' } }])
      expect((await served(pages('Conversation', 'conversations'), { filter })).conversations.nodes.length).toBeGreaterThan(0);
  });

  test('serve what hangs on a page of customers: contacts, identities, timeline, one by identity', async () => {
    const select =
      'identities { nodes { value } } interactions(first: 5) { nodes { id } totalCount { value } sum(field: VALUE) { amount } } timeline(first: 5) { nodes { at } totalCount { value } } conversations { nodes { id } }';
    await served(`{ customers(first: 20) { nodes { ${select} } } }`);
    const { customers } = await ask(server, '{ customers(first: 1) { nodes { identities { nodes { value } } } } }');
    await served(`query ($by: CustomerRef!) { customer(by: $by) { ${select} } }`, {
      by: { externalId: { system: 'bulk', value: customers.nodes[0].identities.nodes[0].value } },
    });
  });

  type Read = {
    'Actual Rows': number;
    'Actual Loops': number;
    'Rows Removed by Filter'?: number;
    'Relation Name'?: string;
    Plans?: Read[];
  };

  /** How many rows of customers a statement looks at. */
  async function looksAt({ text, values }: Statement): Promise<number> {
    const { rows } = await server.db.pool.query({ text: `explain (analyze, format json) ${text}`, values });
    const seen = (plan: Read): number =>
      (plan['Relation Name'] === 'customers' ? (plan['Actual Rows'] + (plan['Rows Removed by Filter'] ?? 0)) * plan['Actual Loops'] : 0) +
      (plan.Plans ?? []).reduce((sum, one) => sum + seen(one), 0);
    return seen(rows[0]['QUERY PLAN'][0].Plan);
  }

  test.each([
    ['a column', [{ field: 'DISPLAY_NAME' }]],
    ['an indexed attribute, ascending', [{ attribute: { key: 'score', type: 'NUMBER' } }]],
    ['an indexed attribute, descending', [{ attribute: { key: 'score', type: 'NUMBER' }, direction: 'DESC' }]],
  ])('bound a page far in the list by %s', async (_by, orderBy) => {
    await indexedScore();
    const query = pages('Customer', 'customers').replace('first: 10', 'first: 100');
    let after: string | null = null;
    let most = 0;
    for (let page = 0; page < 100; page += 1) {
      const read = await watchReads(server, () => ask(server, query, { orderBy, after }));
      after = read.result.customers.pageInfo.endCursor;
      if (page % 33 === 0) most = Math.max(most, await looksAt(read.statements[0]!));
    }
    expect(most).toBeGreaterThanOrEqual(101);
    expect(most).toBeLessThan(400); // archived ones on the way, and the start of each part
  });

  let made: Promise<unknown> | undefined;
  function indexedScore(): Promise<unknown> {
    made ??= done(
      server,
      'attributeDefinitionCreate',
      { entity: 'CUSTOMER', key: 'score', name: 'Score', type: 'NUMBER', indexed: true },
      'attributeDefinition { id }',
    );
    return made;
  }
});
