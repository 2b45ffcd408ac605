// The figures of touch points over a period: one statement for all touch points of a page, each read through the index
// by touch point and time.
import sql, { type Sql } from 'sql-template-tag';
import type { Viewer } from '../../auth/viewer.ts';
import type { Queryable } from '../../db/database.ts';
import { apiError } from '../../graphql/errors.ts';
import { entityNamed } from '../../query/entity.ts';
import { rowPolicy } from '../../query/policy.ts';

export type Period = { from: Date; to: Date };
export type Money = { amount: string; currency: string };
export type Figures = {
  volume: number;
  inbound: number;
  outbound: number;
  customers: number;
  lastContactAt: Date | null;
  cost: Money[];
  value: Money[];
};

const DAY = 86_400_000;
const DEFAULT_DAYS = 365;

/** The period asked for: `to` is now and `from` 365 days before it unless told. Throws BAD_USER_INPUT when it is not one. */
export function periodOf(from: Date | null | undefined, to: Date | null | undefined, now: Date): Period {
  const end = to ?? now;
  const start = from ?? new Date(end.getTime() - DEFAULT_DAYS * DAY);
  if (start >= end) throw apiError('BAD_USER_INPUT', 'The period ends before it begins.');
  return { from: start, to: end };
}

/** The figures of these touch points, over the interactions that the viewer sees; `from` inclusive, `to` exclusive. */
export async function readFigures(db: Queryable, viewer: Viewer, ids: readonly string[], period: Period): Promise<Figures[]> {
  const rows = await db.query<Figures & { id: string }>(figuresSql(viewer, ids, period));
  const byId = new Map(rows.map((row) => [row.id, row]));
  return ids.map((id) => byId.get(id)!);
}

/** The statement behind `readFigures`. */
export function figuresSql(viewer: Viewer, ids: readonly string[], { from, to }: Period): Sql {
  return sql`
    with seen as materialized (
      select i.touch_point_id, i.direction, i.customer_id, i.occurred_at, i.cost_amount, i.cost_currency, i.value_amount, i.value_currency
      from interactions i
      where ${rowPolicy(viewer, entityNamed('Interaction'), 'i')} and i.touch_point_id = any(${[...new Set(ids)]}::uuid[])
        and i.occurred_at >= ${from} and i.occurred_at < ${to}
    ), counts as (
      select touch_point_id, count(*)::int as volume, count(*) filter (where direction = 'INBOUND')::int as inbound,
        count(*) filter (where direction = 'OUTBOUND')::int as outbound, count(distinct customer_id)::int as customers, max(occurred_at) as last
      from seen group by 1
    ), costs as (
      select touch_point_id, json_agg(json_build_object('amount', amount::text, 'currency', currency) order by currency) as sums
      from (select touch_point_id, cost_currency as currency, sum(cost_amount) as amount from seen where cost_amount is not null group by 1, 2) s group by 1
    ), worth as (
      select touch_point_id, json_agg(json_build_object('amount', amount::text, 'currency', currency) order by currency) as sums
      from (select touch_point_id, value_currency as currency, sum(value_amount) as amount from seen where value_amount is not null group by 1, 2) s group by 1
    )
    select p.id, coalesce(n.volume, 0) as volume, coalesce(n.inbound, 0) as inbound, coalesce(n.outbound, 0) as outbound,
      coalesce(n.customers, 0) as customers, n.last as "lastContactAt", coalesce(c.sums, '[]') as cost, coalesce(w.sums, '[]') as value
    from unnest(${[...new Set(ids)]}::uuid[]) as p(id)
    left join counts n on n.touch_point_id = p.id left join costs c on c.touch_point_id = p.id left join worth w on w.touch_point_id = p.id`;
}

// Amounts have at most four places: exact as whole numbers of ten-thousandths.
const SCALE = 10_000n;

/** An amount of numeric(19,4) times a whole number, exactly. */
export function multiply(amount: string, times: number): string {
  const [, sign, whole, fraction = ''] = /^(-?)(\d+)(?:\.(\d{1,4}))?$/.exec(amount)!;
  const units = (BigInt(whole!) * SCALE + BigInt(fraction.padEnd(4, '0'))) * BigInt(times);
  return `${sign}${units / SCALE}.${String(units % SCALE).padStart(4, '0')}`;
}
