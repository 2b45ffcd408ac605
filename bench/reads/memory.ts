// Memory: Trato under 200,000 requests of 5,000 different documents, again and again in the same order, which is the worst
// for a cache that drops what was used longest ago. Sampled after a collection.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { table } from '../support.ts';
import { startTrato, trato } from './clients/trato.ts';
import { startReadsDatabase } from './database.ts';
import { startLoad } from './load.ts';
import type { Memory } from './server.ts';

const REQUESTS = Number(process.env.BENCH_MEMORY_REQUESTS ?? 200_000);
const DOCUMENTS = 5_000;
const SAMPLES = 20;
const CONNECTIONS = 8;
const MB = 1024 * 1024;

const customerFields = ['displayName', 'country', 'health', 'tags', 'createdAt', 'city', 'owner { name }', 'stage { key }'];
const nested = [
  '',
  'interactions(first: 2) { nodes { id subject } }',
  'interactions(first: 3, filter: { direction: { eq: INBOUND } }) { nodes { id kind { key } } }',
  'identities(first: 2) { nodes { kind value } }',
];
const lists = [
  '',
  ', orderBy: [{ field: DISPLAY_NAME }]',
  ', orderBy: [{ field: UPDATED_AT, direction: DESC }]',
  ', filter: { country: { eq: "NZ" } }',
];

/** The n-th document: which fields, lists, filters and orders it asks for follows from n, and no two are alike. */
export function documentOf(n: number): string {
  const fields = customerFields.filter((_field, i) => (n >> i) & 1);
  const first = 1 + (n % 5);
  const page = n % 3 === 0 ? ' pageInfo { hasNextPage endCursor }' : '';
  return `query Memory${n} { d${n}: customers(first: ${first}${lists[(n >> 2) % lists.length]}) { nodes { id ${fields.join(' ')} ${nested[(n >> 4) % nested.length]} }${page} } }`;
}

type Sample = Memory & { requests: number; database: number };

/** Runs the benchmark and prints the samples and their slope. */
export async function benchMemory(): Promise<void> {
  const database = await startReadsDatabase();
  const generator = startLoad();
  const server = await startTrato(database, ['--expose-gc']);
  try {
    const bodies = Array.from({ length: DOCUMENTS }, (_, n) => JSON.stringify({ query: documentOf(n) }));
    const chunk = Math.ceil(REQUESTS / SAMPLES / DOCUMENTS) * DOCUMENTS;
    const samples: Sample[] = [];
    const started = performance.now();
    for (let requests = chunk; requests <= REQUESTS; requests += chunk) {
      await generator.run({ port: server.port, path: trato.path, headers: trato.headers, bodies, count: chunk, connections: CONNECTIONS });
      samples.push({ ...(await server.memory()), requests, database: databaseMemory(database.pid) });
    }
    const seconds = ((performance.now() - started) / 1000).toFixed(0);
    console.log(`\nmemory: ${REQUESTS} requests of ${DOCUMENTS} different documents in ${seconds} s, after a collection`);
    report(samples);
  } finally {
    generator.stop();
    await server.stop();
    await database.stop();
  }
}

function report(samples: Sample[]): void {
  const columns = ['heapUsed', 'external', 'rss', 'database'] as const;
  const shown = samples.filter(
    (_sample, i) => i === 0 || (i + 1) % Math.max(1, Math.round(samples.length / 5)) === 0 || i === samples.length - 1,
  );
  table([
    ['requests', 'heap MB', 'external MB', 'RSS MB', "database's own MB"],
    ...shown.map((sample) => [sample.requests, ...columns.map((column) => (sample[column] / MB).toFixed(1))]),
  ]);
  // In the first quarter caches fill and code is compiled.
  const settled = samples.slice(Math.floor(samples.length / 4));
  const slope = (column: (typeof columns)[number]) => slopeOf(settled.map((sample) => [sample.requests, sample[column] / MB]));
  console.log(
    `slope after the first quarter, MB for each 100,000 requests: ${columns.map((column) => `${column} ${(slope(column) * 100_000).toFixed(2)}`).join(', ')}`,
  );
}

/** Of the line with the least squares. */
function slopeOf(points: [x: number, y: number][]): number {
  const mean = (of: 0 | 1) => points.reduce((sum, point) => sum + point[of], 0) / points.length;
  const [x, y] = [mean(0), mean(1)];
  const covariance = points.reduce((sum, point) => sum + (point[0] - x) * (point[1] - y), 0);
  return covariance / points.reduce((sum, point) => sum + (point[0] - x) ** 2, 0);
}

/** What the database's processes hold for themselves, in bytes: prepared statements are kept there. NaN without /proc. */
function databaseMemory(pid: number): number {
  if (!existsSync('/proc')) return Number.NaN;
  let kilobytes = 0;
  for (const name of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
    const status = statusOf(name);
    if (Number(/^PPid:\s*(\d+)/m.exec(status)?.[1]) === pid) kilobytes += Number(/^RssAnon:\s*(\d+)/m.exec(status)?.[1] ?? 0);
  }
  return kilobytes * 1024;
}

/** Empty where the process has ended. */
function statusOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/status`, 'utf8');
  } catch {
    return '';
  }
}

if (import.meta.main) await benchMemory();
