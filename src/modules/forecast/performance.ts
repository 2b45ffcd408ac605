// How selling goes: what was opened, won and lost in a period, in one statement. Amounts are in the currency of the
// workspace; totals are of the opportunities themselves, so one with two products counts once.
import sql, { type Sql } from 'sql-template-tag';
import type { Viewer } from '../../auth/viewer.ts';
import type { Queryable } from '../../db/database.ts';
import { apiError } from '../../graphql/errors.ts';
import { entityNamed } from '../../query/entity.ts';
import { rowPolicy } from '../../query/policy.ts';
import { allOf } from '../../query/sql.ts';
import { currencySql, groupsAsked, pipelineAsked, requireColumns, zoneSql } from './grouping.ts';
import { countPeriods } from './periods.ts';

export type PerformanceArgs = {
  /** Days, both part of the period. */
  from: string;
  to: string;
  by?: PerformanceGrouping | null;
  /** Key. */
  pipeline?: string | null;
  groups?: number | null;
};

export type PerformanceFigures = {
  currency: string;
  created: number;
  open: number;
  won: number;
  lost: number;
  wonValue: string;
  lostValue: string;
  unconverted: number;
  winRate: number | null;
  averageWonValue: string | null;
  medianCycleSeconds: number | null;
};
export type PerformanceRow = PerformanceFigures & { by: PerformanceGrouping; group: string | null; others: boolean };
export type Performance = { currency: string; rows: PerformanceRow[]; totals: PerformanceFigures };

type Grouping = {
  /** The group as text; of `f` (an event of an opportunity), or of what `joins` adds. */
  group: Sql;
  /** Columns that the role must see. */
  needs: [entity: string, ...columns: string[]][];
  joins?: (viewer: Viewer) => Sql;
  /** The part of the opportunity's value that belongs to the group. */
  share?: Sql;
};

const inZone = (viewer: Viewer) => sql`cross join lateral (select f.at at time zone ${zoneSql(viewer)} as moment) z`;
const column = (name: string, group: Sql): Grouping => ({ group, needs: [['Opportunity', name]] });

const groupings = {
  NONE: { group: sql`null`, needs: [] },
  OWNER: column('ownerId', sql`f.owner_id::text`),
  TEAM: column('teamId', sql`f.team_id::text`),
  PIPELINE: column('pipelineId', sql`f.pipeline_id::text`),
  SOURCE: column('source', sql`f.source`),
  RULE: column('ruleId', sql`f.rule_id::text`),
  CLOSE_REASON: column('closeReasonId', sql`f.close_reason_id::text`),
  PRODUCT: {
    group: sql`l.product_id::text`,
    needs: [['Opportunity'], ['OpportunityLine', 'productId', 'amount']],
    joins: (viewer) => sql`left join lateral (
        select l.product_id, sum(l.amount) as amount from opportunity_lines l
        where ${rowPolicy(viewer, entityNamed('OpportunityLine'), 'l')} and l.opportunity_id = f.id group by 1
      ) l on true`,
    share: sql`case when l.product_id is null then f.base when f.value <> 0 then round(f.base * l.amount / f.value, 4) end`,
  },
  COUNTRY: {
    group: sql`c.country`,
    needs: [
      ['Opportunity', 'customerId'],
      ['Customer', 'country'],
    ],
    joins: (viewer) => sql`left join customers c on c.id = f.customer_id and ${rowPolicy(viewer, entityNamed('Customer'), 'c')}`,
  },
  MONTH: { group: sql`to_char(z.moment, 'YYYY-MM')`, needs: [], joins: inZone },
  QUARTER: { group: sql`to_char(z.moment, 'YYYY-"Q"Q')`, needs: [], joins: inZone },
} as const satisfies Record<string, Grouping>;

export type PerformanceGrouping = keyof typeof groupings;
export const performanceGroupings = Object.keys(groupings) as PerformanceGrouping[];

/** The figures over the opportunities that the viewer sees. Throws BAD_USER_INPUT and FORBIDDEN. */
export async function readPerformance(db: Queryable, viewer: Viewer, args: PerformanceArgs): Promise<Performance> {
  const { from, to, by: asked } = args;
  const by = asked ?? 'NONE';
  requireColumns(viewer, 'Opportunity', ['status', 'openedAt', 'closedAt']);
  for (const [entity, ...columns] of (groupings[by] as Grouping).needs) requireColumns(viewer, entity, columns);
  if (from > to) throw apiError('BAD_USER_INPUT', 'The period ends before it begins.');
  const groups = groupsAsked(args.groups);
  const inTime = by === 'MONTH' || by === 'QUARTER';
  if (inTime && countPeriods(by, from, to) > groups) {
    throw apiError('BAD_USER_INPUT', `The period has more than ${groups} of them; \`groups\` can be up to 200.`);
  }
  const pipelineId = await pipelineAsked(db, viewer, args.pipeline);
  const rows = await db.query<PerformanceRow & { isTotal: boolean }>(performanceSql(viewer, { from, to, by, pipelineId, groups }));
  const totals = rows.find((row) => row.isTotal)!;
  const parts = rows.filter((row) => !row.isTotal).map((row) => ({ ...row, by }));
  if (inTime) parts.sort((one, other) => (one.group! < other.group! ? -1 : 1));
  return { currency: totals.currency, totals, rows: parts };
}

export type PerformanceQuestion = { from: string; to: string; by: PerformanceGrouping; pipelineId: string | null; groups: number };

/**
 * The statement behind `readPerformance`: a row for each group, and one for all. Groups are joined by texts that are never
 * null: equality can be hashed, `is not distinct from` cannot.
 */
export function performanceSql(viewer: Viewer, question: PerformanceQuestion): Sql {
  const { group, joins, share } = groupings[question.by] as Grouping;
  return sql`
    with facts as materialized (${factsSql(viewer, question)}),
    parted as (
      select coalesce('=' || ${group}, '') as gid, f.kind, f.is_open, f.cycle, f.unconverted, ${share ?? sql`f.base`} as base from facts f ${joins?.(viewer) ?? sql``}
    ), ranked as (
      select gid, row_number() over (order by coalesce(sum(base) filter (where kind = 'WON'), 0) desc, count(*) desc, gid) as place from parted group by gid
    ), figures as (
      select least(r.place, ${question.groups} + 1) as place, case when bool_and(r.place <= ${question.groups}) then min(substr(nullif(p.gid, ''), 2)) end as gid,
        not bool_and(r.place <= ${question.groups}) as others, ${measures}
      from parted p join ranked r on r.gid = p.gid group by 1
      union all select null, null, false, ${measures} from facts p
    )
    select gid as "group", others, place is null as "isTotal", ${currencySql(viewer)} as currency, created, open, won, lost,
      won_value::text as "wonValue", lost_value::text as "lostValue", unconverted,
      (won / nullif(won + lost, 0)::float8) as "winRate", round(won_value / nullif(valued, 0), 4)::text as "averageWonValue", cycle as "medianCycleSeconds"
    from figures order by place`;
}

const measures = sql`count(*) filter (where p.kind = 'OPENED')::int as created, count(*) filter (where p.kind = 'OPENED' and p.is_open)::int as open,
        count(*) filter (where p.kind = 'WON')::int as won, count(*) filter (where p.kind = 'LOST')::int as lost,
        coalesce(sum(p.base) filter (where p.kind = 'WON'), 0) as won_value, coalesce(sum(p.base) filter (where p.kind = 'LOST'), 0) as lost_value,
        count(*) filter (where p.unconverted and p.kind <> 'OPENED')::int as unconverted, count(p.base) filter (where p.kind = 'WON') as valued,
        percentile_cont(0.5) within group (order by p.cycle) filter (where p.kind = 'WON') as cycle`;

// One row for what was opened in the period and one for what was closed in it: an opportunity can be both, in different groups.
function factsSql(viewer: Viewer, { from, to, pipelineId }: PerformanceQuestion): Sql {
  const begin = sql`(${from}::timestamp at time zone ${zoneSql(viewer)})`;
  const end = sql`((${to}::timestamp + interval '1 day') at time zone ${zoneSql(viewer)})`;
  const among = allOf([
    rowPolicy(viewer, entityNamed('Opportunity'), 'o'),
    sql`o.archived_at is null`,
    pipelineId ? sql`o.pipeline_id = ${pipelineId}::uuid` : null,
  ]);
  const columns = sql`o.id, o.customer_id, o.owner_id, o.team_id, o.pipeline_id, o.rule_id, o.close_reason_id, o.source, o.value_amount as value, o.base_amount as base,
        o.status = 'OPEN' as is_open, o.value_amount is not null and o.base_amount is null as unconverted`;
  return sql`
      select 'OPENED' as kind, o.opened_at as at, ${columns}, null::float8 as cycle from opportunities o
      where ${among} and o.opened_at >= ${begin} and o.opened_at < ${end}
      union all
      select o.status::text, o.closed_at, ${columns}, extract(epoch from o.closed_at - o.opened_at)::float8 from opportunities o
      where ${among} and o.status <> 'OPEN' and o.closed_at >= ${begin} and o.closed_at < ${end}`;
}
