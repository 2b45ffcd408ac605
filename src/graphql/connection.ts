// Relay connections: one set of types and resolvers for every list of the API. How they are read is in query/list-plan.ts.
import type { InputFieldMap, ObjectRef } from '@pothos/core';
import type { Entity } from '../query/entity.ts';
import { MAX_COUNT } from '../query/list-plan.ts';
import { builder, type SchemaTypes } from './builder.ts';
import { BoundedCountRef, MoneyRef, PageInfoRef } from './common-types.ts';
import { filterRef, orderRef } from './filter-inputs.ts';
import { readCompiled } from './planned.ts';
import { enumOfNames, refOf, type TypeRef } from './refs.ts';

/** A connection has no value of its own: its fields are read from what its list's plan compiled. */
export type ConnectionRef = ObjectRef<SchemaTypes, object>;

/** Makes `<name>Connection` and `<name>Edge` over a node type; `sums` names the money fields that can be summed. */
export function connectionTypes(name: string, node: TypeRef, sums: string[] = []): ConnectionRef {
  const resolve = readCompiled();
  const edge = builder.objectRef<object>(`${name}Edge`).implement({
    description: `A ${name} in a list, with its cursor.`,
    fields: (t) => ({
      node: t.field({ type: node, description: `The ${name}.`, resolve }),
      cursor: t.field({ type: 'String', description: 'Where it stands in the list.', resolve }),
    }),
  });
  const ref: ConnectionRef = builder.objectRef<object>(`${name}Connection`);
  builder.objectType(ref, {
    description: `A page of a list of ${name}.`,
    fields: (t) => ({
      edges: t.field({ type: [edge], description: 'The rows of the page with their cursors.', resolve }),
      nodes: t.field({ type: [node], description: 'The rows of the page.', resolve }),
      pageInfo: t.field({ type: PageInfoRef, description: 'Where the page stands in the list.', resolve }),
      totalCount: t.field({
        type: BoundedCountRef,
        description: 'How many rows the whole list has, counted no further than `upTo` and only when asked.',
        args: { upTo: t.arg.int({ required: true, defaultValue: 1000, description: `Where counting stops, at most ${MAX_COUNT}.` }) },
        resolve,
      }),
    }),
  });
  if (sums.length > 0) addSum(ref, name, sums);
  return ref;
}

function addSum(ref: ConnectionRef, name: string, sums: string[]): void {
  const field = enumOfNames(`${name}SumField`, `Money fields of ${name} that can be summed.`, sums);
  builder.objectField(ref, 'sum', (t) =>
    t.field({
      type: MoneyRef,
      nullable: true,
      description:
        'Sum over the whole list; null when no row has an amount. Needs `currency` where the list holds several (MIXED_CURRENCIES names them).',
      args: {
        field: t.arg({ type: field as never, required: true, description: 'What to sum.' }),
        currency: t.arg({ type: 'CurrencyCode', description: 'Sums only amounts in this currency.' }),
      },
      resolve: readCompiled(),
    }),
  );
}

const entityConnections = new Map<string, ConnectionRef>();

/** The connection type of an entity. */
export function entityConnection(entity: Entity): ConnectionRef {
  let ref = entityConnections.get(entity.name);
  if (!ref) {
    ref = connectionTypes(entity.name, refOf(entity.name), Object.keys(entity.sums ?? {}));
    entityConnections.set(entity.name, ref);
  }
  return ref;
}

type ArgBuilder = { arg: PothosArgBuilder };
type PothosArgBuilder = Parameters<Parameters<typeof builder.queryField>[1]>[0]['arg'];

/** first, after, last and before. */
export function pageArgs(t: ArgBuilder): InputFieldMap {
  return {
    first: t.arg.int({ description: 'How many rows from the start or after `after`: 25 unless told, at most 100.' }),
    after: t.arg.string({ description: 'Cursor after which the page begins.' }),
    last: t.arg.int({ description: 'How many rows from the end or before `before`, at most 100.' }),
    before: t.arg.string({ description: 'Cursor before which the page ends.' }),
  } as unknown as InputFieldMap;
}

/** The arguments of an entity's lists. */
export function listArgs(t: ArgBuilder, entity: Entity): InputFieldMap {
  return {
    ...pageArgs(t),
    filter: t.arg({ type: filterRef(entity) as never, description: 'Which rows.' }),
    orderBy: t.arg({ type: [orderRef(entity)] as never, description: 'In which order; ties are broken by id. At most 3 terms.' }),
  } as unknown as InputFieldMap;
}
