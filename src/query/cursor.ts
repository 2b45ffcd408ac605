// Keyset cursors: the sort values and the id of a row, with a fingerprint of the filter and order they belong to.
import { createHash } from 'node:crypto';
import { apiError } from '../graphql/errors.ts';

export type CursorValues = (string | null)[];

const MOST_PRINTS = 1000;
const prints = new Map<string, string>();

/** A short hash of everything a cursor depends on but its row. */
export function fingerprint(parts: unknown): string {
  const text = canonical(parts);
  let print = prints.get(text);
  if (print === undefined) {
    print = createHash('sha256').update(text).digest('base64url').slice(0, 11);
    if (prints.size >= MOST_PRINTS) prints.clear();
    if (text.length < 1000) prints.set(text, print); // lists ask for the same again and again
  }
  return print;
}

/** JSON with sorted keys, absent and null values left out: equal filters give equal text. `nulls` keeps null, where it says something else than nothing. */
export function canonical(value: unknown, { nulls = false } = {}): string {
  return JSON.stringify(value, (_key, part) => {
    if (part === null) return nulls ? null : undefined;
    if (typeof part === 'bigint') return String(part);
    if (part && typeof part === 'object' && !Array.isArray(part) && !(part instanceof Date)) {
      return Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)));
    }
    return part;
  });
}

export function encodeCursor(print: string, values: CursorValues): string {
  return Buffer.from(JSON.stringify([print, ...values])).toString('base64url');
}

/** Whether a value of a cursor can be what it stands for. */
export type CursorCheck = (value: string | null) => boolean;

/** The values of a cursor. Throws CURSOR_INVALID when it cannot be read and CURSOR_MISMATCH when it belongs elsewhere. */
export function decodeCursor(cursor: string, print: string, checks: CursorCheck[]): CursorValues {
  const [found, ...values] = parse(cursor);
  if (typeof found !== 'string') throw apiError('CURSOR_INVALID');
  if (found !== print) throw apiError('CURSOR_MISMATCH');
  if (values.length !== checks.length) throw apiError('CURSOR_INVALID');
  values.forEach((value, i) => {
    const fits = value === null || typeof value === 'string' ? checks[i]!(value) : false;
    if (!fits) throw apiError('CURSOR_INVALID');
  });
  return values as CursorValues;
}

function parse(cursor: string): unknown[] {
  if (cursor.length > 4000 || !/^[A-Za-z0-9_-]+$/.test(cursor)) throw apiError('CURSOR_INVALID');
  try {
    const parsed: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    return Array.isArray(parsed) ? parsed : [];
  } catch {
    throw apiError('CURSOR_INVALID');
  }
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const NUMBER = /^-?\d{1,40}(\.\d{1,40})?(e[+-]?\d{1,3})?$/i;
const MOMENT = /^(\d{4,6})-(\d\d)-(\d\d)(?: (\d\d):(\d\d):(\d\d)(?:\.\d{1,6})?\+00)?$/;

/** Whether a cursor's text can be cast to the PostgreSQL type without an error; null only where the column may be. */
export function fitsType(type: string, nullable = false): CursorCheck {
  const fits = textFits(type);
  return (value) => (value === null ? nullable : fits(value));
}

function textFits(type: string): (value: string) => boolean {
  if (type === 'uuid') return (value) => UUID.test(value);
  if (type === 'timestamptz' || type === 'date') return isMoment;
  if (type === 'int8' || type === 'int4') return (value) => /^-?\d{1,10}$/.test(value) && Math.abs(Number(value)) < 2 ** 31;
  if (type === 'numeric' || type === 'float8') return (value) => NUMBER.test(value);
  return (value) => !value.includes('\0');
}

// Dates of the calendar only: Date.parse takes the 30th of February for the 2nd of March.
function isMoment(value: string): boolean {
  const [, year, month, day, hour = 0, minute = 0, second = 0] = (MOMENT.exec(value) ?? []).map(Number);
  if (!year || !month || !day || year > 200_000 || hour > 23 || minute > 59 || second > 59) return false;
  const date = new Date(Date.UTC(2000, month - 1, day));
  date.setUTCFullYear(year, month - 1, day);
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
}
