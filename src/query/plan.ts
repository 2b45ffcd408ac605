// How a field becomes SQL. A GraphQL field whose `extensions.plan` is a function is compiled; any other is resolved by
// graphql-js over the rows that were compiled around it.
import {
  type GraphQLError,
  type GraphQLObjectType,
  type GraphQLOutputType,
  getNamedType,
  isLeafType,
  isNonNullType,
  isObjectType,
  type SelectionSetNode,
} from 'graphql';
import sql, { join, raw, type Sql } from 'sql-template-tag';
import { type CompiledRole, isHidden } from '../auth/permissions.ts';
import { quoteIdent } from '../db/models.ts';
import { apiError } from '../graphql/errors.ts';
import type { ColumnOf, Entity } from './entity.ts';
import { type Mark, markOf } from './marks.ts';
import { hidesColumn } from './policy.ts';
import { collectFields, type SelectedField, type Selecting, setsOf } from './selection.ts';
import { columnNamed, columnsOfAlias } from './sql.ts';
import { type Run, slot, textLiteral } from './template.ts';

/** A field that JavaScript finishes on the compiled rows: its resolver gets the columns it needs. */
export type Finisher = { path: string[]; field: SelectedField; needs: readonly string[] };

/** One compilation. It knows what the role may see, and nothing else of who asks. */
export type Build = Selecting & {
  role: CompiledRole;
  /** For graphql-js: objects also carry their type, under `$`. */
  forResolvers: boolean;
  marks: Mark[];
  finishers: Finisher[];
  /** Whether the selection holds fields that only graphql-js can answer. */
  needsResolvers: boolean;
  aliases: number;
};

/** Where a field stands: its row's alias in the statement, and the entity of that row if it is one. */
export type Place = {
  build: Build;
  row: string;
  entity: Entity | null;
  field: SelectedField;
  path: string[];
  /** Of a root field with a shape. */
  shape?: readonly string[];
};

/** Gives the SQL of a field's value, or of a UUID that is finished to the TypeID with this prefix. */
export type FieldPlan = (place: Place) => Sql | { sql: Sql; prefix: string };

/** What the engine reads of a field's `extensions`. */
export type PlannedExtensions = {
  plan?: FieldPlan;
  /** Columns of the row that the field's resolver wants, where there is no plan. */
  needs?: readonly string[];
  /** For root fields whose statement depends on an argument, such as the type in an id: equal shapes share a statement. */
  shape?: (args: Record<string, unknown>) => readonly string[];
};

export function extensionsOf(field: { extensions: unknown } | undefined): PlannedExtensions {
  return (field?.extensions ?? {}) as PlannedExtensions;
}

/** PostgreSQL cuts longer names. */
const MAX_NAME_BYTES = 63;
/** Arguments of one function call: 100. */
const MAX_PAIRS = 50;

/** A new alias for a row. */
export function newAlias(build: Build): string {
  return `t${build.aliases++}`;
}

/** The columns of the place's row. */
export function columnsAt(place: Place): ColumnOf {
  if (!place.entity) return (name) => raw(`${place.row}.${quoteIdent(name)}`);
  return columnsOfAlias(place.entity.name, place.row);
}

/** In place of a field that is refused whoever holds the role. */
export function refused(error: () => GraphQLError): Sql {
  return slot((run) => run.refuse(error()));
}

/** In place of a field that turns out to be refused once its row is read. */
export function refusedThere(error: () => GraphQLError): Sql {
  return slot((run) => run.mark(error()));
}

/** Builds a part in each run; an error of the caller's making stands in place of the field. */
export function guarded(build: (run: Run) => Sql): Sql {
  return slot((run) => {
    try {
      return build(run);
    } catch (error) {
      if (isGraphQLError(error)) return run.refuse(error);
      throw error;
    }
  });
}

function isGraphQLError(error: unknown): error is GraphQLError {
  return error instanceof Error && error.name === 'GraphQLError';
}

/** The select list for an object: one column for each field of the selection, named by its response key. */
export function selectFields(
  build: Build,
  type: GraphQLObjectType,
  sets: readonly SelectionSetNode[],
  row: string,
  entity: Entity | null,
  path: string[],
): Sql {
  const needs = new Set<string>();
  const items = collectFields(build, type, sets).map((field) => {
    if (!field.def) {
      if (field.nodes[0]!.name.value !== '__typename') build.needsResolvers = true; // introspection
      return named(build, field.key, textLiteral(type.name));
    }
    const hidden = entity !== null && isHidden(build.role, entity.name, field.def.name);
    if (hidden) return named(build, field.key, hiddenSql(entity, field.def));
    const { plan, shape, needs: wanted } = extensionsOf(field.def);
    const place: Place = { build, row, entity, field, path: [...path, field.key], ...(shape && { shape: shapeOf(build, field) }) };
    if (!plan) {
      for (const column of wanted ?? []) needs.add(column);
      leaveToResolver(place, wanted);
      return named(build, field.key, sql`null::json`);
    }
    const found = plan(place);
    return 'prefix' in found ? marked(build, markOf(field.key, found.prefix), found.sql) : named(build, field.key, found);
  });
  for (const column of needs) items.push(neededColumn(build, row, entity, column));
  if (build.forResolvers) items.push(sql`${textLiteral(type.name)} as "$"`);
  return items.length === 0 ? sql`` : join(items, ', '); // all its fields may be skipped
}

/** A field that the role hides: nothing where that may be, else an error. */
function hiddenSql(entity: Entity, { name, type }: { name: string; type: GraphQLOutputType }): Sql {
  return isNonNullType(type) ? refused(() => hiddenError(entity.name, name)) : sql`null::json`;
}

/** The error of a field that must have a value and is hidden. */
export function hiddenError(type: string, field: string): GraphQLError {
  return apiError('FORBIDDEN', `The role hides ${type}.${field}.`);
}

/** The shape of a root field under the variables that a plan is compiled for; none where its arguments are no good. */
export function shapeOf({ variables }: Selecting, { def, args }: SelectedField): readonly string[] {
  const { shape } = extensionsOf(def);
  if (!shape) return [];
  try {
    return shape(args({ variables, memo: new Map() } as unknown as Run));
  } catch {
    return []; // graphql-js tells what is wrong with them
  }
}

function leaveToResolver({ build, field, path }: Place, needs: readonly string[] | undefined): void {
  if (needs && isLeafType(getNamedType(field.def!.type))) build.finishers.push({ path, field, needs });
  else build.needsResolvers = true;
}

function neededColumn(build: Build, row: string, entity: Entity | null, column: string): Sql {
  const hidden = entity !== null && hidesColumn({ role: build.role }, entity, column);
  const from = entity ? columnsOfAlias(entity.name, row)(column) : raw(`${row}.${quoteIdent(column)}`);
  // As text what JSON's numbers cannot hold.
  const exact = entity && ['numeric', 'int8'].includes(columnNamed(entity.name, column).type) ? sql`${from}::text` : from;
  return sql`${hidden ? sql`null` : exact} as ${raw(quoteIdent(`$${column}`))}`;
}

function named(build: Build, key: string, value: Sql): Sql {
  return Buffer.byteLength(key) > MAX_NAME_BYTES ? marked(build, markOf(key), value) : sql`${value} as ${raw(quoteIdent(key))}`;
}

function marked(build: Build, mark: Mark, value: Sql): Sql {
  return sql`${value} as ${raw(`"~${build.marks.push(mark) - 1}"`)}`;
}

/** One JSON object of a select list; no object where `from` has no row. */
export function objectSql(items: Sql, from: Sql | null = null): Sql {
  return sql`(select row_to_json(j) from (select ${items}${from ? sql` ${from}` : sql``}) j)`;
}

/** An object of the field's own type, made of the columns of a derived row: `from` gives that row under the alias it is told. */
export function compositeSql(place: Place, from: (alias: string) => Sql): Sql {
  const alias = newAlias(place.build);
  const type = objectType(place.field.def!.type);
  return objectSql(selectFields(place.build, type, setsOf(place.field.nodes), alias, null, place.path), from(alias));
}

/** JSON of pairs that are aggregates, which a subselect could not hold. */
export function pairsSql(pairs: [key: string, value: Sql][]): Sql {
  if (pairs.length === 0) return sql`'{}'::json`;
  const parts: Sql[] = [];
  for (let i = 0; i < pairs.length; i += MAX_PAIRS) {
    const some = pairs.slice(i, i + MAX_PAIRS).map(([key, value]) => sql`${textLiteral(key)}, ${value}`);
    parts.push(sql`json_build_object(${join(some, ', ')})`);
  }
  if (parts.length === 1) return parts[0]!;
  const texts = parts.map((part) => sql`left(substr(${part}::text, 2), -1)`);
  return sql`('{' || ${join(texts, ` || ',' || `)} || '}')::json`;
}

/** The object type that a field gives, below its lists and non-nulls. */
export function objectType(type: GraphQLOutputType): GraphQLObjectType {
  const named = getNamedType(type);
  if (!isObjectType(named)) throw new Error(`${String(named)} is no object type`);
  return named;
}
