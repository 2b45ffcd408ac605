// The lifecycle as a funnel: who came to each stage in a period, who left it, how far they came and how long it took.
import sql, { type Sql } from 'sql-template-tag';
import type { Viewer } from '../../auth/viewer.ts';
import type { Queryable } from '../../db/database.ts';
import { apiError } from '../../graphql/errors.ts';
import { entityNamed } from '../../query/entity.ts';
import { compileFilter, type FilterInput, requireVisible } from '../../query/filter.ts';
import { requireRead, rowPolicy } from '../../query/policy.ts';

export type FunnelStage = {
  stageId: string;
  entries: number;
  exits: number;
  /** Different customers who entered in the period, and those of them who entered a later stage after that. */
  entered: number;
  advanced: number;
  medianSeconds: number | null;
  current: number;
};
export type FunnelArgs = { from: Date; to: Date; filter?: FilterInput | null | undefined };

/** The stages in order; `from` inclusive, `to` exclusive. Throws FORBIDDEN where the role hides what the figures are made of. */
export async function readFunnel(db: Queryable, viewer: Viewer, args: FunnelArgs): Promise<FunnelStage[]> {
  const customer = entityNamed('Customer');
  const transition = entityNamed('LifecycleTransition');
  if (args.from >= args.to) throw apiError('BAD_USER_INPUT', 'The period ends before it begins.');
  for (const entity of [customer, transition]) requireRead(viewer, entity);
  for (const field of ['stage', 'partyRoles']) requireVisible(viewer, customer, field);
  for (const field of ['customer', 'from', 'to', 'occurredAt']) requireVisible(viewer, transition, field);
  requireVisible(viewer, entityNamed('LifecycleStage'), 'position');
  return db.query<FunnelStage>(funnelSql(viewer, args));
}

/** The statement behind `readFunnel`. */
export function funnelSql(viewer: Viewer, { from, to, filter }: FunnelArgs): Sql {
  const [customer, transition] = [entityNamed('Customer'), entityNamed('LifecycleTransition')];
  return sql`
    with people as materialized (
      select c.id, c.stage_id from customers c
      where ${rowPolicy(viewer, customer, 'c')} and ${compileFilter(viewer, customer, filter, 'c')} and (c.party_roles = '{}' or c.party_roles && array(
        select r.key from party_roles r where r.workspace_id = ${viewer.workspaceId}::uuid and r.counts_as_customer))
    ), moves as (
      select t.id, t.customer_id, t.from_id, t.to_id, t.occurred_at, s.position
      from lifecycle_transitions t
      join people p on p.id = t.customer_id
      join lifecycle_stages s on s.workspace_id = t.workspace_id and s.id = t.to_id
      where ${rowPolicy(viewer, transition, 't')} and t.occurred_at >= ${from} and t.occurred_at < ${to}
    ), entries as (
      select m.to_id, m.customer_id, m.position < max(m.position) over (partition by m.customer_id order by m.occurred_at, m.id
        rows between 1 following and unbounded following) as advanced
      from moves m
    ), entered as (
      select to_id, count(*)::int as entries, count(distinct customer_id)::int as entered,
        (count(distinct customer_id) filter (where advanced))::int as advanced
      from entries group by 1
    ), left_after as (
      select m.from_id, extract(epoch from m.occurred_at - b.occurred_at)::float8 as seconds
      from moves m
      left join lateral (select t.to_id, t.occurred_at from lifecycle_transitions t
        where ${rowPolicy(viewer, transition, 't')} and t.customer_id = m.customer_id and (t.occurred_at, t.id) < (m.occurred_at, m.id)
        order by t.occurred_at desc, t.id desc limit 1) b on b.to_id = m.from_id
      where m.from_id is not null
    ), exited as (
      select from_id, count(*)::int as exits, percentile_cont(0.5) within group (order by seconds) as median from left_after group by 1
    ), present as (
      select stage_id, count(*)::int as current from people where stage_id is not null group by 1
    )
    select s.id as "stageId", coalesce(n.entries, 0) as entries, coalesce(x.exits, 0) as exits, coalesce(n.entered, 0) as entered,
      coalesce(n.advanced, 0) as advanced, x.median as "medianSeconds", coalesce(p.current, 0) as current
    from lifecycle_stages s
    left join entered n on n.to_id = s.id
    left join exited x on x.from_id = s.id
    left join present p on p.stage_id = s.id
    where ${rowPolicy(viewer, entityNamed('LifecycleStage'), 's')} and (s.archived_at is null or num_nonnulls(n.to_id, x.from_id, p.stage_id) > 0)
    order by s.position, s.id`;
}
