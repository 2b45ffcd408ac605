// Segments as clients of the API see them: rules in and out, previews, explanations, history and portfolios.
import fc from 'fast-check';
import sql from 'sql-template-tag';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemViewer } from '../../src/auth/system-viewer.ts';
import { decodeId } from '../../src/graphql/ids.ts';
import { drainRules } from '../../src/modules/rules/index.ts';
import { readPortfolio } from '../../src/modules/segments/portfolio.ts';
import { ask, bulk, codesOf, done, keyOfRole, makeCustomer, mutate, record } from '../support/core.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

let server: TestServer;
let ann: string, bob: string, cleo: string;
let currency: string;
const amount = (value: string) => ({ amount: value, currency });
const settle = () => drainRules(server.db);

beforeAll(async () => {
  server = await startTestServer();
  [{ currency }] = (await server.db.query<{ currency: string }>(
    sql`select currency from workspaces where id = ${server.workspaceId}::uuid`,
  )) as [{ currency: string }];
  ann = await makeCustomer(server, { displayName: 'Ann', country: 'ES' });
  bob = await makeCustomer(server, { displayName: 'Bob', country: 'ES' });
  cleo = await makeCustomer(server, { displayName: 'Cleo', country: 'FR' });
  const orders = [
    [ann, '70'],
    [ann, '10'],
    [bob, '15'],
    [cleo, '5'],
  ] as const;
  for (const [customer, value] of orders) {
    await record(server, { customer: { id: customer }, kind: 'order_placed', value: amount(value), cost: amount('0.1') });
  }
  await done(server, 'segmentationCreate', { key: 'profiles', name: 'Profiles', kind: 'TACTICAL' }, 'segmentation { id }');
  await settle();
});
afterAll(() => server?.stop());

const rule = {
  all: [
    { field: { country: { in: ['ES'] } } },
    { interactions: { where: { kinds: ['order_placed'] }, within: { days: 90 }, sum: { of: 'VALUE', gte: '50' } } },
  ],
};

describe('a segment', () => {
  let id: string;
  beforeAll(async () => {
    const made = await done(
      server,
      'segmentCreate',
      { key: 'big_in_spain', name: 'Big in Spain', segmentation: 'profiles', rule },
      'segment { id evaluation { state } }',
    );
    id = made.segment.id;
    expect(made.segment.evaluation.state).toBe('PENDING');
    await settle();
  });

  test('shows its rule as it was written, its members and where it stands', async () => {
    const { segment } = await ask(
      server,
      'query ($id: ID!) { segment(id: $id) { rule evaluation { state failure evaluatedAt } members { nodes { displayName } } memberships { nodes { leftAt } } } }',
      { id },
    );
    expect(segment.rule).toMatchObject({
      all: [{ field: { country: { in: ['ES'] } } }, { interactions: { where: { kinds: ['order_placed'] } } }],
    });
    expect(segment.evaluation).toMatchObject({ state: 'READY', failure: null });
    expect(segment.members.nodes).toEqual([{ displayName: 'Ann' }]);
    expect(segment.memberships.nodes).toEqual([{ leftAt: null }]);
  });

  test('is shown by its customers', async () => {
    const { customer } = await ask(
      server,
      'query ($id: ID!) { customer(by: { id: $id }) { segments { nodes { key } } segmentMemberships { nodes { segment { key } enteredAt } } } }',
      { id: ann },
    );
    expect(customer.segments.nodes).toEqual([{ key: 'big_in_spain' }]);
    expect(customer.segmentMemberships.nodes).toHaveLength(1);
    const filter = { segmentMemberships: { some: { segment: { eq: 'big_in_spain' }, leftAt: { isNull: true } } } };
    const { customers } = await ask(server, 'query ($filter: CustomerFilter) { customers(filter: $filter) { nodes { displayName } } }', {
      filter,
    });
    expect(customers.nodes).toEqual([{ displayName: 'Ann' }]);
  });

  test('knows who was in it at a moment', async () => {
    const { segment: list } = await done(
      server,
      'segmentCreate',
      { key: 'guests', name: 'Guests', segmentation: 'profiles' },
      'segment { id kind }',
    );
    expect(list.kind).toBe('STATIC');
    await bulk(server, 'segmentMembersAdd', [
      { segment: 'guests', customer: { id: ann } },
      { segment: 'guests', customer: { id: bob } },
    ]);
    const march = '2026-03-01T00:00:00.000Z';
    await server.db.execute(sql`update segment_memberships set entered_at = '2026-02-01Z', left_at = case when customer_id = ${decodeId(ann, 'Customer')}::uuid then ${march}::timestamptz end
      where segment_id = ${decodeId(list.id, 'Segment')}::uuid`);
    const at = async (moment: string) =>
      (
        await ask(
          server,
          'query ($id: ID!, $at: DateTime!) { segment(id: $id) { membersAt(at: $at, orderBy: [{ field: DISPLAY_NAME }]) { nodes { displayName } totalCount { value } } } }',
          { id: list.id, at: moment },
        )
      ).segment.membersAt.nodes.map((one: { displayName: string }) => one.displayName);
    expect(await at('2026-01-31T23:59:59.999Z')).toEqual([]);
    expect(await at('2026-02-28T00:00:00.000Z')).toEqual(['Ann', 'Bob']);
    expect(await at(march)).toEqual(['Bob']);
  });

  test('explains who is in it and why', async () => {
    const explain = async (customer: string) =>
      (
        await ask(
          server,
          'query ($customer: ID!, $id: ID!) { segmentExplain(customer: $customer, segment: $id) { member holds reason since customer { displayName } nodes { path depth kind text holds value } } }',
          { customer, id },
        )
      ).segmentExplain;
    const why = await explain(ann);
    expect(why).toMatchObject({ member: true, holds: true, reason: 'RULE', customer: { displayName: 'Ann' } });
    expect(why.nodes.map((node: { path: string; holds: boolean }) => [node.path, node.holds])).toEqual([
      ['', true],
      ['all.0', true],
      ['all.1', true],
    ]);
    expect(Number(why.nodes[2].value)).toBe(80);
    const not = await explain(bob);
    expect(not).toMatchObject({ member: false, holds: false, since: null });
    expect(not.nodes.map((node: { holds: boolean }) => node.holds)).toEqual([false, true, false]);
    expect(not.nodes[1].value).toBe('ES');
  });

  test('tells its members as events', async () => {
    await server.events.drained();
    const { events } = await ask(server, 'query { events(types: ["segment.entered"]) { nodes { type subjectId data } } }');
    expect(events.nodes.map((one: { data: { after: object } }) => one.data.after)).toContainEqual(
      expect.objectContaining({ segmentId: id, customerId: ann }),
    );
    expect(events.nodes[0]).toMatchObject({ type: 'segment.entered', data: { after: { customerId: ann } } });
  });
});

describe('a preview', () => {
  const preview =
    'query ($rule: SegmentRuleInput!) { segmentPreview(rule: $rule, sample: 1) { count { value isExact } sample { displayName } } }';
  test('counts and shows without saving', async () => {
    const { segmentPreview } = await ask(server, preview, { rule: { field: { country: { eq: 'ES' } } } });
    expect(segmentPreview).toEqual({ count: { value: 2, isExact: true }, sample: [{ displayName: 'Ann' }] });
  });

  test('tells the path of a fault', async () => {
    const deep = Array.from({ length: 20 }).reduce<object>((inner) => ({ not: inner }), { field: { country: { eq: 'ES' } } });
    const refused = async (bad: object) => (await server.query(preview, { rule: bad })).errors[0]!.extensions;
    expect(await refused(deep)).toMatchObject({ code: 'BAD_USER_INPUT', reason: 'RULE_TOO_DEEP' });
    expect(await refused({ any: [{ segment: { in: ['nobody'] } }] })).toMatchObject({
      reason: 'NOT_FOUND',
      path: ['rule', 'any', '0', 'segment', 'in', '0'],
    });
    const saved = await mutate(
      server,
      'segmentCreate',
      { key: 'bad', name: 'Bad', segmentation: 'profiles', rule: { any: [{ attribute: { key: 'no_such', text: { eq: 'x' } } }] } },
      'segment { id }',
    );
    expect(saved.segment).toBeNull();
    expect(saved.userErrors[0].path.slice(0, 4)).toEqual(['rule', 'any', '0', 'attribute']);
  });

  test('shows nothing that the role hides', async () => {
    const key = await keyOfRole(server, { permissions: ['segments:read', 'customers:read'], hiddenFields: ['Customer.country'] });
    expect(await codesOf(server, preview, { rule: { field: { country: { eq: 'ES' } } } }, key)).toEqual(['FORBIDDEN']);
    expect(await codesOf(server, preview, { rule: rule.all[1] }, key)).toEqual(['FORBIDDEN']);
    const explain = 'query ($customer: ID!, $id: ID!) { segmentExplain(customer: $customer, segment: $id) { member } }';
    const { segments } = await ask(server, '{ segments(filter: { key: { eq: "big_in_spain" } }) { nodes { id } } }');
    expect(await codesOf(server, explain, { customer: ann, id: segments.nodes[0].id }, key)).toEqual(['FORBIDDEN']);
    const own = await keyOfRole(server, {
      permissions: ['segments:read', 'customers:read'],
      rowScopes: [{ subject: 'customers', scope: 'OWN' }],
    });
    const { segmentPreview } = await ask(server, preview, { rule: { field: { country: { eq: 'ES' } } } }, own);
    expect(segmentPreview.count.value).toBe(0);
  });
});

describe('a portfolio', () => {
  const portfolio = `query ($key: String!) { portfolio(segmentation: $key) {
    parts { segment { key } customers value { amount currency } shareOfValue shareOfCustomers interactions costToServe { amount currency } }
    totals { customers value { amount } interactions costToServe { amount } } } }`;

  test('shows what each class is worth and costs', async () => {
    const measure = { source: 'INTERACTION_VALUE', kinds: ['order_placed'] };
    await done(
      server,
      'segmentationCreate',
      { key: 'abc', name: 'ABC', kind: 'STRATEGIC', method: 'VALUE_CLASSES', measure, recomputeMinutes: 60 },
      'segmentation { id measure { source kinds } recomputeAt }',
    );
    await settle();
    const data = (await ask(server, portfolio, { key: 'abc' })).portfolio;
    expect(
      data.parts.map((part: Record<string, unknown>) => [
        (part.segment as { key: string }).key,
        part.customers,
        Number((part.value as { amount: string }).amount),
        part.interactions,
      ]),
    ).toEqual([
      ['abc_a', 1, 80, 2],
      ['abc_b', 1, 15, 1],
      ['abc_c', 1, 5, 1],
      ['abc_none', 0, 0, 0],
    ]);
    expect(data.parts[0]).toMatchObject({ shareOfValue: 0.8, costToServe: [{ amount: '0.20', currency }] });
    expect(data.totals).toEqual({ customers: 3, value: { amount: '100.00' }, interactions: 4, costToServe: [{ amount: '0.40' }] });
    expect(await codesOf(server, portfolio, { key: 'profiles' })).toEqual(['BAD_USER_INPUT']);
    const key = await keyOfRole(server, { permissions: ['segments:read', 'customers:read'] });
    expect(await codesOf(server, portfolio, { key: 'abc' }, key)).toEqual(['FORBIDDEN']);
  });

  test('has parts that add up to the total, exactly', async () => {
    const viewer = systemViewer(server.workspaceId);
    const exact = (text: string) => BigInt(text.replace('.', ''));
    const contacts = fc.array(fc.record({ who: fc.nat(2), value: fc.integer({ min: -99_999, max: 999_999 }), cost: fc.nat(9_999) }), {
      minLength: 1,
      maxLength: 6,
    });
    await fc.assert(
      fc.asyncProperty(contacts, async (made) => {
        for (const { who, value, cost } of made) {
          const id = [ann, bob, cleo][who]!;
          await record(server, {
            customer: { id },
            kind: 'order_placed',
            value: amount((value / 10_000).toFixed(4)),
            cost: amount((cost / 10_000).toFixed(4)),
          });
        }
        const whole = (await readPortfolio(server.db, viewer, 'abc', null, null))!;
        const sum = (read: (part: (typeof whole.parts)[number]) => bigint) => whole.parts.reduce((all, part) => all + read(part), 0n);
        expect(sum((part) => exact(part.value))).toBe(exact(whole.total.value));
        expect(sum((part) => BigInt(part.interactions))).toBe(BigInt(whole.total.interactions));
        expect(sum((part) => BigInt(part.customers))).toBe(3n);
        expect(sum((part) => part.costs.reduce((all, one) => all + exact(one.amount), 0n))).toBe(exact(whole.total.costs[0]!.amount));
      }),
      { numRuns: 5 },
    );
  });
});
