import sql from 'sql-template-tag';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { defineCommand } from '../../src/commands/command.ts';
import type { JsonValue } from '../../src/db/models.ts';
import { encodeId } from '../../src/graphql/ids.ts';
import { checkAttributes, attributeDefinitionCommands as commands } from '../../src/modules/attributes/index.ts';
import '../../src/modules/all.ts';
import { createWorld, type World } from '../support/command-world.ts';
import { until } from '../support/eventually.ts';

let world: World;
beforeAll(async () => {
  world = await createWorld();
});
afterAll(() => world?.close());

const define = (key: string, type: string, more: object = {}) =>
  world.run(commands.create, { entity: 'CUSTOMER', key, name: key, type, ...more });
const made = async (key: string, type: string, more: object = {}) => {
  const { result, errors } = await define(key, type, more);
  expect(errors).toEqual([]);
  return encodeId('AttributeDefinition', (result as { id: string }).id);
};
const _indexes = async () =>
  (
    await world.rows<{ indexname: string; indexdef: string }>(
      sql`select indexname, indexdef from pg_indexes where indexname like 'attribute\_%\_%' and indexname not like 'attribute_definitions%' order by 1`,
    )
  ).map((row) => row.indexdef);

describe('values', () => {
  type Asked = { given: unknown; current: Record<string, JsonValue> | null };
  const check = defineCommand<{ asked: Asked[] }, unknown>({
    name: 'check',
    description: '',
    permission: 'customers:write',
    input: z.any() as never,
    run: (ctx, { asked }) => Promise.all(asked.map(({ given, current }) => checkAttributes(ctx, 'Customer', given, current))),
  });
  const checked = async (given: unknown, current: Record<string, JsonValue> | null = {}) => {
    const { result } = await world.run(check, { asked: [{ given, current }] });
    const [one] = result as [{ attributes?: unknown; errors?: { code: string; path: string[] }[] }];
    return one.errors ? one.errors.map(({ code, path }) => `${code} ${path.join('.')}`) : one.attributes;
  };

  beforeAll(async () => {
    await made('size', 'NUMBER');
    await made('colour', 'SELECT', { options: ['red', 'green'] });
    await made('tier', 'TEXT', { required: true });
    const old = await made('old', 'TEXT');
    await world.run(commands.archive, { id: old });
    await world.run(commands.create, { entity: 'INTERACTION', key: 'elsewhere', name: 'E', type: 'TEXT' });
  });

  test('merge over those there are, and null removes one', async () => {
    expect(await checked({ size: 2, colour: null }, { tier: 'a', colour: 'red', size: 1 })).toEqual({ tier: 'a', size: 2 });
    expect(await checked(undefined, { anything: 1 })).toEqual({ anything: 1 });
  });

  test('are refused by key, all at once', async () => {
    expect(await checked({ nonsense: 1, size: 'big', colour: 'pink', elsewhere: 'x', old: 'x', __proto__x: 1 })).toEqual([
      'ATTRIBUTE_UNKNOWN attributes.nonsense',
      'ATTRIBUTE_TYPE attributes.size',
      'ATTRIBUTE_OPTION attributes.colour',
      'ATTRIBUTE_UNKNOWN attributes.elsewhere',
      'ATTRIBUTE_UNKNOWN attributes.old',
      'ATTRIBUTE_UNKNOWN attributes.__proto__x',
    ]);
    expect(await checked(JSON.parse('{"__proto__": 1, "constructor": 1}'))).toEqual([
      'ATTRIBUTE_UNKNOWN attributes.__proto__',
      'ATTRIBUTE_UNKNOWN attributes.constructor',
    ]);
    expect(await checked([1])).toEqual(['ATTRIBUTE_TYPE attributes']);
    expect(await checked('text')).toEqual(['ATTRIBUTE_TYPE attributes']);
  });

  test('required ones must be there in a new record and stay in an old one', async () => {
    expect(await checked({ size: 1 }, null)).toEqual(['ATTRIBUTE_REQUIRED attributes.tier']);
    expect(await checked(undefined, null)).toEqual(['ATTRIBUTE_REQUIRED attributes.tier']);
    expect(await checked({ tier: 5 }, null)).toEqual(['ATTRIBUTE_TYPE attributes.tier']);
    expect(await checked({ tier: null }, { tier: 'a' })).toEqual(['ATTRIBUTE_REQUIRED attributes.tier']);
    expect(await checked(null, { tier: 'a', size: 1 })).toEqual(['ATTRIBUTE_REQUIRED attributes.tier']);
    expect(await checked({ size: 3 }, {})).toEqual({ size: 3 });
  });

  test('what is left of an archived attribute can be taken off', async () => {
    expect(await checked({ old: null, size: 1 }, { old: 'x' })).toEqual({ size: 1 });
  });

  test('of 500 rows cost two statements', async () => {
    const asked = Array.from({ length: 500 }, (_one, i) => ({ given: { tier: `t${i}`, size: i }, current: null }));
    expect(await world.statementsOf(check, { asked })).toBe(2);
  });

  test('reach customers through their mutations, and can be read, filtered and ordered by', async () => {
    const { data, errors } = await world.ask(`mutation {
      big: customerCreate(input: { displayName: "Big", attributes: { tier: "a", size: 10, colour: "red" } }) { customer { attributes } userErrors { code path } }
      small: customerCreate(input: { displayName: "Small", attributes: { tier: "a", size: 2.5 } }) { customer { attributes } userErrors { code } }
      bad: customerCreate(input: { displayName: "Bad", attributes: { tier: "a", size: "x" } }) { customer { id } userErrors { code path } }
    }`);
    expect(errors).toEqual([]);
    expect(data.big.customer.attributes).toEqual({ tier: 'a', size: 10, colour: 'red' });
    expect(data.bad).toEqual({ customer: null, userErrors: [{ code: 'ATTRIBUTE_TYPE', path: ['attributes', 'size'] }] });
    const names = async (args: string) =>
      (await world.ask(`{ customers(${args}) { nodes { displayName } } }`)).data.customers.nodes.map(
        (node: { displayName: string }) => node.displayName,
      );
    const tierA = '{ key: "tier", text: { eq: "a" } }';
    expect(await names(`filter: { attributes: [${tierA}] } orderBy: [{ attribute: { key: "size", type: NUMBER } }]`)).toEqual([
      'Small',
      'Big',
    ]);
    expect(await names(`filter: { attributes: [${tierA}, { key: "size", number: { gt: 5 } }] }`)).toEqual(['Big']);
    expect(await names('filter: { attributes: [{ key: "colour", text: { in: ["green", "red"] } }] }')).toEqual(['Big']);
    expect(await names('filter: { attributes: [{ key: "size", number: { in: [2.5, 7] } }] }')).toEqual(['Small']);
  });
});

describe('definitions', () => {
  test('have options exactly where their type takes them', async () => {
    expect((await define('o1', 'SELECT')).errors).toEqual(['ATTRIBUTE_OPTIONS options']);
    expect((await define('o2', 'TEXT', { options: ['a'] })).errors).toEqual(['ATTRIBUTE_OPTIONS options']);
    const id = await made('o3', 'SELECT', { options: ['b', 'a', 'b'] });
    expect((await world.run(commands.update, { id, options: [] })).errors).toEqual(['ATTRIBUTE_OPTIONS options']);
    expect((await world.run(commands.update, { id, key: 'other' })).errors).toEqual(['UNKNOWN_FIELD']);
    const { data } = await world.ask('query ($id: ID!) { attributeDefinition(id: $id) { entity key type options indexed required } }', {
      id,
    });
    expect(data.attributeDefinition).toEqual({
      entity: 'CUSTOMER',
      key: 'o3',
      type: 'SELECT',
      options: ['b', 'a'],
      indexed: false,
      required: false,
    });
  });

  test('are unique by entity and key', async () => {
    await made('once', 'TEXT');
    expect((await define('once', 'NUMBER')).errors).toEqual(['DUPLICATE entity']);
    expect((await define('once', 'TEXT', { entity: 'INTERACTION' })).errors).toEqual([]);
  });

  test('keep their type once a record has a value', async () => {
    const id = await made('used', 'TEXT');
    expect((await world.run(commands.update, { id, type: 'NUMBER' })).errors).toEqual([]);
    await world.add('Customer', { kind: 'PERSON', displayName: 'P', attributes: { used: 5 } });
    expect((await world.run(commands.update, { id, type: 'TEXT' })).errors).toEqual(['ATTRIBUTE_IN_USE type']);
    const rows = [
      { entity: 'CUSTOMER', key: 'used', name: 'Used', type: 'DATE' },
      { entity: 'CUSTOMER', key: 'fresh', name: 'F', type: 'DATE' },
    ];
    expect(await world.bulk(commands.upsert, rows)).toEqual(['REJECTED ATTRIBUTE_IN_USE rows.0.type', 'CREATED']);
  });

  test('a value written at the same moment as its type changes is seen', async () => {
    const id = await made('raced', 'TEXT');
    const gate = await world.db.pool.connect();
    await gate.query('begin');
    await gate.query({
      text: "select pg_advisory_xact_lock_shared(hashtextextended('attributes:CUSTOMER:' || $1, 0))",
      values: [world.workspaceId],
    });
    await gate.query({
      text: `insert into customers (workspace_id, id, kind, display_name, attributes) values ($1, gen_random_uuid(), 'PERSON', 'R', '{"raced": "text"}')`,
      values: [world.workspaceId],
    });
    const changing = world.run(commands.update, { id, type: 'NUMBER' });
    const waiting = sql`select from pg_locks where locktype = 'advisory' and not granted
      and database = (select oid from pg_database where datname = current_database())`;
    await until(async () => (await world.rows(waiting)).length > 0);
    await gate.query('commit');
    gate.release();
    expect((await changing).errors).toEqual(['ATTRIBUTE_IN_USE type']);
  });

  test('sent again change nothing', async () => {
    const rows = [
      { entity: 'CUSTOMER', key: 'again', name: 'Again', type: 'SELECT', options: ['x'], indexed: true },
      { entity: 'INTERACTION', key: 'again', name: 'Again', type: 'NUMBER' },
    ];
    expect(await world.bulk(commands.upsert, rows)).toEqual(['CREATED', 'CREATED']);
    expect(await world.bulk(commands.upsert, rows)).toEqual(['UNCHANGED', 'UNCHANGED']);
  });
});
