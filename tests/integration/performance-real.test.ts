// The figures of selling over the opportunities of a real company, told beforehand from its files.
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemViewer } from '../../src/auth/system-viewer.ts';
import { insertRows } from '../../src/commands/rows.ts';
import { newId } from '../../src/lib/typeid.ts';
import { type PerformanceArgs, readForecast, readPerformance } from '../../src/modules/forecast/index.ts';
import '../../src/modules/sales/index.ts';
import '../../src/modules/vocabularies/index.ts';
import { createWorld, type World } from '../support/command-world.ts';

const FILE = resolve(import.meta.dirname, '../../../shared/data/crm_sales_opportunities/sales_pipeline.csv');
if (!existsSync(FILE)) console.warn('skipped: ../shared/data is not here, so the figures are not tried on it');

describe.skipIf(!existsSync(FILE))('the figures of a real company', () => {
  let world: World;
  const agents = new Map<string, string>();

  beforeAll(async () => {
    world = await createWorld();
    const pipelineId = await world.add('Pipeline', { key: 'sales', name: 'Sales', position: 0 });
    const stageId = await world.add('PipelineStage', { pipelineId, key: 'engaging', name: 'Engaging', position: 0, probability: '0.5000' });
    const lines = readFileSync(FILE, 'utf8').trim().split(/\r?\n/).slice(1);
    for (const name of new Set(lines.map((line) => line.split(',')[1]!))) agents.set(await world.add('User', { name }), name);
    const idOf = new Map([...agents].map(([id, name]) => [name, id]));
    const rows = lines.map((line) => {
      const [, agent, , , stage, engaged, closed, value] = line.split(',') as string[];
      const openedAt = new Date(engaged || '2018-01-01');
      const amount = value ? `${value}.0000` : null;
      return {
        ...{
          workspaceId: world.workspaceId,
          id: newId(),
          name: 'x',
          pipelineId,
          stageId,
          ownerId: idOf.get(agent!)!,
          openedAt,
          stageSince: openedAt,
        },
        ...{ status: stage === 'Won' ? 'WON' : stage === 'Lost' ? 'LOST' : 'OPEN', closedAt: closed ? new Date(closed) : null },
        ...{ valueAmount: amount, valueCurrency: amount && 'EUR', baseAmount: amount },
      };
    });
    await insertRows(world.db, 'Opportunity', rows as never);
  });
  afterAll(() => world?.close());

  const read = (by: PerformanceArgs['by']) =>
    readPerformance(world.db, systemViewer(world.workspaceId), { from: '2016-01-01', to: '2018-12-31', by });

  test('altogether, by quarter and by agent', async () => {
    const { totals, rows } = await read('QUARTER');
    expect(totals).toMatchObject({ created: 8800, open: 2089, won: 4238, lost: 2473, wonValue: '10005534.0000' });
    expect(totals.winRate).toBeCloseTo(0.631501, 6);
    const won = rows.filter((row) => row.group!.startsWith('2017')).map((row) => `${row.group} ${Number(row.wonValue)}`);
    expect(won).toEqual(['2017-Q1 1134672', '2017-Q2 3086111', '2017-Q3 2982255', '2017-Q4 2802496']);
    const [best] = (await read('OWNER')).rows;
    expect([agents.get(best!.group!), best!.wonValue]).toEqual(['Darcel Schlecht', '1153214.0000']);
  });

  test('in the forecast', async () => {
    const year = { period: 'QUARTER', from: '2017-01-01', to: '2017-12-31' } as const;
    const { rows } = await readForecast(world.db, systemViewer(world.workspaceId), year);
    expect(rows.map((row) => Number(row.won))).toEqual([1134672, 3086111, 2982255, 2802496]);
  });
});
