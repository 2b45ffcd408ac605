// One page of a connection, for one parent or for many at once: LIMIT in SQL, keyset, one statement.
import sql, { join, raw, type Sql } from 'sql-template-tag';
import type { Viewer } from '../auth/viewer.ts';
import type { Queryable } from '../db/database.ts';
import { apiError } from '../graphql/errors.ts';
import { type CursorValues, decodeCursor, encodeCursor, fingerprint, fitsType } from './cursor.ts';
import type { ColumnOf, Entity } from './entity.ts';
import { compileFilter, type FilterInput } from './filter.ts';
import { keysetSql, type OrderInput, type OrderTerm, orderBySql, orderTerms, reversed } from './order.ts';
import { hidesColumn, rowPolicy } from './policy.ts';
import { allOf, columnsOfAlias, selectList, tableOf } from './sql.ts';

export const DEFAULT_PAGE = 25;
export const MAX_PAGE = 100;

export type PageArgs = { first?: number | null; after?: string | null; last?: number | null; before?: string | null };

/** Says which rows of the entity belong to a parent: `c` names their columns, `parent` is the parent's id. */
export type Link = (c: ColumnOf, parent: Sql, workspaceId: Sql) => Sql;

/** A list before it is read: what its rows, counts and sums have in common. */
export type ListSpec = {
  entity: Entity;
  filter?: FilterInput | null;
  /** Further conditions that come from the field, not from the caller. */
  where?: (c: ColumnOf) => Sql | null;
  link?: Link;
};

export type EntityRow = { [property: string]: unknown } & { id: string };
export type Page = { rows: EntityRow[]; cursors: string[]; hasNextPage: boolean; hasPreviousPage: boolean };

type Window = { terms: OrderTerm[]; limit: number; backward: boolean; from: CursorValues | null; print: string; asked: boolean };

/** Checks the page arguments. Throws PAGE_INVALID, CURSOR_INVALID, CURSOR_MISMATCH, ORDER_INVALID. */
export function pageWindow(
  viewer: Viewer,
  spec: ListSpec,
  args: PageArgs,
  order: OrderInput[] | null | undefined,
  extra: unknown = null,
): Window {
  const terms = orderTerms(viewer, spec.entity, order);
  const print = fingerprint([spec.entity.name, spec.filter ?? null, order ?? null, extra]);
  const { backward, limit, cursor } = pageDirection(args);
  const from =
    cursor == null
      ? null
      : decodeCursor(
          cursor,
          print,
          terms.map((term) => fitsType(term.type, term.nullable)),
        );
  return { terms: backward ? reversed(terms) : terms, limit, backward, from, print, asked: cursor != null };
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
export function listCondition(viewer: Viewer, spec: ListSpec, alias: string, parent: Sql | null): Sql {
  const c = columnsOfAlias(spec.entity.name, alias);
  return allOf([
    rowPolicy(viewer, spec.entity, alias),
    parent && spec.link ? spec.link(c, parent, sql`${viewer.workspaceId}::uuid`) : null,
    spec.where?.(c),
    compileFilter(viewer, spec.entity, spec.filter, alias),
  ]);
}

/** The inner SELECT of a page; sort values come along as `$0`, `$1` … for the cursors. */
function pageSql(viewer: Viewer, spec: ListSpec, window: Window, parent: Sql | null): Sql {
  const { entity } = spec;
  const c = columnsOfAlias(entity.name, 't');
  const keys = join(
    window.terms.map((term, i) => sql`${term.sql(c)}::text as ${raw(`"$${i}"`)}`),
    ', ',
  );
  return sql`select ${selectList(entity.name, 't', (property) => hidesColumn(viewer, entity, property))}, ${keys}
    from ${tableOf(entity.name)} t
    where ${listCondition(viewer, spec, 't', parent)}${window.from ? sql` and ${keysetSql(window.terms, window.from, c)}` : sql``}
    order by ${orderBySql(window.terms, c)} limit ${raw(String(window.limit + 1))}`;
}

function toPage(rows: EntityRow[], window: Window): Page {
  const more = rows.length > window.limit;
  const kept = more ? rows.slice(0, window.limit) : rows;
  if (window.backward) kept.reverse();
  return {
    rows: kept,
    cursors: kept.map((row) =>
      encodeCursor(
        window.print,
        window.terms.map((_term, i) => row[`$${i}`] as string | null),
      ),
    ),
    hasNextPage: window.backward ? window.asked : more,
    hasPreviousPage: window.backward ? more : window.asked,
  };
}

/** Reads one page. */
export async function readPage(db: Queryable, viewer: Viewer, spec: ListSpec, window: Window): Promise<Page> {
  return toPage(await db.query<EntityRow>(pageSql(viewer, spec, window, null)), window);
}

/** Reads the same page for many parents in one statement; answers in the order of `parents`. */
export async function readPages(
  db: Queryable,
  viewer: Viewer,
  spec: ListSpec,
  window: Window,
  parents: readonly string[],
): Promise<Page[]> {
  const distinct = [...new Set(parents)];
  const rows = await db.query<EntityRow & { $parent: string }>(sql`select p.id as "$parent", x.* from unnest(${distinct}::uuid[]) as p(id)
    cross join lateral (${pageSql(viewer, spec, window, sql`p.id`)}) x`);
  const byParent = Map.groupBy(rows, (row) => row.$parent);
  return parents.map((parent) => toPage([...(byParent.get(parent) ?? [])], window));
}
