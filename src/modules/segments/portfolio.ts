// A strategic segmentation in figures: what each segment is worth and what it takes to serve it. One statement; the segments
// part what the viewer sees, so their figures add up to the totals.
import sql, { type Sql } from 'sql-template-tag';
import type { Viewer } from '../../auth/viewer.ts';
import type { Queryable } from '../../db/database.ts';
import { apiError } from '../../graphql/errors.ts';
import { entityNamed } from '../../query/entity.ts';
import { requireVisible } from '../../query/filter.ts';
import { hidesColumn, requireRead, rowPolicy } from '../../query/policy.ts';
import { storedMeasure, type ValueMeasure, valueFactsSql, windowStart } from './measure.ts';

export type Money = { amount: string; currency: string };

export type PortfolioPart = {
  /** Null: all segments together. */
  segmentId: string | null;
  customers: number;
  value: string;
  interactions: number;
  costs: Money[];
};

export type Portfolio = {
  segmentationId: string;
  currency: string;
  from: Date | null;
  to: Date;
  parts: (PortfolioPart & { segmentId: string })[];
  total: PortfolioPart;
};

type Whole = { id: string; kind: string; measure: unknown; currency: string };

/** Null where there is no such segmentation. Throws FORBIDDEN for what the role hides, BAD_USER_INPUT for a tactical one. */
export async function readPortfolio(
  db: Queryable,
  viewer: Viewer,
  key: string,
  from: Date | null,
  to: Date | null,
): Promise<Portfolio | null> {
  for (const name of ['Segmentation', 'Segment', 'SegmentMembership', 'Customer', 'Interaction']) requireRead(viewer, entityNamed(name));
  requireVisible(viewer, entityNamed('Interaction'), 'customer');
  const [whole] =
    await db.query<Whole>(sql`select g.id, g.kind::text as kind, g.measure, w.currency from segmentations g join workspaces w on w.id = g.workspace_id
    where g.workspace_id = ${viewer.workspaceId}::uuid and g.key = ${key} and g.archived_at is null`);
  if (!whole) return null;
  if (whole.kind !== 'STRATEGIC')
    throw apiError('BAD_USER_INPUT', 'Tactical profiles overlap: only a strategic segmentation has a portfolio.');
  const measure = storedMeasure(whole.measure);
  requireMeasureVisible(viewer, measure);
  const end = to ?? new Date();
  const begin = from ?? windowStart(measure, end);
  if (begin && begin >= end) throw apiError('BAD_USER_INPUT', 'The period ends before it begins.');
  const rows = await db.query<PortfolioPart>(portfolioSql(viewer, whole.id, measure, begin, end));
  const total = rows.find((row) => row.segmentId === null)!;
  const parts = rows.filter((row): row is PortfolioPart & { segmentId: string } => row.segmentId !== null);
  return { segmentationId: whole.id, currency: whole.currency, from: begin, to: end, parts, total };
}

function requireMeasureVisible(viewer: Viewer, { source }: ValueMeasure): void {
  const [model, ...columns] =
    source === 'WON_OPPORTUNITIES'
      ? ['Opportunity', 'valueAmount', 'closedAt', 'customerId']
      : ['Interaction', 'valueAmount', 'occurredAt', 'kindId'];
  const entity = entityNamed(model!);
  requireRead(viewer, entity);
  if (columns.some((column) => hidesColumn(viewer, entity, column)))
    throw apiError('FORBIDDEN', 'The role hides what this figure is made of.');
}

/** The statement behind `readPortfolio`: a row for each segment, and one without segment for all of them. */
export function portfolioSql(viewer: Viewer, segmentationId: string, measure: ValueMeasure, from: Date | null, to: Date): Sql {
  const policy = (model: string, alias: string) => rowPolicy(viewer, entityNamed(model), alias);
  const since = from ? sql` and i.occurred_at >= ${from}::timestamptz` : sql``;
  return sql`
    with members as materialized (
      select m.segment_id, m.customer_id from segment_memberships m
      join customers c on c.workspace_id = m.workspace_id and c.id = m.customer_id
      where m.workspace_id = ${viewer.workspaceId}::uuid and m.segmentation_id = ${segmentationId}::uuid and m.left_at is null and m.exclusive
        and c.archived_at is null and ${policy('Customer', 'c')}
    ), worth as (
      select f.customer_id, sum(f.amount) as value from (${valueFactsSql(viewer.workspaceId, measure, { from, to, policy })}) f group by 1
    ), contacts as (
      select i.customer_id, i.cost_currency as currency, count(*) as contacts, sum(i.cost_amount) as cost from interactions i
      where ${policy('Interaction', 'i')} and i.occurred_at < ${to}::timestamptz${since}
      group by 1, 2
    ), heads as (
      select m.segment_id, count(*) as customers, coalesce(sum(w.value), 0) as value from members m left join worth w on w.customer_id = m.customer_id
      group by grouping sets ((m.segment_id), ())
    ), served as (
      select m.segment_id, grouping(m.segment_id) = 1 as is_total, k.currency, sum(k.contacts) as contacts, sum(k.cost) as cost
      from members m join contacts k on k.customer_id = m.customer_id
      group by grouping sets ((m.segment_id, k.currency), (k.currency))
    ), sums as (
      select segment_id, is_total, sum(contacts) as contacts,
        json_agg(json_build_object('amount', cost::text, 'currency', currency) order by currency) filter (where currency is not null and cost is not null) as costs
      from served group by 1, 2
    ), slots as (
      select s.id, false as is_total, s.priority from segments s
      where s.workspace_id = ${viewer.workspaceId}::uuid and s.segmentation_id = ${segmentationId}::uuid and s.archived_at is null
      union all select null, true, 2147483647
    )
    select l.id as "segmentId", coalesce(h.customers, 0)::int as customers, coalesce(h.value, 0)::numeric(38,4)::text as value,
      coalesce(v.contacts, 0)::int as interactions, coalesce(v.costs, '[]') as costs
    from slots l
    left join heads h on h.segment_id is not distinct from l.id
    left join sums v on v.is_total = l.is_total and v.segment_id is not distinct from l.id
    order by l.priority, l.id`;
}
