// Orders, and the cursors that are places in them.
import { columnsOf, enums } from '../../../src/db/models.ts';
import { decodeCursor, encodeCursor, fitsType } from '../../../src/query/cursor.ts';
import type { Entity } from '../../../src/query/entity.ts';
import { attributeNumber } from './attribute-filter.ts';
import { demandShown, fieldShowing, hides, type Oracle } from './policy.ts';
import { demand } from './refuse.ts';
import { parseText, type Row } from './tables.ts';
import { compareNulls } from './values.ts';

export type OrderInput = {
  field?: string | null;
  attribute?: { key: string; type: 'TEXT' | 'NUMBER' } | null;
  direction?: 'ASC' | 'DESC' | null;
};
type Term = {
  /** Values of an enum, in their order. */ values?: readonly string[];
  type: string;
  nullable: boolean;
  descending: boolean;
  text: (row: Row) => string | null;
};

/** A total order of rows. */
export type Order = {
  terms: Term[];
  /** Compares two places. */
  compare: (a: unknown[], b: unknown[]) => number;
  /** The texts that a cursor to the row holds. */
  texts: (row: Row) => (string | null)[];
  /** The place that such texts tell. */
  place: (texts: (string | null)[]) => unknown[];
};

/** The order asked for, ended by the id. Throws ORDER_INVALID and FORBIDDEN. */
export function orderOf(oracle: Oracle, entity: Entity, input: OrderInput[] | null | undefined): Order {
  const isAsked = Boolean(input?.length);
  const asked: OrderInput[] = isAsked ? input! : [entity.defaultOrder ?? { field: 'CREATED_AT', direction: 'ASC' as const }];
  demand(asked.length <= 3, 'ORDER_INVALID');
  const names = asked.map((term) => term.field ?? `attribute:${term.attribute?.key}`);
  demand(new Set(names).size === names.length, 'ORDER_INVALID');
  const column = entity.orders?.[asked[0]!.field ?? '']?.column;
  // A default order by a hidden field gives way to that by id.
  const terms = !isAsked && column && hides(oracle.viewer, entity, column) ? [] : asked.map((term) => termOf(oracle, entity, term));
  return byTerms([...terms, { type: 'uuid', nullable: false, descending: terms.at(-1)?.descending ?? false, text: (row) => row.id }]);
}

/** Values of enums stand in the order of their definition. */
const rankOf = ({ values }: Term, text: string) => (values ? String(values.indexOf(text)).padStart(3, '0') : text);

/** The order by these terms, of which the last tells all rows apart. */
export function byTerms(terms: Term[]): Order {
  return {
    terms,
    texts: (row) => terms.map((term) => term.text(row)),
    place: (texts) => texts.map((text, i) => (text === null ? null : parseText(terms[i]!.type, rankOf(terms[i]!, text)))),
    compare(a, b) {
      for (const [i, term] of terms.entries()) {
        const order = compareNulls(term.type, a[i], b[i]);
        if (order !== 0) return term.descending ? -order : order;
      }
      return 0;
    },
  };
}

function termOf({ viewer }: Oracle, entity: Entity, input: OrderInput): Term {
  const descending = input.direction === 'DESC';
  demand(!(input.attribute && input.field), 'ORDER_INVALID');
  if (input.attribute) {
    const { key, type } = input.attribute;
    demandShown(viewer, entity, 'attributes');
    demand(/^[a-z][a-z0-9_]{0,62}$/.test(key), 'ORDER_INVALID');
    return type === 'NUMBER'
      ? { type: 'numeric', nullable: true, descending, text: (row) => attributeNumber(row, key) }
      : { type: 'text', nullable: true, descending, text: (row) => row.$attributes[key] ?? null };
  }
  const column = entity.orders?.[input.field ?? '']?.column;
  demand(column !== undefined, 'ORDER_INVALID');
  demandShown(viewer, entity, fieldShowing(entity, column!));
  const map = columnsOf(entity.name).find(({ name }) => name === column)!;
  const values = map.enum && { values: enums[map.enum as keyof typeof enums].values.map(({ name }) => name) };
  return { ...values, type: map.type, nullable: map.nullable, descending, text: (row) => row.$text[column!] ?? null };
}

/** The place that a cursor names. Throws CURSOR_INVALID and CURSOR_MISMATCH. */
export function placeOf(order: Order, cursor: string, print: string): unknown[] {
  const checks = order.terms.map((term) => fitsType(term.type, term.nullable));
  return order.place(decodeCursor(cursor, print, checks));
}

export function cursorOf(order: Order, print: string, row: Row): string {
  return encodeCursor(print, order.texts(row));
}
