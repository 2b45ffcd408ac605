// Interactions as people look for them: filters, orders, counts, sums and roll-ups.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ask, bulk, codesOf, type Data, done, keyOfRole, makeCustomer } from '../support/core.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server?.stop());

describe('lists and sums', () => {
  const names: Record<string, string> = {};
  beforeAll(async () => {
    // A family of three levels: holding <- mid <- leaf, and a stranger.
    for (const name of ['holding', 'mid', 'leaf', 'stranger'])
      names[name] = await makeCustomer(server, { kind: 'ORGANISATION', displayName: name });
    for (const [from, to] of [
      ['mid', 'holding'],
      ['leaf', 'mid'],
    ])
      await done(
        server,
        'relationshipCreate',
        { kind: 'subsidiary_of', from: { id: names[from!] }, to: { id: names[to!] } },
        'relationship { id }',
      );
    const orders: [string, string, string, string, string][] = [
      ['holding', 'order_placed', '2025-01-01T00:00:00Z', '100', 'GBP'],
      ['mid', 'order_placed', '2025-01-02T00:00:00Z', '20.50', 'GBP'],
      ['mid', 'order_cancelled', '2025-01-03T00:00:00Z', '-0.50', 'GBP'],
      ['leaf', 'order_placed', '2025-01-04T00:00:00Z', '3', 'GBP'],
      ['leaf', 'order_placed', '2025-01-05T00:00:00Z', '7', 'EUR'],
      ['stranger', 'order_placed', '2025-01-06T00:00:00Z', '1000', 'GBP'],
    ];
    await bulk(
      server,
      'interactionsRecord',
      orders.map(([name, kind, occurredAt, amount, currency]) => ({
        customer: { id: names[name] },
        kind,
        touchPoint: 'web_shop',
        direction: 'INBOUND',
        occurredAt,
        value: { amount, currency },
      })),
    );
  });
  const of = (name: string, args: string, select: string) =>
    ask(server, `query ($id: ID!) { customer(by: { id: $id }) { interactions${args} { ${select} } } }`, { id: names[name] }).then(
      (data) => data.customer.interactions,
    );
  const counted = 'totalCount { value isExact } nodes { customer { displayName } }';

  test('roll up over all subsidiaries: contacts, counts and sums', async () => {
    const own = await of('holding', '', `${counted} sum(field: VALUE) { amount currency }`);
    expect(own).toMatchObject({ totalCount: { value: 1, isExact: true }, sum: { amount: '100.00', currency: 'GBP' } });
    const family = await of(
      'holding',
      '(rollUp: "subsidiary_of")',
      `${counted} sum(field: VALUE, currency: "GBP") { amount currency } euro: sum(field: VALUE, currency: "EUR") { amount }`,
    );
    expect(family.nodes.map((one: Data) => one.customer.displayName)).toEqual(['leaf', 'leaf', 'mid', 'mid', 'holding']);
    expect(family).toMatchObject({
      totalCount: { value: 5, isExact: true },
      sum: { amount: '123.00', currency: 'GBP' },
      euro: { amount: '7.00' },
    });
    expect(await of('mid', '(rollUp: "subsidiary_of", filter: { kind: { eq: "order_placed" } })', counted)).toMatchObject({
      totalCount: { value: 3 },
    });
    expect(await of('leaf', '(rollUp: "subsidiary_of")', counted)).toMatchObject({ totalCount: { value: 2 } });
    expect(await of('holding', '(rollUp: "no_such_kind")', counted)).toMatchObject({ totalCount: { value: 1 } });
  });

  test('of several currencies need one named, and are null where there is nothing', async () => {
    const sum = (filter: object, args = '') =>
      server.query(
        `query ($filter: InteractionFilter) { interactions(filter: $filter) { sum(field: VALUE${args}) { amount currency } } }`,
        { filter },
      );
    const mixed = await sum({ customerId: { eq: names.leaf } });
    expect(mixed.errors[0]!.extensions).toMatchObject({ code: 'MIXED_CURRENCIES', currencies: ['EUR', 'GBP'] });
    expect((await sum({ customerId: { eq: names.leaf } }, ', currency: "GBP"')).data.interactions.sum).toEqual({
      amount: '3.00',
      currency: 'GBP',
    });
    expect((await sum({ customerId: { eq: names.leaf } }, ', currency: "USD"')).data.interactions.sum).toBeNull();
    expect((await sum({ customer: { displayName: { eq: 'stranger' } } })).data.interactions.sum).toEqual({
      amount: '1000.00',
      currency: 'GBP',
    });
  });

  test('are filtered by any fact and ordered either way', async () => {
    const list = async (filter: object, orderBy?: object) => {
      const { interactions } = await ask(
        server,
        'query ($filter: InteractionFilter, $orderBy: [InteractionOrder!]) { interactions(filter: $filter, orderBy: $orderBy) { nodes { value { amount } } totalCount(upTo: 2) { value isExact } } }',
        { filter: { and: [{ touchPoint: { eq: 'web_shop' }, customer: { kind: { eq: 'ORGANISATION' } } }, filter] }, orderBy },
      );
      expect(interactions.totalCount).toEqual({ value: Math.min(2, interactions.nodes.length), isExact: interactions.nodes.length <= 2 });
      return interactions.nodes.map((one: Data) => Number(one.value.amount));
    };
    expect(await list({})).toEqual([1000, 7, 3, -0.5, 20.5, 100]);
    expect(await list({}, [{ field: 'OCCURRED_AT', direction: 'ASC' }])).toEqual([100, 20.5, -0.5, 3, 7, 1000]);
    expect(await list({ occurredAt: { gte: '2025-01-02T00:00:00Z', lt: '2025-01-04T00:00:00Z' } })).toEqual([-0.5, 20.5]);
    expect(await list({ kind: { ne: 'order_placed' } })).toEqual([-0.5]);
    expect(
      await list({
        or: [{ valueAmount: { gt: '99.99' } }, { customerId: { in: [names.leaf] } }],
        not: { occurredAt: { eq: '2025-01-05T00:00:00Z' } },
      }),
    ).toEqual([1000, 3, 100]);
    expect(await list({ channel: { in: ['web', 'phone'] }, sentiment: { isNull: true }, user: { isNull: false } })).toEqual([]);
    expect(await list({ kind: { in: [] } })).toEqual([]);
  });

  test('tell nothing of a field that the role hides', async () => {
    const key = await keyOfRole(server, {
      permissions: ['interactions:read', 'customers:read'],
      hiddenFields: ['Interaction.value', 'Interaction.body', 'Interaction.customer', 'Customer.displayName'],
    });
    const refused = (list: string) => codesOf(server, `{ interactions${list} }`, {}, key);
    expect((await ask(server, '{ interactions(first: 3) { nodes { value { amount } body } } }', {}, key)).interactions.nodes).toEqual(
      Array(3).fill({ value: null, body: null }),
    );
    expect(await refused('(filter: { valueAmount: { gt: "5" } }) { nodes { id } }')).toEqual(['FORBIDDEN']);
    expect(await refused(`(filter: { customerId: { eq: "${names.leaf}" } }) { nodes { id } }`)).toEqual(['FORBIDDEN']);
    expect(await refused('(filter: { customer: { displayName: { eq: "leaf" } } }) { nodes { id } }')).toEqual(['FORBIDDEN']);
    expect(await refused(' { sum(field: VALUE) { amount } }')).toEqual(['FORBIDDEN']);
    expect(await refused(' { nodes { channel { key } } }')).toContain('FORBIDDEN');
  });
});
