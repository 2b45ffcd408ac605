// Lists: all rows, then those that fit, sorted, then the page, the count or the sum.
import { fingerprint } from '../../../src/query/cursor.ts';
import { type Entity, entityNamed } from '../../../src/query/entity.ts';
import { filterTest } from './filter.ts';
import { cursorOf, type Order, type OrderInput, orderOf, placeOf } from './order.ts';
import { demandRead, hides, isVisible, mayRead, type Oracle, seen } from './policy.ts';
import { demand, refuse } from './refuse.ts';
import type { Row } from './tables.ts';
import { sum } from './values.ts';

export type PageArgs = { first?: number | null; after?: string | null; last?: number | null; before?: string | null };
export type ListArgs = PageArgs & { filter?: Record<string, unknown> | null; orderBy?: OrderInput[] | null };
export type Page = { rows: unknown[]; cursors: string[]; hasNextPage: boolean; hasPreviousPage: boolean };

/** A connection before anything of it is asked for. */
export type Connection = {
  page: () => Page;
  count: (upTo: number) => { value: number; isExact: boolean };
  sum?: (field: string, currency: string | null) => { amount: string; currency: string } | null;
};

/** The list of an entity, of those rows that belong to its parent. `name` is part of its cursors. Whatever is wrong with the
 * arguments is refused here, at the list itself, whether or not its rows are asked for. */
export function listOf(oracle: Oracle, name: string, entity: Entity, args: ListArgs, belongs: (row: Row) => boolean): Connection {
  const { viewer, tables } = oracle;
  demandRead(viewer, entity);
  const print = fingerprint([entity.name, args.filter ?? null, args.orderBy ?? null, name]);
  const page = pageOf(orderOf(oracle, entity, args.orderBy), print, args);
  const test = filterTest(oracle, entity, args.filter);
  const matching = () => tables.rows(entity.name).filter((row) => belongs(row) && isVisible(oracle, entity, row) && test(row) === true);
  return {
    page() {
      const { rows, ...rest } = page(matching());
      return { ...rest, rows: rows.map((row) => seen(viewer, entity, row)) };
    },
    count: (upTo) => bounded(matching().length, upTo),
    sum: (field, currency) => sumOf(oracle, entity, field, currency, matching),
  };
}

export function bounded(count: number, upTo: number): { value: number; isExact: boolean } {
  return { value: Math.min(count, upTo), isExact: count <= upTo };
}

/** Which way a page goes and how long it is. Throws PAGE_INVALID. */
export function direction({ first, after, last, before }: PageArgs): { backward: boolean; limit: number; cursor: string | null } {
  const backward = last != null;
  demand(!(backward && first != null), 'PAGE_INVALID');
  demand((backward ? after : before) == null, 'PAGE_INVALID');
  const limit = first ?? last ?? 25;
  demand(limit >= 0 && limit <= 100, 'PAGE_INVALID');
  return { backward, limit, cursor: (backward ? before : after) ?? null };
}

/** Checks the arguments of a page; answers what cuts it out of rows. Throws PAGE_INVALID, CURSOR_INVALID and CURSOR_MISMATCH. */
export function pageOf(order: Order, print: string, args: PageArgs): (rows: Row[]) => Omit<Page, 'rows'> & { rows: Row[] } {
  const { backward, limit, cursor } = direction(args);
  const place = cursor === null ? null : placeOf(order, cursor, print);
  const side = backward ? -1 : 1;
  return (all) => {
    const beyond = all
      .map((row) => ({ row, at: order.place(order.texts(row)) }))
      .filter(({ at }) => place === null || Math.sign(order.compare(at, place)) === side)
      .sort((a, b) => order.compare(a.at, b.at))
      .map(({ row }) => row);
    const rows = backward ? beyond.slice(Math.max(0, beyond.length - limit)) : beyond.slice(0, limit);
    const [more, asked] = [beyond.length > limit, cursor !== null];
    return {
      rows,
      cursors: rows.map((row) => cursorOf(order, print, row)),
      hasNextPage: backward ? asked : more,
      hasPreviousPage: backward ? more : asked,
    };
  };
}

function sumOf({ viewer }: Oracle, entity: Entity, field: string, currency: string | null, matching: () => Row[]) {
  const columns = entity.money![entity.sums![field]!]!;
  demand(!hides(viewer, entity, columns.amount) && !hides(viewer, entity, columns.currency), 'FORBIDDEN');
  const sums = sumsByCurrency(matching(), columns).filter((one) => !currency || one.currency === currency);
  if (sums.length > 1) refuse('MIXED_CURRENCIES');
  return sums[0] ?? null;
}

/** Sums of a money column, in the order of the currencies. */
export function sumsByCurrency(rows: Row[], columns: { amount: string; currency: string }): { amount: string; currency: string }[] {
  const groups = Map.groupBy(
    rows.filter((row) => row[columns.amount] !== null),
    (row) => row[columns.currency] as string,
  );
  return [...groups]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([currency, group]) => ({ currency, amount: sum(group.map((row) => row[columns.amount] as string)) }));
}

/** The row with this id that the viewer sees, archived or not. */
export function oneOf(oracle: Oracle, name: string, id: string): Row | null {
  const entity = entityNamed(name);
  const row = oracle.tables.byId(entity.name, oracle.viewer.workspaceId, id);
  return row && isVisible(oracle, entity, row) ? seen(oracle.viewer, entity, row) : null;
}

/** The same, null also where the role reads none of them. */
export function oneReadable(oracle: Oracle, name: string, id: string): Row | null {
  return mayRead(oracle.viewer, entityNamed(name)) ? oneOf(oracle, name, id) : null;
}
