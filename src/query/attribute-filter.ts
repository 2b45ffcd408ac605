// Filters and orders by custom attributes, over one jsonb column. Equality is said twice:
// so the GIN index of all attributes can serve it where there is one, and the expression index of an indexed definition, which also serves ranges.
import sql, { join, raw, type Sql } from 'sql-template-tag';
import { apiError } from '../graphql/errors.ts';
import { bounded } from './filter-limits.ts';
import { allOf } from './sql.ts';

type Range<T> = { eq?: T | null; ne?: T | null; in?: T[] | null; gt?: T | null; gte?: T | null; lt?: T | null; lte?: T | null };

export type AttributeFilter = {
  key: string;
  text?: (Range<string> & { startsWith?: string | null }) | null;
  number?: Range<number> | null;
  boolean?: boolean | null;
  date?: Range<string> | null;
  has?: string | null;
  isNull?: boolean | null;
};

export const ATTRIBUTE_KEY = /^[a-z][a-z0-9_]{0,62}$/;

/** The condition of several attribute filters on the jsonb column. Throws BAD_USER_INPUT on a malformed key. */
export function attributeConditions(filters: AttributeFilter[], column: Sql, count: () => void): Sql {
  return sql`(${allOf(filters.map((filter) => oneAttribute(filter, column, count)))})`;
}

function oneAttribute(filter: AttributeFilter, column: Sql, count: () => void): Sql {
  count();
  if (!ATTRIBUTE_KEY.test(filter.key)) throw apiError('BAD_USER_INPUT', 'An attribute key has lower-case letters, digits and underscores.');
  const text = textOf(column, filter.key);
  const parts: Sql[] = [];
  if (filter.text) parts.push(range(column, filter.key, text, filter.text, (value) => sql`${value as string}`));
  if (filter.text?.startsWith != null) parts.push(sql`${text} like ${`${filter.text.startsWith.replace(/[\\%_]/g, '\\$&')}%`}`);
  if (filter.date) parts.push(range(column, filter.key, text, inUtc(filter.date), (value) => sql`${value as string}`));
  if (filter.number)
    parts.push(range(column, filter.key, numberOf(column, filter.key), filter.number, (value) => sql`${value as number}::numeric`));
  if (filter.boolean != null) parts.push(contains(column, filter.key, filter.boolean));
  if (filter.has != null) parts.push(sql`${column} @> ${JSON.stringify({ [filter.key]: [filter.has] })}::jsonb`);
  if (filter.isNull != null) parts.push(filter.isNull ? sql`${text} is null` : sql`${text} is not null`);
  return sql`(${allOf(parts)})`;
}

function range<T>(column: Sql, key: string, value: Sql, filter: Range<T>, operand: (value: T) => Sql): Sql {
  const parts: Sql[] = [];
  if (filter.eq != null) parts.push(contains(column, key, filter.eq), sql`${value} = ${operand(filter.eq)}`);
  if (filter.ne != null) parts.push(sql`not coalesce(${contains(column, key, filter.ne)}, false)`);
  if (filter.in?.length === 0) parts.push(sql`false`);
  else if (filter.in)
    parts.push(
      sql`(${join(
        bounded(filter.in).map((one) => contains(column, key, one)),
        ' or ',
      )})`,
      sql`${value} in (${join(filter.in.map(operand), ', ')})`,
    );
  if (filter.gt != null) parts.push(sql`${value} > ${operand(filter.gt)}`);
  if (filter.gte != null) parts.push(sql`${value} >= ${operand(filter.gte)}`);
  if (filter.lt != null) parts.push(sql`${value} < ${operand(filter.lt)}`);
  if (filter.lte != null) parts.push(sql`${value} <= ${operand(filter.lte)}`);
  return sql`(${allOf(parts)})`;
}

// Moments are kept in UTC: one written with another offset is the same moment.
function inUtc(filter: Range<string>): Range<string> {
  const normal = (value: string): string => {
    if (!value.includes('T')) return value;
    const moment = new Date(value);
    if (Number.isNaN(moment.getTime()))
      throw apiError('BAD_USER_INPUT', 'A date filter takes days such as 2026-01-31 and moments such as 2026-01-31T09:30:00Z.');
    return moment.toISOString();
  };
  return Object.fromEntries(
    Object.entries(filter).map(([operator, value]) => [operator, typeof value === 'string' ? normal(value) : (value?.map(normal) ?? null)]),
  );
}

function contains(column: Sql, key: string, value: unknown): Sql {
  return sql`${column} @> ${JSON.stringify({ [key]: value })}::jsonb`;
}

// The key stands in the text, not in a parameter: only so an expression index can serve it. Callers have checked its form.
function literal(key: string): Sql {
  if (!ATTRIBUTE_KEY.test(key)) throw new Error('unchecked attribute key');
  return raw(`'${key}'`);
}

/** The attribute as text; ISO dates sort as such. */
export function textOf(column: Sql, key: string): Sql {
  return sql`(${column} ->> ${literal(key)})`;
}

/** The attribute as a number; null where it is none. */
export function numberOf(column: Sql, key: string): Sql {
  return sql`(case when jsonb_typeof(${column} -> ${literal(key)}) = 'number' then (${column} ->> ${literal(key)})::numeric end)`;
}
