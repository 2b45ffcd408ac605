// Orders: from the API's order objects to terms, each with the SQL it sorts by; and the keyset condition of a cursor.
import sql, { join, raw, type Sql } from 'sql-template-tag';
import type { Viewer } from '../auth/viewer.ts';
import { apiError } from '../graphql/errors.ts';
import { ATTRIBUTE_KEY, numberOf, textOf } from './attribute-filter.ts';
import type { CursorValues } from './cursor.ts';
import type { ColumnOf, Entity } from './entity.ts';
import { requireVisible } from './filter.ts';
import { fieldOfColumn, hidesColumn } from './policy.ts';
import { cast, columnNamed } from './sql.ts';

export type Direction = 'ASC' | 'DESC';
export type OrderInput = {
  field?: string | null;
  attribute?: { key: string; type: 'TEXT' | 'NUMBER' } | null;
  direction?: Direction | null;
};
export type OrderTerm = { sql: (c: ColumnOf) => Sql; type: string; nullable: boolean; direction: Direction };

export const MAX_ORDER_TERMS = 3;

/** The terms of an order, ended by the id as the tie-break. Throws ORDER_INVALID. */
export function orderTerms(viewer: Viewer, entity: Entity, input: OrderInput[] | null | undefined): OrderTerm[] {
  const asked: OrderInput[] = input?.length ? input : [entity.defaultOrder ?? { field: 'CREATED_AT', direction: 'ASC' as const }];
  if (asked.length > MAX_ORDER_TERMS) throw apiError('ORDER_INVALID', `An order has at most ${MAX_ORDER_TERMS} terms.`);
  const seen = new Set(asked.map((term) => term.field ?? `attribute:${term.attribute?.key}`));
  if (seen.size !== asked.length) throw apiError('ORDER_INVALID', 'An order names a field twice.');
  const terms = isOutOfSight(viewer, entity, asked, input) ? [] : asked.map((term) => orderTerm(viewer, entity, term));
  const direction = terms.at(-1)?.direction ?? 'ASC';
  return [...terms, { sql: (c) => c('id'), type: 'uuid', nullable: false, direction }];
}

// A default order by a hidden field would show it, in the order and in the cursors; who asks for it is refused.
function isOutOfSight(viewer: Viewer, entity: Entity, [first]: OrderInput[], asked: OrderInput[] | null | undefined): boolean {
  const column = first?.field && entity.orders?.[first.field]?.column;
  return !asked?.length && column != null && hidesColumn(viewer, entity, column);
}

function orderTerm(viewer: Viewer, entity: Entity, input: OrderInput): OrderTerm {
  const direction = input.direction ?? 'ASC';
  if (input.attribute && input.field) throw apiError('ORDER_INVALID', 'An order term names either a field or an attribute.');
  if (input.attribute) return attributeTerm(viewer, entity, input.attribute, direction);
  const spec = input.field ? entity.orders?.[input.field] : undefined;
  if (!spec) throw apiError('ORDER_INVALID', 'An order term names either a field or an attribute.');
  requireVisible(viewer, entity, fieldOfColumn(entity, spec.column));
  const map = columnNamed(entity.name, spec.column);
  return { sql: (c) => c(spec.column), type: map.type, nullable: map.nullable, direction };
}

function attributeTerm(
  viewer: Viewer,
  entity: Entity,
  attribute: { key: string; type: 'TEXT' | 'NUMBER' },
  direction: Direction,
): OrderTerm {
  requireVisible(viewer, entity, 'attributes');
  if (!ATTRIBUTE_KEY.test(attribute.key))
    throw apiError('ORDER_INVALID', 'An attribute key has lower-case letters, digits and underscores.');
  return attribute.type === 'NUMBER'
    ? { sql: (c) => numberOf(c('attributes'), attribute.key), type: 'numeric', nullable: true, direction }
    : { sql: (c) => textOf(c('attributes'), attribute.key), type: 'text', nullable: true, direction };
}

/** The same order from the other end. */
export function reversed(terms: OrderTerm[]): OrderTerm[] {
  return terms.map((term) => ({ ...term, direction: term.direction === 'ASC' ? 'DESC' : 'ASC' }));
}

export function orderBySql(terms: OrderTerm[], c: ColumnOf): Sql {
  return join(
    terms.map((term) => sql`${term.sql(c)} ${raw(term.direction === 'ASC' ? 'asc' : 'desc')}`),
    ', ',
  );
}

/**
 * The rows that come after these values, as conditions of disjoint parts that follow each other. Nulls are last ascending
 * and first descending, as PostgreSQL sorts them, so one index serves both ways. One part is a comparison of rows, which an
 * index bounds as it is; of several each is equality up to a term and a range of it, so each is bounded by itself, where
 * one condition of them all would be read from the start of the list.
 */
export function keysetParts(terms: OrderTerm[], values: CursorValues, c: ColumnOf): Sql[] {
  if (terms.every((term) => !term.nullable && term.direction === terms[0]!.direction)) {
    const left = join(
      terms.map((term) => term.sql(c)),
      ', ',
    );
    const right = join(
      terms.map((term, i) => cast(values[i], term.type)),
      ', ',
    );
    return [sql`(${left}) ${raw(terms[0]!.direction === 'ASC' ? '>' : '<')} (${right})`];
  }
  const parts = terms.map((term, i) => {
    const equal = terms.slice(0, i).map((before, j) => equals(before, values[j] ?? null, c));
    return after(term, values[i] ?? null, c).map((range) => sql`(${join([...equal, range], ' and ')})`);
  });
  return parts.reverse().flat();
}

function equals(term: OrderTerm, value: string | null, c: ColumnOf): Sql {
  return value === null ? sql`${term.sql(c)} is null` : sql`${term.sql(c)} = ${cast(value, term.type)}`;
}

/** What follows a value of one term: its further values, then its nulls. */
function after(term: OrderTerm, value: string | null, c: ColumnOf): Sql[] {
  const column = term.sql(c);
  if (term.direction === 'DESC') return [value === null ? sql`${column} is not null` : sql`${column} < ${cast(value, term.type)}`];
  if (value === null) return [];
  const greater = sql`${column} > ${cast(value, term.type)}`;
  return term.nullable ? [greater, sql`${column} is null`] : [greater];
}
