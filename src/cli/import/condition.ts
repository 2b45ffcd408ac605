// `where`: which records a pass takes. Every column named must hold.
import { z } from 'zod';
import { isEmpty } from './column.ts';
import type { Lookup, SourceValues } from './expression.ts';

const texts = z.union([z.string(), z.array(z.string()).min(1)]);
const test = z.union([texts, z.strictObject({ present: z.boolean() }), z.strictObject({ not: texts })], {
  error: 'must be a text, a list of texts, { "present": true or false } or { "not": text or list }',
});
export const conditionSchema = z.record(z.string(), test);
export type Condition = z.infer<typeof conditionSchema>;

/** Makes the test of a record; without a condition every record passes. */
export function conditionTest(condition: Condition | undefined, lookup: Lookup): (record: SourceValues) => boolean {
  const tests = Object.entries(condition ?? {}).map(([column, wanted]) => {
    const value = (record: SourceValues): string => {
      const raw = lookup(record, column);
      return isEmpty(raw) ? '' : typeof raw === 'object' ? JSON.stringify(raw) : String(raw);
    };
    if (typeof wanted === 'string' || Array.isArray(wanted)) {
      const allowed = new Set([wanted].flat());
      return (record: SourceValues) => allowed.has(value(record));
    }
    if ('present' in wanted) return (record: SourceValues) => (value(record) !== '') === wanted.present;
    const refused = new Set([wanted.not].flat());
    return (record: SourceValues) => !refused.has(value(record));
  });
  return (record) => tests.every((passes) => passes(record));
}
