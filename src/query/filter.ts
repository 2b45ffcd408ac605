// Operator filters: from the API's filter objects to SQL conditions. The GraphQL inputs are made in graphql/filter-inputs.ts.
import sql, { join, raw, type Sql } from 'sql-template-tag';
import { isHidden } from '../auth/permissions.ts';
import type { Viewer } from '../auth/viewer.ts';
import type { ColumnMap } from '../db/models.ts';
import { apiError } from '../graphql/errors.ts';
import { decodeId } from '../graphql/ids.ts';
import { type AttributeFilter, attributeConditions } from './attribute-filter.ts';
import { type ColumnOf, type Entity, entityNamed, type FilterSpec } from './entity.ts';
import { bounded, filterLimits } from './filter-limits.ts';
import { fieldOfColumn, type RoleHolder, requireRead, rowPolicy } from './policy.ts';
import { allOf, cast, columnNamed, columnsOfAlias, tableOf } from './sql.ts';

export { filterLimits } from './filter-limits.ts';

/** A filter object as it comes from GraphQL: fields of the entity, `and`, `or`, `not`, `archived`, `attributes`. */
export type FilterInput = { [field: string]: unknown };
type Operators = { [operator: string]: unknown };

type ListOperators = { some?: FilterInput | null; none?: FilterInput | null };
type ListSpec = Extract<FilterSpec, { listOf: string }>;
type ColumnSpec = Exclude<FilterSpec, ListSpec>;

type State = { viewer: Viewer; conditions: number };

/** The condition of a filter on `alias`; also hides archived rows unless the filter asks for them. Throws FILTER_TOO_COMPLEX, FORBIDDEN, ID_INVALID. */
export function compileFilter(viewer: Viewer, entity: Entity, filter: FilterInput | null | undefined, alias: string): Sql {
  const state: State = { viewer, conditions: 0 };
  // With or without them, side by side, would tell which rows are archived.
  if (isArchivable(entity) && (filter?.archived ?? 'EXCLUDE') !== 'EXCLUDE') requireVisible(viewer, entity, 'archivedAt');
  return allOf([archivedCondition(entity, filter?.archived, alias), filter ? compileNode(state, entity, filter, alias, 1) : null]);
}

/** EXCLUDE (default), INCLUDE or ONLY. */
function archivedCondition(entity: Entity, archived: unknown, alias: string): Sql | null {
  const c = columnsOfAlias(entity.name, alias);
  if (!isArchivable(entity) || archived === 'INCLUDE') return null;
  return archived === 'ONLY' ? sql`${c('archivedAt')} is not null` : sql`${c('archivedAt')} is null`;
}

export function isArchivable(entity: Entity): boolean {
  return entity.fields.includes('archivedAt');
}

function compileNode(state: State, entity: Entity, filter: FilterInput, alias: string, depth: number): Sql {
  if (depth > filterLimits.depth) {
    throw apiError('FILTER_TOO_COMPLEX', `The filter is deeper than ${filterLimits.depth}.`, {
      limit: 'filterDepth',
      maximum: filterLimits.depth,
    });
  }
  const parts: Sql[] = [];
  for (const [field, value] of Object.entries(filter)) {
    if (value == null || field === 'archived') continue;
    parts.push(compileField(state, entity, field, value, alias, depth));
  }
  // An empty one counts too, or a request could be nothing but them.
  if (parts.length === 0) countCondition(state);
  return parts.length === 0 ? sql`true` : sql`(${allOf(parts)})`;
}

function compileField(state: State, entity: Entity, field: string, value: unknown, alias: string, depth: number): Sql {
  const inner = (part: unknown) => compileNode(state, entity, part as FilterInput, alias, depth + 1);
  if (Array.isArray(value) && value.length === 0) countCondition(state);
  if (field === 'and') return sql`(${allOf((value as unknown[]).map(inner))})`;
  if (field === 'or') {
    const parts = (value as unknown[]).map(inner);
    return parts.length === 0 ? sql`false` : sql`(${join(parts, ' or ')})`;
  }
  if (field === 'not') return sql`not coalesce(${inner(value)}, false)`;
  countCondition(state);
  const c = columnsOfAlias(entity.name, alias);
  if (field === 'attributes') {
    requireVisible(state.viewer, entity, 'attributes');
    return attributeConditions(value as AttributeFilter[], c('attributes'), () => countCondition(state));
  }
  const spec = entity.filters![field]!;
  requireVisible(state.viewer, entity, field);
  if ('listOf' in spec) return listConditions(state, spec, value as ListOperators, c('id'), alias, depth);
  requireVisible(state.viewer, entity, fieldOfColumn(entity, columnOfSpec(spec)));
  return compileSpec(state, entity, spec, value as Operators, alias, c, depth);
}

function columnOfSpec(spec: ColumnSpec): string {
  if ('column' in spec) return spec.column;
  if ('search' in spec) return spec.search;
  if ('id' in spec) return spec.id;
  return 'keyOf' in spec ? spec.keyOf : spec.key;
}

function countCondition(state: State): void {
  state.conditions++;
  if (state.conditions > filterLimits.conditions) {
    throw apiError('FILTER_TOO_COMPLEX', `The filter has more than ${filterLimits.conditions} conditions.`, {
      limit: 'filterConditions',
      maximum: filterLimits.conditions,
    });
  }
}

// A filter on a hidden field would tell its value by asking often enough.
export function requireVisible(viewer: RoleHolder, entity: Entity, field: string): void {
  if (isHidden(viewer.role, entity.name, field)) {
    throw apiError('FORBIDDEN', `The role hides ${entity.name}.${field}: it cannot be filtered or ordered by.`);
  }
}

function compileSpec(state: State, entity: Entity, spec: ColumnSpec, value: Operators, alias: string, c: ColumnOf, depth: number): Sql {
  if ('column' in spec) return operators(c(spec.column), columnNamed(entity.name, spec.column), value);
  if ('search' in spec) return sql`${c(spec.search)} ilike ${`%${escapeLike(String(value))}%`}`;
  if ('id' in spec) return idOperators(c(spec.id), spec.entity, value);
  if ('keyOf' in spec) return keyOperators(state.viewer, c(spec.keyOf), spec.entity, value);
  const target = entityNamed(spec.relation);
  requireRead(state.viewer, target);
  const other = `${alias}f`;
  const inner = compileNode(state, target, value, other, depth + 1);
  return sql`exists (select from ${tableOf(target.name)} ${raw(other)} where ${columnsOfAlias(target.name, other)('id')} = ${c(spec.key)} and ${rowPolicy(state.viewer, target, other)} and ${inner})`;
}

/** Whether some or none of the related rows fit, of those that a list would show: archived ones do not count. */
function listConditions(state: State, spec: ListSpec, { some, none }: ListOperators, id: Sql, alias: string, depth: number): Sql {
  const target = entityNamed(spec.listOf);
  requireRead(state.viewer, target);
  requireVisible(state.viewer, target, fieldOfColumn(target, spec.by));
  const other = `${alias}f`;
  const c = columnsOfAlias(target.name, other);
  const fitting = (filter: FilterInput) =>
    sql`exists (select from ${tableOf(target.name)} ${raw(other)} where ${allOf([
      sql`${c(spec.by)} = ${id}`,
      rowPolicy(state.viewer, target, other),
      archivedCondition(target, 'EXCLUDE', other),
      compileNode(state, target, filter, other, depth + 1),
    ])})`;
  return sql`(${allOf([some ? fitting(some) : null, none ? sql`not ${fitting(none)}` : null])})`;
}

const comparisons: Record<string, string> = { eq: '=', gt: '>', gte: '>=', lt: '<', lte: '<=' };

function operators(column: Sql, map: ColumnMap, value: Operators): Sql {
  const parts = Object.entries(value).flatMap(([operator, operand]) =>
    operand == null ? [] : [operatorSql(column, map, operator, operand)],
  );
  return sql`(${allOf(parts)})`;
}

function operatorSql(column: Sql, map: ColumnMap, operator: string, operand: unknown): Sql {
  const comparison = comparisons[operator];
  if (comparison) return sql`${column} ${raw(comparison)} ${cast(operand, map.type)}`;
  switch (operator) {
    case 'ne':
      return sql`${column} is distinct from ${cast(operand, map.type)}`;
    case 'in':
      return sql`${column} = any(${cast(bounded(operand as unknown[]), `${map.type}[]`)})`;
    case 'notIn':
      return sql`(${column} is null or ${column} <> all(${cast(bounded(operand as unknown[]), `${map.type}[]`)}))`;
    case 'isNull':
      return operand ? sql`${column} is null` : sql`${column} is not null`;
    case 'startsWith':
      return sql`${column} like ${`${escapeLike(operand as string)}%`}`;
    case 'contains':
      return sql`${column} ilike ${`%${escapeLike(operand as string)}%`}`;
    case 'has':
      return sql`${column} @> ${cast([operand], 'text[]')}`;
    case 'hasAll':
      return sql`${column} @> ${cast(bounded(operand as unknown[]), 'text[]')}`;
    case 'hasAny':
      return sql`${column} && ${cast(bounded(operand as unknown[]), 'text[]')}`;
    case 'isEmpty':
      return operand ? sql`${column} = '{}'` : sql`${column} <> '{}'`;
    default:
      throw new Error(`no operator ${operator}`);
  }
}

function idOperators(column: Sql, entity: string, value: Operators): Sql {
  const one = (id: unknown) => decodeId(id as string, entity);
  const parts: Sql[] = [];
  if (value.eq != null) parts.push(sql`${column} = ${one(value.eq)}::uuid`);
  if (value.ne != null) parts.push(sql`${column} is distinct from ${one(value.ne)}::uuid`);
  if (value.in != null) parts.push(sql`${column} = any(${bounded(value.in as unknown[]).map(one)}::uuid[])`);
  if (value.notIn != null) parts.push(sql`(${column} is null or ${column} <> all(${bounded(value.notIn as unknown[]).map(one)}::uuid[]))`);
  if (value.isNull != null) parts.push(value.isNull ? sql`${column} is null` : sql`${column} is not null`);
  return sql`(${allOf(parts)})`;
}

function keyOperators(viewer: Viewer, column: Sql, entity: string, value: Operators): Sql {
  const table = tableOf(entity);
  const ids = (keys: unknown[]) =>
    sql`array(select v.id from ${table} v where v.workspace_id = ${viewer.workspaceId}::uuid and v.key = any(${bounded(keys)}::text[]))`;
  const parts: Sql[] = [];
  if (value.eq != null) parts.push(sql`${column} = any(${ids([value.eq])})`);
  if (value.ne != null) parts.push(sql`(${column} is null or ${column} <> all(${ids([value.ne])}))`);
  if (value.in != null) parts.push(sql`${column} = any(${ids(value.in as unknown[])})`);
  if (value.notIn != null) parts.push(sql`(${column} is null or ${column} <> all(${ids(value.notIn as unknown[])}))`);
  if (value.isNull != null) parts.push(value.isNull ? sql`${column} is null` : sql`${column} is not null`);
  return sql`(${allOf(parts)})`;
}

function escapeLike(text: string): string {
  return text.replace(/[\\%_]/g, '\\$&');
}
