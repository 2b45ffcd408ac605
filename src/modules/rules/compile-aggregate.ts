// Counts, sums and moments of what happened, as SQL.
import sql, { raw, type Sql } from 'sql-template-tag';
import type { JsonObject } from '../../db/models.ts';
import { allOf } from '../../query/sql.ts';
import { intervalSql, momentConditions } from './moments.ts';
import { boundConditions } from './operators.ts';
import { certain, factColumn, nowSql, type Part, type Scope } from './scope.ts';
import { type AggregateSource, factsOf } from './sources.ts';

type Aggregate = {
  scope: Scope;
  source: AggregateSource;
  given: JsonObject;
  facts: ReturnType<typeof factsOf>;
  /** Which facts count of those that are read; null: all. */
  counted: Sql | null;
};

/** A condition on facts of the judged customer. */
export function compileAggregate(scope: Scope, source: AggregateSource, given: JsonObject): Part {
  const facts = factsOf(scope, source, given);
  const counted = given.within == null ? null : sql`${facts.moment} <= ${nowSql(scope)}`;
  const aggregate: Aggregate = { scope, source, given, facts, counted };
  const part = partOf(aggregate);
  return { ...part, dues: [...part.dues, ...windowDues(aggregate, part.holds)] };
}

function partOf(aggregate: Aggregate): Part {
  const { count, sum, average, distinct, last } = aggregate.given;
  if (count != null) return counting(aggregate, sql`count(*)`, count as JsonObject, nthFact);
  if (distinct != null) return distinctCount(aggregate, distinct as JsonObject);
  if (sum != null) return summing(aggregate, sum as JsonObject);
  if (average != null) return averaging(aggregate, average as JsonObject);
  return last != null ? momentOf(aggregate, 'max', last as JsonObject) : momentOf(aggregate, 'min', aggregate.given.first as JsonObject);
}

/** The next fact to leave the period, or to come into it from ahead. */
function windowDues({ scope, given, facts }: Aggregate, holds: Sql): Sql[] {
  if (given.within == null) return [];
  const now = nowSql(scope);
  const left = sql`${facts.moment} + ${intervalSql(given.within)}`;
  if (!onlyAtLeast(given))
    return [factColumn(scope, facts, sql`min(case when ${facts.moment} > ${now} then ${facts.moment} else ${left} end)`)];
  // Fewer facts never make a "three or more" true: what leaves matters only while it holds.
  const coming = factColumn(scope, facts, sql`min(${facts.moment}) filter (where ${facts.moment} > ${now})`);
  const leaving = factColumn(scope, facts, sql`min(${left}) filter (where ${facts.moment} <= ${now})`);
  return [coming, sql`case when ${holds} then ${leaving} end`];
}

/** Whether only more facts can make it hold. */
function onlyAtLeast({ count, distinct }: JsonObject): boolean {
  const { eq, lt, lte } = ((count ?? distinct) as JsonObject | undefined) ?? { eq: 0 };
  return eq == null && lt == null && lte == null;
}

function only(aggregate: Sql, ...conditions: (Sql | null)[]): Sql {
  const given = conditions.filter((condition) => condition !== null);
  return given.length === 0 ? aggregate : sql`${aggregate} filter (where ${allOf(given)})`;
}

function counting(aggregate: Aggregate, of: Sql, bounds: JsonObject, reached: (aggregate: Aggregate, n: number) => Sql): Part {
  const { scope, facts, counted } = aggregate;
  const number = sql`coalesce(${factColumn(scope, facts, only(of, counted))}, 0)`;
  const least = leastCount(bounds);
  return {
    holds: sql`(${allOf(boundConditions(number, bounds))})`,
    dues: [],
    since: least > 0 ? reached(aggregate, least) : null,
    value: () => sql`to_jsonb(${number})`,
  };
}

/** How many there must be. */
function leastCount({ eq, gt, gte }: JsonObject): number {
  return Math.max((eq as number | undefined) ?? 0, gt == null ? 0 : (gt as number) + 1, (gte as number | undefined) ?? 0);
}

/** The facts of one customer: only what a statement that asks for `since` runs. */
function own({ scope, source, facts, counted }: Aggregate, ...more: (Sql | null)[]): Sql {
  return sql`${facts.from} where ${allOf([facts.where, sql`${source.customer} = ${raw(`${scope.customer}.id`)}`, counted, ...more])}`;
}

function nthFact(aggregate: Aggregate, n: number): Sql {
  return sql`(select ${aggregate.facts.moment} from ${own(aggregate)} order by 1 offset ${n - 1} limit 1)`;
}

function distinctCount(aggregate: Aggregate, bounds: JsonObject): Part {
  const of = aggregate.source.distinct[bounds.of as string]!(aggregate.facts.moment);
  return counting(
    aggregate,
    sql`count(distinct ${of})`,
    bounds,
    (_aggregate, n) =>
      sql`(select min(${aggregate.facts.moment}) from ${own(aggregate, sql`${of} is not null`)} group by ${of} order by 1 offset ${n - 1} limit 1)`,
  );
}

type Measure = { value: Sql; fits: Sql | null };

function measureOf({ source }: Aggregate, bounds: JsonObject): Measure {
  const { value, fits } = source.measures[bounds.of as string]!;
  return { value, fits: fits(bounds.currency as string) };
}

function summing(aggregate: Aggregate, bounds: JsonObject): Part {
  const { scope, facts, counted } = aggregate;
  const { value, fits } = measureOf(aggregate, bounds);
  const total = sql`coalesce(${factColumn(scope, facts, only(sql`sum(${value})`, counted, fits))}, 0)`;
  const lower = boundConditions(sql`running`, { eq: null, gt: bounds.gt ?? null, gte: bounds.gte ?? bounds.eq ?? null });
  return {
    holds: sql`(${allOf(boundConditions(total, bounds))})`,
    dues: [],
    since:
      lower.length === 0
        ? null
        : sql`(select min(reached) from (select ${facts.moment} as reached, sum(${value}) over (order by ${facts.moment}, ${aggregate.source.id}) as running
            from ${own(aggregate, fits)}) s where ${allOf(lower)})`,
    value: () => sql`to_jsonb(${total})`,
  };
}

// Compared as a sum with so many times the bound: a quotient would have to be rounded.
function averaging(aggregate: Aggregate, bounds: JsonObject): Part {
  const { scope, facts, counted } = aggregate;
  const { value, fits } = measureOf(aggregate, bounds);
  const total = factColumn(scope, facts, only(sql`sum(${value})`, counted, fits));
  const number = factColumn(scope, facts, only(sql`count(${value})`, counted, fits));
  return {
    holds: certain(sql`(${allOf(boundConditions(total, bounds, number))})`),
    dues: [],
    since: null,
    value: () => sql`to_jsonb(round(${total}::numeric / nullif(${number}, 0), 4))`,
  };
}

function momentOf(aggregate: Aggregate, which: 'max' | 'min', operand: JsonObject): Part {
  const { scope, facts, counted } = aggregate;
  const moment = factColumn(scope, facts, only(sql`${raw(which)}(${facts.moment})`, counted));
  const { condition, dues, since } = momentConditions(scope, operand, moment);
  return { holds: certain(condition), dues, since, value: () => sql`to_jsonb(${moment})` };
}
