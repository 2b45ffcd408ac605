// Relay connections: one set of types and resolvers for every list of the API. How they are read is in query/list-plan.ts.
import type { InputFieldMap, ObjectRef } from '@pothos/core';
import type { BoundedCount } from '../query/bounded-count.ts';
import type { Entity } from '../query/entity.ts';
import { MAX_COUNT } from '../query/list-plan.ts';
import type { EntityRow } from '../query/page.ts';
import { builder, type SchemaTypes } from './builder.ts';
import { BoundedCountRef, MoneyRef, PageInfoRef, type PageInfoValue } from './common-types.ts';
import { apiError } from './errors.ts';
import { filterRef, orderRef } from './filter-inputs.ts';
import { readCompiled } from './planned.ts';
import { enumOfNames, refOf, type TypeRef } from './refs.ts';

/** What a connection that JavaScript makes resolves from: nothing is read before a field asks for it. */
export type ConnectionValue<Row> = {
  page: () => Promise<PageValue<Row>>;
  count: (upTo: number) => Promise<BoundedCount>;
};
export type PageValue<Row> = { rows: Row[]; cursors: string[]; hasNextPage: boolean; hasPreviousPage: boolean };

function pageInfo(page: PageValue<unknown>): PageInfoValue {
  return {
    hasNextPage: page.hasNextPage,
    hasPreviousPage: page.hasPreviousPage,
    startCursor: page.cursors[0] ?? null,
    endCursor: page.cursors.at(-1) ?? null,
  };
}

/** Makes `<name>Connection` and `<name>Edge` over a node type; `sums` names the money fields that can be summed. */
export function connectionTypes<Row>(name: string, node: TypeRef, sums: string[] = []): ObjectRef<SchemaTypes, ConnectionValue<Row>> {
  type List = ConnectionValue<Row>;
  const edge = builder.objectRef<{ node: Row; cursor: string }>(`${name}Edge`).implement({
    description: `A ${name} in a list, with its cursor.`,
    fields: (t) => ({
      node: t.field({ type: node, description: `The ${name}.`, resolve: readCompiled((row) => row.node) }),
      cursor: t.field({ type: 'String', description: 'Where it stands in the list.', resolve: readCompiled((row) => row.cursor) }),
    }),
  });
  const edges = async (list: List) => {
    const page = await list.page();
    return page.rows.map((row, i) => ({ node: row, cursor: page.cursors[i]! }));
  };
  const ref = builder.objectRef<List>(`${name}Connection`);
  ref.implement({
    description: `A page of a list of ${name}.`,
    fields: (t) => ({
      edges: t.field({ type: [edge], description: 'The rows of the page with their cursors.', resolve: readCompiled(edges) }),
      nodes: t.field({
        type: [node],
        description: 'The rows of the page.',
        resolve: readCompiled(async (list: List) => (await list.page()).rows),
      }),
      pageInfo: t.field({
        type: PageInfoRef,
        description: 'Where the page stands in the list.',
        resolve: readCompiled(async (list: List) => pageInfo(await list.page())),
      }),
      totalCount: t.field({
        type: BoundedCountRef,
        description: 'How many rows the whole list has, counted no further than `upTo` and only when asked.',
        args: { upTo: t.arg.int({ required: true, defaultValue: 1000, description: `Where counting stops, at most ${MAX_COUNT}.` }) },
        resolve: readCompiled((list: List, { upTo }: { upTo: number }) => {
          if (upTo < 1 || upTo > MAX_COUNT) throw apiError('BAD_USER_INPUT', `upTo is from 1 to ${MAX_COUNT}.`);
          return list.count(upTo);
        }),
      }),
    }),
  });
  if (sums.length > 0) addSum(ref, name, sums);
  return ref;
}

function addSum<Row>(ref: ObjectRef<SchemaTypes, ConnectionValue<Row>>, name: string, sums: string[]): void {
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

const entityConnections = new Map<string, ObjectRef<SchemaTypes, ConnectionValue<EntityRow>>>();

/** The connection type of an entity. */
export function entityConnection(entity: Entity): ObjectRef<SchemaTypes, ConnectionValue<EntityRow>> {
  let ref = entityConnections.get(entity.name);
  if (!ref) {
    ref = connectionTypes<EntityRow>(entity.name, refOf(entity.name), Object.keys(entity.sums ?? {}));
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
