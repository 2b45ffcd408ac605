import sql from 'sql-template-tag';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemViewer } from '../../src/auth/system-viewer.ts';
import { type PerformanceArgs, readPerformance } from '../../src/modules/forecast/index.ts';
import '../../src/modules/all.ts';
import { createWorld, type World } from '../support/command-world.ts';

let world: World;
let ann: string, bea: string, ada: string, bob: string, cup: string, pot: string, pipelineId: string, stageId: string;

type Made = {
  owner?: string;
  customer?: string | null;
  opened: string;
  closed?: string;
  won?: boolean;
  value?: string;
  unrated?: boolean;
  source?: string;
};
async function make({ owner = ann, customer = ada, opened, closed, won = true, value, unrated, source }: Made): Promise<string> {
  return world.add('Opportunity', {
    name: 'x',
    pipelineId,
    stageId,
    ownerId: owner,
    customerId: customer,
    status: closed ? (won ? 'WON' : 'LOST') : 'OPEN',
    openedAt: new Date(opened),
    stageSince: new Date(opened),
    closedAt: closed ? new Date(closed) : null,
    valueAmount: value ?? null,
    valueCurrency: value ? 'EUR' : null,
    baseAmount: unrated ? null : (value ?? null),
    source: source ?? null,
  });
}
const line = (opportunityId: string, productId: string, amount: string, position = 0) =>
  world.add('OpportunityLine', { opportunityId, productId, position, quantity: '1', unitAmount: amount, amount });

beforeAll(async () => {
  world = await createWorld();
  await world.db.execute(sql`update workspaces set time_zone = 'Pacific/Auckland'`);
  [ann, bea] = (await Promise.all(['Ann', 'Bea'].map((name) => world.add('User', { name })))) as [string, string];
  [ada, bob] = (await world.customers('Ada', 'Bob')) as [string, string];
  await world.db.execute(sql`update customers set country = 'NZ' where id = ${ada}::uuid`);
  [cup, pot] = (await Promise.all(['cup', 'pot'].map((key) => world.add('Product', { key, name: key })))) as [string, string];
  pipelineId = await world.add('Pipeline', { key: 'new', name: 'New', position: 0 });
  stageId = await world.add('PipelineStage', { pipelineId, key: 'talk', name: 'Talk', position: 0, probability: '0.5000' });
  // Three days, in the second quarter; the last one closes after midnight in Auckland alone.
  const two = await make({ opened: '2025-04-02T00:00:00Z', closed: '2025-04-05T00:00:00Z', value: '300.0000', source: 'fair' });
  await line(two, cup, '100.0000');
  await line(two, pot, '200.0000', 1);
  const one = await make({ opened: '2025-06-20T12:00:00Z', closed: '2025-06-30T12:00:00Z', value: '50.0000', customer: bob });
  await line(one, cup, '50.0000');
  await make({
    owner: bea,
    opened: '2025-05-01T00:00:00Z',
    closed: '2025-05-02T00:00:00Z',
    won: false,
    value: '1000.0000',
    source: 'fair',
  });
  await make({ owner: bea, opened: '2025-05-01T00:00:00Z', value: '70.0000', customer: null });
  await make({ owner: bea, opened: '2025-05-01T00:00:00Z', closed: '2025-05-03T00:00:00Z', value: '9.0000', unrated: true });
  await make({ opened: '2024-01-01T00:00:00Z', closed: '2024-02-01T00:00:00Z', value: '5.0000' });
});
afterAll(() => world?.close());

const read = (more: Partial<PerformanceArgs> = {}) =>
  readPerformance(world.db, systemViewer(world.workspaceId), { from: '2025-01-01', to: '2025-12-31', ...more });
const shown = async (by: PerformanceArgs['by'], more: Partial<PerformanceArgs> = {}) =>
  Object.fromEntries(
    (await read({ by, ...more })).rows.map((row) => [
      row.group,
      [row.created, row.open, row.won, row.lost, Number(row.wonValue), Number(row.lostValue)],
    ]),
  );

describe('figures of selling', () => {
  test('count, add up and measure what was opened and closed in the period', async () => {
    const { totals, rows } = await read();
    expect(totals).toMatchObject({ created: 5, open: 1, won: 3, lost: 1, wonValue: '350.0000', lostValue: '1000.0000', unconverted: 1 });
    expect(totals).toMatchObject({ winRate: 0.75, averageWonValue: '175.0000', medianCycleSeconds: 3 * 86_400, currency: 'EUR' });
    expect(rows).toHaveLength(1);
    expect((await read({ from: '2023-01-01', to: '2023-12-31' })).totals).toMatchObject({
      created: 0,
      winRate: null,
      averageWonValue: null,
    });
  });

  test('are parted in many ways', async () => {
    expect(await shown('OWNER')).toEqual({ [ann]: [2, 0, 2, 0, 350, 0], [bea]: [3, 1, 1, 1, 0, 1000] });
    expect(await shown('SOURCE')).toEqual({ fair: [2, 0, 1, 1, 300, 1000], null: [3, 1, 2, 0, 50, 0] });
    expect(await shown('COUNTRY')).toEqual({ NZ: [3, 0, 2, 1, 300, 1000], null: [2, 1, 1, 0, 50, 0] });
    expect(await shown('PIPELINE')).toEqual({ [pipelineId]: [5, 1, 3, 1, 350, 1000] });
    expect(await shown('RULE')).toEqual({ null: [5, 1, 3, 1, 350, 1000] });
  });

  test('give each product its part of the value, and count an opportunity once altogether', async () => {
    expect(await shown('PRODUCT')).toEqual({ [cup]: [2, 0, 2, 0, 150, 0], [pot]: [1, 0, 1, 0, 200, 0], null: [3, 1, 1, 1, 0, 1000] });
    expect((await read({ by: 'PRODUCT' })).totals).toMatchObject({ created: 5, won: 3, wonValue: '350.0000' });
  });

  test('lie in the months and quarters of the workspace', async () => {
    expect(await shown('QUARTER')).toEqual({ '2025-Q2': [5, 1, 2, 1, 300, 1000], '2025-Q3': [0, 0, 1, 0, 50, 0] });
    expect(Object.keys(await shown('MONTH'))).toEqual(['2025-04', '2025-05', '2025-06', '2025-07']);
    expect((await read({ from: '2025-04-01', to: '2025-06-30' })).totals.won).toBe(2);
    await expect(read({ from: '2000-01-01', by: 'MONTH' })).rejects.toThrow('more than 50');
  });

  test('gather the groups beyond those asked for', async () => {
    const { rows } = await read({ by: 'OWNER', groups: 1 });
    expect(rows.map((row) => [row.group, row.others, row.created])).toEqual([
      [ann, false, 2],
      [null, true, 3],
    ]);
  });

  test('show no more than the role sees', async () => {
    const viewer = (hiddenFields: string[], permissions = ['opportunities:read']) =>
      world.viewer({ permissions, rowScope: { opportunities: 'OWN' }, hiddenFields }, { userId: bea });
    const asked = (as: ReturnType<typeof viewer>, by: PerformanceArgs['by'] = 'NONE') =>
      readPerformance(world.db, as, { from: '2025-01-01', to: '2025-12-31', by });
    expect((await asked(viewer([]))).totals).toMatchObject({ created: 3, lostValue: '1000.0000' });
    await expect(asked(viewer([]), 'COUNTRY')).rejects.toThrow('customers:read');
    await expect(asked(viewer(['Opportunity.owner']), 'OWNER')).rejects.toThrow('hides');
    await expect(asked(viewer(['OpportunityLine.product']), 'PRODUCT')).rejects.toThrow('hides');
    await expect(asked(viewer([], ['customers:read']))).rejects.toThrow('opportunities:read');
  });
});
