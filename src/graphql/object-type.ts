// Makes an entity's GraphQL object type, root fields and relations from its spec.
import sql, { type Sql } from 'sql-template-tag';
import { isHidden } from '../auth/permissions.ts';
import type { ColumnMap } from '../db/models.ts';
import type { Entity, RelationSpec } from '../query/entity.ts';
import { entityNamed } from '../query/entity.ts';
import { requireVisible } from '../query/filter.ts';
import type { EntityRow } from '../query/page.ts';
import { fieldOfColumn, mayRead, requireRead } from '../query/policy.ts';
import { readByIds } from '../query/rows.ts';
import { columnNamed } from '../query/sql.ts';
import { builder } from './builder.ts';
import { ExternalRefRef, enumRefs, MoneyRef, NodeRef } from './common-types.ts';
import { entityConnection, type ListArgs, listArgs, resolveList } from './connection.ts';
import { type Context, readerOf, viewerOf } from './context.ts';
import { apiError } from './errors.ts';
import { decodeId, encodeId } from './ids.ts';
import { refOf, type TypeRef } from './refs.ts';

type FieldOptions = {
  type: unknown;
  nullable?: boolean;
  description: string;
  args?: unknown;
  resolve: (row: EntityRow, args: never, ctx: Context) => unknown;
};
type FieldMaker = { field: (options: FieldOptions) => unknown; arg: never };

const scalarOfColumn: Record<string, string> = {
  text: 'String',
  bool: 'Boolean',
  int4: 'Int',
  int8: 'BigInt',
  float8: 'Float',
  numeric: 'Decimal',
  timestamptz: 'DateTime',
  date: 'Date',
  jsonb: 'JSON',
  uuid: 'ID',
};

function typeOfColumn(entity: Entity, column: ColumnMap): unknown {
  const type = entity.types?.[column.name] ?? (column.enum ? enumRefs[column.enum] : scalarOfColumn[column.type]);
  return column.list ? [type] : type;
}

/** Implements the object type of an entity; further fields are added with `builder.objectFields`. */
export function entityType(entity: Entity): TypeRef {
  const ref = refOf(entity.name);
  builder.objectType(ref, {
    description: entity.description,
    interfaces: [NodeRef as never],
    fields: (t) => entityFields(t as unknown as FieldMaker, entity) as never,
  });
  return ref;
}

function entityFields(t: FieldMaker, entity: Entity): Record<string, unknown> {
  const fields: Record<string, unknown> = {
    id: t.field({ type: 'ID', description: 'Global id.', resolve: (row) => encodeId(entity.name, row.id) }),
  };
  for (const name of entity.fields) fields[name] = columnField(t, entity, columnNamed(entity.name, name));
  for (const [name, parts] of Object.entries(entity.money ?? {})) {
    fields[name] = t.field({
      type: MoneyRef,
      nullable: true,
      description: parts.description,
      resolve: (row) => (row[parts.amount] == null ? null : { amount: row[parts.amount], currency: row[parts.currency] }),
    });
  }
  if (entity.externalRef) {
    const { field, system, id, description } = entity.externalRef;
    fields[field] = t.field({
      type: ExternalRefRef,
      nullable: true,
      description,
      resolve: (row) => (row[system] == null ? null : { system: row[system], value: row[id] }),
    });
  }
  for (const [name, relation] of Object.entries(entity.relations ?? {})) fields[name] = relationField(t, entity, name, relation);
  return fields;
}

function columnField(t: FieldMaker, entity: Entity, column: ColumnMap): unknown {
  return t.field({
    type: typeOfColumn(entity, column),
    nullable: column.nullable,
    description: column.description ?? defaultDescriptions[column.name] ?? column.name,
    resolve: (row, _args, ctx) => {
      const value = row[column.name];
      if (value == null && !column.nullable && ctx.viewer && isHidden(ctx.viewer.role, entity.name, column.name))
        throw hiddenError(entity, column.name);
      return value;
    },
  });
}

const defaultDescriptions: Record<string, string> = {
  createdAt: 'When it was made here.',
  updatedAt: 'When it was last changed.',
  archivedAt: 'When it was archived; archived rows are hidden from lists unless asked for.',
  version: 'Rises with each change; send it as `expectedVersion` to change only what you have seen.',
};

function hiddenError(entity: Entity, field: string) {
  return apiError('FORBIDDEN', `The role hides ${entity.name}.${field}.`);
}

function relationField(t: FieldMaker, entity: Entity, name: string, relation: RelationSpec): unknown {
  if ('one' in relation) return toOneField(t, entity, name, relation);
  const target = entityNamed(relation.many);
  return t.field({
    type: entityConnection(target),
    description: relation.description,
    args: listArgs(t as never, target),
    resolve: (row, args: ListArgs, ctx) => {
      if (isHidden(viewerOf(ctx).role, entity.name, name)) throw hiddenError(entity, name);
      // The rows listed under a stage tell the stage of each: a hidden link is hidden from both ends.
      if ('key' in relation) requireVisible(viewerOf(ctx), target, fieldOfColumn(target, relation.key));
      const link =
        'link' in relation ? relation.link : (c: (property: string) => unknown, parent: unknown) => equals(c(relation.key), parent);
      return resolveList(ctx, `${entity.name}.${name}`, { entity: target, link: link as never }, args, row.id);
    },
  });
}

function equals(left: unknown, right: unknown): Sql {
  return sql`${left as Sql} = ${right as Sql}`;
}

function toOneField(t: FieldMaker, entity: Entity, name: string, relation: { one: string; key: string; description: string }): unknown {
  const target = entityNamed(relation.one);
  const nullable = columnNamed(entity.name, relation.key).nullable;
  return t.field({
    type: refOf(target.name),
    nullable,
    description: relation.description,
    resolve: async (row, _args, ctx) => {
      const id = row[relation.key] as string | null;
      if (id == null) {
        if (!nullable) throw hiddenError(entity, name);
        return null;
      }
      const found = mayRead(viewerOf(ctx), target) ? await loadOne(ctx, target, id) : null;
      if (!found && !nullable) throw apiError('FORBIDDEN', `The role does not see this ${target.name}.`);
      return found;
    },
  });
}

/** A row the viewer sees by its UUID, batched; null otherwise. */
export async function loadOne(ctx: Context, entity: Entity, uuid: string): Promise<EntityRow | null> {
  const reader = readerOf(ctx);
  const row = await reader.batch(`one:${entity.name}`, uuid, (ids: readonly string[]) => readByIds(reader.db, reader.viewer, entity, ids));
  return row && { ...row, __typename: entity.name };
}

/** Adds the root fields of an entity: the list under its plural, and one by id under its singular. */
export function entityRootFields(entity: Entity): void {
  if (entity.plural) {
    builder.queryField(entity.plural, (t) =>
      t.field({
        type: entityConnection(entity),
        description: `The list of ${entity.name}: ${entity.description}`,
        args: listArgs(t as never, entity) as Record<string, never>,
        resolve: (_root, args, ctx) => resolveList(ctx, entity.plural!, { entity }, args as ListArgs, null),
      }),
    );
  }
  if (entity.singular) {
    builder.queryField(entity.singular, (t) =>
      t.field({
        type: refOf(entity.name),
        nullable: true,
        description: `One ${entity.name} by id; null when there is none or the role does not see it.`,
        args: { id: t.arg.id({ required: true, description: `Id of the ${entity.name}.` }) },
        resolve: (_root, args, ctx) => {
          requireRead(viewerOf(ctx), entity);
          return loadOne(ctx, entity, decodeId(String(args.id), entity.name));
        },
      }),
    );
  }
}
