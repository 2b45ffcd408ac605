// One column of a record as a value of a row: `{ "$column": "amount", "as": "decimal" }`.

import type { Zone } from 'luxon';
import { z } from 'zod';
import { converter, KINDS } from './convert.ts';
import { zoneNamed } from './local-time.ts';
import { reject, shown } from './problem.ts';

/** Stands for "this field is left out of the row". */
export const OMIT: unique symbol = Symbol('omit');

const scalar = z.union([z.string(), z.number(), z.boolean(), z.null()]);
const mark = z.string().length(1);

export const columnSchema = z
  .strictObject({
    $column: z.string().min(1),
    as: z.enum(KINDS).optional(),
    format: z.string().min(1).optional(),
    timeZone: z
      .string()
      .refine((name) => zoneNamed(name) !== undefined, 'not a known time zone')
      .optional(),
    decimalMark: mark.optional(),
    groupMark: mark.optional(),
    case: z.enum(['lower', 'upper']).optional(),
    split: z.string().min(1).optional(),
    map: z.record(z.string(), scalar).optional(),
    otherwise: scalar.optional(),
    empty: scalar.optional(),
  })
  .superRefine((column, issue) => {
    const onlyFor = (key: 'format' | 'timeZone' | 'decimalMark' | 'groupMark', kinds: string[]) => {
      if (column[key] === undefined || kinds.includes(column.as ?? 'text')) return;
      issue.addIssue({ code: 'custom', path: [key], message: `only goes with "as": ${kinds.map((kind) => `"${kind}"`).join(' or ')}` });
    };
    onlyFor('format', ['date', 'dateTime']);
    onlyFor('timeZone', ['dateTime']);
    onlyFor('decimalMark', ['integer', 'number', 'decimal']);
    onlyFor('groupMark', ['integer', 'number', 'decimal']);
    if (column.otherwise !== undefined && !column.map)
      issue.addIssue({ code: 'custom', path: ['otherwise'], message: 'only goes with "map"' });
    for (const [key, value] of Object.entries({ otherwise: column.otherwise, empty: column.empty, ...column.map })) {
      if (typeof value === 'string' && value.startsWith('$') && !['$omit', '$reject', '$keep'].includes(value)) {
        issue.addIssue({ code: 'custom', path: [key], message: `${shown(value)} is none of $omit, $reject, $keep` });
      }
    }
  });
export type ColumnOptions = z.infer<typeof columnSchema>;

export const isEmpty = (value: unknown): boolean => value === undefined || value === null || value === '';

/** Makes the reading of one column: raw value of the record -> value of the row, or OMIT. */
export function columnReader(options: ColumnOptions, defaultZone: Zone): (raw: unknown) => unknown {
  const { $column: name, as = 'text', map, split, empty = '$omit', otherwise = '$reject' } = options;
  const zone = (options.timeZone && zoneNamed(options.timeZone)) || defaultZone;
  const convert = converter({ ...options, as, zone });
  const table = map && new Map(Object.entries(map));
  const untouched = !options.as && !map && !split && !options.case;

  const special = (value: unknown, keep: string): unknown => {
    if (value === '$omit') return OMIT;
    if (value === '$keep') return convert(keep);
    if (value === '$reject')
      return keep === ''
        ? reject('VALUE_MISSING', `column "${name}" is empty`)
        : reject('UNMAPPED_VALUE', `the mapping knows no ${shown(keep)} in column "${name}"`);
    return value;
  };
  const one = (text: string): unknown => {
    const cased = options.case ? (options.case === 'lower' ? text.toLowerCase() : text.toUpperCase()) : text;
    if (!table) return convert(cased);
    return special(table.has(cased) ? table.get(cased) : otherwise, cased);
  };
  const element = (value: unknown): unknown => {
    if (typeof value === 'string') return one(value);
    if (value !== null && typeof value === 'object') return reject('INVALID_VALUE', `column "${name}" holds a structure, not a ${as}`);
    return one(String(value));
  };

  return (raw) => {
    if (isEmpty(raw)) return special(empty, '');
    if (typeof raw !== 'string') {
      if (untouched || as === 'json') return raw;
      if (!Array.isArray(raw)) return element(raw);
    }
    const list = Array.isArray(raw) ? raw : split !== undefined ? (raw as string).split(split).map((part) => part.trim()) : undefined;
    if (!list) return one(raw as string);
    const elements = list
      .filter((value) => !isEmpty(value))
      .map(element)
      .filter((value) => value !== OMIT);
    return elements.length > 0 ? elements : special(empty, '');
  };
}
