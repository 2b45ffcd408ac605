// The shipped mappings on the real files and the real server: everything arrives, a second time changes nothing, and
// what is exported can be imported.
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCli } from '../../src/cli/testing/run-cli.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

const DATA = resolve(import.meta.dirname, '../../../shared/data');
const EXAMPLES = resolve(import.meta.dirname, '../../examples');
const present = existsSync(join(DATA, 'online_retail/invoices.csv'));
if (!present) console.warn('skipped: ../shared/data is not here, so the example mappings are not tried on it');

describe.skipIf(!present)('the example mappings', () => {
  let folder: string;
  let server: TestServer;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'trato-examples-'));
    server = await startTestServer();
  });
  afterAll(async () => {
    await server?.stop();
    rmSync(folder, { recursive: true });
  });

  const run = (...args: string[]) => runCli([...args, '--url', server.url, '--key', server.adminKey], { cwd: folder });
  async function imported(mapping: string, file: string): Promise<string> {
    const result = await run('import', '--mapping', join(EXAMPLES, mapping), file);
    return result.code === 0 ? result.lastLine : result.stderr;
  }
  async function importTwice(mapping: string, file: string): Promise<[first: string, again: string]> {
    const input = join(folder, basename(file));
    copyFileSync(join(DATA, file), input);
    return [await imported(mapping, input), await imported(mapping, input)];
  }
  async function exported(...args: string[]): Promise<Record<string, unknown>[]> {
    const file = join(folder, 'exported.jsonl');
    expect(await run('export', ...args, '--out', file)).toMatchObject({ code: 0 });
    return readFileSync(file, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  it('bring in the customers and invoices of a retailer', async () => {
    expect(await importTwice('online-retail/customers.json', 'online_retail/customers.csv')).toEqual([
      'read 4372, created 4372, updated 0, unchanged 0, rejected 0',
      'read 4372, created 0, updated 0, unchanged 4372, rejected 0',
    ]);
    expect(await importTwice('online-retail/invoices.json', 'online_retail/invoices.csv')).toEqual([
      'read 22190, created 22190, updated 0, unchanged 0, rejected 0',
      'read 22190, created 0, updated 0, unchanged 22190, rejected 0',
    ]);
    const { data, errors } = await server.query(`{
      customers { totalCount(upTo: 100000) { value } }
      interactions { totalCount(upTo: 100000) { value } sum(field: VALUE) { amount currency } }
      placed: interactions(filter: { kind: { eq: "order_placed" } }) { totalCount(upTo: 100000) { value } }
      cancelled: interactions(filter: { kind: { eq: "order_cancelled" } }) { totalCount(upTo: 100000) { value } }
      british: customers(filter: { country: { eq: "GB" } }) { totalCount(upTo: 100000) { value } }
      irish: customers(filter: { country: { eq: "IE" } }) { totalCount { value } }
      nowhere: customers(filter: { country: { isNull: true } }) { totalCount { value } }
      customer(by: { externalId: { system: "online-retail", value: "12346" } }) {
        kind createdAt country
        interactions(orderBy: [{ field: OCCURRED_AT }], first: 1) { nodes { subject occurredAt direction touchPoint { key } channel { key } attributes value { amount currency } } }
      }
    }`);
    expect(errors).toEqual([]);
    const counted = (value: number) => ({ totalCount: { value } });
    expect(data).toMatchObject({
      customers: counted(4372),
      interactions: { ...counted(22_190), sum: { amount: '8300065.81', currency: 'GBP' } },
      placed: counted(18_536),
      cancelled: counted(3654),
      british: counted(3950),
      irish: counted(3),
      nowhere: counted(5),
      customer: {
        kind: 'PERSON',
        createdAt: '2011-01-18T10:01:00.000Z',
        country: 'GB',
        interactions: {
          nodes: [
            {
              subject: 'Order 541431',
              occurredAt: '2011-01-18T10:01:00.000Z',
              direction: 'INBOUND',
              touchPoint: { key: 'web_shop' },
              channel: { key: 'web' },
              attributes: { lines: 1, units: 74215 },
              value: { amount: '77183.60', currency: 'GBP' },
            },
          ],
        },
      },
    });
  });

  it('bring in accounts with their parents, and sales teams with their offices', async () => {
    expect(await importTwice('crm-sales/accounts.json', 'crm_sales_opportunities/accounts.csv')).toEqual([
      'read 85, created 100, updated 0, unchanged 0, rejected 0',
      'read 85, created 0, updated 0, unchanged 100, rejected 0',
    ]);
    expect(await importTwice('crm-sales/users.json', 'crm_sales_opportunities/sales_teams.csv')).toEqual([
      'read 35, created 50, updated 0, unchanged 90, rejected 0',
      'read 35, created 0, updated 0, unchanged 140, rejected 0',
    ]);
    type Named = { name: string } | null;
    const relationships = (await exported('relationships', '--fields', 'kind,from.displayName,to.displayName')) as {
      from: { displayName: string };
    }[];
    expect(relationships).toHaveLength(15);
    expect(relationships.find(({ from }) => from.displayName === 'Cheers')).toEqual({
      kind: { key: 'subsidiary_of' },
      from: { displayName: 'Cheers' },
      to: { displayName: 'Massive Dynamic' },
    });
    const users = (await exported('users', '--fields', 'name,email,role,teams.name')) as {
      name: string;
      email: string | null;
      teams: Named[];
    }[];
    expect(users).toHaveLength(41);
    expect(users.find(({ name }) => name === 'Moses Frase')).toEqual({
      name: 'Moses Frase',
      email: null,
      role: null,
      teams: [{ name: 'Team Dustin Brinkmann' }],
    });
    expect(users.filter(({ teams }) => teams.length === 1)).toHaveLength(35);
    const teams = (await exported('teams', '--fields', 'name,lead.name,parent.name')) as { name: string; lead: Named; parent: Named }[];
    expect(
      teams
        .filter(({ parent }) => parent === null)
        .map(({ name }) => name)
        .sort(),
    ).toEqual(['Central', 'East', 'West']);
    expect(teams.filter(({ name, lead, parent }) => parent !== null && name === `Team ${lead?.name}`)).toHaveLength(6);
  });

  it('take back what was exported', async () => {
    const customers = await exported('customers');
    expect(customers).toHaveLength(4457);
    expect(await imported('trato-export/customers.json', join(folder, 'exported.jsonl'))).toBe(
      'read 4457, created 0, updated 0, unchanged 4457, rejected 0',
    );

    const other = await startTestServer();
    try {
      const there = async (...args: string[]): Promise<string> => {
        const result = await runCli([...args, '--url', other.url, '--key', other.adminKey, '--quiet'], { cwd: folder });
        return result.stderr + result.stdout;
      };
      await there('import', '--mapping', join(EXAMPLES, 'crm-sales/accounts.json'), 'accounts.csv');
      await there('export', 'events', '--out', 'events.jsonl');
      const events = readFileSync(join(folder, 'events.jsonl'), 'utf8').trimEnd().split('\n');
      const types = events.map((line) => (JSON.parse(line) as { type: string }).type);
      expect(types.filter((type) => type === 'customer.created')).toHaveLength(85);
      expect(JSON.parse(events.at(-1) ?? '')).toMatchObject({
        cursor: expect.any(String),
        subjectId: expect.any(String),
        actor: { kind: 'API_KEY' },
        data: {},
      });
      expect(await there('import', '--mapping', join(EXAMPLES, 'trato-export/customers.json'), 'exported.jsonl')).toBe(
        'read 4457, created 4372, updated 0, unchanged 85, rejected 0\n',
      );
      const invoices = readFileSync(join(DATA, 'online_retail/invoices.csv'), 'utf8').split('\n').slice(0, 121).join('\n');
      writeFileSync(join(folder, 'some.csv'), invoices);
      await there('import', '--mapping', join(EXAMPLES, 'online-retail/invoices.json'), 'some.csv');
      await there('export', 'interactions', '--out', 'interactions.jsonl');
      expect(await there('import', '--mapping', join(EXAMPLES, 'trato-export/interactions.json'), 'interactions.jsonl')).toBe(
        'read 120, created 0, updated 0, unchanged 120, rejected 0\n',
      );
    } finally {
      await other.stop();
    }
  });

  it('and an export goes on behind the cursor that it told', async () => {
    const all = await exported('users', '--fields', 'id');
    const { data } = await server.query(
      '{ users(first: 30, orderBy: [{ field: CREATED_AT, direction: ASC }]) { pageInfo { endCursor } } }',
    );
    const first = join(folder, 'part.jsonl');
    const cursor = (data as { users: { pageInfo: { endCursor: string } } }).users.pageInfo.endCursor;
    const rest = await run('export', 'users', '--fields', 'id', '--after', cursor, '--out', first);
    expect(rest.stderr).toContain('exported 11 users');
    expect(
      readFileSync(first, 'utf8')
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
    ).toEqual(all.slice(30));
    expect((await exported('relationships'))[0]).toMatchObject({
      kind: { key: 'subsidiary_of' },
      from: { identities: [{ system: 'crm-sales' }] },
      until: null,
    });
    expect((await exported('teams'))[0]).toMatchObject({ name: 'Central', lead: null });
    expect((await run('export', 'users', '--after', 'nonsense')).stderr).toMatch(/\[CURSOR_INVALID\]/);
    expect((await run('export', 'users', '--fields', 'nonsense')).stderr).toMatch(
      /Cannot query field "nonsense".*\[GRAPHQL_VALIDATION_FAILED\]/,
    );
    expect((await run('export', 'orders')).stderr).toMatch(/"orders" cannot be exported \[UNKNOWN_EXPORT\]/);
  });
});
