import sql, { type Sql } from 'sql-template-tag';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { encodeId } from '../../src/graphql/ids.ts';
import { attributeDefinitionCommands as commands } from '../../src/modules/attributes/index.ts';
import '../../src/modules/all.ts';
import { entityNamed } from '../../src/query/entity.ts';
import type { FilterInput } from '../../src/query/filter.ts';
import { type OrderInput, orderBySql, orderTerms } from '../../src/query/order.ts';
import { listCondition } from '../../src/query/page.ts';
import { columnsOfAlias } from '../../src/query/sql.ts';
import { createWorld, type World } from '../support/command-world.ts';

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
const indexes = async () =>
  (
    await world.rows<{ indexname: string; indexdef: string }>(
      sql`select indexname, indexdef from pg_indexes where indexname like 'attribute\_%\_%' and indexname not like 'attribute_definitions%' order by 1`,
    )
  ).map((row) => row.indexdef);

describe('indexes', () => {
  const explain = async (entity: string, filter: FilterInput | null, order: OrderInput[] | null = null) => {
    const viewer = world.viewer();
    const c = columnsOfAlias(entity, 't');
    const spec = { entity: entityNamed(entity), filter };
    const from = entity === 'Customer' ? sql`customers` : sql`interactions`;
    const statement: Sql = sql`explain select t.id from ${from} t where ${listCondition(viewer, spec, 't')} order by ${orderBySql(orderTerms(viewer, spec.entity, order), c)} limit 26`;
    return (await world.rows<{ 'QUERY PLAN': string }>(statement)).map((row) => row['QUERY PLAN']).join('\n');
  };

  test('come and go with the switch, the archive and the type', async () => {
    const id = await made('score', 'NUMBER', { indexed: true });
    expect(await indexes()).toEqual([expect.stringContaining(`WHERE (workspace_id = '${world.workspaceId}'::uuid)`)]);
    await world.run(commands.archive, { id });
    expect(await indexes()).toEqual([]);
    await world.run(commands.restore, { id });
    expect(await indexes()).toEqual([expect.stringContaining('::numeric')]);
    expect((await world.run(commands.update, { id, type: 'DATE' })).errors).toEqual([]);
    expect(await indexes()).toEqual([expect.not.stringContaining('::numeric')]);
    await world.run(commands.update, { id, indexed: false, type: 'NUMBER' });
    expect(await indexes()).toEqual([]);
    const rows = [{ entity: 'CUSTOMER', key: 'score', name: 'Score', type: 'NUMBER', indexed: true }];
    expect(await world.bulk(commands.upsert, rows, { dryRun: true })).toEqual(['UPDATED']);
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
    expect(await explain('Customer', { attributes: [{ key: 'points', number: { gte: 100, lt: 120 } }] })).toMatch(
      /(on|using) attribute_number/,
    );
    expect(await explain('Customer', { attributes: [{ key: 'label', text: { gt: 'l5', lt: 'l6' } }] })).toMatch(
      /(on|using) attribute_text/,
    );
    expect(await explain('Customer', null, [{ attribute: { key: 'points', type: 'NUMBER' } }])).toContain(served);
    expect(await explain('Customer', null, [{ attribute: { key: 'points', type: 'NUMBER' }, direction: 'DESC' }])).toContain(
      'Backward using attribute_number',
    );
    expect(
      await explain('Customer', { attributes: [{ key: 'label', text: { gt: 'l5' } }] }, [{ attribute: { key: 'label', type: 'TEXT' } }]),
    ).toContain(served);
    expect(await explain('Customer', { attributes: [{ key: 'note', text: { eq: 'n77' } }] })).toContain('customers_attributes_gin');
    expect(await explain('Interaction', { attributes: [{ key: 'day', date: { eq: '2001-02-03' } }] })).toMatch(/(on|using) attribute_text/);
    expect(await explain('Interaction', { attributes: [{ key: 'day', date: { gte: '2001-02-03', lt: '2001-03-03' } }] })).toMatch(
      /(on|using) attribute_text/,
    );
    expect(await explain('Customer', { attributes: [{ key: 'note', text: { gt: 'n5' } }] })).not.toContain('attribute_');
  });

  test('are at most 20 for an entity, also out of the archive', async () => {
    const full = await Promise.all(Array.from({ length: 25 }, (_one, i) => define(`i${i}`, 'TEXT', { indexed: true })));
    const refused = full.filter(({ errors }) => errors.length > 0);
    expect(new Set(refused.flatMap(({ errors }) => errors))).toEqual(new Set(['ATTRIBUTE_INDEX_LIMIT indexed']));
    expect(
      (await world.rows(sql`select from attribute_definitions where indexed and entity = 'CUSTOMER' and archived_at is null`)).length,
    ).toBe(20);
    const kept = full.find(({ errors }) => errors.length === 0)!.result as { id: string };
    const id = encodeId('AttributeDefinition', kept.id);
    await world.run(commands.archive, { id });
    await made('replacement', 'TEXT', { indexed: true });
    expect((await world.run(commands.restore, { id })).errors).toEqual(['ATTRIBUTE_INDEX_LIMIT id']);
  });

  test('are refused where they cannot be', async () => {
    expect((await define('flag', 'BOOLEAN', { entity: 'INTERACTION', indexed: true })).errors).toEqual(['ATTRIBUTE_INDEX_TYPE indexed']);
    const id = await made('long', 'TEXT', { entity: 'INTERACTION' });
    await world.db.execute(
      sql`update interactions set attributes = jsonb_build_object('long', repeat('ä', 600)) where id = (select id from interactions limit 1)`,
    );
    expect((await world.run(commands.update, { id, indexed: true })).errors).toEqual(['ATTRIBUTE_INDEX_LENGTH indexed']);
  });
});
