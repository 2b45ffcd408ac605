// The company of the read benchmarks: 100,000 customers and 1,000,000 interactions in Trato's own tables, and one customer
// with 100,000 interactions on top. Set-based, and every value follows from the row's number.
import type pg from 'pg';

export const CUSTOMERS = 100_000;
export const INTERACTIONS = 1_000_000;
export const HEAVY_INTERACTIONS = 100_000;
/** Place of the customer with many interactions in the list by time of making, from 0: beyond the pages
 * that peers are compared on, for some of them read all children of a page's rows. */
export const HEAVY_PLACE = 2029;
/** Every so many customers, from the first, have a timeline of 20 things of six types. */
export const TIMELINE_EVERY = 10;

const USERS = 50;
const TEAMS = 5;
/** 2024-01-01, in milliseconds. */
const BEGIN = 1_704_067_200_000;
const CUSTOMER_STEP = 600_000;
const INTERACTION_STEP = 60_000;

/** A UUIDv7 whose random bits are the kind of row (12 bits) and its number. */
const id = (kind: number, number: string, at = String(BEGIN)) => `pg_temp.bench_id(${kind}, ${number}, ${at})`;
const customerId = (n: string) => id(3, n, `${BEGIN} + (${n})::int8 * ${CUSTOMER_STEP}`);
const moment = (milliseconds: string) => `to_timestamp((${milliseconds}) / 1000.0)`;
const pick = (values: readonly string[], n: string) =>
  `(array[${values.map((value) => `'${value}'`).join(', ')}])[1 + (${n})::int8 % ${values.length}]`;

const given = 'Ada,Ben,Clara,Dev,Elena,Femi,Grace,Hugo,Iris,Jonas,Kaya,Liam,Mina,Noah,Olga,Priya,Quinn,Rosa,Sami,Tess'.split(',');
const family =
  'Abbott,Baker,Castro,Dahl,Evans,Fischer,Garcia,Hughes,Ito,Jensen,Khan,Lopez,Moreau,Novak,Okafor,Patel,Rossi,Silva,Turner,Weber'.split(
    ',',
  );
const cities = 'London,Leeds,Bristol,York,Bath,Derby,Exeter'.split(',');
const subjects = 'Order confirmed,Question about delivery,Call about the offer,Visit to the store,Newsletter,Complaint about a part'.split(
  ',',
);
const tags = 'early-bird,newsletter,outdoor,trade,vip,wholesale'.split(',');
const country =
  "case when n % 100 < 50 then 'GB' when n % 100 < 70 then 'US' when n % 100 < 85 then 'DE' when n % 100 < 99 then 'FR' else 'NZ' end";
const at = (n: string) => `${BEGIN} + (${n})::int8 * ${INTERACTION_STEP}`;

type Ids = { workspace: string; channels: string; kinds: string; touchPoints: string; stages: string; tie: string };

/** Ids of a table's rows as an SQL array, in the order of their keys or places. */
async function idsOf(client: pg.Client, table: string, workspaceId: string, order = 'key', only?: string): Promise<string> {
  const { rows } = await client.query<{ id: string }>(
    `select id from ${table} where workspace_id = $1 and ($2::text is null or key = $2) order by ${order}`,
    [workspaceId, only ?? null],
  );
  return `array[${rows.map((row) => `'${row.id}'::uuid`).join(', ')}]`;
}

const take = (array: string, n: string) => `(${array})[1 + (${n})::int8 % cardinality(${array})]`;

function people({ workspace, stages }: Ids): string[] {
  return [
    `insert into teams (workspace_id, id, name) select ${workspace}, ${id(1, 'n')}, 'Team ' || n from generate_series(0, ${TEAMS - 1}) n`,
    `insert into users (workspace_id, id, name, email) select ${workspace}, ${id(2, 'n')}, ${pick(given, 'n')} || ' ' || ${pick(family, 'n * 7')}, 'user' || n || '@company.example'
     from generate_series(0, ${USERS - 1}) n`,
    `insert into team_members (workspace_id, team_id, user_id) select ${workspace}, ${id(1, `n % ${TEAMS}`)}, ${id(2, 'n')} from generate_series(0, ${USERS - 1}) n`,
    `insert into customers (workspace_id, id, kind, display_name, given_name, family_name, country, city, language, tags, health, owner_id, team_id, stage_id, stage_since, created_at, updated_at)
     select ${workspace}, ${customerId('n')}, 'PERSON', g || ' ' || f || ' ' || n::int8 * 7919 % ${CUSTOMERS}, g, f, ${country}, ${pick(cities, 'n')}, 'en',
       case n % 4 when 0 then array[${pick(tags, 'n')}] when 1 then array['newsletter', 'vip'] else '{}' end,
       (case n % 10 when 0 then 'AT_RISK' when 1 then 'UNKNOWN' else 'HEALTHY' end)::customer_health, ${id(2, `n % ${USERS}`)}, ${id(1, `n % ${TEAMS}`)}, ${take(stages, 'n')},
       ${moment(`${BEGIN} + n::int8 * ${CUSTOMER_STEP}`)}, ${moment(`${BEGIN} + n::int8 * ${CUSTOMER_STEP}`)}, ${moment(`${BEGIN} + n::int8 * ${CUSTOMER_STEP}`)}
     from (select n, ${pick(given, 'n * 7')} as g, ${pick(family, 'n * 13 / 10')} as f from generate_series(0, ${CUSTOMERS - 1}) n) n`,
    `insert into identities (workspace_id, id, customer_id, kind, value, original, is_primary)
     select ${workspace}, ${id(4, 'n')}, ${customerId('n')}, 'EMAIL'::identity_kind, 'person' || n || '@example.org', 'person' || n || '@example.org', true from generate_series(0, ${CUSTOMERS - 1}) n
     union all
     select ${workspace}, ${id(5, 'n')}, ${customerId('n')}, 'PHONE'::identity_kind, '+4477' || lpad(n::text, 8, '0'), '077' || lpad(n::text, 8, '0'), true from generate_series(0, ${CUSTOMERS - 1}, 2) n`,
  ];
}

function contacts({ workspace, channels, kinds, touchPoints }: Ids): string[] {
  const rows = (kind: number, customer: string, time: string, count: number) =>
    `insert into interactions (workspace_id, id, customer_id, touch_point_id, channel_id, kind_id, user_id, direction, occurred_at, external_system, external_id, subject, sentiment, value_amount, value_currency, actor_kind, created_at, updated_at)
     select ${workspace}, ${id(kind, 'n', time)}, ${customer}, ${take(touchPoints, 'n')}, ${take(channels, 'n')}, ${take(kinds, 'n')}, ${id(2, `n % ${USERS}`)},
       (case n % 3 when 0 then 'OUTBOUND' else 'INBOUND' end)::interaction_direction, ${moment(time)}, 'shop', '${kind}-' || n, ${pick(subjects, 'n')} || ' ' || n,
       case when n % 5 = 0 then (n % 21 - 10) / 10.0 end, case when n % 4 = 0 then n % 900 + .5 end, case when n % 4 = 0 then 'GBP' end, 'SYSTEM', ${moment(time)}, ${moment(time)}
     from generate_series(0, ${count - 1}) n`;
  // 7,919 shares no factor with the number of customers: each gets the same count, far apart in the table.
  return [
    rows(6, customerId(`n::int8 * 7919 % ${CUSTOMERS}`), at('n'), INTERACTIONS),
    rows(7, customerId(String(HEAVY_PLACE)), `${at('n')} + 30000`, HEAVY_INTERACTIONS),
  ];
}

/** With the 10 interactions these are 20 things: 3 moves, 2 conversations, 2 preferences, 2 needs and a tie. */
function timelines({ workspace, channels, stages, tie }: Ids): string[] {
  const from = (count: number) => `from generate_series(0, ${CUSTOMERS - 1}, ${TIMELINE_EVERY}) n, generate_series(0, ${count - 1}) i`;
  const number = (count: number) => `n * ${count} + i`;
  const time = moment(at('n * 7 + i * 99991'));
  const known = (table: string, kind: number, topic: string) =>
    `insert into ${table} (workspace_id, id, customer_id, topic, value, basis, source, observed_at)
     select ${workspace}, ${id(kind, number(2))}, ${customerId('n')}, '${topic}' || i, 'value ' || n % 97, 'STATED', 'call', ${time} ${from(2)}`;
  return [
    known('preferences', 8, 'contact_time'),
    known('needs', 9, 'delivery'),
    `insert into lifecycle_transitions (workspace_id, id, customer_id, from_id, to_id, occurred_at, reason, actor_kind)
     select ${workspace}, ${id(10, number(3))}, ${customerId('n')}, ${take(stages, 'i')}, ${take(stages, 'i + 1')}, ${time}, 'bought again', 'SYSTEM' ${from(3)}`,
    `insert into conversations (workspace_id, id, customer_id, channel_id, subject, created_at)
     select ${workspace}, ${id(11, number(2))}, ${customerId('n')}, ${take(channels, 'i')}, 'Thread ' || i, ${time} ${from(2)}`,
    `insert into relationships (workspace_id, id, kind_id, from_id, to_id, title, created_at)
     select ${workspace}, ${id(12, 'n')}, ${take(tie, '0')}, ${customerId('n')}, ${customerId('n + 5')}, 'friend', ${time} ${from(1)}`,
  ];
}

/** Fills the workspace, in under two minutes. All rows exist for each other by construction, so foreign keys are not checked on the way. */
export async function seed(client: pg.Client, workspaceId: string): Promise<void> {
  await client.query(`set session_replication_role = replica; set synchronous_commit = off; set timezone = 'UTC'`);
  await client.query(`create function pg_temp.bench_id(kind int, number int8, at int8) returns uuid language sql immutable as
    $$ select (lpad(to_hex(at), 12, '0') || '7' || lpad(to_hex(kind), 3, '0') || '8' || lpad(to_hex(number), 15, '0'))::uuid $$`);
  const ids: Ids = {
    workspace: `'${workspaceId}'::uuid`,
    channels: await idsOf(client, 'channels', workspaceId),
    kinds: await idsOf(client, 'interaction_kinds', workspaceId),
    touchPoints: await idsOf(client, 'touch_points', workspaceId),
    stages: await idsOf(client, 'lifecycle_stages', workspaceId, 'position'),
    tie: await idsOf(client, 'relationship_kinds', workspaceId, 'key', 'referred_by'),
  };
  for (const statement of [...people(ids), ...contacts(ids), ...timelines(ids)]) await client.query(statement);
  await client.query('reset session_replication_role');
  await client.query('vacuum (analyze)');
  await client.query('checkpoint');
}
