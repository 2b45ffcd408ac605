// The forecast: what is expected to be won and was won in each period, in one statement. Every opportunity is rounded
// before it is added up, so the sum of the groups is the figure of the whole to the last digit.
import sql, { type Sql } from 'sql-template-tag';
import type { Viewer } from '../../auth/viewer.ts';
import type { Queryable } from '../../db/database.ts';
import { apiError } from '../../graphql/errors.ts';
import { entityNamed } from '../../query/entity.ts';
import { mayRead, rowPolicy } from '../../query/policy.ts';
import { allOf } from '../../query/sql.ts';
import { currencySql, groupsAsked, pipelineAsked, requireColumns, zoneSql } from './grouping.ts';
import { countPeriods, intervalOf, nextPeriodStart, type PeriodKind, periodStart } from './periods.ts';

export const forecastGroupings = ['NONE', 'OWNER', 'TEAM', 'PIPELINE'] as const;
export type ForecastGrouping = (typeof forecastGroupings)[number];

export type ForecastArgs = {
  period: PeriodKind;
  /** Days; the periods that hold them and all between. */
  from: string;
  to: string;
  by?: ForecastGrouping | null;
  /** Key. */
  pipeline?: string | null;
  groups?: number | null;
};

export type ForecastFigures = {
  currency: string;
  pipeline: string;
  weighted: string;
  bestCase: string;
  committed: string;
  won: string;
  openCount: number;
  wonCount: number;
  unconverted: number;
  target: string | null;
};
export type ForecastRow = ForecastFigures & {
  startsOn: string;
  endsOn: string;
  by: ForecastGrouping;
  group: string | null;
  others: boolean;
};
export type Forecast = { currency: string; rows: ForecastRow[]; totals: ForecastFigures };

export const MAX_PERIODS = 60;

// Stands for no group where groups are joined: equality can be hashed, `is not distinct from` cannot.
const NOBODY = '00000000-0000-0000-0000-000000000000';

const columnOf: Record<ForecastGrouping, string | null> = { NONE: null, OWNER: 'ownerId', TEAM: 'teamId', PIPELINE: 'pipelineId' };
const groupSql: Record<ForecastGrouping, (alias: 'o' | 't') => Sql> = {
  NONE: () => sql`null::uuid`,
  OWNER: (alias) => (alias === 'o' ? sql`o.owner_id` : sql`t.owner_id`),
  TEAM: (alias) => (alias === 'o' ? sql`o.team_id` : sql`t.team_id`),
  PIPELINE: (alias) => (alias === 'o' ? sql`o.pipeline_id` : sql`t.pipeline_id`),
};

/** The forecast over the opportunities that the viewer sees. Throws BAD_USER_INPUT and FORBIDDEN. */
export async function readForecast(db: Queryable, viewer: Viewer, args: ForecastArgs): Promise<Forecast> {
  const { period, from, to, by: asked } = args;
  const by = asked ?? 'NONE';
  const column = columnOf[by];
  requireColumns(viewer, 'Opportunity', ['status', 'expectedCloseOn', 'closedAt', ...(column ? [column] : [])]);
  const periods = countPeriods(period, from, to);
  if (periods < 1) throw apiError('BAD_USER_INPUT', 'The period ends before it begins.');
  if (periods > MAX_PERIODS) throw apiError('BAD_USER_INPUT', `At most ${MAX_PERIODS} periods at once, not ${periods}.`);
  const groups = groupsAsked(args.groups);
  const pipelineId = await pipelineAsked(db, viewer, args.pipeline);
  const rows = await db.query<ForecastRow & { isTotal: boolean }>(
    forecastSql(viewer, { period, first: periodStart(period, from), end: nextPeriodStart(period, to), by, pipelineId, groups }),
  );
  const totals = rows.find((row) => row.isTotal)!;
  return { currency: totals.currency, totals, rows: rows.filter((row) => !row.isTotal).map((row) => ({ ...row, by })) };
}

export type ForecastQuestion = {
  period: PeriodKind;
  /** First day of the first period. */
  first: string;
  /** First day after the last period. */
  end: string;
  by: ForecastGrouping;
  pipelineId: string | null;
  groups: number;
};

/** The statement behind `readForecast`: a row for each period and group, and one for all. */
export function forecastSql(viewer: Viewer, question: ForecastQuestion): Sql {
  const { period, first, end, by, groups } = question;
  return sql`
    with seen as materialized (${seenSql(viewer, question)}),
    facts as (
      select date_trunc(${period}, s.day::timestamp)::date as starts_on, s.gid,
        sum(s.base) filter (where s.is_open and s.category <> 'OMITTED') as pipeline,
        sum(round(s.base * s.probability, 4)) filter (where s.is_open and s.category <> 'OMITTED') as weighted,
        sum(s.base) filter (where s.is_open and s.category in ('BEST_CASE', 'COMMITTED')) as best_case,
        sum(s.base) filter (where s.is_open and s.category = 'COMMITTED') as committed,
        sum(s.base) filter (where not s.is_open) as won,
        count(*) filter (where s.is_open and s.category <> 'OMITTED') as open_count, count(*) filter (where not s.is_open) as won_count,
        count(*) filter (where s.unconverted and (not s.is_open or s.category <> 'OMITTED')) as unconverted, null::numeric as target
      from seen s group by 1, 2
      union all ${targetsSql(viewer, question)}
      ${by === 'NONE' ? sql`union all select p::date, null, null, null, null, null, null, 0, 0, 0, null from generate_series(${first}::timestamp, ${end}::timestamp - interval '1 day', ${intervalOf(period)}::interval) p` : sql``}
    ), ranked as (
      select gid, row_number() over (order by sum(coalesce(won, 0) + coalesce(pipeline, 0)) desc, gid) as place from facts group by gid
    ), cells as (
      select f.*, r.place <= ${groups} as is_own, least(r.place, ${groups} + 1) as place from facts f join ranked r on coalesce(r.gid, ${NOBODY}::uuid) = coalesce(f.gid, ${NOBODY}::uuid)
    )
    select to_char(starts_on, 'YYYY-MM-DD') as "startsOn", to_char(starts_on + ${intervalOf(period)}::interval - interval '1 day', 'YYYY-MM-DD') as "endsOn",
      case when bool_and(is_own) then min(gid::text) end as "group", not bool_and(is_own) as others, grouping(starts_on) = 1 as "isTotal", ${currencySql(viewer)} as currency,
      coalesce(sum(pipeline), 0)::text as pipeline, coalesce(sum(weighted), 0)::text as weighted, coalesce(sum(best_case), 0)::text as "bestCase",
      coalesce(sum(committed), 0)::text as committed, coalesce(sum(won), 0)::text as won, coalesce(sum(open_count), 0)::int as "openCount",
      coalesce(sum(won_count), 0)::int as "wonCount", coalesce(sum(unconverted), 0)::int as unconverted, sum(target)::text as target
    from cells group by grouping sets ((starts_on, place), ()) order by starts_on, place`;
}

// Two halves, each on its own index: what is open by the day it is expected to close, what is won by the moment it did.
function seenSql(viewer: Viewer, { first, end, by, pipelineId }: ForecastQuestion): Sql {
  const moment = (day: string) => sql`(${day}::timestamp at time zone ${zoneSql(viewer)})`;
  const among = allOf([
    rowPolicy(viewer, entityNamed('Opportunity'), 'o'),
    sql`o.archived_at is null`,
    pipelineId ? sql`o.pipeline_id = ${pipelineId}::uuid` : null,
  ]);
  const gid = groupSql[by]('o');
  return sql`
      select ${gid} as gid, o.expected_close_on as day, true as is_open, o.base_amount as base, coalesce(o.probability, s.probability) as probability,
        coalesce(o.forecast_category, s.forecast_category) as category, o.value_amount is not null and o.base_amount is null as unconverted
      from opportunities o join pipeline_stages s on s.workspace_id = o.workspace_id and s.id = o.stage_id
      where ${among} and o.status = 'OPEN' and o.expected_close_on >= ${first}::date and o.expected_close_on < ${end}::date
      union all
      select ${gid}, (o.closed_at at time zone ${zoneSql(viewer)})::date, false, o.base_amount, null, null, o.value_amount is not null and o.base_amount is null
      from opportunities o
      where ${among} and o.status = 'WON' and o.closed_at >= ${moment(first)} and o.closed_at < ${moment(end)}`;
}

// Targets of exactly the asked length count; where a group has none, those of shorter periods within add up.
function targetsSql(viewer: Viewer, { period, first, end, by, pipelineId }: ForecastQuestion): Sql {
  const entity = entityNamed('SalesTarget');
  if (!mayRead(viewer, entity)) return sql`select null::date, null::uuid, null, null, null, null, null, 0, 0, 0, null where false`;
  const among = allOf([
    rowPolicy(viewer, entity, 't'),
    sql`t.archived_at is null and t.period <= ${period}::target_period and t.starts_on >= ${first}::date and t.starts_on < ${end}::date`,
    by === 'OWNER' ? sql`t.owner_id is not null` : sql`t.owner_id is null`,
    by === 'TEAM' ? sql`t.team_id is not null` : sql`t.team_id is null`,
    targetPipeline(by, pipelineId),
  ]);
  return sql`select starts_on, gid, null, null, null, null, null, 0, 0, 0, amount from (
        select distinct on (1, 2) date_trunc(${period}, t.starts_on::timestamp)::date as starts_on, ${groupSql[by]('t')} as gid, t.period, sum(t.amount) as amount
        from sales_targets t where ${among} group by 1, 2, 3 order by 1, 2, 3 desc
      ) longest`;
}

function targetPipeline(by: ForecastGrouping, pipelineId: string | null): Sql {
  if (pipelineId) return sql`t.pipeline_id = ${pipelineId}::uuid`;
  return by === 'PIPELINE' ? sql`t.pipeline_id is not null` : sql`t.pipeline_id is null`;
}
