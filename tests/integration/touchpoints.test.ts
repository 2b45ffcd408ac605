import sql from 'sql-template-tag';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { encodeId } from '../../src/graphql/ids.ts';
import '../../src/modules/all.ts';
import { figuresSql } from '../../src/modules/touchpoints/figures.ts';
import { touchPointCommands as commands } from '../../src/modules/touchpoints/index.ts';
import { createWorld, type World } from '../support/command-world.ts';

let world: World;
let channelId: string, kindId: string, teamId: string, ada: string, bob: string, shop: string, desk: string;

beforeAll(async () => {
  world = await createWorld();
  channelId = await world.add('Channel', { key: 'web', name: 'Web' });
  kindId = await world.add('InteractionKind', { key: 'visit', name: 'Visit' });
  teamId = await world.add('Team', { name: 'Online' });
  await world.add('LifecycleStage', { key: 'prospect', name: 'Prospect', position: 0 });
});
afterAll(() => world?.close());
beforeEach(async () => {
  await world.db.execute(sql`delete from interactions`);
  await world.db.execute(sql`delete from touch_points`);
  [ada, bob] = (await world.customers('Ada', 'Bob')) as [string, string];
  shop = await world.add('TouchPoint', {
    key: 'shop',
    name: 'Shop',
    channelId,
    costAmount: '0.1000',
    costCurrency: 'EUR',
    monthlyTarget: 10,
  });
  desk = await world.add('TouchPoint', { key: 'desk', name: 'Desk', channelId });
});

type Contact = { at: string; who?: string; where?: string; out?: boolean; cost?: [string, string]; value?: [string, string] };
const contact = ({ at, who = ada, where = shop, out, cost, value }: Contact) =>
  world.add('Interaction', {
    customerId: who,
    touchPointId: where,
    channelId,
    kindId,
    direction: out ? 'OUTBOUND' : 'INBOUND',
    occurredAt: new Date(at),
    actorKind: 'SYSTEM',
    ...(cost ? { costAmount: cost[0], costCurrency: cost[1] } : {}),
    ...(value ? { valueAmount: value[0], valueCurrency: value[1] } : {}),
  });
const FIELDS =
  'volume inbound outbound customers lastContactAt cost { amount currency } plannedCost { amount currency } value { amount currency } target';
const YEAR = '(from: "2025-01-01T00:00:00Z", to: "2026-01-01T00:00:00Z")';
const figures = async (args = YEAR, fields = FIELDS, viewer = world.viewer()) => {
  const { data, errors } = await world.ask(`{ touchPoints { nodes { key figures${args} { ${fields} } } } }`, {}, viewer);
  return {
    errors,
    of: Object.fromEntries((data?.touchPoints?.nodes ?? []).map((node: { key: string; figures: object }) => [node.key, node.figures])),
  };
};

describe('the touch-point map', () => {
  test('is changed by keys and references', async () => {
    const input = {
      key: 'newsletter',
      name: 'Newsletter',
      channel: 'web',
      stage: 'prospect',
      department: { id: encodeId('Team', teamId) },
      cost: { amount: '0.05', currency: 'EUR' },
      monthlyTarget: 100,
      purpose: 'To be remembered',
    };
    const { result, errors } = await world.run(commands.create, input);
    expect(errors).toEqual([]);
    const id = encodeId('TouchPoint', (result as { id: string }).id);
    const asked =
      'query ($id: ID!) { touchPoint(id: $id) { key name purpose channel { key } stage { key } department { name } cost { amount currency } monthlyTarget } }';
    const shown = {
      key: 'newsletter',
      name: 'Newsletter',
      purpose: 'To be remembered',
      channel: { key: 'web' },
      stage: { key: 'prospect' },
      department: { name: 'Online' },
      cost: { amount: '0.05', currency: 'EUR' },
      monthlyTarget: 100,
    };
    expect((await world.ask(asked, { id })).data.touchPoint).toEqual(shown);
    expect((await world.run(commands.update, { id, cost: null, stage: null, department: null })).errors).toEqual([]);
    expect((await world.ask(asked, { id })).data.touchPoint).toEqual({ ...shown, cost: null, stage: null, department: null });
    expect((await world.run(commands.update, { id, channel: null })).errors).toEqual(['REQUIRED channel']);
  });

  test('names what it does not know', async () => {
    expect((await world.run(commands.create, { key: 'x', name: 'X', channel: 'nothing' })).errors).toEqual(['NOT_FOUND channel']);
    expect((await world.run(commands.create, { key: 'x', name: 'X', channel: 'web', stage: 'nothing' })).errors).toEqual([
      'NOT_FOUND stage',
    ]);
    expect((await world.run(commands.create, { key: 'shop', name: 'X', channel: 'web' })).errors).toEqual(['DUPLICATE key']);
  });

  test('sent again changes nothing', async () => {
    const rows = [
      { key: 'shop', name: 'Web shop', channel: 'web', cost: { amount: '0.1', currency: 'EUR' } },
      { key: 'kiosk', name: 'Kiosk', channel: 'web' },
    ];
    expect(await world.bulk(commands.upsert, rows)).toEqual(['UPDATED', 'CREATED']);
    expect(await world.bulk(commands.upsert, rows)).toEqual(['UNCHANGED', 'UNCHANGED']);
    const { data } = await world.ask(
      '{ touchPoints(filter: { channel: { eq: "web" }, key: { eq: "shop" } }) { nodes { name monthlyTarget } } }',
    );
    expect(data.touchPoints.nodes).toEqual([{ name: 'Web shop', monthlyTarget: 10 }]);
  });
});

describe('figures', () => {
  test('count, add up and prorate, in the period alone', async () => {
    await contact({ at: '2025-01-01T00:00:00Z', cost: ['0.1', 'EUR'], value: ['100.0001', 'GBP'] });
    await contact({ at: '2025-06-01T12:00:00Z', out: true, cost: ['0.2', 'EUR'], value: ['-0.0001', 'GBP'] });
    await contact({ at: '2025-07-01T12:00:00Z', who: bob, cost: ['5', 'CHF'] });
    await contact({ at: '2026-01-01T00:00:00Z', cost: ['9', 'EUR'] });
    await contact({ at: '2024-12-31T23:59:59.999Z', cost: ['9', 'EUR'] });
    const { errors, of } = await figures();
    expect(errors).toEqual([]);
    expect(of.shop).toEqual({
      volume: 3,
      inbound: 2,
      outbound: 1,
      customers: 2,
      lastContactAt: '2025-07-01T12:00:00.000Z',
      cost: [
        { amount: '5.00', currency: 'CHF' },
        { amount: '0.30', currency: 'EUR' },
      ],
      plannedCost: { amount: '0.30', currency: 'EUR' },
      value: [{ amount: '100.00', currency: 'GBP' }],
      target: 120,
    });
    expect(of.desk).toEqual({
      volume: 0,
      inbound: 0,
      outbound: 0,
      customers: 0,
      lastContactAt: null,
      cost: [],
      plannedCost: null,
      value: [],
      target: null,
    });
  });

  test('are of the last 365 days unless told', async () => {
    const day = 86_400_000;
    await contact({ at: new Date(Date.now() - 364 * day).toISOString() });
    await contact({ at: new Date(Date.now() - 366 * day).toISOString() });
    expect((await figures('', 'volume')).of.shop).toEqual({ volume: 1 });
    expect((await figures('(from: "2025-01-01T00:00:00Z", to: "2025-01-01T00:00:00Z")', 'volume')).errors).toContain('BAD_USER_INPUT');
  });

  test('of all touch points of a page are one statement', async () => {
    const asked: string[] = [];
    const query = world.db.query;
    world.db.query = (statement) => {
      asked.push(statement.text);
      return query(statement);
    };
    await figures(YEAR, FIELDS).finally(() => {
      world.db.query = query;
    });
    expect(asked.filter((text) => text.includes('from interactions'))).toHaveLength(1);
    expect(asked).toHaveLength(2);
  });

  test('show no more than the role sees of interactions', async () => {
    const owner = await world.add('User', { name: 'Olga' });
    await world.db.execute(sql`update customers set owner_id = ${owner} where id = ${ada}::uuid`);
    await contact({ at: '2025-05-01T00:00:00Z', value: ['10', 'EUR'] });
    await contact({ at: '2025-06-01T00:00:00Z', who: bob, value: ['90', 'EUR'] });
    const permissions = ['touch-points:read', 'interactions:read', 'customers:read'];
    const own = world.viewer({ permissions, rowScope: { customers: 'OWN', interactions: 'OWN' }, hiddenFields: [] }, { userId: owner });
    expect((await figures(YEAR, 'volume customers value { amount } lastContactAt', own)).of.shop).toEqual({
      volume: 1,
      customers: 1,
      value: [{ amount: '10.00' }],
      lastContactAt: '2025-05-01T00:00:00.000Z',
    });
    const blind = world.viewer({ permissions: ['touch-points:read'], rowScope: {}, hiddenFields: [] });
    expect((await figures(YEAR, 'volume', blind)).errors).toContain('FORBIDDEN');
    const hidden = world.viewer({ permissions, rowScope: {}, hiddenFields: ['Interaction.value', 'TouchPoint.cost'] });
    expect((await figures(YEAR, 'value { amount }', hidden)).errors).toContain('FORBIDDEN');
    expect((await figures(YEAR, 'volume plannedCost { amount }', hidden)).of.shop).toEqual({ volume: 2, plannedCost: null });
  });

  test('are served by the index of touch point and time', async () => {
    await world.db.execute(sql`insert into interactions (workspace_id, id, customer_id, touch_point_id, channel_id, kind_id, direction, occurred_at, actor_kind)
      select ${world.workspaceId}::uuid, gen_random_uuid(), ${ada}::uuid, case when n % 10 = 0 then ${shop}::uuid end, ${channelId}::uuid, ${kindId}::uuid, 'INBOUND', now() - n * interval '1 hour', 'SYSTEM' from generate_series(1, 20000) n`);
    await world.db.execute(sql`analyze interactions`);
    const statement = figuresSql(world.viewer(), [shop, desk], { from: new Date(Date.now() - 30 * 86_400_000), to: new Date() });
    const plan = (await world.rows<{ 'QUERY PLAN': string }>(sql`explain ${statement}`)).map((row) => row['QUERY PLAN']).join('\n');
    expect(plan).toMatch(/(on|using) interactions_workspace_id_touch_point_id_occurred_at/);
  });
});
