// Conditions on texts, lists and numbers as SQL.
import sql, { raw, type Sql } from 'sql-template-tag';
import type { JsonObject } from '../../db/models.ts';
import { allOf } from '../../query/sql.ts';

const escapeLike = (text: string): string => text.replace(/[\\%_]/g, '\\$&');
export const beginsWith = (value: Sql, text: string): Sql => sql`${value} ilike ${`${escapeLike(text)}%`}`;
export const endsWith = (value: Sql, text: string): Sql => sql`${value} ilike ${`%${escapeLike(text)}`}`;
export const contains = (value: Sql, text: string): Sql => sql`${value} ilike ${`%${escapeLike(text)}%`}`;
/** Equal but for capitals. */
export const sameWord = (value: Sql, text: string): Sql => sql`lower(${value}) = lower(${text})`;

/** All conditions of a RuleTextInput, or of an operand with `eq` and `in` only. May be null. */
export function textConditions(value: Sql, operand: JsonObject): Sql {
  const parts: Sql[] = [];
  if (operand.eq != null) parts.push(sql`${value} = ${operand.eq as string}`);
  if (operand.ne != null) parts.push(sql`${value} is distinct from ${operand.ne as string}`);
  if (operand.in != null) parts.push(sql`${value} = any(${operand.in as string[]}::text[])`);
  if (operand.notIn != null) parts.push(sql`(${value} is null or ${value} <> all(${operand.notIn as string[]}::text[]))`);
  if (operand.startsWith != null) parts.push(beginsWith(value, operand.startsWith as string));
  if (operand.endsWith != null) parts.push(endsWith(value, operand.endsWith as string));
  if (operand.contains != null) parts.push(contains(value, operand.contains as string));
  if (operand.isNull != null) parts.push(isNull(value, operand.isNull as boolean));
  return sql`(${allOf(parts)})`;
}

/** All conditions of a list of words; the column is never null. */
export function listConditions(value: Sql, operand: JsonObject): Sql {
  const parts: Sql[] = [];
  if (operand.has != null) parts.push(sql`${value} @> ${[operand.has as string]}::text[]`);
  if (operand.hasAny != null) parts.push(sql`${value} && ${operand.hasAny as string[]}::text[]`);
  if (operand.hasAll != null) parts.push(sql`${value} @> ${operand.hasAll as string[]}::text[]`);
  if (operand.isEmpty != null) parts.push(sql`(cardinality(${value}) = 0) = ${operand.isEmpty as boolean}`);
  return sql`(${allOf(parts)})`;
}

/** Conditions on an id that may be missing. */
export function referenceConditions(value: Sql, operand: JsonObject): Sql {
  const parts: Sql[] = [];
  if (operand.in != null) parts.push(sql`${value} = any(${operand.in as string[]}::uuid[])`);
  if (operand.notIn != null) parts.push(sql`(${value} is null or ${value} <> all(${operand.notIn as string[]}::uuid[]))`);
  if (operand.isNull != null) parts.push(isNull(value, operand.isNull as boolean));
  return sql`(${allOf(parts)})`;
}

export const isNull = (value: Sql, wanted: boolean): Sql => (wanted ? sql`${value} is null` : sql`${value} is not null`);

const COMPARISONS = { eq: '=', gt: '>', gte: '>=', lt: '<', lte: '<=' } as const;

/** The bounds `eq`, `gt`, `gte`, `lt`, `lte` of a number; `times` multiplies what it is compared with. */
export function boundConditions(value: Sql, operand: JsonObject, times?: Sql): Sql[] {
  return Object.entries(COMPARISONS)
    .filter(([name]) => operand[name] != null)
    .map(([name, operator]) => {
      const bound = sql`${String(operand[name])}::numeric`;
      return sql`${value} ${raw(operator)} ${times ? sql`${bound} * ${times}` : bound}`;
    });
}
