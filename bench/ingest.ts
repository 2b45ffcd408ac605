// Ingest: interactionsRecord with identity resolution and events, beside a raw multi-row INSERT of the same rows through pg.
// Both write batches of 500 into the same table with the same indexes, in turn, so that a slow moment of the machine meets both.
import sql from 'sql-template-tag';
import { runCommand } from '../src/commands/command.ts';
import { createEvents } from '../src/events/index.ts';
import { newId } from '../src/lib/typeid.ts';
import { interactionsRecord } from '../src/modules/interactions/index.ts';
import { type Bench, median, startBench, table } from './support.ts';

const BATCH = 500;
const ROUNDS = 40;
const WARM_UP = 8;
const CUSTOMERS = 2_000;

type Ids = { channel: string; kind: string; touchPoint: string; customers: string[] };
const quiet = { info() {}, warn() {}, error() {} };

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

/** Runs the benchmark and prints rows per second and their ratio. */
export async function benchIngest(): Promise<void> {
  const bench = await startBench();
  const events = createEvents(bench.db, { log: quiet });
  events.start();
  try {
    const call = (round: number) =>
      runCommand({ db: bench.db, viewer: bench.viewer, requestId: 'bench' }, interactionsRecord, { rows: inputs(round) });
    const seconds: Record<'command' | 'raw', number[]> = { command: [], raw: [] };
    const timed = async (kind: 'command' | 'raw', round: number, work: () => Promise<unknown>) => {
      const start = process.hrtime.bigint();
      await work();
      if (round >= WARM_UP) seconds[kind].push(Number(process.hrtime.bigint() - start) / 1e9);
    };
    await call(0);
    const ids = await idsOf(bench, bench.viewer.workspaceId);
    for (let round = 1; round <= ROUNDS + WARM_UP; round++) {
      await timed('command', round, () => call(round * 2));
      await timed('raw', round, () => rawInsert(bench, bench.viewer.workspaceId, ids, round * 2 + 1));
    }
    const drainStart = process.hrtime.bigint();
    await events.drained();
    const drain = Number(process.hrtime.bigint() - drainStart) / 1e6;
    const rate = (kind: 'command' | 'raw') => Math.round(BATCH / median(seconds[kind]));
    const ratios = seconds.command.map((value, i) => seconds.raw[i]! / value);
    console.log(`\ningest: ${ROUNDS} batches of ${BATCH} rows each way, ${CUSTOMERS} customers, one writer, event log running`);
    table([
      ['', 'rows/s', 'of raw'],
      ['raw multi-row INSERT', rate('raw'), '1.00'],
      ['interactionsRecord', rate('command'), median(ratios).toFixed(2)],
    ]);
    console.log(`the log had everything ${drain.toFixed(0)} ms after the last batch`);
  } finally {
    await events.stop();
    await bench.stop();
  }
}

if (import.meta.main) await benchIngest();
