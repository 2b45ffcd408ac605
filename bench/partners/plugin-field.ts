// What a plugin's field costs on a page of 100 customers, beside a core field of the same kind: statements and time.
import { median, table } from '../support.ts';
import { startPartner } from './server.ts';

const ROUNDS = 40;
const EACH = 10;
const page = (more: string) => `query { customers(first: 100) { nodes { id displayName ${more} } } }`;
const kinds: Record<string, string> = {
  'no further field': '',
  'a core field (version)': 'version',
  'a core list (1 identity)': 'identities(first: 1) { nodes { value } }',
  'a plugin field (loyaltyPoints)': 'loyaltyPoints',
};

/** Runs the benchmark and prints statements per page and the time of each beside that of the plain page. */
export async function benchPluginField(): Promise<void> {
  const partner = await startPartner({ TRATO_EXPLAIN: '1' });
  await partner.recordMany(500, 200);
  const statements = async (query: string) => {
    const before = await statementsRun(partner.origin);
    for (let i = 0; i < 20; i++) await partner.ask(query);
    return ((await statementsRun(partner.origin)) - before) / 20;
  };
  const counts = new Map<string, number>();
  for (const [name, more] of Object.entries(kinds)) {
    for (let i = 0; i < 20; i++) await partner.ask(page(more));
    counts.set(name, await statements(page(more)));
  }
  const times = new Map<string, number[]>(Object.keys(kinds).map((name) => [name, []]));
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, more] of Object.entries(kinds)) {
      const began = performance.now();
      for (let i = 0; i < EACH; i++) await partner.ask(page(more));
      times.get(name)!.push((performance.now() - began) / EACH);
    }
  }
  const plain = median(times.get('no further field')!);
  console.log('\nplugin field: a page of 100 customers; one connection, medians');
  table([
    ['', 'statements', 'ms', 'ratio'],
    ...Object.keys(kinds).map((name) => {
      const time = median(times.get(name)!);
      return [name, counts.get(name)!.toFixed(1), time.toFixed(2), (time / plain).toFixed(2)];
    }),
  ]);
  await partner.stop();
}

// What Prometheus is told of the database; see docs/operations.md.
async function statementsRun(origin: string): Promise<number> {
  const text = await (await fetch(`${origin}/metrics`)).text();
  return Number(/^trato_database_statements_total\S* (\d+)/m.exec(text)?.[1] ?? Number.NaN);
}
