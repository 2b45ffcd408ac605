// Compiles selections: a whole operation, one of its root fields, or the fields of rows that something else found.
import { type FieldNode, type GraphQLObjectType, getNamedType, isObjectType, type SelectionSetNode } from 'graphql';
import sql, { raw, type Sql } from 'sql-template-tag';
import type { CompiledRole } from '../auth/permissions.ts';
import type { Entity } from './entity.ts';
import type { Mark } from './marks.ts';
import { type Build, extensionsOf, type Finisher, newAlias, objectSql, type Place, selectFields, shapeOf } from './plan.ts';
import { rowPolicy } from './policy.ts';
import { collectFields, type SelectedField, type Selecting, setsOf } from './selection.ts';
import { columnsOfAlias, tableOf } from './sql.ts';
import { type Run, slot } from './template.ts';

/** A compiled statement. It answers one row whose `data` is JSON text, or rows `id, data` where it reads many. */
export type Plan = {
  template: Sql;
  marks: readonly Mark[];
  /** Fields that JavaScript finishes on the parsed JSON. */
  finishers: readonly Finisher[];
  /** Whether graphql-js has to answer, over these rows. */
  needsResolvers: boolean;
};

/** For plans that read the rows of given ids. */
export type RowsRun = Run & { ids: readonly string[] /** Who must see the rows themselves, if not the viewer. */; seenBy?: Run['viewer'] };

function begin(selecting: Selecting, role: CompiledRole, forResolvers: boolean): Build {
  return { ...selecting, role, forResolvers, marks: [], finishers: [], needsResolvers: false, aliases: 0 };
}

function finish({ marks, finishers, needsResolvers }: Build, template: Sql): Plan {
  return { template, marks, finishers, needsResolvers };
}

/** The whole operation in one statement. */
export function compileOperation(selecting: Selecting, role: CompiledRole, root: GraphQLObjectType, set: SelectionSetNode): Plan {
  const build = begin(selecting, role, false);
  const data = objectSql(selectFields(build, root, [set], 'root', null, []));
  return finish(build, sql`select ${data}::text as data`);
}

/** One root field, for graphql-js to go on with. */
export function compileRootField(selecting: Selecting, role: CompiledRole, root: GraphQLObjectType, nodes: readonly FieldNode[]): Plan {
  const build = begin(selecting, role, true);
  const [field] = collectFields(selecting, root, [{ kind: 'SelectionSet', selections: nodes } as SelectionSetNode]) as [SelectedField];
  const place: Place = { build, row: 'root', entity: null, field, path: [], shape: shapeOf(build, field) };
  const found = extensionsOf(field.def).plan!(place);
  if ('prefix' in found) throw new Error('a root field is no id');
  return finish(build, sql`select ${found}::text as data`);
}

/** The fields of an entity's rows, for graphql-js to go on with. */
export function compileRows(
  selecting: Selecting,
  role: CompiledRole,
  entity: Entity,
  type: GraphQLObjectType,
  nodes: readonly FieldNode[],
): Plan {
  const build = begin(selecting, role, true);
  const row = newAlias(build);
  const c = columnsOfAlias(entity.name, row);
  const policy = slot((run) => rowPolicy((run as RowsRun).seenBy ?? run.viewer, entity, row));
  const data = objectSql(
    selectFields(build, type, setsOf(nodes), row, entity, []),
    sql`from ${tableOf(entity.name)} ${raw(row)} where ${c('id')} = p.id and ${policy}`,
  );
  const ids = slot((run) => sql`${[...(run as RowsRun).ids]}::uuid[]`);
  return finish(build, sql`select p.id, ${data}::text as data from unnest(${ids}) as p(id)`);
}

/** The object type of a field's values, if they all have one. */
export function concreteType(field: { type: Parameters<typeof getNamedType>[0] }): GraphQLObjectType | null {
  const named = getNamedType(field.type);
  return isObjectType(named) ? named : null;
}
