// The mapping file: which columns become which fields of which rows. Checked whole before anything is sent.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { failure } from '../failure.ts';
import { OMIT } from './column.ts';
import { conditionSchema, conditionTest } from './condition.ts';
import type { CompileContext, Lookup, MappingIssue, SourceValues } from './expression.ts';
import { compileObject, zodIssues } from './expression.ts';
import { zoneNamed } from './local-time.ts';
import { reject } from './problem.ts';
import type { Target } from './targets.ts';
import { TARGETS } from './targets.ts';

const into = z.string().refine((name) => Object.hasOwn(TARGETS, name), { error: `must be one of ${Object.keys(TARGETS).join(', ')}` });
const ascii = z.string().regex(/^[\x20-\x7e]$/, 'must be one plain character');

const sourceSchema = z.strictObject({
  format: z.enum(['csv', 'jsonl']).optional(),
  delimiter: z.string().min(1).max(8).optional(),
  quote: ascii.nullable().optional(),
  escape: ascii.optional(),
  encoding: z.string().refine(knownEncoding, 'not a known encoding').optional(),
  columns: z.array(z.string()).min(1).optional(),
  trim: z.boolean().optional(),
  timeZone: z
    .string()
    .refine((name) => zoneNamed(name) !== undefined, 'not a known time zone')
    .optional(),
});
const row = z.record(z.string(), z.unknown());
const mappingSchema = z.strictObject({
  $schema: z.string().optional(),
  description: z.union([z.string(), z.array(z.string())]).optional(),
  source: sourceSchema.default({}),
  setup: z.array(z.strictObject({ into, rows: z.array(row).min(1).max(500) })).default([]),
  passes: z
    .array(
      z.strictObject({
        name: z
          .string()
          .regex(/^[a-z][a-z0-9 _-]{0,39}$/i, 'must be a short plain name')
          .optional(),
        into,
        ordered: z.boolean().optional(),
        where: conditionSchema.optional(),
        row,
      }),
    )
    .min(1),
});

export type SourceOptions = z.infer<typeof sourceSchema>;
export type Setup = { target: Target; rows: SourceValues[] };
/** One reading of the file. `accepts` is its `where`; `toRow` gives the row to send or throws `RowRejected`. */
export type Pass = {
  name: string;
  target: Target;
  ordered: boolean;
  template: SourceValues;
  accepts: (record: SourceValues) => boolean;
  toRow: (record: SourceValues) => SourceValues;
};
/** A checked mapping: `columns` are all it reads, `sha256` is that of its text. */
export type Mapping = { source: SourceOptions; setup: Setup[]; passes: Pass[]; columns: string[]; sha256: string };

function knownEncoding(name: string): boolean {
  try {
    return new TextDecoder(name) !== undefined;
  } catch {
    return false;
  }
}

const badMapping = (file: string, issues: MappingIssue[]): Error =>
  failure('BAD_MAPPING', `the mapping ${file} cannot be used:\n${issues.map(({ path, message }) => `  ${path}: ${message}`).join('\n')}`);

/** Reads and checks a mapping file. Throws BAD_MAPPING with every mistake and its path. */
export function loadMapping(file: string): Mapping {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw failure('MAPPING_NOT_FOUND', `the mapping ${file} cannot be read: ${(cause as NodeJS.ErrnoException).code}`, { cause });
  }
  let json: unknown;
  try {
    json = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (cause) {
    throw badMapping(file, [{ path: '(top)', message: `not JSON: ${(cause as Error).message}` }]);
  }
  return { ...compileMapping(json, file), sha256: createHash('sha256').update(text).digest('hex') };
}

// A column of JSON Lines may be a path into the record: "owner.externalId.value".
const lookup: Lookup = (record, column) => {
  if (Object.hasOwn(record, column)) return record[column];
  return column
    .split('.')
    .reduce<unknown>(
      (value, step) =>
        value !== null && typeof value === 'object' && Object.hasOwn(value, step) ? (value as SourceValues)[step] : undefined,
      record,
    );
};

/** Checks and compiles a mapping that was read; `file` names it in errors. */
export function compileMapping(json: unknown, file: string): Omit<Mapping, 'sha256'> {
  const parsed = mappingSchema.safeParse(json);
  if (!parsed.success) throw badMapping(file, zodIssues(parsed.error));
  const { source, setup, passes } = parsed.data;
  const zone = zoneNamed(source.timeZone ?? 'UTC');
  if (!zone) throw badMapping(file, [{ path: 'source.timeZone', message: 'not a known time zone' }]);
  const context: CompileContext = { zone, lookup, columns: new Set(), issues: [] };
  const compiled = passes.map((pass, index): Pass => {
    for (const column of Object.keys(pass.where ?? {})) context.columns.add(column);
    const expression = compileObject(pass.row, ['passes', String(index), 'row'], [], context);
    const target = TARGETS[pass.into] as Target;
    return {
      name: pass.name ?? (passes.filter((other) => other.into === pass.into).length > 1 ? `${pass.into} ${index + 1}` : pass.into),
      target,
      ordered: pass.ordered ?? target.ordered,
      template: pass.row,
      accepts: conditionTest(pass.where, lookup),
      toRow: (record) => {
        const value = expression.evaluate(record);
        return value === OMIT ? reject('EMPTY_ROW', 'all columns that the mapping reads are empty') : (value as SourceValues);
      },
    };
  });
  const names = compiled.map(({ name }) => name);
  const twice = names.findIndex((name, index) => names.indexOf(name) !== index);
  if (twice >= 0) context.issues.push({ path: `passes[${twice}].name`, message: `"${names[twice]}" is the name of another pass` });
  if (context.issues.length > 0) throw badMapping(file, context.issues);
  return {
    source,
    setup: setup.map(({ into: name, rows }) => ({ target: TARGETS[name] as Target, rows })),
    passes: compiled,
    columns: [...context.columns],
  };
}
