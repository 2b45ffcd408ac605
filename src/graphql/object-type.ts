// Makes an entity's GraphQL object type and root fields from its spec.
import sql from 'sql-template-tag';
import type { ColumnMap } from '../db/models.ts';
import { type Entity, entityNamed, type RelationSpec } from '../query/entity.ts';
import { columnPlan, columnsPlan, idPlan, relationPlan, rootListPlan, rootOnePlan } from '../query/entity-plans.ts';
import { columnNamed } from '../query/sql.ts';
import { builder } from './builder.ts';
import { ExternalRefRef, enumRefs, MoneyRef, NodeRef } from './common-types.ts';
import { entityConnection, listArgs } from './connection.ts';
import { decodeId } from './ids.ts';
import { planned, plannedRoot } from './planned.ts';
import { refOf, type TypeRef } from './refs.ts';

type FieldOptions = { type: unknown; nullable?: boolean; description: string; args?: unknown; extensions: object; resolve: unknown };
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
    id: t.field({ type: 'ID', description: 'Global id.', ...planned(idPlan(entity)) }),
  };
  for (const name of entity.fields) fields[name] = columnField(t, entity, columnNamed(entity.name, name));
  for (const [name, { amount, currency, description }] of Object.entries(entity.money ?? {})) {
    fields[name] = t.field({ type: MoneyRef, nullable: true, description, ...planned(columnsPlan(entity, { amount, currency })) });
  }
  if (entity.externalRef) {
    const { field, system, id, description } = entity.externalRef;
    fields[field] = t.field({ type: ExternalRefRef, nullable: true, description, ...planned(columnsPlan(entity, { system, value: id })) });
  }
  for (const [name, relation] of Object.entries(entity.relations ?? {})) fields[name] = relationField(t, entity, name, relation);
  return fields;
}

function columnField(t: FieldMaker, entity: Entity, column: ColumnMap): unknown {
  return t.field({
    type: typeOfColumn(entity, column),
    nullable: column.nullable,
    description: column.description ?? defaultDescriptions[column.name] ?? column.name,
    ...planned(columnPlan(entity, column.name)),
  });
}

const defaultDescriptions: Record<string, string> = {
  createdAt: 'When it was made here.',
  updatedAt: 'When it was last changed.',
  archivedAt: 'When it was archived; archived rows are hidden from lists unless asked for.',
  version: 'Rises with each change; send it as `expectedVersion` to change only what you have seen.',
};

function relationField(t: FieldMaker, entity: Entity, name: string, relation: RelationSpec): unknown {
  const { description } = relation;
  const options = planned(relationPlan(entity, name, relation));
  if ('one' in relation) {
    return t.field({ type: refOf(relation.one), nullable: columnNamed(entity.name, relation.key).nullable, description, ...options });
  }
  const target = entityNamed(relation.many);
  return t.field({ type: entityConnection(target), description, args: listArgs(t as never, target), ...options });
}

/** Adds the root fields of an entity: the list under its plural, and one by id under its singular. */
export function entityRootFields(entity: Entity): void {
  if (entity.plural) {
    builder.queryField(entity.plural, (t) =>
      t.field({
        type: entityConnection(entity),
        description: `The list of ${entity.name}: ${entity.description}`,
        args: listArgs(t as never, entity) as Record<string, never>,
        ...plannedRoot(rootListPlan(entity)),
      }),
    );
  }
  if (entity.singular) {
    const idOf = (args: Record<string, unknown>) => sql`${decodeId(String(args.id), entity.name)}::uuid`;
    builder.queryField(entity.singular, (t) =>
      t.field({
        type: refOf(entity.name),
        nullable: true,
        description: `One ${entity.name} by id; null when there is none or the role does not see it.`,
        args: { id: t.arg.id({ required: true, description: `Id of the ${entity.name}.` }) },
        ...plannedRoot(rootOnePlan(entity, (_run, args) => idOf(args))),
      }),
    );
  }
}
