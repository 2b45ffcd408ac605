// What a page of a list is: its direction, size, order and cursor, and the condition of the list it belongs to.
import sql, { type Sql } from 'sql-template-tag';
import type { Viewer } from '../auth/viewer.ts';
import { apiError } from '../graphql/errors.ts';
import { type CursorValues, decodeCursor, fingerprint, fitsType } from './cursor.ts';
import type { ColumnOf, Entity } from './entity.ts';
import { compileFilter, type FilterInput } from './filter.ts';
import { type OrderInput, type OrderTerm, orderTerms, reversed } from './order.ts';
import { rowPolicy } from './policy.ts';
import { allOf, columnsOfAlias } from './sql.ts';

export const DEFAULT_PAGE = 25;
export const MAX_PAGE = 100;

export type PageArgs = { first?: number | null; after?: string | null; last?: number | null; before?: string | null };

/** Says which rows of the entity belong to the list: `c` names their columns. */
export type Link = (c: ColumnOf, workspaceId: Sql) => Sql;

/** A list before it is read: what its rows, counts and sums have in common. */
export type ListSpec = {
  entity: Entity;
  filter?: FilterInput | null;
  link?: Link | undefined;
};

export type EntityRow = { [property: string]: unknown } & { id: string };

export type Window = {
  /** In the order of reading: reversed where the page is read from its end. */
  terms: OrderTerm[];
  limit: number;
  backward: boolean;
  from: CursorValues | null;
  /** The fingerprint that its cursors carry. */
  print: () => string;
};

/** Checks the page arguments. Throws PAGE_INVALID, CURSOR_INVALID, CURSOR_MISMATCH, ORDER_INVALID. */
export function pageWindow(
  viewer: Viewer,
  spec: ListSpec,
  args: PageArgs,
  order: OrderInput[] | null | undefined,
  extra: unknown = null,
): Window {
  const terms = orderTerms(viewer, spec.entity, order);
  const print = () => fingerprint([spec.entity.name, spec.filter ?? null, order ?? null, extra]);
  const { backward, limit, cursor } = pageDirection(args);
  const from =
    cursor == null
      ? null
      : decodeCursor(
          cursor,
          print(),
          terms.map((term) => fitsType(term.type, term.nullable)),
        );
  return { terms: backward ? reversed(terms) : terms, limit, backward, from, print };
}

/** Which way a page goes, how many rows it has, and from which cursor. Throws PAGE_INVALID. */
export function pageDirection(args: PageArgs): { backward: boolean; limit: number; cursor: string | null } {
  const backward = args.last != null;
  if (backward && args.first != null) throw apiError('PAGE_INVALID', 'Give either first or last, not both.');
  if (backward ? args.after != null : args.before != null) {
    throw apiError('PAGE_INVALID', 'after goes with first, before goes with last.');
  }
  const limit = args.first ?? args.last ?? DEFAULT_PAGE;
  if (limit < 0 || limit > MAX_PAGE) {
    throw apiError('PAGE_INVALID', `A page has 0 to ${MAX_PAGE} rows, not ${limit}.`, {
      limit: 'pageSize',
      value: limit,
      maximum: MAX_PAGE,
    });
  }
  return { backward, limit, cursor: (backward ? args.before : args.after) ?? null };
}

/** The condition that a row of the list fulfils, without the page. */
export function listCondition(viewer: Viewer, spec: ListSpec, alias: string): Sql {
  const c = columnsOfAlias(spec.entity.name, alias);
  return allOf([
    rowPolicy(viewer, spec.entity, alias),
    spec.link?.(c, sql`${viewer.workspaceId}::uuid`),
    compileFilter(viewer, spec.entity, spec.filter, alias),
  ]);
}
