// Small pieces of SQL that every read is made of.
import sql, { join, raw, type Sql } from 'sql-template-tag';
import { type ColumnMap, type ModelMap, type ModelName, models, quoteIdent } from '../db/models.ts';
import type { ColumnOf } from './entity.ts';

export function modelOf(name: string): ModelMap {
  return models[name as ModelName];
}

export function columnNamed(model: string, property: string): ColumnMap {
  const column = modelOf(model).columns[property];
  if (!column) throw new Error(`${model} has no column ${property}`);
  return column;
}

export function tableOf(model: string): Sql {
  return raw(quoteIdent(modelOf(model).table));
}

/** `c('ownerId')` -> `alias."owner_id"`. */
export function columnsOfAlias(model: string, alias: string): ColumnOf {
  return (property) => raw(`${alias}.${quoteIdent(columnNamed(model, property).column)}`);
}

/** All conditions together; `true` when there are none. */
export function allOf(conditions: (Sql | null | undefined)[]): Sql {
  const present = conditions.filter((condition): condition is Sql => condition != null);
  return present.length === 0 ? sql`true` : join(present, ' and ');
}

/** A value cast to a PostgreSQL type. */
export function cast(value: unknown, type: string): Sql {
  return sql`${value as never}::${raw(type)}`;
}
