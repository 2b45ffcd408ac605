import sql, { type Sql } from 'sql-template-tag';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { defineCommand } from '../../src/commands/command.ts';
import type { JsonValue } from '../../src/db/models.ts';
import { encodeId } from '../../src/graphql/ids.ts';
import { attributeDefinitionCommands as commands, checkAttributes } from '../../src/modules/attributes/index.ts';
import '../../src/modules/all.ts';
import { entityNamed } from '../../src/query/entity.ts';
import type { FilterInput } from '../../src/query/filter.ts';
import { orderBySql, type OrderInput, orderTerms } from '../../src/query/order.ts';
import { listCondition } from '../../src/query/page.ts';
import { columnsOfAlias } from '../../src/query/sql.ts';
import { createWorld, type World } from '../support/command-world.ts';

let world: World;
beforeAll(async () => {
  world = await createWorld();
});
afterAll(() => world?.close());

const define = (key: string, type: string, more: object = {}) => world.run(commands.create as never, { entity: 'CUSTOMER', key, name: key, type, ...more });
const made = async (key: string, type: string, more: object = {}) => {
  const { result, errors } = await define(key, type, more);
  expect(errors).toEqual([]);
  return encodeId('AttributeDefinition', (result as { id: string }).id);
};
const indexes = async () => (await world.rows<{ indexname: string; indexdef: string }>(sql`select indexname, indexdef from pg_indexes where indexname like 'attribute\_%\_%' and indexname not like 'attribute_definitions%' order by 1`)).map((row) => row.indexdef);

describe('values', () => {
  type Asked = { given: unknown; current: Record<string, JsonValue> | null };
  const check = defineCommand<{ asked: Asked[] }, unknown>({
    name: 'check', description: '', permission: 'customers:write',
    input: z.any() as never,
    run: (ctx, { asked }) => Promise.all(asked.map(({ given, current }) => checkAttributes(ctx, 'Customer', given, current))),
  });
  const checked = async (given: unknown, current: Record<string, JsonValue> | null = {}) => {
    const { result } = await world.run(check as never, { asked: [{ given, current }] });
    const [one] = result as [{ attributes?: unknown; errors?: { code: string; path: string[] }[] }];
    return one.errors ? one.errors.map(({ code, path }) => `${code} ${path.join('.')}`) : one.attributes;
  };

  beforeAll(async () => {
    await made('size', 'NUMBER');
    await made('colour', 'SELECT', { options: ['red', 'green'] });
    await made('tier', 'TEXT', { required: true });
    const old = await made('old', 'TEXT');
    await world.run(commands.archive as never, { id: old });
    await world.run(commands.create as never, { entity: 'INTERACTION', key: 'elsewhere', name: 'E', type: 'TEXT' });
  });

  test('merge over those there are, and null removes one', async () => {
    expect(await checked({ size: 2, colour: null }, { tier: 'a', colour: 'red', size: 1 })).toEqual({ tier: 'a', size: 2 });
    expect(await checked(undefined, { anything: 1 })).toEqual({ anything: 1 });
  });

  test('are refused by key, all at once', async () => {
    expect(await checked({ nonsense: 1, size: 'big', colour: 'pink', elsewhere: 'x', old: 'x', __proto__x: 1 })).toEqual([
      'ATTRIBUTE_UNKNOWN attributes.nonsense', 'ATTRIBUTE_TYPE attributes.size', 'ATTRIBUTE_OPTION attributes.colour',
      'ATTRIBUTE_UNKNOWN attributes.elsewhere', 'ATTRIBUTE_UNKNOWN attributes.old', 'ATTRIBUTE_UNKNOWN attributes.__proto__x',
    ]);
    expect(await checked(JSON.parse('{"__proto__": 1, "constructor": 1}'))).toEqual(['ATTRIBUTE_UNKNOWN attributes.__proto__', 'ATTRIBUTE_UNKNOWN attributes.constructor']);
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
    let statements = 0;
    const counted = { ...world.db, transaction: (fn: (tx: any) => Promise<any>) => world.db.transaction((tx) => fn({ ...tx, query: (s: never) => (statements++, tx.query(s)) })) };
    const { runCommand } = await import('../../src/commands/command.ts');
    await runCommand({ db: counted as never, viewer: world.viewer(), requestId: 'test' }, check, { asked: Array.from({ length: 500 }, (_one, i) => ({ given: { tier: `t${i}`, size: i }, current: null })) });
    expect(statements).toBe(2);
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
    const names = async (args: string) => (await world.ask(`{ customers(${args}) { nodes { displayName } } }`)).data.customers.nodes.map((node: { displayName: string }) => node.displayName);
    const tierA = '{ key: "tier", text: { eq: "a" } }';
    expect(await names(`filter: { attributes: [${tierA}] } orderBy: [{ attribute: { key: "size", type: NUMBER } }]`)).toEqual(['Small', 'Big']);
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
    expect((await world.run(commands.update as never, { id, options: [] })).errors).toEqual(['ATTRIBUTE_OPTIONS options']);
    expect((await world.run(commands.update as never, { id, key: 'other' })).errors).toEqual(['UNKNOWN_FIELD']);
    const { data } = await world.ask('query ($id: ID!) { attributeDefinition(id: $id) { entity key type options indexed required } }', { id });
    expect(data.attributeDefinition).toEqual({ entity: 'CUSTOMER', key: 'o3', type: 'SELECT', options: ['b', 'a'], indexed: false, required: false });
  });

  test('are unique by entity and key', async () => {
    await made('once', 'TEXT');
    expect((await define('once', 'NUMBER')).errors).toEqual(['DUPLICATE entity']);
    expect((await define('once', 'TEXT', { entity: 'INTERACTION' })).errors).toEqual([]);
  });

  test('keep their type once a record has a value', async () => {
    const id = await made('used', 'TEXT');
    expect((await world.run(commands.update as never, { id, type: 'NUMBER' })).errors).toEqual([]);
    await world.add('Customer', { kind: 'PERSON', displayName: 'P', attributes: { used: 5 } });
    expect((await world.run(commands.update as never, { id, type: 'TEXT' })).errors).toEqual(['ATTRIBUTE_IN_USE type']);
    const { result } = await world.run(commands.upsert as never, { rows: [{ entity: 'CUSTOMER', key: 'used', name: 'Used', type: 'DATE' }, { entity: 'CUSTOMER', key: 'fresh', name: 'F', type: 'DATE' }], onError: 'SKIP' });
    expect((result as any).results.map((row: any) => [row.status, ...row.userErrors.map((error: any) => error.code)])).toEqual([['REJECTED', 'ATTRIBUTE_IN_USE'], ['CREATED']]);
  });

  test('a value written at the same moment as its type changes is seen', async () => {
    const id = await made('raced', 'TEXT');
    const gate = await world.db.pool.connect();
    await gate.query('begin');
    await gate.query({ text: "select pg_advisory_xact_lock_shared(hashtextextended('attributes:CUSTOMER:' || $1, 0))", values: [world.workspaceId] });
    await gate.query({ text: `insert into customers (workspace_id, id, kind, display_name, attributes) values ($1, gen_random_uuid(), 'PERSON', 'R', '{"raced": "text"}')`, values: [world.workspaceId] });
    const changing = world.run(commands.update as never, { id, type: 'NUMBER' });
    await vi.waitUntil(async () => (await world.rows(sql`select from pg_locks where locktype = 'advisory' and not granted`)).length > 0, 10_000);
    await gate.query('commit');
    gate.release();
    expect((await changing).errors).toEqual(['ATTRIBUTE_IN_USE type']);
  });

  test('sent again change nothing', async () => {
    const rows = [{ entity: 'CUSTOMER', key: 'again', name: 'Again', type: 'SELECT', options: ['x'], indexed: true }, { entity: 'INTERACTION', key: 'again', name: 'Again', type: 'NUMBER' }];
    const send = async () => ((await world.run(commands.upsert as never, { rows })).result as any).results.map((row: any) => row.status);
    expect(await send()).toEqual(['CREATED', 'CREATED']);
    expect(await send()).toEqual(['UNCHANGED', 'UNCHANGED']);
  });
});

describe('indexes', () => {
  let other: World;
  beforeAll(async () => {
    other = world;
    world = await createWorld();
  });
  afterAll(async () => {
    await world.close();
    world = other;
  });

  const explain = async (entity: string, filter: FilterInput | null, order: OrderInput[] | null = null) => {
    const viewer = world.viewer();
    const c = columnsOfAlias(entity, 't');
    const spec = { entity: entityNamed(entity), filter };
    const from = entity === 'Customer' ? sql`customers` : sql`interactions`;
    const statement: Sql = sql`explain select t.id from ${from} t where ${listCondition(viewer, spec, 't', null)} order by ${orderBySql(orderTerms(viewer, spec.entity, order), c)} limit 26`;
    return (await world.rows<{ 'QUERY PLAN': string }>(statement)).map((row) => row['QUERY PLAN']).join('\n');
  };

  test('come and go with the switch, the archive and the type', async () => {
    const id = await made('score', 'NUMBER', { indexed: true });
    expect(await indexes()).toEqual([expect.stringContaining(`WHERE (workspace_id = '${world.workspaceId}'::uuid)`)]);
    await world.run(commands.archive as never, { id });
    expect(await indexes()).toEqual([]);
    await world.run(commands.restore as never, { id });
    expect(await indexes()).toEqual([expect.stringContaining('::numeric')]);
    expect((await world.run(commands.update as never, { id, type: 'DATE' })).errors).toEqual([]);
    expect(await indexes()).toEqual([expect.not.stringContaining('::numeric')]);
    await world.run(commands.update as never, { id, indexed: false, type: 'NUMBER' });
    expect(await indexes()).toEqual([]);
    const { result } = await world.run(commands.upsert as never, { rows: [{ entity: 'CUSTOMER', key: 'score', name: 'Score', type: 'NUMBER', indexed: true }], dryRun: true });
    expect((result as any).results[0].status).toBe('UPDATED');
    expect(await indexes()).toEqual([]);
  });

  test('serve ranges, equality and orders of the API', async () => {
    await made('points', 'NUMBER', { indexed: true });
    await made('label', 'TEXT', { indexed: true });
    await made('day', 'DATE', { entity: 'INTERACTION', indexed: true });
    await made('note', 'TEXT');
    await world.db.execute(sql`insert into customers (workspace_id, id, kind, display_name, attributes)
      select ${world.workspaceId}::uuid, gen_random_uuid(), 'PERSON', 'C' || n, jsonb_build_object('points', n, 'label', 'l' || n, 'note', 'n' || n) from generate_series(1, 20000) n`);
    const channelId = await world.add('Channel', { key: 'web', name: 'Web' });
    const kindId = await world.add('InteractionKind', { key: 'visit', name: 'Visit' });
    await world.db.execute(sql`insert into interactions (workspace_id, id, customer_id, channel_id, kind_id, direction, occurred_at, attributes, actor_kind)
      select workspace_id, gen_random_uuid(), id, ${channelId}::uuid, ${kindId}::uuid, 'INBOUND', now(), jsonb_build_object('day', (date '2000-01-01' + (row_number() over ())::int)::text), 'SYSTEM' from customers`);
    // Also empties the pending list of the GIN index, as autovacuum does.
    await world.db.execute(sql`vacuum analyze customers`);
    await world.db.execute(sql`analyze interactions`);
    const served = 'using attribute_';
    expect(await explain('Customer', { attributes: [{ key: 'points', number: { gte: 100, lt: 120 } }] })).toMatch(/(on|using) attribute_number/);
    expect(await explain('Customer', { attributes: [{ key: 'label', text: { gt: 'l5', lt: 'l6' } }] })).toMatch(/(on|using) attribute_text/);
    expect(await explain('Customer', null, [{ attribute: { key: 'points', type: 'NUMBER' } }])).toContain(served);
    expect(await explain('Customer', null, [{ attribute: { key: 'points', type: 'NUMBER' }, direction: 'DESC' }])).toContain('Backward using attribute_number');
    expect(await explain('Customer', { attributes: [{ key: 'label', text: { gt: 'l5' } }] }, [{ attribute: { key: 'label', type: 'TEXT' } }])).toContain(served);
    expect(await explain('Customer', { attributes: [{ key: 'note', text: { eq: 'n77' } }] })).toContain('customers_attributes_gin');
    expect(await explain('Interaction', { attributes: [{ key: 'day', date: { eq: '2001-02-03' } }] })).toMatch(/(on|using) attribute_text/);
    expect(await explain('Interaction', { attributes: [{ key: 'day', date: { gte: '2001-02-03', lt: '2001-03-03' } }] })).toMatch(/(on|using) attribute_text/);
    expect(await explain('Customer', { attributes: [{ key: 'note', text: { gt: 'n5' } }] })).not.toContain('attribute_');
  });

  test('are at most 20 for an entity, also out of the archive', async () => {
    const full = await Promise.all(Array.from({ length: 25 }, (_one, i) => define(`i${i}`, 'TEXT', { indexed: true })));
    const refused = full.filter(({ errors }) => errors.length > 0);
    expect(new Set(refused.flatMap(({ errors }) => errors))).toEqual(new Set(['ATTRIBUTE_INDEX_LIMIT indexed']));
    expect((await world.rows(sql`select from attribute_definitions where indexed and entity = 'CUSTOMER' and archived_at is null`)).length).toBe(20);
    const kept = full.find(({ errors }) => errors.length === 0)!.result as { id: string };
    const id = encodeId('AttributeDefinition', kept.id);
    await world.run(commands.archive as never, { id });
    await made('replacement', 'TEXT', { indexed: true });
    expect((await world.run(commands.restore as never, { id })).errors).toEqual(['ATTRIBUTE_INDEX_LIMIT id']);
  });

  test('are refused where they cannot be', async () => {
    expect((await define('flag', 'BOOLEAN', { entity: 'INTERACTION', indexed: true })).errors).toEqual(['ATTRIBUTE_INDEX_TYPE indexed']);
    const id = await made('long', 'TEXT', { entity: 'INTERACTION' });
    await world.db.execute(sql`update interactions set attributes = jsonb_build_object('long', repeat('ä', 600)) where id = (select id from interactions limit 1)`);
    expect((await world.run(commands.update as never, { id, indexed: true })).errors).toEqual(['ATTRIBUTE_INDEX_LENGTH indexed']);
  });
});
