// The company of the segment benchmarks: as many customers as asked, with ten interactions each over the last two years.
// Set-based, and every value follows from the row's number. Indexes of the big tables are made after their rows.
import type pg from 'pg';

export const INTERACTIONS_EACH = 10;
const DAY = 86_400_000;
const SPAN_DAYS = 730;

/** A UUIDv7 of a moment whose random bits are the kind of row (12 bits) and its number. */
const bitsOfId = `create function pg_temp.bench_id(kind int, number int8, at int8) returns uuid language sql immutable parallel safe as
  $$ select (lpad(to_hex(at), 12, '0') || '7' || lpad(to_hex(kind), 3, '0') || '8' || lpad(to_hex(number), 15, '0'))::uuid $$`;

type Index = { name: string; definition: string };

/** Fills the workspace. Answers how long it took, in milliseconds. */
export async function seed(client: pg.Client, workspaceId: string, customers: number): Promise<number> {
  const started = performance.now();
  await client.query(bitsOfId);
  const idsOf = async (tableName: string, keys: string[]) => {
    const { rows } = await client.query<{ key: string; id: string }>(`select key, id from ${tableName} where workspace_id = $1`, [
      workspaceId,
    ]);
    return keys.map((key) => `'${rows.find((row) => row.key === key)!.id}'::uuid`);
  };
  const kinds = await idsOf('interaction_kinds', ['order_placed', 'enquiry', 'email', 'website_visit', 'complaint']);
  const [channel] = await idsOf('channels', ['web']);
  const stages = await idsOf('lifecycle_stages', ['prospect', 'first_purchase', 'repeat', 'loyal']);
  const begin = Date.now() - SPAN_DAYS * DAY;
  const customerId = (n: string) => `pg_temp.bench_id(3, ${n}, ${begin})`;
  const workspace = `'${workspaceId}'::uuid`;
  await withoutIndexes(client, 'customers', () =>
    client.query(`insert into customers (workspace_id, id, kind, display_name, country, city, tags, stage_id, stage_since, created_at, updated_at)
      select ${workspace}, ${customerId('n')}, 'PERSON', 'Customer ' || n, (array['GB','US','DE','FR'])[1 + n % 4], (array['London','Leeds','York'])[1 + n % 3],
        case n % 5 when 0 then array['newsletter'] when 1 then array['trade','vip'] else '{}' end, (array[${stages.join(', ')}])[1 + n % 4],
        to_timestamp(${begin} / 1000.0), to_timestamp(${begin} / 1000.0) + (n % ${SPAN_DAYS}) * interval '1 day', now()
      from generate_series(0, ${customers - 1}) n`),
  );
  // The same customer again after a prime number of rows: its interactions lie far apart in the table, as they would.
  const total = customers * INTERACTIONS_EACH;
  await withoutIndexes(client, 'interactions', () =>
    client.query(`insert into interactions (workspace_id, id, customer_id, channel_id, kind_id, direction, occurred_at, value_amount, value_currency, actor_kind, created_at, updated_at)
      select ${workspace}, pg_temp.bench_id(6, n, ${begin}), ${customerId(`(n::int8 * 7919) % ${customers}`)}, ${channel}, (array[${kinds.join(', ')}])[1 + h % 5], 'INBOUND',
        to_timestamp((${begin} + n::int8 * ${Math.floor((SPAN_DAYS * DAY) / total)}) / 1000.0), case when h % 5 = 0 then 5 + h % 997 end, case when h % 5 = 0 then 'GBP' end, 'SYSTEM', now(), now()
      from (select n, abs(hashint8(n)::int8) as h from generate_series(0, ${total - 1}) n) n`),
  );
  await client.query('vacuum analyze');
  return performance.now() - started;
}

/** Fills a table while it has no indexes but its primary key. */
async function withoutIndexes(client: pg.Client, tableName: string, fill: () => Promise<unknown>): Promise<void> {
  const { rows } = await client.query<Index>(
    `select c.relname as name, pg_get_indexdef(i.indexrelid) as definition from pg_index i join pg_class c on c.oid = i.indexrelid
     where i.indrelid = $1::regclass and not i.indisprimary and not exists (select from pg_constraint k where k.conindid = i.indexrelid)`,
    [tableName],
  );
  await client.query('set session_replication_role = replica');
  for (const { name } of rows) await client.query(`drop index ${name}`);
  await fill();
  await client.query(`set maintenance_work_mem = '1GB'`);
  for (const { definition } of rows) await client.query(definition);
  await client.query('set session_replication_role = origin');
}
