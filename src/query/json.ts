// Column values in the text that the API's scalars give, written by PostgreSQL.
import sql, { type Sql } from 'sql-template-tag';

/** A moment as `Date.toISOString` writes it. */
export function momentSql(value: Sql): Sql {
  return sql`to_char(${value} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
}

/** A decimal number without the zeros that numeric(19,4) adds, but with two places at least. */
export function decimalSql(value: Sql): Sql {
  return sql`round(${value}, greatest(2, min_scale(${value})))::text`;
}

/** A column value of this PostgreSQL type; the types that are not named are written as the API wants them by row_to_json. */
export function valueSql(type: string, value: Sql): Sql {
  if (type === 'timestamptz') return momentSql(value);
  if (type === 'numeric') return decimalSql(value);
  if (type === 'int8') return sql`${value}::text`;
  return value;
}
