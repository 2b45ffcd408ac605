// Questions that no client should ask: ids, cursors, filters, orders and pages that are none, or of something else.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Answer, startTestServer, type TestServer } from '../support/server.ts';

let server: TestServer;
let customer = '';

beforeAll(async () => {
  server = await startTestServer();
  const rows = Array.from({ length: 5 }, (_, i) => ({
    externalId: { system: 'erp', value: String(i) },
    displayName: `Customer ${i}`,
    attributes: { score: i, note: `n${i}` },
  }));
  const definitions = [
    { entity: 'CUSTOMER', key: 'score', name: 'Score', type: 'NUMBER' },
    { entity: 'CUSTOMER', key: 'note', name: 'Note', type: 'TEXT' },
  ];
  await server.query(
    'mutation ($rows: [AttributeDefinitionUpsertRow!]!) { attributeDefinitionsUpsert(input: { rows: $rows }) { created } }',
    { rows: definitions },
  );
  const { data } = await server.query(
    'mutation ($rows: [CustomerUpsertRow!]!) { customersUpsert(input: { rows: $rows }) { results { id } } }',
    { rows },
  );
  customer = data.customersUpsert.results[0].id;
  const recorded = (currency: string) => ({
    customer: { id: customer },
    kind: 'order_placed',
    channel: 'web',
    direction: 'INBOUND',
    value: { amount: '1', currency },
  });
  await server.query('mutation ($rows: [InteractionRecordRow!]!) { interactionsRecord(input: { rows: $rows }) { created } }', {
    rows: [recorded('GBP'), recorded('EUR')],
  });
  await server.events.drained();
});
afterAll(() => server?.stop());

function expectCode(answer: Answer, code: string): void {
  expect(answer.errors.map((error) => error.extensions.code)).toEqual([code]);
  expect(answer.errors[0]!.message).not.toMatch(/select |syntax error|\bat .*\.ts:/);
  expect(answer.errors[0]!.message.length).toBeLessThan(1_000);
}

const list =
  'query ($first: Int, $after: String, $last: Int, $before: String, $filter: CustomerFilter, $orderBy: [CustomerOrder!]) { customers(first: $first, after: $after, last: $last, before: $before, filter: $filter, orderBy: $orderBy) { nodes { id } pageInfo { endCursor } } }';
const ask = (variables: Record<string, unknown>) => server.query(list, variables);

describe('ids', () => {
  test.for<[string, string]>([
    ['nothing', ''],
    ['a word', 'customer'],
    ['a prefix', 'customer_'],
    ['an unknown type', 'dragon_01h455vb4pex5vsknk084sn02q'],
    ['a prefix of the language itself', 'constructor_01h455vb4pex5vsknk084sn02q'],
    ['more than 128 bits', 'customer_81h455vb4pex5vsknk084sn02q'],
    ['letters that ids do not have', 'customer_01h455vb4pex5vsknk084snilou'],
    ['capitals', 'CUSTOMER_01H455VB4PEX5VSKNK084SN02Q'],
    ['a UUID', '0190163d-8694-739b-aea5-966c26f8ad90'],
    ['SQL', "customer_' or 1=1 --"],
    ['a long text', 'customer_'.repeat(100_000)],
  ])('%s', async ([, id]) => {
    expectCode(await server.query('query ($id: ID!) { node(id: $id) { id } }', { id }), 'ID_INVALID');
    expectCode(await server.query('query ($id: ID!) { interaction(id: $id) { id } }', { id }), 'ID_INVALID');
    expectCode(await server.query('query ($id: ID!) { customer(by: { id: $id }) { id } }', { id }), 'ID_INVALID');
    expectCode(await server.query('query ($id: ID!) { events(subjectId: $id) { nodes { id } } }', { id }), 'ID_INVALID');
    expectCode(await ask({ filter: { owner: { eq: id } } }), 'ID_INVALID');
  });

  test('of another type', async () => {
    expectCode(await server.query('query ($id: ID!) { interaction(id: $id) { id } }', { id: customer }), 'ID_INVALID');
    expectCode(await ask({ filter: { owner: { in: [customer] } } }), 'ID_INVALID');
  });

  test('too many at once', async () => {
    expectCode(
      await server.query('query ($ids: [ID!]!) { nodes(ids: $ids) { id } }', { ids: Array.from({ length: 101 }, () => customer) }),
      'BAD_USER_INPUT',
    );
  });

  test('one that is none beside one that is', async () => {
    const { data, errors } = await server.query('query ($ids: [ID!]!) { nodes(ids: $ids) { id } }', { ids: [customer, 'x'] });
    expect(data.nodes).toEqual([{ id: customer }, null]);
    expect(errors.map((error) => [error.extensions.code, error.path])).toEqual([['ID_INVALID', ['nodes', 1]]]);
  });
});

describe('pages', () => {
  test.for<[string, Record<string, unknown>, string]>([
    ['a negative page', { first: -1 }, 'PAGE_INVALID'],
    ['101 rows', { first: 101 }, 'PAGE_INVALID'],
    ['the largest number', { first: 2_147_483_647 }, 'PAGE_INVALID'],
    ['a number beyond 32 bits', { first: 2_147_483_648 }, 'BAD_USER_INPUT'],
    ['a broken number', { first: 1.5 }, 'BAD_USER_INPUT'],
    ['both ends', { first: 1, last: 1 }, 'PAGE_INVALID'],
    ['from the wrong end', { first: 1, before: 'x' }, 'PAGE_INVALID'],
    ['from the other wrong end', { last: 1, after: 'x' }, 'PAGE_INVALID'],
  ])('%s', async ([, variables, code]) => {
    expectCode(await ask(variables), code);
  });

  test.for([0, -1, 1_000_001])('counting up to %d', async (upTo) => {
    expectCode(await server.query('query ($upTo: Int!) { customers { totalCount(upTo: $upTo) { value } } }', { upTo }), 'BAD_USER_INPUT');
  });
});

describe('cursors', () => {
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const first = async (variables: Record<string, unknown>) =>
    (await ask({ first: 1, ...variables })).data.customers.pageInfo.endCursor as string;

  test.for<[string, string]>([
    ['nothing', ''],
    ['a word', 'cursor'],
    ['what is no base64', '%%%%'],
    ['what is no JSON', Buffer.from('no JSON').toString('base64url')],
    ['a number', encode(1)],
    ['an object', encode({ __proto__: [] })],
    ['an empty list', encode([])],
    ['100,000 letters', 'a'.repeat(100_000)],
  ])('%s', async ([, after]) => {
    expectCode(await ask({ first: 1, after }), 'CURSOR_INVALID');
    expectCode(await server.query('query ($after: String) { events(after: $after) { nodes { id } } }', { after }), 'CURSOR_INVALID');
    expectCode(
      await server.query('query ($id: ID!, $after: String) { customer(by: { id: $id }) { timeline(after: $after) { nodes { at } } } }', {
        id: customer,
        after,
      }),
      'CURSOR_INVALID',
    );
  });

  test.for<[string, Record<string, unknown>, Record<string, unknown>]>([
    ['another filter', {}, { filter: { country: { eq: 'GB' } } }],
    ['another order', {}, { orderBy: [{ field: 'DISPLAY_NAME' }] }],
    [
      'another direction',
      { orderBy: [{ field: 'CREATED_AT', direction: 'ASC' }] },
      { orderBy: [{ field: 'CREATED_AT', direction: 'DESC' }] },
    ],
  ])('of %s', async ([, one, other]) => {
    expectCode(await ask({ first: 1, after: await first(one), ...other }), 'CURSOR_MISMATCH');
  });

  test('of another list', async () => {
    expectCode(
      await server.query('query ($after: String) { interactions(after: $after) { nodes { id } } }', { after: await first({}) }),
      'CURSOR_MISMATCH',
    );
  });

  test.for<[string, (values: unknown[]) => unknown[]]>([
    ['a value too few', (values) => values.slice(0, 1)],
    ['a value too many', (values) => [...values, 'x']],
    ['SQL for a moment', ([, id]) => ["2026-01-01'; drop table customers; --", id]],
    ['a day that does not exist', ([, id]) => ['2025-02-30 00:00:00+00', id]],
    ['a month that does not exist', ([, id]) => ['2025-13-01 00:00:00+00', id]],
    ['the year 0', ([, id]) => ['0000-01-01 00:00:00+00', id]],
    ['the hour 24', ([, id]) => ['2025-01-01 24:00:01+00', id]],
    ['the end of time', ([, id]) => ['infinity', id]],
    ['a number for a moment', ([, id]) => [1, id]],
    ['a moment as an object', ([, id]) => [{}, id]],
    ['nothing where something must be', ([, id]) => [null, id]],
    ['something else for an id', ([at]) => [at, 'x']],
    ['nothing for an id', ([at]) => [at, null]],
  ])('forged: %s', async ([, forge]) => {
    const [print, ...values] = JSON.parse(Buffer.from(await first({}), 'base64url').toString()) as unknown[];
    expectCode(await ask({ first: 1, after: encode([print, ...forge(values)]) }), 'CURSOR_INVALID');
  });

  test.for<[string, 'TEXT' | 'NUMBER', string]>([
    ['SQL for a number', 'NUMBER', '1; drop table customers'],
    ['a number of 100 digits', 'NUMBER', '1'.repeat(100)],
    ['not a number', 'NUMBER', 'NaN'],
    ['NUL in a text', 'TEXT', 'a\0'],
  ])('forged in the order of an attribute: %s', async ([, type, value]) => {
    const orderBy = [{ attribute: { key: type === 'TEXT' ? 'note' : 'score', type } }];
    const [print, , id] = JSON.parse(Buffer.from(await first({ orderBy }), 'base64url').toString()) as unknown[];
    expectCode(await ask({ first: 1, orderBy, after: encode([print, value, id]) }), 'CURSOR_INVALID');
  });

  test('ahead of the log', async () => {
    const after = Buffer.from('event:999999999').toString('base64url');
    expectCode(await server.query('query ($after: String) { events(after: $after) { nodes { id } } }', { after }), 'CURSOR_AHEAD');
  });

  test.for(['event:-1', 'event:01', 'event:99999999999999999999', 'event:1 or 1=1', 'Event:1'])('of the log, forged: %s', async (text) => {
    expectCode(
      await server.query('query ($after: String) { events(after: $after) { nodes { id } } }', {
        after: Buffer.from(text).toString('base64url'),
      }),
      'CURSOR_INVALID',
    );
  });
});

describe('filters', () => {
  const nested = (depth: number, inner: unknown = { country: { eq: 'GB' } }) => {
    let filter = inner;
    for (let i = 1; i < depth; i++) filter = { not: filter };
    return filter;
  };
  const conditions = (count: number) => ({ or: Array.from({ length: count }, () => ({ country: { eq: 'GB' } })) });

  test.for<[string, () => Record<string, unknown>, string]>([
    ['six deep', () => ({ filter: nested(6) }), 'FILTER_TOO_COMPLEX'],
    ['51 conditions', () => ({ filter: conditions(51) }), 'FILTER_TOO_COMPLEX'],
    ['100,000 empty conditions', () => ({ filter: { and: Array.from({ length: 100_000 }, () => ({})) } }), 'FILTER_TOO_COMPLEX'],
    ['501 values', () => ({ filter: { country: { in: Array.from({ length: 501 }, () => 'GB') } } }), 'FILTER_TOO_COMPLEX'],
    ['501 values of a list', () => ({ filter: { tags: { hasAny: Array.from({ length: 501 }, () => 'x') } } }), 'FILTER_TOO_COMPLEX'],
    [
      '501 values of an attribute',
      () => ({ filter: { attributes: [{ key: 'note', text: { in: Array.from({ length: 501 }, () => 'x') } }] } }),
      'FILTER_TOO_COMPLEX',
    ],
    ['501 keys', () => ({ filter: { stage: { in: Array.from({ length: 501 }, () => 'x') } } }), 'FILTER_TOO_COMPLEX'],
    ['an unknown field', () => ({ filter: { soul: { eq: 1 } } }), 'BAD_USER_INPUT'],
    ['an unknown operator', () => ({ filter: { country: { like: 'G%' } } }), 'BAD_USER_INPUT'],
    ['a value of another type', () => ({ filter: { country: { eq: 1 } } }), 'BAD_USER_INPUT'],
    ['null among values', () => ({ filter: { country: { in: [null] } } }), 'BAD_USER_INPUT'],
    ['an unknown name of an enum', () => ({ filter: { kind: { eq: 'ROBOT' } } }), 'BAD_USER_INPUT'],
    ['a day that does not exist', () => ({ filter: { createdAt: { gt: '2025-02-30T00:00:00Z' } } }), 'BAD_USER_INPUT'],
    [
      'SQL for the key of an attribute',
      () => ({ filter: { attributes: [{ key: "note') or true --", isNull: false }] } }),
      'BAD_USER_INPUT',
    ],
    [
      'a moment that is none, of an attribute',
      () => ({ filter: { attributes: [{ key: 'note', date: { gt: '2025-13-01T00:00:00Z' } }] } }),
      'BAD_USER_INPUT',
    ],
    [
      'a number beyond all bounds, of an attribute',
      () => ({ filter: { attributes: [{ key: 'score', number: { gt: 'Infinity' } }] } }),
      'BAD_USER_INPUT',
    ],
  ])('%s', async ([, variables, code]) => {
    expectCode(await ask(variables()), code);
  });

  test('a document that nests a filter 200 deep', async () => {
    const filter = `${'{ not: '.repeat(200)}{ country: { eq: "GB" } }${' }'.repeat(200)}`;
    expectCode(await server.query(`{ customers(filter: ${filter}) { nodes { id } } }`), 'FILTER_TOO_COMPLEX');
  });

  // Whatever stands in a text is a text.
  test.for<[string, Record<string, unknown>]>([
    ['wildcards in a search', { name: '%_\\' }],
    ['a wildcard at the start', { displayName: { startsWith: '%' } }],
    ['a backslash at the end', { displayName: { startsWith: 'Customer\\' } }],
    ['SQL', { displayName: { eq: "x' or '1'='1" } }],
    ['SQL in a list', { tags: { has: "{a,b}'::text[] --" } }],
    ['a JSON path in an attribute', { attributes: [{ key: 'note', text: { eq: '"n1" or $' } }] }],
    ['a megabyte', { displayName: { eq: 'x'.repeat(1_000_000) } }],
    ['a key that nothing has', { stage: { eq: "no'such" } }],
    ['the first year', { createdAt: { lt: '0001-01-01T00:00:00+14:00' } }],
    ['the last year', { createdAt: { gt: '9999-12-31T23:59:59.999-14:00' } }],
    ['no values', { country: { in: [] } }],
    ['a number of 300 digits, of an attribute', { attributes: [{ key: 'score', number: { gt: 1e300 } }] }],
  ])('%s finds nothing and breaks nothing', async ([, filter]) => {
    expect(await ask({ filter })).toMatchObject({ status: 200, errors: [], data: { customers: { nodes: [] } } });
  });
});

describe('orders, sums and the rest', () => {
  test.for<[string, Record<string, unknown>, string]>([
    [
      'four terms',
      {
        orderBy: [
          { field: 'CREATED_AT' },
          { field: 'UPDATED_AT' },
          { field: 'DISPLAY_NAME' },
          { attribute: { key: 'note', type: 'TEXT' } },
        ],
      },
      'ORDER_INVALID',
    ],
    ['the same twice', { orderBy: [{ field: 'CREATED_AT' }, { field: 'CREATED_AT', direction: 'DESC' }] }, 'ORDER_INVALID'],
    ['an empty term', { orderBy: [{}] }, 'ORDER_INVALID'],
    ['a field and an attribute in one', { orderBy: [{ field: 'CREATED_AT', attribute: { key: 'note', type: 'TEXT' } }] }, 'ORDER_INVALID'],
    ['SQL for an attribute', { orderBy: [{ attribute: { key: "note' desc; --", type: 'TEXT' } }] }, 'ORDER_INVALID'],
    ['an unknown field', { orderBy: [{ field: 'SOUL' }] }, 'BAD_USER_INPUT'],
  ])('%s', async ([, variables, code]) => {
    expectCode(await ask(variables), code);
  });

  test.for<[string, string, string]>([
    ['a sum over two currencies', '{ interactions { sum(field: VALUE) { amount } } }', 'MIXED_CURRENCIES'],
    ['51 types of events', `{ events(types: [${Array.from({ length: 51 }, () => '"x"')}]) { nodes { id } } }`, 'BAD_USER_INPUT'],
    ['a phone number that is none', '{ recognise(identity: { kind: PHONE, value: "none" }) { customerId } }', 'BAD_USER_INPUT'],
    ['an e-mail that is none', '{ customer(by: { identity: { kind: EMAIL, value: "none" } }) { id } }', 'BAD_USER_INPUT'],
    [
      'a period that ends before it begins',
      '{ touchPoints(first: 1) { nodes { figures(from: "2026-01-02T00:00:00Z", to: "2026-01-01T00:00:00Z") { volume } } } }',
      'BAD_USER_INPUT',
    ],
  ])('%s', async ([, document, code]) => {
    expectCode(await server.query(document), code);
  });

  test('the server goes on', async () => {
    expect((await ask({})).data.customers.nodes).toHaveLength(5);
  });
});
