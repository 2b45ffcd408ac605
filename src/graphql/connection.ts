// Relay connections: one set of types and resolvers for every list of the API. Only this file and object-type.ts know how lists are read.
import type { InputFieldMap, ObjectRef } from '@pothos/core';
import { type BoundedCount, type CurrencySum, countUpTo, sumMoney } from '../query/aggregate.ts';
import { canonical } from '../query/cursor.ts';
import type { Entity } from '../query/entity.ts';
import type { FilterInput } from '../query/filter.ts';
import type { OrderInput } from '../query/order.ts';
import { type EntityRow, type ListSpec, type Page, type PageArgs, pageWindow, readPage, readPages } from '../query/page.ts';
import { hidesColumn, requireRead } from '../query/policy.ts';
import { builder, type SchemaTypes } from './builder.ts';
import { BoundedCountRef, MoneyRef, PageInfoRef, type PageInfoValue } from './common-types.ts';
import { type Context, readerOf } from './context.ts';
import { apiError } from './errors.ts';
import { filterRef, orderRef } from './filter-inputs.ts';
import { enumOfNames, refOf, type TypeRef } from './refs.ts';

/** What a connection resolves from: nothing is read before a field asks for it. */
export type ConnectionValue<Row = EntityRow> = {
  page: () => Promise<{ rows: Row[]; cursors: string[]; hasNextPage: boolean; hasPreviousPage: boolean }>;
  count: (upTo: number) => Promise<BoundedCount>;
  sum?: (field: string, currency: string | null) => Promise<CurrencySum[]>;
};
type Edge = { node: unknown; cursor: string };

const MAX_COUNT = 1_000_000;

function once<T>(fn: () => Promise<T>): () => Promise<T> {
  let promise: Promise<T> | undefined;
  return () => {
    promise ??= fn();
    return promise;
  };
}

function pageInfo(page: { cursors: string[]; hasNextPage: boolean; hasPreviousPage: boolean }): PageInfoValue {
  return {
    hasNextPage: page.hasNextPage,
    hasPreviousPage: page.hasPreviousPage,
    startCursor: page.cursors[0] ?? null,
    endCursor: page.cursors.at(-1) ?? null,
  };
}

/** Makes `<name>Connection` and `<name>Edge` over a node type; `sums` names the money fields that can be summed. */
export function connectionTypes<Row>(name: string, node: TypeRef, sums: string[] = []): ObjectRef<SchemaTypes, ConnectionValue<Row>> {
  const edge = builder.objectRef<Edge>(`${name}Edge`).implement({
    description: `A ${name} in a list, with its cursor.`,
    fields: (t) => ({
      node: t.field({ type: node, description: `The ${name}.`, resolve: (row) => row.node as never }),
      cursor: t.exposeString('cursor', { description: 'Where it stands in the list.' }),
    }),
  });
  const ref = builder.objectRef<ConnectionValue<Row>>(`${name}Connection`);
  ref.implement({
    description: `A page of a list of ${name}.`,
    fields: (t) => ({
      edges: t.field({
        type: [edge],
        description: 'The rows of the page with their cursors.',
        resolve: async (list) => {
          const page = await list.page();
          return page.rows.map((row, i) => ({ node: row, cursor: page.cursors[i]! }));
        },
      }),
      nodes: t.field({ type: [node], description: 'The rows of the page.', resolve: async (list) => (await list.page()).rows as never }),
      pageInfo: t.field({
        type: PageInfoRef,
        description: 'Where the page stands in the list.',
        resolve: async (list) => pageInfo(await list.page()),
      }),
      totalCount: t.field({
        type: BoundedCountRef,
        description: 'How many rows the whole list has, counted no further than `upTo` and only when asked.',
        args: { upTo: t.arg.int({ required: true, defaultValue: 1000, description: `Where counting stops, at most ${MAX_COUNT}.` }) },
        resolve: (list, { upTo }) => {
          if (upTo < 1 || upTo > MAX_COUNT) throw apiError('BAD_USER_INPUT', `upTo is from 1 to ${MAX_COUNT}.`);
          return list.count(upTo);
        },
      }),
    }),
  });
  if (sums.length > 0) addSum(ref as ObjectRef<SchemaTypes, ConnectionValue>, name, sums);
  return ref;
}

function addSum(ref: ObjectRef<SchemaTypes, ConnectionValue>, name: string, sums: string[]): void {
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
      resolve: async (list, args) => {
        const sums = await list.sum!(String(args.field), args.currency ?? null);
        if (sums.length > 1) {
          throw apiError('MIXED_CURRENCIES', 'The list holds several currencies: give the currency argument.', {
            currencies: sums.map((sum) => sum.currency),
          });
        }
        return sums[0] ?? null;
      },
    }),
  );
}

const entityConnections = new Map<string, ObjectRef<SchemaTypes, ConnectionValue>>();

/** The connection type of an entity. */
export function entityConnection(entity: Entity): ObjectRef<SchemaTypes, ConnectionValue> {
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

export type ListArgs = PageArgs & { filter?: FilterInput | null; orderBy?: OrderInput[] | null };

/** Resolves a list of an entity, for a parent's id or for none. `name` tells lists with different links apart. */
export function resolveList(ctx: Context, name: string, base: ListSpec, args: ListArgs, parent: string | null): ConnectionValue {
  const reader = readerOf(ctx);
  const { viewer, db } = reader;
  requireRead(viewer, base.entity);
  const spec: ListSpec = { ...base, filter: args.filter };
  const key = (kind: string, more: unknown) => `${name}:${kind}:${canonical([args.filter ?? null, more])}`;
  const list: ConnectionValue = {
    page: once(async (): Promise<Page> => {
      const window = pageWindow(viewer, spec, args, args.orderBy, name);
      if (parent === null) return readPage(db, viewer, spec, window);
      const share = key('page', [window.from, window.limit, window.backward, args.orderBy ?? null]);
      return reader.batch(share, parent, (parents: readonly string[]) => readPages(db, viewer, spec, window, parents));
    }),
    count: (upTo) =>
      parent === null
        ? countUpTo(db, viewer, spec, upTo, null).then((counts) => counts[0]!)
        : reader.batch(key('count', upTo), parent, (parents: readonly string[]) => countUpTo(db, viewer, spec, upTo, parents)),
  };
  list.sum = (field, currency) => {
    const columns = base.entity.money![base.entity.sums![field]!]!;
    if (hidesColumn(viewer, base.entity, columns.amount)) throw apiError('FORBIDDEN', `The role hides what ${field} sums.`);
    return parent === null
      ? sumMoney(db, viewer, spec, columns, currency, null).then((sums) => sums[0]!)
      : reader.batch(key('sum', [field, currency]), parent, (parents: readonly string[]) =>
          sumMoney(db, viewer, spec, columns, currency, parents),
        );
  };
  return list;
}
