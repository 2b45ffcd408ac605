import fc from 'fast-check';
import sql from 'sql-template-tag';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { systemViewer } from '../../src/auth/system-viewer.ts';
import { insertRows } from '../../src/commands/rows.ts';
import { encodeId } from '../../src/graphql/ids.ts';
import { newId } from '../../src/lib/typeid.ts';
import { amountField } from '../../src/modules/forecast/figures.ts';
import { type ForecastArgs, type ForecastFigures, readForecast, salesTargetCommands as targets } from '../../src/modules/forecast/index.ts';
import '../../src/modules/sales/index.ts';
import '../../src/modules/vocabularies/index.ts';
import { createWorld, type World } from '../support/command-world.ts';

const ZONE = 'America/New_York';
let world: World;
let users: string[],
  teams: string[],
  pipelines: string[],
  stages: { id: string; pipelineId: string; probability: string; category: string }[];

beforeAll(async () => {
  world = await createWorld();
  await world.db.execute(sql`update workspaces set time_zone = ${ZONE}`);
  users = await Promise.all(['Ann', 'Bea', 'Cem'].map((name) => world.add('User', { name })));
  teams = await Promise.all(['North', 'South'].map((name) => world.add('Team', { name })));
  pipelines = await Promise.all(['new', 'renewal'].map((key, position) => world.add('Pipeline', { key, name: key, position })));
  stages = [];
  for (const pipelineId of pipelines) {
    for (const [position, category] of ['OMITTED', 'PIPELINE', 'BEST_CASE', 'COMMITTED'].entries()) {
      const probability = ['0.0000', '0.2500', '0.5000', '0.7500'][position]!;
      const id = await world.add('PipelineStage', {
        pipelineId,
        key: category.toLowerCase(),
        name: category,
        position,
        probability,
        forecastCategory: category as never,
      });
      stages.push({ id, pipelineId, probability, category });
    }
  }
});
afterAll(() => world?.close());
beforeEach(async () => {
  await world.db.execute(sql`delete from opportunities`);
  await world.db.execute(sql`delete from sales_targets`);
});

type Drawn = {
  stage: number;
  owner: number;
  team: number;
  status: 'OPEN' | 'WON' | 'LOST';
  cents: number | null;
  rated: boolean;
  probability: number | null;
  category: string | null;
  day: number;
  minute: number;
  archived: boolean;
};
const drawn: fc.Arbitrary<Drawn> = fc.record({
  stage: fc.integer({ min: 0, max: 7 }),
  owner: fc.integer({ min: 0, max: 3 }),
  team: fc.integer({ min: 0, max: 2 }),
  status: fc.constantFrom('OPEN', 'OPEN', 'WON', 'LOST'),
  cents: fc.option(fc.integer({ min: 0, max: 1_000_000_00 }), { freq: 6 }),
  rated: fc.boolean(),
  probability: fc.option(fc.integer({ min: 0, max: 100 })),
  category: fc.option(fc.constantFrom('OMITTED', 'PIPELINE', 'BEST_CASE', 'COMMITTED')),
  day: fc.integer({ min: 0, max: 460 }),
  minute: fc.integer({ min: 0, max: 1439 }),
  archived: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
});

const START = Date.UTC(2024, 10, 15);
const dayIn = new Intl.DateTimeFormat('en-CA', { timeZone: ZONE });
const decimal = (units: bigint) => `${units / 10_000n}.${String(units % 10_000n).padStart(4, '0')}`;
const cents = (value: number) => decimal(BigInt(value) * 100n);

async function build(all: Drawn[]): Promise<void> {
  const rows = all.map((one) => {
    const stage = stages[one.stage]!;
    const at = new Date(START + one.day * 86_400_000 + one.minute * 60_000);
    return {
      workspaceId: world.workspaceId,
      id: newId(),
      name: 'x',
      pipelineId: stage.pipelineId,
      stageId: stage.id,
      ownerId: users[one.owner] ?? null,
      teamId: teams[one.team] ?? null,
      status: one.status,
      valueAmount: one.cents === null ? null : cents(one.cents),
      valueCurrency: one.cents === null ? null : 'USD',
      baseAmount: one.cents === null || !one.rated ? null : cents(one.cents),
      probability: one.probability === null ? null : decimal(BigInt(one.probability) * 100n),
      forecastCategory: one.category,
      expectedCloseOn: at.toISOString().slice(0, 10),
      openedAt: new Date(START),
      stageSince: new Date(START),
      closedAt: one.status === 'OPEN' ? null : at,
      archivedAt: one.archived ? new Date() : null,
    };
  });
  await insertRows(world.db, 'Opportunity', rows as never);
}

type Sums = {
  pipeline: bigint;
  weighted: bigint;
  bestCase: bigint;
  committed: bigint;
  won: bigint;
  openCount: number;
  wonCount: number;
  unconverted: number;
};
const groupOf = {
  NONE: () => null,
  OWNER: (o: Drawn) => users[o.owner],
  TEAM: (o: Drawn) => teams[o.team],
  PIPELINE: (o: Drawn) => stages[o.stage]!.pipelineId,
};
type By = keyof typeof groupOf;

// The same, told step by step in JavaScript.
function naive(all: Drawn[], { period, by = 'NONE' }: { period: 'MONTH' | 'QUARTER' | 'YEAR'; by?: By }): Map<string, Sums> {
  const cells = new Map<string, Sums>();
  for (const one of all) {
    if (one.archived || one.status === 'LOST') continue;
    const at = new Date(START + one.day * 86_400_000 + one.minute * 60_000);
    const day = one.status === 'OPEN' ? at.toISOString().slice(0, 10) : dayIn.format(at);
    const [year, month] = day.split('-').map(Number) as [number, number];
    if (year !== 2025) continue;
    const first = { MONTH: month, QUARTER: Math.floor((month - 1) / 3) * 3 + 1, YEAR: 1 }[period];
    const stage = stages[one.stage]!;
    const category = one.category ?? stage.category;
    if (one.status === 'OPEN' && category === 'OMITTED') continue;
    const key = `${year}-${String(first).padStart(2, '0')}-01 ${groupOf[by](one) ?? null}`;
    const cell = cells.get(key) ?? {
      pipeline: 0n,
      weighted: 0n,
      bestCase: 0n,
      committed: 0n,
      won: 0n,
      openCount: 0,
      wonCount: 0,
      unconverted: 0,
    };
    cells.set(key, cell);
    const base = one.cents === null || !one.rated ? 0n : BigInt(one.cents);
    if (one.cents !== null && !one.rated) cell.unconverted++;
    if (one.status === 'WON') {
      cell.won += base * 100n;
      cell.wonCount++;
      continue;
    }
    const percent = one.probability === null ? BigInt(Math.round(Number(stage.probability) * 100)) : BigInt(one.probability);
    cell.openCount++;
    cell.pipeline += base * 100n;
    cell.weighted += base * percent;
    if (category !== 'PIPELINE') cell.bestCase += base * 100n;
    if (category === 'COMMITTED') cell.committed += base * 100n;
  }
  return cells;
}

const units = (amount: string) => BigInt(amount.includes('.') ? amount.replace('.', '') : `${amount}0000`);
const sumsOf = (row: ForecastFigures): Sums => ({
  pipeline: units(row.pipeline),
  weighted: units(row.weighted),
  bestCase: units(row.bestCase),
  committed: units(row.committed),
  won: units(row.won),
  openCount: row.openCount,
  wonCount: row.wonCount,
  unconverted: row.unconverted,
});
const add = (one: Sums, other: Sums): Sums =>
  Object.fromEntries(Object.entries(one).map(([name, value]) => [name, (value as never) + other[name as keyof Sums]])) as never;
const none: Sums = { pipeline: 0n, weighted: 0n, bestCase: 0n, committed: 0n, won: 0n, openCount: 0, wonCount: 0, unconverted: 0 };
const read = (more: Partial<ForecastArgs>) =>
  readForecast(world.db, systemViewer(world.workspaceId), { period: 'MONTH', from: '2025-01-15', to: '2025-12-01', ...more });

describe('the forecast', () => {
  test('equals the sums told one by one, and its groups add up to the whole', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(drawn, { maxLength: 60 }),
        fc.constantFrom('MONTH', 'QUARTER', 'YEAR'),
        fc.integer({ min: 1, max: 5 }),
        async (all, period, groups) => {
          await world.db.execute(sql`delete from opportunities`);
          await build(all);
          const whole = await read({ period });
          const total = [...naive(all, { period }).values()].reduce(add, none);
          expect(sumsOf(whole.totals)).toEqual(total);
          expect(whole.rows.map(sumsOf).reduce(add, none)).toEqual(total);
          for (const by of ['OWNER', 'TEAM', 'PIPELINE'] as const) {
            const parted = await read({ period, by });
            const cells = Object.fromEntries(parted.rows.map((row) => [`${row.startsOn} ${row.group}`, sumsOf(row)]));
            for (const [key, cell] of naive(all, { period, by })) expect(cells[key], key).toEqual(cell);
            expect(sumsOf(parted.totals)).toEqual(total);
            for (const row of whole.rows) {
              const parts = parted.rows.filter(({ startsOn }) => startsOn === row.startsOn);
              expect(parts.map(sumsOf).reduce(add, none)).toEqual(sumsOf(row));
            }
            const folded = await read({ period, by, groups });
            expect(folded.rows.map(sumsOf).reduce(add, none)).toEqual(total);
            expect(new Set(folded.rows.filter((row) => !row.others).map((row) => row.group)).size).toBeLessThanOrEqual(groups);
          }
        },
      ),
      { numRuns: 25 },
    );
  });

  test('shows every period, with its first and last day, and refuses too many', async () => {
    const { rows } = await read({ period: 'QUARTER' });
    expect(rows.map(({ startsOn, endsOn }) => `${startsOn} ${endsOn}`)).toEqual([
      '2025-01-01 2025-03-31',
      '2025-04-01 2025-06-30',
      '2025-07-01 2025-09-30',
      '2025-10-01 2025-12-31',
    ]);
    await expect(read({ from: '2020-01-01', to: '2025-01-01' })).rejects.toThrow('At most 60 periods');
    await expect(read({ from: '2025-02-01', to: '2025-01-31' })).rejects.toThrow('ends before it begins');
    await expect(read({ groups: 0 })).rejects.toThrow('groups');
    await expect(read({ pipeline: 'nothing' })).rejects.toThrow('no pipeline');
  });

  test('measures against targets: of that length, or of shorter ones added up', async () => {
    const target = (period: string, startsOn: string, amount: string, more: object = {}) =>
      world.run(targets.create, { period, startsOn, amount, ...more });
    const ann = { owner: { id: encodeId('User', users[0]!) } };
    for (const month of ['01', '02', '03', '04']) expect((await target('MONTH', `2025-${month}-01`, '100')).errors).toEqual([]);
    await target('QUARTER', '2025-04-01', '1000');
    await target('QUARTER', '2025-04-01', '70', ann);
    await target('QUARTER', '2025-04-01', '30', { pipeline: 'renewal' });
    await target('QUARTER', '2025-04-01', '20', { ...ann, pipeline: 'renewal' });
    const targetsOf = async (more: Partial<ForecastArgs>) =>
      (await read({ period: 'QUARTER', ...more })).rows.flatMap((row) => (row.target === null ? [] : [`${row.startsOn} ${row.target}`]));
    expect(await targetsOf({})).toEqual(['2025-01-01 300.0000', '2025-04-01 1000.0000']);
    expect(await targetsOf({ by: 'OWNER' })).toEqual(['2025-04-01 70.0000']);
    expect(await targetsOf({ by: 'PIPELINE' })).toEqual(['2025-04-01 30.0000']);
    expect(await targetsOf({ by: 'OWNER', pipeline: 'renewal' })).toEqual(['2025-04-01 20.0000']);
    expect(await targetsOf({ by: 'TEAM' })).toEqual([]);
  });

  test('shows no more than the role sees', async () => {
    const one: Drawn = {
      stage: 3,
      owner: 0,
      team: 0,
      status: 'OPEN',
      cents: 100_00,
      rated: true,
      probability: null,
      category: null,
      day: 100,
      minute: 0,
      archived: false,
    };
    await build([one, { ...one, owner: 1, cents: 900_00 }]);
    await world.run(targets.create, { period: 'YEAR', startsOn: '2025-01-01', amount: '5' });
    const role = (hiddenFields: string[] = [], permissions = ['opportunities:read']) =>
      world.viewer({ permissions, rowScope: { opportunities: 'OWN' }, hiddenFields }, { userId: users[0]! });
    const asked = (viewer: ReturnType<typeof role>) =>
      readForecast(world.db, viewer, { period: 'YEAR', from: '2025-01-01', to: '2025-01-01' });
    expect((await asked(role())).totals).toMatchObject({ committed: '100.0000', openCount: 1, target: null });
    await expect(asked(role([], ['customers:read']))).rejects.toThrow('opportunities:read');
    await expect(asked(role(['Opportunity.expectedCloseOn']))).rejects.toThrow('hides');
    // What an opportunity leaves open its stage says, so a hidden probability of stages hides what it weighs.
    const { resolve } = amountField<{ currency: string }>('Weighted.', () => '1', 'probability');
    const told = (viewer: ReturnType<typeof role>) => resolve({ currency: 'EUR' }, {}, { viewer } as never);
    expect(told(role())).toEqual({ amount: '1', currency: 'EUR' });
    for (const field of ['PipelineStage.probability', 'Opportunity.probability', 'Opportunity.value'])
      expect(() => told(role([field]))).toThrow('hides');
  });
});

describe('targets', () => {
  const input = { period: 'QUARTER', startsOn: '2025-04-01', amount: '10.5' };

  test('begin with their period, and there is one of a kind', async () => {
    expect((await world.run(targets.create, { ...input, startsOn: '2025-05-01' })).errors).toEqual(['INVALID_VALUE startsOn']);
    expect((await world.run(targets.create, { ...input, amount: '-1' })).errors).toEqual(['TOO_SHORT amount']);
    const both = { owner: { id: encodeId('User', users[0]!) }, team: { id: encodeId('Team', teams[0]!) } };
    expect((await world.run(targets.create, { ...input, ...both })).errors).toEqual(['ONE_OF_INVALID team']);
    const { result } = await world.run(targets.create, input);
    const id = encodeId('SalesTarget', (result as { id: string }).id);
    expect((await world.run(targets.create, input)).errors).toEqual(['DUPLICATE startsOn']);
    const other = (await world.run(targets.create, { ...input, startsOn: '2025-07-01' })).result as { id: string };
    expect((await world.run(targets.update, { id, startsOn: '2025-07-01' })).errors).toEqual(['DUPLICATE startsOn']);
    expect((await world.run(targets.update, { id, period: 'YEAR' })).errors).toEqual(['INVALID_VALUE startsOn']);
    await world.run(targets.archive, { id });
    expect((await world.run(targets.update, { id: encodeId('SalesTarget', other.id), startsOn: '2025-04-01' })).errors).toEqual([]);
    expect((await world.run(targets.restore, { id })).errors).toEqual(['DUPLICATE startsOn']);
  });

  test('made by two at once are one', async () => {
    const made = await Promise.all(Array.from({ length: 6 }, () => world.run(targets.create, input)));
    expect(made.flatMap(({ errors }) => errors)).toEqual(Array(5).fill('DUPLICATE startsOn'));
  });

  test('sent again change nothing', async () => {
    const rows = [input, { ...input, pipeline: 'new' }, { ...input, pipeline: 'nothing' }];
    expect(await world.bulk(targets.upsert, rows)).toEqual(['CREATED', 'CREATED', 'REJECTED NOT_FOUND rows.2.pipeline']);
    expect(await world.bulk(targets.upsert, [input, { ...input, pipeline: 'new', amount: '11' }])).toEqual(['UNCHANGED', 'UPDATED']);
  });
});
