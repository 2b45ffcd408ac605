// A plugin's own object types and enums, and what GraphQL type a value has.
import type { GraphQLResolveInfo } from 'graphql';
import { builder } from '../../../graphql/builder.ts';
import { MoneyRef } from '../../../graphql/common-types.ts';
import { type Context, viewerOf } from '../../../graphql/context.ts';
import { entityRow } from '../../../graphql/planned.ts';
import { enumOfNames, refOf } from '../../../graphql/refs.ts';
import { registerEnum } from '../../../graphql/zod-inputs.ts';
import { allEntities, type Entity, entityNamed } from '../../../query/entity.ts';
import { mayRead } from '../../../query/policy.ts';
import type { LoadedPlugin } from '../../loaded.ts';
import type { Value } from '../../values.ts';
import { requireDescription, requireFieldName, requireValueName, takeType, typeNamed } from './names.ts';
import { costOf } from './options.ts';
import { MAX_LIST, scalarNames } from './values.ts';

type Fields = Record<string, { description: string; value: Value<unknown> }>;
type OwnType = { kind: 'object'; ref: unknown; fields: Fields } | { kind: 'enum'; ref: unknown; values: ReadonlySet<string> };

/** What one plugin has defined, by its name in the API. */
export type OwnTypes = Map<string, OwnType>;

/** Adds an object type. */
export function addType(plugin: LoadedPlugin, own: OwnTypes, name: string, type: { description: string; fields: Fields }): Value<never> {
  const full = typeNamed(plugin, name);
  requireDescription(full, type.description);
  const fields = Object.entries(type.fields);
  if (fields.length === 0) throw new Error(`${full} has no fields`);
  for (const [field, { description, value }] of fields) {
    requireFieldName(full, field);
    requireDescription(`${full}.${field}`, description);
    requireValue(own, value, `${full}.${field}`);
  }
  takeType(plugin, full);
  const ref = builder.objectRef<Record<string, unknown>>(full).implement({
    description: type.description,
    fields: (t) =>
      Object.fromEntries(
        fields.map(([field, { description, value }]) => [
          field,
          t.field({
            description,
            ...outputOf(own, value),
            extensions: costOf(`${full}.${field}`, undefined, value),
            resolve: resolverOf(value, (row) => (row as Record<string, unknown>)[field]),
          } as never),
        ]),
      ),
  });
  own.set(full, { kind: 'object', ref, fields: Object.fromEntries(fields) });
  return { type: full };
}

/** Adds an enum, which arguments can take as well. */
export function addEnum(
  plugin: LoadedPlugin,
  own: OwnTypes,
  name: string,
  { description, values }: { description: string; values: Record<string, string> },
): Value<never> {
  const full = typeNamed(plugin, name);
  requireDescription(full, description);
  const names = Object.keys(values);
  if (names.length === 0) throw new Error(`${full} has no values`);
  for (const value of names) {
    requireValueName(full, value);
    requireDescription(`${full}.${value}`, values[value]);
  }
  takeType(plugin, full);
  const ref = enumOfNames(full, description, names, (value) => values[value] as string);
  registerEnum(full, ref);
  own.set(full, { kind: 'enum', ref, values: new Set(names) });
  return { type: full, values: names } as Value<never>;
}

/** The entity that the core shows under that name; undefined if there is none. */
export function shownEntity(name: string): Entity | undefined {
  return builder.configStore.hasImplementation(name) ? allEntities().find((entity) => entity.name === name) : undefined;
}

/** Throws where the type of a value is none that the plugin can give. */
export function requireValue(own: OwnTypes, value: Value<unknown> | undefined, place: string): void {
  if (typeof value !== 'object' || value === null || typeof value.type !== 'string')
    throw new Error(`${place} needs a value, such as v.int()`);
  if (value.list?.list) throw new Error(`${place} is a list of lists, which the API has none of`);
  if (value.most !== undefined && !(Number.isInteger(value.most) && value.most >= 1 && value.most <= MAX_LIST))
    throw new Error(`${place}: a list has a whole number of values at most, from 1 to ${MAX_LIST}`);
  const inner = value.list ?? value;
  if (inner.record) {
    if (!shownEntity(inner.type)) throw new Error(`${place}: the core has no records of the type ${inner.type}`);
  } else if (!scalarNames.has(inner.type) && !own.has(inner.type)) {
    throw new Error(`${place}: there is no type ${inner.type}; define it with schema.type or schema.enum first`);
  }
}

/** Type and nullability of a field; `nullable`: whatever the value says. A record may always be out of the caller's sight. */
export function outputOf(own: OwnTypes, value: Value<unknown>, nullable = false): { type: unknown; nullable: unknown } {
  const { list } = value;
  const itself = nullable || value.nullable === true;
  if (!list) return { type: refOfValue(own, value), nullable: itself || value.record === true };
  return { type: [refOfValue(own, list)], nullable: { list: itself, items: list.nullable === true || list.record === true } };
}

function refOfValue(own: OwnTypes, { type, record }: Value<unknown>): unknown {
  if (record) return refOf(type);
  return own.get(type)?.ref ?? (type === 'Money' ? MoneyRef : type);
}

type Resolve = (source: unknown, args: object, ctx: Context, info: GraphQLResolveInfo) => unknown;

/** A resolver that gives what `read` finds in its source, and the rows of records. */
export function resolverOf(value: Value<unknown>, read: (source: unknown) => unknown): Resolve {
  return (source, _args, ctx, info) => shownValue(value, read(source), ctx, info);
}

/** A checked value as graphql-js goes on with it: records become their rows, read as the caller in batches. */
export function shownValue(value: Value<unknown>, found: unknown, ctx: Context, info: GraphQLResolveInfo): unknown {
  if (found == null) return null;
  const { list } = value;
  if (list) return list.record ? (found as string[]).map((id) => (id === null ? null : recordRow(list, id, ctx, info))) : found;
  return value.record ? recordRow(value, found as string, ctx, info) : found;
}

function recordRow({ type }: Value<unknown>, id: string, ctx: Context, info: GraphQLResolveInfo): unknown {
  const entity = entityNamed(type);
  return mayRead(viewerOf(ctx), entity) ? entityRow(ctx, info, entity, id) : null;
}
