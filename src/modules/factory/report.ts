// What came of the opportunities that rules made, in one statement for all rules of a page.
import sql from 'sql-template-tag';
import type { Viewer } from '../../auth/viewer.ts';
import type { Queryable } from '../../db/database.ts';
import { entityNamed } from '../../query/entity.ts';
import { rowPolicy } from '../../query/policy.ts';

export type Report = {
  currency: string;
  created: number;
  open: number;
  won: number;
  lost: number;
  value: string;
  wonValue: string;
  conversion: number | null;
};
/** Begin and end, the end not part of it; null: without a bound. */
export type Bounds = { from: Date | null; to: Date | null };

/** The reports of these rules, over the opportunities made in the period that the viewer sees. */
export async function readReports(db: Queryable, viewer: Viewer, ids: readonly string[], { from, to }: Bounds): Promise<Report[]> {
  const rows = await db.query<Report & { id: string }>(sql`
    select r.id, (select w.currency from workspaces w where w.id = ${viewer.workspaceId}::uuid) as currency,
      count(o.id)::int as created, count(*) filter (where o.status = 'OPEN')::int as open, count(*) filter (where o.status = 'WON')::int as won,
      count(*) filter (where o.status = 'LOST')::int as lost, coalesce(sum(o.base_amount), 0)::text as value,
      coalesce(sum(o.base_amount) filter (where o.status = 'WON'), 0)::text as "wonValue",
      count(*) filter (where o.status = 'WON') / nullif(count(o.id), 0)::float8 as conversion
    from unnest(${[...new Set(ids)]}::uuid[]) as r(id)
    left join opportunities o on ${rowPolicy(viewer, entityNamed('Opportunity'), 'o')} and o.rule_id = r.id and o.archived_at is null
      and (${from}::timestamptz is null or o.created_at >= ${from}::timestamptz) and (${to}::timestamptz is null or o.created_at < ${to}::timestamptz)
    group by r.id`);
  const byId = new Map(rows.map((row) => [row.id, row]));
  return ids.map((id) => byId.get(id)!);
}
