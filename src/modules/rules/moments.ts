// Conditions on moments: whether they hold, and when the passing of time turns them.
import sql, { type Sql } from 'sql-template-tag';
import type { JsonObject, JsonValue } from '../../db/models.ts';
import { allOf } from '../../query/sql.ts';
import { nowSql } from './scope.ts';
import type { RuleScope } from './types.ts';

/** An interval of PostgreSQL; days are 24 hours, for connections work in UTC. */
export function intervalSql(duration: JsonValue): Sql {
  const [unit, number] = Object.entries(duration as JsonObject)[0]!;
  return sql`${`${number as number} ${unit}`}::interval`;
}

/** The moments after now among these, which may be null. */
const ahead = (moment: Sql, now: Sql): Sql => sql`case when ${moment} > ${now} then ${moment} end`;

export type MomentConditions = { condition: Sql; dues: Sql[]; since: Sql };

/** All conditions of a RuleMomentInput on a moment. `since` is the moment from which they hold. */
export function momentConditions(scope: RuleScope, operand: JsonObject, moment: Sql): MomentConditions {
  const now = nowSql(scope);
  const parts: Sql[] = [];
  const dues: Sql[] = [];
  let since = moment;
  const { after, before, withinLast, olderThan, withinNext, isNull } = operand;
  if (after != null) parts.push(sql`${moment} >= ${after as string}::timestamptz`);
  if (before != null) parts.push(sql`${moment} < ${before as string}::timestamptz`);
  if (withinLast != null) {
    const end = sql`${moment} + ${intervalSql(withinLast)}`;
    parts.push(sql`${moment} <= ${now}`, sql`${end} > ${now}`);
    dues.push(ahead(moment, now), ahead(end, now));
  }
  if (olderThan != null) {
    const turn = sql`${moment} + ${intervalSql(olderThan)}`;
    parts.push(sql`${turn} <= ${now}`);
    dues.push(ahead(turn, now));
    since = turn;
  }
  if (withinNext != null) {
    const begin = sql`${moment} - ${intervalSql(withinNext)}`;
    parts.push(sql`${moment} > ${now}`, sql`${begin} <= ${now}`);
    dues.push(ahead(begin, now), ahead(moment, now));
    since = begin;
  }
  if (isNull != null) parts.push(isNull ? sql`${moment} is null` : sql`${moment} is not null`);
  return { condition: sql`(${allOf(parts)})`, dues, since };
}
