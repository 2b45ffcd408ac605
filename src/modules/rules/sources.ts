// What rules can count and add up. Another kind of fact is one more entry.
import sql, { raw, type Sql } from 'sql-template-tag';
import type { JsonObject } from '../../db/models.ts';
import { allOf } from '../../query/sql.ts';
import { attributeConditions } from './attribute-conditions.ts';
import { boundConditions } from './operators.ts';
import type { Facts } from './scope.ts';
import { workspaceSql } from './scope.ts';
import type { FactFamily, RuleScope } from './types.ts';

export type AggregateSource = {
  family: FactFamily;
  /** Name of one fact. */
  noun: string;
  /** The rows; `of` says what the different ones are counted of, where that needs more of them. */
  from: (of?: string) => Sql;
  customer: Sql;
  /** When a fact happened. */
  moment: (where: JsonObject) => Sql;
  /** Tells two facts of one moment apart. */
  id: Sql;
  conditions: (scope: RuleScope, where: JsonObject) => Sql[];
  /** What can be added up, and which facts have it. */
  measures: Record<string, { value: Sql; fits: (currency: string) => Sql | null }>;
  /** What different ones can be counted of. */
  distinct: Record<string, (moment: Sql) => Sql>;
};

const uuids = (value: unknown): Sql => sql`${value as string[]}::uuid[]`;

const interactions: AggregateSource = {
  family: 'interaction',
  noun: 'interaction',
  from: () => sql`interactions i`,
  customer: sql`i.customer_id`,
  moment: () => sql`i.occurred_at`,
  id: sql`i.id`,
  conditions: (scope, where) => [
    sql`i.workspace_id = ${workspaceSql(scope)}`,
    ...(where.kinds == null ? [] : [sql`i.kind_id = any(${uuids(where.kinds)})`]),
    ...(where.channels == null ? [] : [sql`i.channel_id = any(${uuids(where.channels)})`]),
    ...(where.touchPoints == null ? [] : [sql`i.touch_point_id = any(${uuids(where.touchPoints)})`]),
    ...(where.users == null ? [] : [sql`i.user_id = any(${uuids(where.users)})`]),
    ...(where.direction == null ? [] : [sql`i.direction = ${where.direction as string}::interaction_direction`]),
    ...(where.outcomes == null ? [] : [sql`i.outcome = any(${where.outcomes as string[]}::text[])`]),
    ...(where.value == null
      ? []
      : [
          sql`i.value_currency = ${(where.value as JsonObject).currency as string}`,
          ...boundConditions(sql`i.value_amount`, where.value as JsonObject),
        ]),
    ...((where.attributes ?? []) as JsonObject[]).map((one) => attributeConditions(scope, one, sql`i.attributes`).condition),
  ],
  measures: {
    VALUE: { value: sql`i.value_amount`, fits: (currency) => sql`i.value_currency = ${currency}` },
    COST: { value: sql`i.cost_amount`, fits: (currency) => sql`i.cost_currency = ${currency}` },
    DURATION: { value: sql`i.duration`, fits: () => null },
  },
  distinct: {
    CHANNEL: () => sql`i.channel_id`,
    KIND: () => sql`i.kind_id`,
    TOUCH_POINT: () => sql`i.touch_point_id`,
    DAY: (moment) => sql`date_trunc('day', ${moment}, 'UTC')`,
    MONTH: (moment) => sql`date_trunc('month', ${moment}, 'UTC')`,
  },
};

const opportunities: AggregateSource = {
  family: 'opportunity',
  noun: 'opportunity',
  from: (of) =>
    of === 'PRODUCT'
      ? sql`opportunities o join opportunity_lines l on l.workspace_id = o.workspace_id and l.opportunity_id = o.id`
      : sql`opportunities o`,
  customer: sql`o.customer_id`,
  // An open one has no close, so this is its opening. Where only closed ones count, the index by close serves.
  moment: ({ status }) =>
    status != null && !(status as string[]).includes('OPEN') ? sql`o.closed_at` : sql`coalesce(o.closed_at, o.opened_at)`,
  id: sql`o.id`,
  conditions: (scope, where) => [
    sql`o.workspace_id = ${workspaceSql(scope)}`,
    sql`o.customer_id is not null`,
    sql`o.archived_at is null`,
    ...(where.status == null ? [] : [statusIs(where.status as string[])]),
    ...(where.pipelines == null ? [] : [sql`o.pipeline_id = any(${uuids(where.pipelines)})`]),
    ...(where.closeReasons == null ? [] : [sql`o.close_reason_id = any(${uuids(where.closeReasons)})`]),
    ...(where.owners == null ? [] : [sql`o.owner_id = any(${uuids(where.owners)})`]),
    ...(where.sources == null ? [] : [sql`o.source = any(${where.sources as string[]}::text[])`]),
    ...(where.products == null
      ? []
      : [
          sql`exists (select from opportunity_lines p where p.workspace_id = o.workspace_id and p.opportunity_id = o.id
            and p.product_id = any(${uuids(where.products)}))`,
        ]),
    ...(where.value == null ? [] : boundConditions(sql`o.base_amount`, where.value as JsonObject)),
  ],
  measures: { VALUE: { value: sql`o.base_amount`, fits: () => null } },
  distinct: { PRODUCT: () => sql`l.product_id`, PIPELINE: () => sql`o.pipeline_id` },
};

// A single status stands in the text: so the partial index of won opportunities can serve. The values are those of the enum.
function statusIs(status: string[]): Sql {
  if (status.length === 1 && /^[A-Z]+$/.test(status[0]!)) return sql`o.status = ${raw(`'${status[0]}'`)}`;
  return sql`o.status = any(${status}::opportunity_status[])`;
}

/** Branch of a rule -> what it counts. */
export const aggregateSources: Record<string, AggregateSource> = { interactions, opportunities };

/** The facts that an aggregate condition looks at; with a period back from now also those that lie ahead, which will come into it. */
export function factsOf(scope: RuleScope, source: AggregateSource, given: JsonObject): Facts & { moment: Sql } {
  const where = (given.where ?? {}) as JsonObject;
  const moment = source.moment(where);
  const of = (given.distinct as JsonObject | undefined)?.of as string | undefined;
  return {
    from: source.from(of),
    customer: source.customer,
    moment,
    where: allOf([
      ...source.conditions(scope, where),
      given.from == null ? null : sql`${moment} >= ${given.from as string}::timestamptz`,
      given.to == null ? null : sql`${moment} < ${given.to as string}::timestamptz`,
      ...(given.within == null ? [] : windowConditions(scope, given.within as JsonObject, moment)),
    ]),
  };
}

const UNITS: Record<string, number> = { minutes: 60_000, hours: 3_600_000, days: 86_400_000, weeks: 604_800_000 };

// The bound is a value and not a sum with a column, so that an index serves it. Months have no such bound that is exact:
// 31 January and 1 March are one month before the same days; so a wide one for the index, and the exact condition.
function windowConditions({ now }: RuleScope, within: JsonObject, moment: Sql): Sql[] {
  const [unit, number] = Object.entries(within)[0] as [string, number];
  const bound = (ms: number): Sql => sql`${moment} > ${new Date(Math.max(now.getTime() - ms, EARLIEST)).toISOString()}::timestamptz`;
  const exact = UNITS[unit];
  if (exact) return [bound(number * exact)];
  const days = (unit === 'years' ? 366 : 31) * number + 4;
  return [bound(days * 86_400_000), sql`${moment} + ${`${number} ${unit}`}::interval > ${now.toISOString()}::timestamptz`];
}

const EARLIEST = Date.parse('0001-01-01T00:00:00Z');
