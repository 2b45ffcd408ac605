// What must hold once the server has taken everything in: nothing lost, nothing twice.
import sql, { type Sql } from 'sql-template-tag';
import { expect } from 'vitest';
import type { World } from './segments-world.ts';

/** Whether the server has taken in all that was written, and all that time brought until `moment`. */
export async function isSettled({ db }: World, moment: number): Promise<boolean> {
  const [row] = await db.query<{ settled: boolean }>(sql`select not exists (select from event_inbox)
    and (select count(*) from event_consumers where name in ('rules', 'opportunity-factory')
      and seq = (select max(seq) from events)) = 2
    and not exists (select from rule_units where state <> 'READY')
    and not exists (select from rule_checks where due_at <= ${new Date(moment)}) as settled`);
  return Date.now() > moment && row!.settled;
}

/** Who is in the segments with these keys now, as `key customer`, sorted. */
export async function membersOf({ db }: World, keys: readonly string[]): Promise<string[]> {
  const rows = await db.query<{ line: string }>(sql`select s.key || ' ' || m.customer_id as line
    from segment_memberships m join segments s on s.workspace_id = m.workspace_id and s.id = m.segment_id
    where m.left_at is null and s.key = any(${[...keys]}::text[])`);
  return rows.map(({ line }) => line).sort();
}

export async function count({ db }: World, statement: Sql): Promise<number> {
  const [row] = await db.query<{ n: number }>(sql`select count(*)::int as n from (${statement}) x`);
  return row!.n;
}

/** Each stay was told once when it began and once when it ended, and no event tells of a stay that never was. */
export async function expectStaysTold({ db }: World): Promise<void> {
  const wrong = await db.query(sql`
    with told as (
      select subject_id as id, count(*) filter (where type = 'segment.entered')::int as entered,
        count(*) filter (where type = 'segment.left')::int as left, count(distinct customer_id)::int as customers,
        bool_and(case type when 'segment.entered' then true else data -> 'after' ->> 'leftAt' is not null end) as whole
      from events where subject_type = 'SegmentMembership' group by 1
    )
    select m.id as stay, m.left_at, t.* from segment_memberships m full join told t on t.id = m.id
    where m.id is null or t.id is null or t.entered <> 1 or t.left <> (m.left_at is not null)::int or t.customers <> 1 or not t.whole`);
  expect(wrong).toEqual([]);
}

/** No two stays of a customer in a segment overlap; those in a partition follow each other without a gap, one open. */
export async function expectStaysInLine({ db }: World): Promise<void> {
  const overlapping = await db.query(sql`select customer_id, segment_id, entered_at, left_at, next_at from (
      select *, lead(entered_at) over (partition by segment_id, customer_id order by entered_at, id) as next_at from segment_memberships
    ) m where next_at is not null and (left_at is null or left_at > next_at)`);
  expect(overlapping).toEqual([]);
  const parted = await db.query(sql`select customer_id, segment_id, entered_at, left_at, next_at from (
      select m.*, lead(m.entered_at) over (partition by m.segmentation_id, m.customer_id order by m.entered_at, m.id) as next_at
      from segment_memberships m where m.exclusive
    ) m where left_at is distinct from next_at`);
  expect(parted).toEqual([]);
}

/** Every customer who ever came into the segment got one opportunity by the rule, nobody else any; all of it is told once. */
export async function expectOneOpportunityEach({ db }: World, segment: string): Promise<void> {
  const wrong = await db.query(sql`
    with entered as (
      select m.customer_id as id from segment_memberships m join segments s on s.workspace_id = m.workspace_id and s.id = m.segment_id
      where s.key = ${segment} group by 1
    ), made as (
      select o.customer_id as id, count(*)::int as opportunities,
        sum((select count(*) from events e where e.type = 'opportunity.created' and e.subject_id = o.id))::int as told,
        sum((select count(*) from opportunity_rule_firings f where f.opportunity_id = o.id))::int as firings
      from opportunities o where o.rule_id is not null group by 1
    )
    select e.id as customer, d.* from entered e full join made d on d.id = e.id
    where e.id is null or d.id is null or d.opportunities <> 1 or d.told <> 1 or d.firings <> 1`);
  expect(wrong).toEqual([]);
}
