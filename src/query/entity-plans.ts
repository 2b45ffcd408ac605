// The plans of an entity's fields: columns, composites of columns, and relations.
import { isNonNullType } from 'graphql';
import sql, { raw, type Sql } from 'sql-template-tag';
import { apiError } from '../graphql/errors.ts';
import type { Entity, RelationSpec } from './entity.ts';
import { entityNamed } from './entity.ts';
import { entityList } from './entity-list.ts';
import { requireVisible } from './filter.ts';
import { valueSql } from './json.ts';
import { listSql } from './list-plan.ts';
import {
  columnsAt,
  compositeSql,
  type FieldPlan,
  guarded,
  hiddenError,
  newAlias,
  objectSql,
  objectType,
  type Place,
  refused,
  refusedThere,
  selectFields,
} from './plan.ts';
import { cutsRows, fieldOfColumn, hidesColumn, mayRead, requireRead, rowPolicy } from './policy.ts';
import { setsOf } from './selection.ts';
import { columnNamed, columnsOfAlias, tableOf } from './sql.ts';
import { perRun, type Run, slot } from './template.ts';

/** The id, finished to a TypeID on the text. */
export function idPlan(entity: Entity): FieldPlan {
  return (place) => ({ sql: columnsAt(place)('id'), prefix: entity.prefix });
}

/** A column as it is. Where the role hides it: null, or an error if it cannot be null. */
export function columnPlan(entity: Entity, name: string): FieldPlan {
  const { type, list, nullable } = columnNamed(entity.name, name);
  return (place) => {
    if (!hidesColumn(place.build, entity, name)) return list ? columnsAt(place)(name) : valueSql(type, columnsAt(place)(name));
    return nullable ? sql`null` : refused(() => hiddenError(entity.name, name));
  };
}

/** Columns of the row read together as one object, null where the first is; `columns` gives them names of the object. */
export function columnsPlan(entity: Entity, columns: Record<string, string>): FieldPlan {
  const [first] = Object.keys(columns);
  return (place) => {
    if (Object.values(columns).some((column) => hidesColumn(place.build, entity, column))) return sql`null::json`;
    const c = columnsAt(place);
    const parts = Object.entries(columns).map(([name, column]) => sql`${c(column)} as ${raw(name)}`);
    const row = parts.slice(1).reduce((all, part) => sql`${all}, ${part}`, parts[0]!);
    return compositeSql(place, (alias) => sql`from (select ${row}) ${raw(alias)} where ${raw(alias)}.${raw(first!)} is not null`);
  };
}

/** The plan of a relation. */
export function relationPlan(entity: Entity, name: string, relation: RelationSpec): FieldPlan {
  return 'one' in relation ? toOnePlan(entity, name, relation) : toManyPlan(entity, name, relation);
}

function toOnePlan(entity: Entity, name: string, relation: { one: string; key: string }): FieldPlan {
  const nullable = columnNamed(entity.name, relation.key).nullable;
  return (place) => {
    const target = entityNamed(relation.one);
    if (hidesColumn(place.build, entity, relation.key)) return nullable ? sql`null::json` : refused(() => hiddenError(entity.name, name));
    return oneSql(place, target, columnsAt(place)(relation.key));
  };
}

/** The row of `target` with this id as far as the viewer sees it; out of sight it is null, or an error if the field cannot be null. */
export function oneSql(place: Place, target: Entity, id: Sql): Sql {
  const required = isNonNullType(place.field.def!.type);
  const unseen = () => apiError('FORBIDDEN', `The role does not see this ${target.name}.`);
  if (!mayRead(place.build, target)) return required ? refused(unseen) : sql`null::json`;
  const row = entityRowSql(place, target, id);
  return required && cutsRows(place.build, target) ? sql`coalesce(${row}, ${refusedThere(unseen)})` : row;
}

/** The object of the row of `target` with this id; the selection is that of the field's type, or of the entity's own where that is abstract. */
export function entityRowSql(place: Place, target: Entity, id: Sql, type = objectType(place.field.def!.type)): Sql {
  const alias = newAlias(place.build);
  const items = selectFields(place.build, type, setsOf(place.field.nodes), alias, target, place.path);
  const c = columnsOfAlias(target.name, alias);
  const policy = slot((run) => rowPolicy(run.viewer, target, alias));
  return objectSql(items, sql`from ${tableOf(target.name)} ${raw(alias)} where ${c('id')} = ${id} and ${policy}`);
}

function toManyPlan(entity: Entity, name: string, relation: Extract<RelationSpec, { many: string }>): FieldPlan {
  return (place) => {
    const target = entityNamed(relation.many);
    const parent = columnsAt(place)('id');
    return listSql(
      place,
      entityList(place, target, {
        name: `${entity.name}.${name}`,
        check: ({ viewer }) => {
          // The rows listed under a stage tell the stage of each: a hidden link is hidden from both ends.
          if ('key' in relation) requireVisible(viewer, target, fieldOfColumn(target, relation.key));
          else if (relation.over) for (const field of relation.over.tells) requireVisible(viewer, entityNamed(relation.over.entity), field);
        },
        ...('link' in relation && relation.ids && { ids: (workspaceId: Sql) => relation.ids!(parent, workspaceId) }),
        link: (c, workspaceId) => ('link' in relation ? relation.link(c, parent, workspaceId) : sql`${c(relation.key)} = ${parent}`),
      }),
    );
  };
}

/** The list of an entity under the root. */
export function rootListPlan(entity: Entity): FieldPlan {
  return (place) => listSql(place, entityList(place, entity, { name: entity.plural! }));
}

/** One row by an id that is worked out of the arguments; null where `idOf` gives none. It throws where they are wrong. */
export function rootOnePlan(entity: Entity, idOf: (run: Run, args: Record<string, unknown>) => Sql | null): FieldPlan {
  return (place) => {
    const id = perRun((run) => ({ sql: idOf(run, place.field.args(run)) }));
    const row = entityRowSql(
      place,
      entity,
      slot((run) => id(run).sql!),
    );
    return guarded((run) => {
      requireRead(run.viewer, entity);
      return id(run).sql ? row : sql`null::json`;
    });
  };
}
