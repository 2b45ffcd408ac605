// The sales of a company, brought in from the files of its old system by the shipped mappings: every figure that the
// files tell is found again in the API, and a second time changes nothing.
import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import sql from 'sql-template-tag';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCli } from '../../src/cli/testing/run-cli.ts';
import { drainRules } from '../../src/modules/rules/index.ts';
import { ask, done } from '../support/core.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

const DATA = resolve(import.meta.dirname, '../../../shared/data/crm_sales_opportunities');
const EXAMPLES = resolve(import.meta.dirname, '../../examples/crm-sales');
const present = existsSync(join(DATA, 'sales_pipeline.csv'));
if (!present) console.warn('skipped: ../shared/data is not here, so the sales mappings are not tried on it');

describe.skipIf(!present)('the sales mappings', () => {
  let folder: string;
  let server: TestServer;
  const lines: Record<string, string> = {};
  const imported = async (mapping: string, file: string): Promise<string> => {
    copyFileSync(join(DATA, file), join(folder, basename(file)));
    const args = ['import', '--mapping', join(EXAMPLES, mapping), join(folder, file), '--url', server.url, '--key', server.adminKey];
    const result = await runCli(args, { cwd: folder });
    return result.code === 0 ? result.lastLine : result.stderr;
  };
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'trato-sales-'));
    server = await startTestServer();
    await imported('accounts.json', 'accounts.csv');
    await imported('users.json', 'sales_teams.csv');
    lines.products = await imported('products.json', 'products.csv');
    lines.pipeline = await imported('pipeline.json', 'sales_pipeline.csv');
  }, 120_000);
  afterAll(async () => {
    await server?.stop();
    rmSync(folder, { recursive: true });
  });

  it('bring in every opportunity', async () => {
    expect(lines).toEqual({
      products: 'read 7, created 7, updated 0, unchanged 0, rejected 0',
      pipeline: 'read 8800, created 8800, updated 0, unchanged 0, rejected 0',
    });
    const count = (filter: string) => `opportunities(filter: ${filter}) { totalCount(upTo: 100000) { value } }`;
    const data = await ask(
      server,
      `{ won: ${count('{ status: { eq: WON } }')} lost: ${count('{ stage: { eq: "lost" } }')} engaging: ${count('{ stage: { eq: "engaging" } }')}
        prospecting: ${count('{ stage: { eq: "prospecting" } }')} alone: ${count('{ customerId: { isNull: true } }')}
        value: opportunities(filter: { status: { eq: WON } }) { sum(field: VALUE) { amount currency } }
        gtxPro: ${count('{ lines: { some: { product: { eq: "gtx_pro" } } } }')} }`,
    );
    const counted = (value: number) => ({ totalCount: { value } });
    expect(data).toEqual({
      ...{ won: counted(4238), lost: counted(2473), engaging: counted(1589), prospecting: counted(500), alone: counted(1425) },
      ...{ value: { sum: { amount: '10005534.00', currency: 'GBP' } }, gtxPro: counted(1480) },
    });
  });

  it('give the figures of the files', async () => {
    const quarters = ['2017-01-01', '2017-04-01', '2017-07-01', '2017-10-01', '2018-01-01'];
    const ofQuarter = quarters
      .slice(1)
      .map(
        (to, i) =>
          `q${i + 1}: opportunities(filter: { status: { eq: WON }, closedAt: { gte: "${quarters[i]}T00:00:00Z", lt: "${to}T00:00:00Z" } }) { sum(field: VALUE) { amount } }`,
      );
    const data = await ask(server, `{ ${ofQuarter.join(' ')} }`);
    const sums = Object.values(data as Record<string, { sum: { amount: string } }>).map(({ sum }) => sum.amount);
    expect(sums).toEqual(['1134672.00', '3086111.00', '2982255.00', '2802496.00']);
    const best = (name: string, won: number) => ({ name, won: `${won}` });
    const [agent] = await server.db.query(sql`select u.name, round(sum(o.base_amount))::text as won from opportunities o
      join users u on u.id = o.owner_id where o.status = 'WON' group by 1 order by sum(o.base_amount) desc limit 1`);
    expect(agent).toEqual(best('Darcel Schlecht', 1_153_214));
    const [account] = await server.db.query(sql`select c.display_name as name, round(sum(o.base_amount))::text as won from opportunities o
      join customers c on c.id = o.customer_id where o.status = 'WON' group by 1 order by sum(o.base_amount) desc limit 1`);
    expect(account).toEqual(best('Kan-code', 341_455));
    const [rate] = await server.db.query<{ rate: string }>(
      sql`select round(avg((status = 'WON')::int), 6)::text as rate from opportunities where status <> 'OPEN'`,
    );
    expect(rate).toEqual({ rate: '0.631501' });
  });

  it('give the same figures by the queries for them', async () => {
    const data = await ask(
      server,
      `{ year: salesPerformance(from: "2017-01-01", to: "2017-12-31", by: QUARTER) { rows { key wonValue { amount } } }
        owners: salesPerformance(from: "2016-01-01", to: "2017-12-31", by: OWNER) { rows { owner { name } wonValue { amount } } totals { won lost winRate wonValue { amount } } } }`,
    );
    expect(data.year.rows.map((row: { wonValue: { amount: string } }) => row.wonValue.amount)).toEqual([
      '1134672.00',
      '3086111.00',
      '2982255.00',
      '2802496.00',
    ]);
    expect(data.owners.rows[0]).toEqual({ owner: { name: 'Darcel Schlecht' }, wonValue: { amount: '1153214.00' } });
    expect(data.owners.totals).toMatchObject({ won: 4238, lost: 2473, wonValue: { amount: '10005534.00' } });
    expect(data.owners.totals.winRate).toBeCloseTo(0.631501, 6);
  });

  it('make value classes of 58, 18 and 9 accounts, the best of them first', async () => {
    await done(
      server,
      'segmentationCreate',
      { key: 'abc', name: 'ABC', kind: 'STRATEGIC', method: 'VALUE_CLASSES', defaultSegment: { key: 'abc_none', name: 'None' } },
      'segmentation { id }',
    );
    await drainRules(server.db);
    const { portfolio, segments } = await ask(
      server,
      `{ portfolio(segmentation: "abc", from: "2016-01-01T00:00:00Z", to: "2018-01-02T00:00:00Z") { parts { segment { key } customers value { amount } } totals { customers } }
        segments(filter: { key: { eq: "abc_a" } }) { nodes { memberships(first: 100) { nodes { value customer { displayName } } } } } }`,
    );
    expect(portfolio.parts.map((part: { segment: { key: string }; customers: number }) => [part.segment.key, part.customers])).toEqual([
      ['abc_a', 58],
      ['abc_b', 18],
      ['abc_c', 9],
      ['abc_none', 0],
    ]);
    const stays: { value: string; customer: { displayName: string } }[] = segments.nodes[0].memberships.nodes;
    const best = stays.toSorted((a, b) => Number(b.value) - Number(a.value))[0];
    expect(best).toEqual({ value: '341455.00', customer: { displayName: 'Kan-code' } });
  });

  it('show an opportunity as a screen would', async () => {
    const data = await ask(
      server,
      `{ opportunities(first: 1, filter: { externalId: { eq: "1C1I7A6R" } }) { nodes {
        name status openedAt closedAt value { amount currency } baseAmount weightedValue { amount } stalled secondsInStage
        customer { displayName } owner { name } team { name } stage { key pipeline { key isDefault stages { nodes { key } } } }
        lines { nodes { product { key family price { amount } } quantity unitAmount amount } }
        transitions { nodes { from { key } to { key } occurredAt leftAt actor { kind } } }
        timeInStages { stage { key } seconds entries } } } }`,
    );
    const stages = ['prospecting', 'engaging', 'proposing', 'negotiating', 'won', 'lost'].map((key) => ({ key }));
    const begun = '2016-10-20T00:00:00.000Z';
    const ended = '2017-03-01T00:00:00.000Z';
    expect(data.opportunities.nodes).toEqual([
      {
        ...{ name: 'Cancity: opportunity 1C1I7A6R', status: 'WON', openedAt: begun, closedAt: ended },
        ...{ value: { amount: '1054.00', currency: 'GBP' }, baseAmount: '1054.00', weightedValue: { amount: '1054.00' } },
        ...{ stalled: false, secondsInStage: expect.any(Number) },
        ...{ customer: { displayName: 'Cancity' }, owner: { name: 'Moses Frase' }, team: { name: 'Team Dustin Brinkmann' } },
        stage: { key: 'won', pipeline: { key: 'sales', isDefault: true, stages: { nodes: stages } } },
        lines: {
          nodes: [
            {
              product: { key: 'gtx_plus_basic', family: 'GTX', price: { amount: '1096.00' } },
              quantity: '1.00',
              unitAmount: '1054.00',
              amount: '1054.00',
            },
          ],
        },
        transitions: {
          nodes: [
            { from: null, to: { key: 'prospecting' }, occurredAt: begun, leftAt: ended, actor: { kind: 'API_KEY' } },
            { from: { key: 'prospecting' }, to: { key: 'won' }, occurredAt: ended, leftAt: null, actor: { kind: 'API_KEY' } },
          ],
        },
        timeInStages: [
          { stage: { key: 'prospecting' }, seconds: 132 * 86_400, entries: 1 },
          { stage: { key: 'won' }, seconds: 0, entries: 1 },
        ],
      },
    ]);
  });

  it('change nothing the second time', async () => {
    const totals = () => server.db.query(sql`select count(*) as n, sum(version) as versions from opportunities`);
    const before = await totals();
    expect(await imported('products.json', 'products.csv')).toBe('read 7, created 0, updated 0, unchanged 7, rejected 0');
    expect(await imported('pipeline.json', 'sales_pipeline.csv')).toBe('read 8800, created 0, updated 0, unchanged 8800, rejected 0');
    expect(await totals()).toEqual(before);
  });
});
