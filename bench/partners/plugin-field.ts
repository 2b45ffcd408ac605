// What a plugin's field costs on a page of 100 customers, beside a core field of the same kind: statements and time.

import { plugin } from '../../plugins/loyalty/index.ts';
import { createTestHost } from '../../src/plugin/testing/index.ts';
import { median, table } from '../support.ts';
import { startPartner } from './server.ts';

const ROUNDS = 40;
const EACH = 10;
const page = (more: string) => `query { customers(first: 100) { nodes { id displayName ${more} } } }`;
const kinds: Record<string, string> = {
  'no further field': '',
  'a core field (version)': 'version',
  'a core list (identities, 1 each)': 'identities(first: 1) { nodes { value } }',
  'a plugin field (loyaltyPoints)': 'loyaltyPoints',
};

/** Runs the benchmark and prints statements per page and the time of each beside that of the plain page. */
export async function benchPluginField(): Promise<void> {
  const counts = await countStatements();
  const partner = await startPartner();
  await partner.recordMany(1_000, 200);
  const times = new Map<string, number[]>(Object.keys(kinds).map((name) => [name, []]));
  for (const more of Object.values(kinds)) for (let i = 0; i < 50; i++) await partner.ask(page(more));
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, more] of Object.entries(kinds)) {
      const began = performance.now();
      for (let i = 0; i < EACH; i++) await partner.ask(page(more));
      times.get(name)!.push((performance.now() - began) / EACH);
    }
  }
  await partner.stop();
  const plain = median(times.get('no further field')!);
  console.log('\nplugin field: a page of 100 customers; one connection, medians');
  table([
    ['', 'statements', 'ms', 'ratio'],
    ...Object.keys(kinds).map((name) => {
      const time = median(times.get(name)!);
      return [name, counts.get(name)!, time.toFixed(2), (time / plain).toFixed(2)];
    }),
  ]);
}

/** The statements of one page of each kind, counted where they are sent: in a host of this process. */
async function countStatements(): Promise<Map<string, number>> {
  const host = await createTestHost({ plugins: [{ plugin }] });
  const rows = Array.from({ length: 100 }, (_one, i) => ({
    customer: { identity: { kind: 'EMAIL', value: `person${i}@example.org` } },
    kind: 'enquiry',
    channel: 'email',
    direction: 'INBOUND',
  }));
  await host.query('mutation ($input: InteractionsRecordInput!) { interactionsRecord(input: $input) { created } }', { input: { rows } });
  const counts = new Map<string, number>();
  for (const [name, more] of Object.entries(kinds)) {
    await host.query(page(more));
    counts.set(name, (await host.statementsOf(() => host.query(page(more)))).statements.length);
  }
  await host.stop();
  return counts;
}
