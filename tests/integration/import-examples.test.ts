// The shipped mappings on the real files: everything in them arrives, and a second time changes nothing.
import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BulkServer } from '../../src/cli/testing/bulk-server.ts';
import { startBulkServer } from '../../src/cli/testing/bulk-server.ts';
import { runCli } from '../../src/cli/testing/run-cli.ts';

const DATA = resolve(import.meta.dirname, '../../../shared/data');
const EXAMPLES = resolve(import.meta.dirname, '../../examples');
const present = existsSync(join(DATA, 'online_retail/invoices.csv'));
if (!present) console.warn('skipped: ../shared/data is not here, so the example mappings are not tried on it');

describe.skipIf(!present)('the example mappings', () => {
  let folder: string;
  let server: BulkServer;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'trato-examples-'));
    server = await startBulkServer();
  });
  afterAll(async () => {
    await server.stop();
    rmSync(folder, { recursive: true });
  });
  const rows = (mutation: string): Record<string, unknown>[] => [...(server.tables.get(mutation)?.values() ?? [])];

  async function importTwice(mapping: string, file: string): Promise<[first: string, again: string]> {
    const input = join(folder, basename(file));
    copyFileSync(join(DATA, file), input);
    const once = async (): Promise<string> => {
      const run = await runCli(['import', '--mapping', join(EXAMPLES, mapping), '--url', server.url, '--key', server.key, input]);
      return run.code === 0 ? run.lastLine : run.stderr;
    };
    return [await once(), await once()];
  }

  it('brings in the customers and invoices of a retailer', async () => {
    expect(await importTwice('online-retail/customers.json', 'online_retail/customers.csv')).toEqual([
      'read 4372, created 4372, updated 0, unchanged 0, rejected 0',
      'read 4372, created 0, updated 0, unchanged 4372, rejected 0',
    ]);
    const customers = rows('customersUpsert');
    const inCountry = (code: string | undefined): number => customers.filter(({ country }) => country === code).length;
    expect([inCountry('GB'), inCountry('IE'), inCountry('JE'), inCountry('ZA'), inCountry(undefined)]).toEqual([3950, 3, 9, 1, 5]);
    expect(customers[0]).toMatchObject({
      externalId: { system: 'online-retail', value: '12346' },
      kind: 'PERSON',
      createdAt: '2011-01-18T10:01:00.000Z',
    });

    expect(await importTwice('online-retail/invoices.json', 'online_retail/invoices.csv')).toEqual([
      'read 22190, created 22190, updated 0, unchanged 0, rejected 0',
      'read 22190, created 0, updated 0, unchanged 22190, rejected 0',
    ]);
    const invoices = rows('interactionsRecord') as { kind: string; value: { amount: string; currency: string } }[];
    expect(invoices.filter(({ kind }) => kind === 'order_placed')).toHaveLength(18_536);
    expect(invoices.filter(({ kind }) => kind === 'order_cancelled')).toHaveLength(3654);
    expect(invoices.reduce((sum, { value }) => sum + Math.round(Number(value.amount) * 100), 0)).toBe(830_006_581);
    expect(invoices[0]).toMatchObject({
      subject: 'Order 536365',
      touchPoint: 'web_shop',
      direction: 'INBOUND',
      occurredAt: '2010-12-01T08:26:00.000Z',
      attributes: { lines: 7, units: 40 },
    });
  });

  it('brings in accounts with their parents, and sales teams with their offices', async () => {
    const folderName = 'crm_sales_opportunities';
    expect(await importTwice('crm-sales/accounts.json', `${folderName}/accounts.csv`)).toEqual([
      'read 85, created 100, updated 0, unchanged 0, rejected 0',
      'read 85, created 0, updated 0, unchanged 100, rejected 0',
    ]);
    expect(rows('relationshipsUpsert')).toHaveLength(15);
    const accounts = rows('customersUpsert').filter(({ kind }) => kind === 'ORGANISATION') as {
      displayName: string;
      country: string;
      attributes: { sector: string };
    }[];
    expect(accounts).toHaveLength(85);
    expect(accounts.filter(({ attributes }) => attributes.sector === 'technology')).toHaveLength(12);
    expect(accounts.filter(({ attributes }) => attributes.sector === 'technolgy')).toHaveLength(0);
    expect(accounts.find(({ displayName }) => displayName === 'Bioholding')?.country).toBe('PH');

    expect(await importTwice('crm-sales/users.json', `${folderName}/sales_teams.csv`)).toEqual([
      'read 35, created 50, updated 0, unchanged 90, rejected 0',
      'read 35, created 0, updated 0, unchanged 140, rejected 0',
    ]);
    expect(rows('usersUpsert')).toHaveLength(41);
    const teams = rows('teamsUpsert');
    expect(teams.filter(({ parent }) => parent === undefined)).toHaveLength(3);
    expect(teams.filter(({ parent, lead }) => parent !== undefined && lead !== undefined)).toHaveLength(6);
  });
});
