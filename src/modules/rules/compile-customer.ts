// Conditions on columns of the customer itself: attributes of the API, custom attributes and the stage.
import sql, { raw, type Sql } from 'sql-template-tag';
import type { JsonObject, JsonValue } from '../../db/models.ts';
import { allOf } from '../../query/sql.ts';
import { attributeConditions } from './attribute-conditions.ts';
import { customerFields } from './customer-fields.ts';
import { momentConditions } from './moments.ts';
import { isNull, listConditions, referenceConditions, textConditions } from './operators.ts';
import { certain, type Part, type Scope, todaySql } from './scope.ts';

const column = ({ customer }: Scope, name: string): Sql => raw(`${customer}.${name}`);

export function compileField(scope: Scope, given: JsonObject): Part {
  const [name, operand] = Object.entries(given)[0] as [string, JsonObject];
  const field = customerFields[name]!;
  const value = column(scope, field.column);
  const shown = () => sql`to_jsonb(${value})`;
  if (field.type === 'moment') {
    const { condition, dues, since } = momentConditions(scope, operand, value);
    return { holds: certain(condition), dues, since, value: shown };
  }
  if (field.type === 'day') return { ...birthDate(scope, operand, value), value: shown };
  const conditions = {
    text: () => textConditions(value, operand),
    enum: () => textConditions(sql`${value}::text`, operand),
    list: () => listConditions(value, operand),
    reference: () => referenceConditions(value, operand),
  }[field.type]();
  return { holds: certain(conditions), dues: [], since: null, value: shown };
}

// Somebody born on 29 February has the birthday on 28 February in other years: that is what adding years to a day gives.
function birthDate(scope: Scope, operand: JsonObject, value: Sql): Omit<Part, 'value'> {
  const today = todaySql(scope);
  const parts: Sql[] = [];
  const dues: Sql[] = [];
  const { after, before, birthdayWithinDays, isNull: missing } = operand;
  const age = (operand.age ?? {}) as JsonObject;
  const turning = (years: number): Sql => sql`(${value} + ${`${years} years`}::interval)::date`;
  const atMidnight = (day: Sql): Sql => sql`(${day})::timestamp at time zone 'UTC'`;
  const ahead = (day: Sql): Sql => sql`case when ${day} > ${today} then ${atMidnight(day)} end`;
  if (after != null) parts.push(sql`${value} >= ${after as string}::date`);
  if (before != null) parts.push(sql`${value} < ${before as string}::date`);
  if (missing != null) parts.push(isNull(value, missing as boolean));
  if (age.gte != null) {
    const day = turning(age.gte as number);
    parts.push(sql`${day} <= ${today}`);
    dues.push(ahead(day));
  }
  if (age.lte != null) {
    const day = turning((age.lte as number) + 1);
    parts.push(sql`${day} > ${today}`);
    dues.push(ahead(day));
  }
  if (birthdayWithinDays != null) {
    const next = nextBirthday(value, today);
    const days = sql`${birthdayWithinDays as number}::int`;
    parts.push(sql`${next} - ${today} <= ${days}`);
    dues.push(
      sql`case when ${next} - ${today} <= ${days} then ${atMidnight(sql`${next} + 1`)} else ${atMidnight(sql`${next} - ${days}`)} end`,
    );
  }
  return { holds: certain(sql`(${allOf(parts)})`), dues, since: age.gte == null ? null : atMidnight(turning(age.gte as number)) };
}

function nextBirthday(born: Sql, today: Sql): Sql {
  const years = sql`(extract(year from ${today}) - extract(year from ${born}))::int`;
  const thisYear = sql`(${born} + make_interval(years => ${years}))::date`;
  return sql`(case when ${thisYear} >= ${today} then ${thisYear} else (${born} + make_interval(years => ${years} + 1))::date end)`;
}

export function compileAttribute(scope: Scope, given: JsonObject): Part {
  const attributes = column(scope, 'attributes');
  const { condition, dues, since } = attributeConditions(scope, given, attributes);
  return { holds: certain(condition), dues, since, value: () => sql`${attributes} -> ${given.key as string}::text` };
}

export function compileStage(scope: Scope, given: JsonObject): Part {
  const stageSince = column(scope, 'stage_since');
  const place = referenceConditions(column(scope, 'stage_id'), { in: given.in ?? null, notIn: given.notIn ?? null });
  const time = given.since == null ? null : momentConditions(scope, given.since as JsonObject, stageSince);
  return {
    holds: certain(allOf([place, time?.condition])),
    dues: time?.dues ?? [],
    since: time?.since ?? stageSince,
    value: () =>
      sql`jsonb_build_object('stage', (select s.key from lifecycle_stages s where s.workspace_id = ${column(scope, 'workspace_id')} and s.id = ${column(scope, 'stage_id')}), 'since', ${stageSince})`,
  };
}

export type Leaf = (scope: Scope, given: JsonObject) => Part;
export const asObject = (value: JsonValue | undefined): JsonObject => (value ?? {}) as JsonObject;
