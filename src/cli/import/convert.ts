// From the text of a cell to the value of a field. Nothing is guessed: what is not plainly of the kind asked for
// rejects the row, with the text in the message.

import type { Zone } from 'luxon';
import { dateReader, dateTimeReader } from './local-time.ts';
import { reject, shown } from './problem.ts';

export const KINDS = ['text', 'integer', 'number', 'decimal', 'boolean', 'date', 'dateTime', 'json'] as const;
export type Kind = (typeof KINDS)[number];

export type ConvertOptions = {
  as: Kind;
  format?: string | undefined;
  zone: Zone;
  /** Written between whole and fraction; default ".". */
  decimalMark?: string | undefined;
  /** Written between thousands and dropped; default none. */
  groupMark?: string | undefined;
};

const BOOLEANS: Record<string, boolean> = {
  true: true,
  false: false,
  yes: true,
  no: false,
  y: true,
  n: false,
  t: true,
  f: false,
  1: true,
  0: false,
  on: true,
  off: false,
};

// "1.234,50" -> "1234.50" under decimalMark "," and groupMark "."
const plain = (text: string, { decimalMark = '.', groupMark }: ConvertOptions): string => {
  const ungrouped = groupMark ? text.replaceAll(groupMark, '') : text;
  return decimalMark === '.' ? ungrouped : ungrouped.includes('.') ? '' : ungrouped.replace(decimalMark, '.');
};

/** Exact decimal text, never through a float: "+01.50" -> "1.50". */
function decimal(text: string, options: ConvertOptions): string {
  const digits = plain(text, options);
  const parts = /\d/.test(digits) && /^([+-]?)0*(\d*)(?:\.(\d*))?$/.exec(digits);
  if (!parts) reject('INVALID_DECIMAL', `${shown(text)} is no decimal number`);
  const [, sign, whole, fraction] = parts;
  return `${sign === '-' ? '-' : ''}${whole || '0'}${fraction ? `.${fraction}` : ''}`;
}

function integer(text: string, options: ConvertOptions): number {
  const value = /^[+-]?\d+$/.test(plain(text, options)) ? Number(plain(text, options)) : Number.NaN;
  return Number.isSafeInteger(value) ? value : reject('INVALID_INTEGER', `${shown(text)} is no whole number`);
}

function number(text: string, options: ConvertOptions): number {
  const value = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(plain(text, options)) ? Number(plain(text, options)) : Number.NaN;
  return Number.isFinite(value) ? value : reject('INVALID_NUMBER', `${shown(text)} is no number`);
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return reject('INVALID_JSON', `${shown(text)} is not JSON`);
  }
}

/** Makes the conversion of a cell's non-empty text; it throws `RowRejected` with an INVALID_… code. */
export function converter(options: ConvertOptions): (text: string) => unknown {
  switch (options.as) {
    case 'text':
      return (text) => text;
    case 'integer':
      return (text) => integer(text, options);
    case 'number':
      return (text) => number(text, options);
    case 'decimal':
      return (text) => decimal(text, options);
    case 'boolean':
      return (text) => BOOLEANS[text.toLowerCase()] ?? reject('INVALID_BOOLEAN', `${shown(text)} is neither true nor false`);
    case 'date':
      return dateReader(options.format);
    case 'dateTime':
      return dateTimeReader(options.format, options.zone);
    case 'json':
      return json;
  }
}
