// @idempotent: one effect, whatever clients do with their keys.
import sql from 'sql-template-tag';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Answer, startTestServer, type TestServer } from '../support/server.ts';
import { tableCounts } from '../support/table-counts.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ poolSize: 8 });
});
afterAll(() => server?.stop());

let last = 0;
/** A key that no other test uses. */
const newKey = () => `key-${++last}`;

const create =
  'mutation ($key: String!, $input: CustomerCreateInput!) { customerCreate(input: $input) @idempotent(key: $key) { customer { id displayName version } userErrors { code } } }';
const send = (key: string, input: object, credential?: string) =>
  server.query(create, { key, input }, credential ? { key: credential } : {});
const customerOf = ({ data, errors }: Answer) => {
  expect(errors).toEqual([]);
  expect(data.customerCreate.userErrors).toEqual([]);
  return data.customerCreate.customer as { id: string; displayName: string; version: number };
};
const codes = ({ errors }: Answer) => errors.map((error) => error.extensions.code);

/** Rows that the work made, by table. */
async function madeBy(work: () => Promise<unknown>): Promise<Record<string, number>> {
  await server.events.drained();
  const before = await tableCounts(server.db);
  await work();
  await server.events.drained();
  const after = await tableCounts(server.db);
  return Object.fromEntries(
    Object.entries(after).flatMap(([table, rows]) => (rows === before[table] ? [] : [[table, rows - before[table]!]])),
  );
}

describe('a key', () => {
  test.for<[string, string]>([
    ['empty', ''],
    ['of 201 characters', 'k'.repeat(201)],
  ])('%s is refused', async ([, key]) => {
    expect(await madeBy(async () => expect(codes(await send(key, { displayName: 'Ada' }))).toEqual(['IDEMPOTENCY_KEY_INVALID']))).toEqual(
      {},
    );
  });

  test('of 200 characters, with any letters, is taken', async () => {
    const key = `${'k'.repeat(190)} 'ключ'; --`.slice(0, 200);
    const first = customerOf(await send(key, { displayName: 'Ada' }));
    expect(customerOf(await send(key, { displayName: 'Ada' }))).toEqual(first);
  });

  test.for<[string, string, string]>([
    [
      'with NUL',
      'mutation { customerCreate(input: { displayName: "x" }) @idempotent(key: "a\\u0000") { userErrors { code } } }',
      'GRAPHQL_VALIDATION_FAILED',
    ],
    [
      'that is a number',
      'mutation { customerCreate(input: { displayName: "x" }) @idempotent(key: 1) { userErrors { code } } }',
      'GRAPHQL_VALIDATION_FAILED',
    ],
    [
      'left out',
      'mutation { customerCreate(input: { displayName: "x" }) @idempotent { userErrors { code } } }',
      'GRAPHQL_VALIDATION_FAILED',
    ],
    [
      'given twice on one field',
      'mutation { customerCreate(input: { displayName: "x" }) @idempotent(key: "a") @idempotent(key: "b") { userErrors { code } } }',
      'GRAPHQL_VALIDATION_FAILED',
    ],
    [
      'and another on one response name',
      'mutation { r: customerCreate(input: { displayName: "x" }) @idempotent(key: "a") { userErrors { code } } r: customerCreate(input: { displayName: "x" }) @idempotent(key: "b") { customer { id } } }',
      'IDEMPOTENCY_KEY_INVALID',
    ],
    [
      'twice on one response name',
      'mutation { ...A ...B } fragment A on Mutation { r: customerCreate(input: { displayName: "x" }) @idempotent(key: "a") { userErrors { code } } } fragment B on Mutation { r: customerCreate(input: { displayName: "x" }) @idempotent(key: "a") { customer { id } } }',
      'IDEMPOTENCY_KEY_INVALID',
    ],
  ])('%s is refused', async ([, document, code]) => {
    expect(await madeBy(async () => expect(codes(await server.query(document))).toEqual([code]))).toEqual({});
  });
});

describe('the same key and input', () => {
  test('answers the first result without a second effect, read afresh', async () => {
    const key = newKey();
    const input = { displayName: 'Ada', attributes: {}, tags: ['a', 'b'] };
    const first = customerOf(await send(key, input));
    await server.query('mutation ($id: ID!) { customerUpdate(input: { id: $id, displayName: "Countess" }) { userErrors { code } } }', {
      id: first.id,
    });
    const made = await madeBy(async () => {
      const again = await send(key, { tags: ['a', 'b'], attributes: {}, displayName: 'Ada' });
      expect(customerOf(again)).toEqual({ id: first.id, displayName: 'Countess', version: 2 });
    });
    expect(made).toEqual({});
  });

  test('twenty times at once have one effect', async () => {
    const key = newKey();
    const input = { displayName: 'Once', externalId: { system: 'race', value: '1' } };
    let ids: string[] = [];
    const made = await madeBy(async () => {
      const answers = await Promise.all(Array.from({ length: 20 }, () => send(key, input)));
      ids = answers.map((answer) => customerOf(answer).id);
    });
    expect(new Set(ids).size).toBe(1);
    expect(made).toEqual({ customers: 1, identities: 1, events: 1, idempotency_records: 1 });
  });

  test('of a bulk call answers the rows as the first time', async () => {
    const document =
      'mutation ($key: String!, $rows: [CustomerUpsertRow!]!) { customersUpsert(input: { rows: $rows, onError: SKIP }) @idempotent(key: $key) { created unchanged rejected results { index status id userErrors { code path } } } }';
    const variables = { key: newKey(), rows: [{ externalId: { system: 'b', value: '1' }, displayName: 'One' }, { displayName: 'Nobody' }] };
    const first = await server.query(document, variables);
    expect(first.data.customersUpsert).toMatchObject({ created: 1, unchanged: 0, rejected: 1 });
    const made = await madeBy(async () => expect((await server.query(document, variables)).data).toEqual(first.data));
    expect(made).toEqual({});
  });
});

describe('the same key and other input', () => {
  test.for<[string, object, object]>([
    ['another value', { displayName: 'Ada' }, { displayName: 'Eve' }],
    ['one field more', { displayName: 'Ada' }, { displayName: 'Ada', city: 'Bath' }],
    ['null where nothing was', { displayName: 'Ada' }, { displayName: 'Ada', city: null }],
    ['another order of a list', { displayName: 'Ada', tags: ['a', 'b'] }, { displayName: 'Ada', tags: ['b', 'a'] }],
    ['null in place of an attribute', { displayName: 'Ada', attributes: {} }, { displayName: 'Ada', attributes: { colour: null } }],
  ])('is refused: %s', async ([, one, other]) => {
    const key = newKey();
    customerOf(await send(key, one));
    expect(await madeBy(async () => expect(codes(await send(key, other))).toEqual(['IDEMPOTENCY_KEY_REUSED']))).toEqual({});
  });

  test('or of another mutation is refused', async () => {
    const key = newKey();
    const { id } = customerOf(await send(key, { displayName: 'Ada' }));
    const archive = await server.query(
      'mutation ($key: String!, $id: ID!) { customerArchive(input: { id: $id }) @idempotent(key: $key) { userErrors { code } } }',
      { key, id },
    );
    expect(codes(archive)).toEqual(['IDEMPOTENCY_KEY_REUSED']);
  });

  test('in one operation has the first effect only', async () => {
    const document =
      'mutation { a: customerCreate(input: { displayName: "A" }) @idempotent(key: "one-operation") { customer { displayName } } b: customerCreate(input: { displayName: "B" }) @idempotent(key: "one-operation") { customer { displayName } } }';
    const made = await madeBy(async () => expect(codes(await server.query(document))).toEqual(['IDEMPOTENCY_KEY_REUSED']));
    expect(made).toEqual({ customers: 1, events: 1, idempotency_records: 1 });
  });
});

describe('what is not kept', () => {
  test('user errors: the key is free for the mended call', async () => {
    const key = newKey();
    const refused = await send(key, { displayName: 'Ada', stage: 'none' });
    expect(refused.data.customerCreate.userErrors).toEqual([{ code: 'NOT_FOUND' }]);
    expect(customerOf(await send(key, { displayName: 'Ada', stage: 'loyal' })).displayName).toBe('Ada');
  });

  test('malformed input', async () => {
    const key = newKey();
    expect(codes(await send(key, { displayName: 5 }))).toEqual(['BAD_USER_INPUT']);
    customerOf(await send(key, { displayName: 'Five' }));
  });

  test('dry runs and bulk calls that a row stopped', async () => {
    const document =
      'mutation ($key: String!, $input: CustomersUpsertInput!) { customersUpsert(input: $input) @idempotent(key: $key) { created rejected } }';
    const key = newKey();
    const row = { externalId: { system: 'd', value: '1' }, displayName: 'D' };
    const made = await madeBy(async () => {
      expect((await server.query(document, { key, input: { rows: [row], dryRun: true } })).data.customersUpsert).toEqual({
        created: 1,
        rejected: 0,
      });
      expect((await server.query(document, { key, input: { rows: [row, {}] } })).data.customersUpsert).toEqual({ created: 0, rejected: 1 });
    });
    expect(made).toEqual({});
    expect((await server.query(document, { key, input: { rows: [row] } })).data.customersUpsert).toEqual({ created: 1, rejected: 0 });
  });

  test('what is forbidden', async () => {
    const key = newKey();
    const reader = await credential('read-only');
    expect(codes(await send(key, { displayName: 'Ada' }, reader))).toEqual(['FORBIDDEN']);
    customerOf(await send(key, { displayName: 'Ada' }));
  });

  test('anything for longer than 24 hours', async () => {
    const key = newKey();
    const first = customerOf(await send(key, { displayName: 'Ada' }));
    const age = (interval: string) =>
      server.db.execute(sql`update idempotency_records set created_at = now() - ${interval}::interval where key = ${key}`);
    await age('23 hours 59 minutes');
    expect(customerOf(await send(key, { displayName: 'Ada' })).id).toBe(first.id);
    await age('24 hours 1 minute');
    const second = customerOf(await send(key, { displayName: 'Eve' }));
    expect(second.id).not.toBe(first.id);
    expect(customerOf(await send(key, { displayName: 'Eve' })).id).toBe(second.id);
  });
});

async function credential(role: string): Promise<string> {
  const { data } = await server.query('mutation ($role: String!) { apiKeyCreate(input: { name: "Other", role: $role }) { key } }', {
    role,
  });
  return data.apiKeyCreate.key;
}

test('the same key of another credential is another key', async () => {
  const key = newKey();
  const first = customerOf(await send(key, { displayName: 'Ada' }));
  const other = await credential('administrator');
  const second = customerOf(await send(key, { displayName: 'Eve' }, other));
  expect(second.id).not.toBe(first.id);
  expect(customerOf(await send(key, { displayName: 'Ada' })).id).toBe(first.id);
  expect(customerOf(await send(key, { displayName: 'Eve' }, other)).id).toBe(second.id);
});

test('a stored result tells nothing that the role may no longer see', async () => {
  const key = newKey();
  const integration = await credential('integration');
  const { id } = customerOf(await send(key, { displayName: 'Ada' }, integration));
  const { data } = await server.query('{ roles(filter: { key: { eq: "integration" } }) { nodes { id } } }');
  const change = (permissions: string[]) =>
    server.query(
      'mutation ($id: ID!, $permissions: [String!]!) { roleUpdate(input: { id: $id, permissions: $permissions }) { userErrors { code } } }',
      { id: data.roles.nodes[0].id, permissions },
    );
  await change(['customers:write']);
  const again = await send(key, { displayName: 'Ada' }, integration);
  expect([again.data, codes(again)]).toEqual([{ customerCreate: { customer: null, userErrors: [] } }, []]);
  await change(['customers:read']);
  expect(codes(await send(key, { displayName: 'Ada' }, integration))).toEqual(['FORBIDDEN']);
  expect(id).toMatch(/^customer_/);
});
