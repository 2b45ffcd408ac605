// Ingest: interactionsRecord with identity resolution and events, beside a raw multi-row INSERT of the same rows through pg.
// All write batches of 500 into the same table with the same indexes, in turn, so that a slow moment of the machine meets all.
// A server process moves the events and answers the calls over HTTP; the command alone runs here.
import sql from 'sql-template-tag';
import { runCommand } from '../src/commands/command.ts';
import { newId } from '../src/lib/typeid.ts';
import { interactionsRecord } from '../src/modules/interactions/index.ts';
import { type Bench, median, spawnServer, startBench, table } from './support.ts';

const BATCH = 500;
const ROUNDS = 40;
const WARM_UP = 8;
const CUSTOMERS = 2_000;

type Ids = { channel: string; kind: string; touchPoint: string; customers: string[] };
type Way = 'raw' | 'command' | 'http';
const ways: Way[] = ['raw', 'command', 'http'];
const document = 'mutation ($input: InteractionsRecordInput!) { interactionsRecord(input: $input) { created rejected } }';

function inputs(round: number) {
  return Array.from({ length: BATCH }, (_, i) => {
    const n = round * BATCH + i;
    return {
      customer: { identity: { kind: 'EMAIL', value: `customer${(n * 7919) % CUSTOMERS}@example.org` } },
      kind: 'order_placed',
      touchPoint: 'web_shop',
      direction: 'INBOUND',
      occurredAt: new Date(Date.UTC(2026, 0, 1) + n * 60_000),
      externalRef: { system: 'bench', value: `order-${n}` },
      subject: `Order ${n}`,
      value: { amount: `${(n % 900) + 10}.50`, currency: 'GBP' },
    };
  });
}

const columns = [
  'workspace_id',
  'id',
  'customer_id',
  'touch_point_id',
  'channel_id',
  'kind_id',
  'direction',
  'occurred_at',
  'external_system',
  'external_id',
  'subject',
  'value_amount',
  'value_currency',
  'actor_kind',
];

async function rawInsert(bench: Bench, workspaceId: string, ids: Ids, round: number): Promise<void> {
  const values: unknown[] = [];
  const tuples = inputs(round).map((row, i) => {
    const n = (round * BATCH + i) * 7919;
    values.push(
      workspaceId,
      newId(),
      ids.customers[n % ids.customers.length],
      ids.touchPoint,
      ids.channel,
      ids.kind,
      row.direction,
      row.occurredAt,
      'bench',
      row.externalRef.value,
      row.subject,
      row.value.amount,
      'GBP',
      'SYSTEM',
    );
    return `(${columns.map((_column, c) => `$${i * columns.length + c + 1}`).join(', ')})`;
  });
  await bench.db.pool.query(`insert into interactions (${columns.join(', ')}) values ${tuples.join(', ')}`, values);
}

async function idsOf(bench: Bench, workspaceId: string): Promise<Ids> {
  const one = async (table: string, key: string) => {
    const { rows } = await bench.db.pool.query<{ id: string }>(`select id from ${table} where workspace_id = $1 and key = $2`, [
      workspaceId,
      key,
    ]);
    return rows[0]!.id;
  };
  const customers = await bench.db.query<{ id: string }>(
    sql`select id from customers where workspace_id = ${workspaceId}::uuid order by id`,
  );
  return {
    channel: await one('channels', 'web'),
    kind: await one('interaction_kinds', 'order_placed'),
    touchPoint: await one('touch_points', 'web_shop'),
    customers: customers.map((row) => row.id),
  };
}

async function overHttp(origin: string, key: string, round: number): Promise<void> {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${key}` };
  const body = JSON.stringify({ query: document, variables: { input: { rows: inputs(round) } } });
  const answer = (await (await fetch(`${origin}/graphql`, { method: 'POST', headers, body })).json()) as {
    data?: { interactionsRecord: { created: number } };
  };
  if (answer.data?.interactionsRecord.created !== BATCH) throw new Error(JSON.stringify(answer).slice(0, 500));
}

/** Runs the benchmark and prints rows per second and their ratio to the raw INSERT. */
export async function benchIngest(): Promise<void> {
  const bench = await startBench();
  const server = await spawnServer({ DATABASE_URL: bench.db.url });
  try {
    const command = (round: number) =>
      runCommand({ db: bench.db, viewer: bench.viewer, requestId: 'bench' }, interactionsRecord, { rows: inputs(round) });
    for (let round = 0; round < 4; round++) await command(round);
    const ids = await idsOf(bench, bench.viewer.workspaceId);
    const run: Record<Way, (round: number) => Promise<unknown>> = {
      raw: (round) => rawInsert(bench, bench.viewer.workspaceId, ids, round),
      command,
      http: (round) => overHttp(server.origin, bench.apiKey, round),
    };
    const seconds: Record<Way, number[]> = { raw: [], command: [], http: [] };
    for (let round = 0; round < ROUNDS + WARM_UP; round++) {
      for (const [i, way] of ways.entries()) {
        const start = process.hrtime.bigint();
        await run[way](4 + round * ways.length + i);
        if (round >= WARM_UP) seconds[way].push(Number(process.hrtime.bigint() - start) / 1e9);
      }
    }
    const label: Record<Way, string> = {
      raw: 'raw multi-row INSERT',
      command: 'interactionsRecord, the command',
      http: 'interactionsRecord, over HTTP',
    };
    const ratio = (way: Way) => median(seconds[way].map((value, i) => seconds.raw[i]! / value));
    console.log(`\ningest: ${ROUNDS} batches of ${BATCH} rows each way in turn, ${CUSTOMERS} customers, one writer, event log running`);
    table([['', 'rows/s', 'of raw'], ...ways.map((way) => [label[way], Math.round(BATCH / median(seconds[way])), ratio(way).toFixed(2)])]);
  } finally {
    await server.stop();
    await bench.stop();
  }
}

if (import.meta.main) await benchIngest();
