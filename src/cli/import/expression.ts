// The small language of a mapping's rows: constants, "$column", "templates with {columns}", objects and lists.
// An object or list whose columns are all empty is left out as a whole, so that an absent parent or owner needs
// no condition. Compiled once; mistakes are collected with their path in the mapping.
import type { Zone } from 'luxon';
import type { z } from 'zod';
import { columnReader, columnSchema, isEmpty, OMIT } from './column.ts';
import { RowRejected } from './problem.ts';

export type SourceValues = Record<string, unknown>;
export type Lookup = (record: SourceValues, column: string) => unknown;
export type MappingIssue = { path: string; message: string };

/** What compiling needs and gathers: `columns` are the names used, `issues` the mistakes found. */
export type CompileContext = { zone: Zone; lookup: Lookup; columns: Set<string>; issues: MappingIssue[] };

/** `dynamic`: depends on the record. `evaluate` gives a value or OMIT, or throws `RowRejected` with the field's path. */
export type Expression = { dynamic: boolean; evaluate: (record: SourceValues) => unknown };

const constant = (value: unknown): Expression => ({ dynamic: false, evaluate: () => value });
const at = (path: readonly string[]): string =>
  path.reduce((text, step) => (/^\d+$/.test(step) ? `${text}[${step}]` : text ? `${text}.${step}` : step), '');

/** Compiles one value of a row. `path` is where it stands in the mapping, `field` where it goes in the row. */
export function compile(value: unknown, path: string[], field: string[], context: CompileContext): Expression {
  if (typeof value === 'string') return compileText(value, path, field, context);
  if (Array.isArray(value)) return compileList(value, path, field, context);
  if (value === null || typeof value !== 'object') return constant(value);
  if ('$column' in value) return compileColumn(value, path, field, context);
  if ('$constant' in value || '$first' in value) return compileSpecial(value as SourceValues, path, field, context);
  return compileObject(value as SourceValues, path, field, context);
}

// Gives the field's path to what is thrown inside.
const located =
  (field: string[], evaluate: (record: SourceValues) => unknown) =>
  (record: SourceValues): unknown => {
    try {
      return evaluate(record);
    } catch (error) {
      if (error instanceof RowRejected && error.problem.path.length === 0) throw new RowRejected({ ...error.problem, path: field });
      throw error;
    }
  };

function compileColumn(value: object, path: string[], field: string[], context: CompileContext): Expression {
  const parsed = columnSchema.safeParse(value);
  if (!parsed.success) {
    context.issues.push(...zodIssues(parsed.error, path));
    return constant(OMIT);
  }
  const name = parsed.data.$column;
  context.columns.add(name);
  const read = columnReader(parsed.data, context.zone);
  return { dynamic: true, evaluate: located(field, (record) => read(context.lookup(record, name))) };
}

function compileText(text: string, path: string[], field: string[], context: CompileContext): Expression {
  if (text.startsWith('$$')) return constant(text.slice(1));
  if (text.startsWith('$')) return compileColumn({ $column: text.slice(1) }, path, field, context);
  const parts = text.split(/(\{\{|\}\}|\{[^{}]+\})/);
  if (parts.some((part) => !/^(\{\{|\}\}|\{[^{}]+\})$/.test(part) && /[{}]/.test(part))) {
    context.issues.push({
      path: at(path),
      message: `unpaired brace in the template ${JSON.stringify(text)}; {{ and }} stand for the characters themselves`,
    });
    return constant(OMIT);
  }
  const pieces = parts.map((part) => (part === '{{' ? '{' : part === '}}' ? '}' : part));
  const names = parts.map((part) => (/^\{[^{]/.test(part) ? part.slice(1, -1) : undefined));
  const used = names.filter((name) => name !== undefined);
  if (used.length === 0) return constant(pieces.join(''));
  for (const name of used) context.columns.add(name);
  return {
    dynamic: true,
    evaluate: (record) => {
      if (used.some((name) => isEmpty(context.lookup(record, name)))) return OMIT;
      return pieces.map((piece, index) => (names[index] === undefined ? piece : String(context.lookup(record, names[index])))).join('');
    },
  };
}

function compileSpecial(value: SourceValues, path: string[], field: string[], context: CompileContext): Expression {
  const [key, ...others] = Object.keys(value);
  if (others.length > 0)
    context.issues.push({
      path: at(path),
      message: `"${key}" stands alone; ${others.map((other) => `"${other}"`).join(', ')} cannot be beside it`,
    });
  if ('$constant' in value) return constant(value.$constant);
  const choices = value.$first;
  if (!Array.isArray(choices) || choices.length === 0) {
    context.issues.push({ path: at([...path, '$first']), message: 'must be a list of values, of which the first non-empty one is taken' });
    return constant(OMIT);
  }
  const compiled = choices.map((choice, index) => compile(choice, [...path, '$first', String(index)], field, context));
  return {
    dynamic: true,
    evaluate: (record) => {
      for (const choice of compiled) {
        const result = choice.evaluate(record);
        if (result !== OMIT) return result;
      }
      return OMIT;
    },
  };
}

function compileList(list: unknown[], path: string[], field: string[], context: CompileContext): Expression {
  const items = list.map((item, index) => compile(item, [...path, String(index)], [...field, String(index)], context));
  const dynamic = items.some((item) => item.dynamic);
  const evaluate = (record: SourceValues): unknown => {
    const values = items.map((item) => item.evaluate(record)).filter((value) => value !== OMIT);
    return dynamic && values.length === 0 ? OMIT : values;
  };
  return { dynamic, evaluate };
}

/** Compiles an object; the top of a row is one too. */
export function compileObject(object: SourceValues, path: string[], field: string[], context: CompileContext): Expression {
  const entries = Object.entries(object).map(([key, value]) => {
    if (key.startsWith('$'))
      context.issues.push({ path: at([...path, key]), message: 'there is no such expression; known are $column, $constant, $first' });
    return [key, compile(value, [...path, key], [...field, key], context)] as const;
  });
  const dynamic = entries.some(([, entry]) => entry.dynamic);
  const evaluate = (record: SourceValues): unknown => {
    const result: SourceValues = {};
    let filled = !dynamic;
    for (const [key, entry] of entries) {
      const value = entry.evaluate(record);
      if (value === OMIT) continue;
      result[key] = value;
      if (entry.dynamic) filled = true;
    }
    return filled ? result : OMIT;
  };
  return { dynamic, evaluate };
}

/** Zod's issues as lines of "path: message", under the path of what was checked. */
export function zodIssues(error: z.ZodError, path: string[] = []): MappingIssue[] {
  return error.issues.map((issue) => ({ path: at([...path, ...issue.path.map(String)]) || '(top)', message: issue.message }));
}
