// Conditions on one custom attribute as SQL, over the jsonb column that holds all of them.
import sql, { raw, type Sql } from 'sql-template-tag';
import type { JsonObject } from '../../db/models.ts';
import { numberOf, textOf } from '../../query/attribute-filter.ts';
import { allOf } from '../../query/sql.ts';
import { momentConditions } from './moments.ts';
import { isNull, textConditions } from './operators.ts';
import type { RuleScope } from './types.ts';

const DAY_COMPARISONS = { eq: '=', gt: '>', gte: '>=', lt: '<', lte: '<=' } as const;
const NUMBER_COMPARISONS = { ...DAY_COMPARISONS, ne: 'is distinct from' } as const;

export type AttributeConditions = { condition: Sql; dues: Sql[]; since: Sql | null };

/** All conditions of a RuleAttributeInput. May be null. */
export function attributeConditions(scope: RuleScope, operand: JsonObject, column: Sql): AttributeConditions {
  const key = operand.key as string;
  const text = textOf(column, key);
  const parts: Sql[] = [];
  if (operand.text != null) parts.push(textConditions(text, operand.text as JsonObject));
  if (operand.number != null)
    parts.push(...comparisons(numberOf(column, key), operand.number as JsonObject, NUMBER_COMPARISONS, 'numeric'));
  if (operand.boolean != null) parts.push(sql`${column} @> ${JSON.stringify({ [key]: operand.boolean })}::jsonb`);
  if (operand.has != null) parts.push(sql`${column} @> ${JSON.stringify({ [key]: [operand.has] })}::jsonb`);
  if (operand.isNull != null) parts.push(isNull(text, operand.isNull as boolean));
  if (operand.date == null) return { condition: sql`(${allOf(parts)})`, dues: [], since: null };
  const date = operand.date as JsonObject;
  const { withinLast, olderThan, withinNext } = date;
  // ISO days and moments in UTC sort as texts.
  parts.push(...comparisons(text, date, DAY_COMPARISONS, 'text'));
  if (withinLast == null && olderThan == null && withinNext == null) return { condition: sql`(${allOf(parts)})`, dues: [], since: null };
  // What is no day is left out before it is read as one: a value from before the type was checked must not stop everything.
  const moment = sql`(case when ${text} ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}' then ${text}::timestamptz end)`;
  const relative = momentConditions(
    scope,
    { withinLast: withinLast ?? null, olderThan: olderThan ?? null, withinNext: withinNext ?? null },
    moment,
  );
  return { condition: sql`(${allOf([...parts, relative.condition])})`, dues: relative.dues, since: relative.since };
}

function comparisons(value: Sql, operand: JsonObject, operators: Record<string, string>, type: string): Sql[] {
  return Object.entries(operators)
    .filter(([name]) => operand[name] != null)
    .map(([name, operator]) => sql`${value} ${raw(operator)} ${String(operand[name])}::${raw(type)}`);
}
