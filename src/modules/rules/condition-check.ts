// Whether the conditions of one rule say something: exactly one branch, and something to compare with.
import { type UserError, userError } from '../../commands/user-errors.ts';
import type { JsonObject, JsonValue } from '../../db/models.ts';

const MEASURES = ['count', 'sum', 'average', 'last', 'first', 'distinct'];
const empty = (path: string[], message = 'Say what must hold.') => userError('RULE_EMPTY', message, path);
const oneOf = (path: string[], names: string[]) => userError('ONE_OF_INVALID', `Give exactly one of ${names.join(', ')}.`, path);

/** What is wrong with a rule, rules inside it left out. */
export function conditionFaults(rule: JsonObject, path: string[]): UserError[] {
  const branches = Object.keys(rule);
  if (branches.length === 0) return [empty(path)];
  if (branches.length > 1) return [oneOf(path, branches)];
  const branch = branches[0]!;
  return (checks[branch] ?? whole)(rule[branch]!, [...path, branch]);
}

type Check = (value: JsonValue, path: string[]) => UserError[];

const group: Check = (value, path) => ((value as JsonValue[]).length === 0 ? [empty(path, 'Give at least one rule.')] : []);
/** Something must be given, and nothing in it may be empty. */
const whole: Check = (value, path) => emptyParts(value, path);

const checks: Record<string, Check> = {
  all: group,
  any: group,
  not: () => [],
  field: (value, path) => exactlyOne(value as JsonObject, path) ?? emptyParts(value, path),
  segment: (value, path) => exactlyOne(value as JsonObject, path) ?? emptyParts(value, path),
  // A tie of any kind to anybody, and any identity, are conditions too.
  relationship: () => [],
  identity: (value, path) => ((value as JsonObject).value == null ? [] : emptyParts((value as JsonObject).value!, [...path, 'value'])),
  preference: () => [],
  need: () => [],
  attribute: (value, path) => emptyOperands(value as JsonObject, path, ['key']),
  interactions: aggregate,
  opportunities: aggregate,
};

function exactlyOne(value: JsonObject, path: string[]): UserError[] | null {
  const names = Object.keys(value);
  if (names.length === 0) return [empty(path)];
  return names.length > 1 ? [oneOf(path, names)] : null;
}

function aggregate(value: JsonValue, path: string[]): UserError[] {
  const given = value as JsonObject;
  const measures = MEASURES.filter((name) => given[name] != null);
  if (measures.length === 0) return [empty(path, `Give one of ${MEASURES.join(', ')}.`)];
  if (measures.length > 1) return [oneOf(path, measures)];
  const measure = measures[0]!;
  const { from, to, where } = given;
  return [
    ...emptyOperands(given[measure] as JsonObject, [...path, measure], ['of', 'currency']),
    ...durationFaults(given.within, [...path, 'within']),
    ...(from != null && to != null && from >= to
      ? [userError('PERIOD_INVALID', 'The period ends before it begins.', [...path, 'to'])]
      : []),
    ...whereFaults(where as JsonObject | undefined, [...path, 'where']),
  ];
}

function whereFaults(where: JsonObject | undefined, path: string[]): UserError[] {
  if (!where) return [];
  const attributes = (where.attributes ?? []) as JsonObject[];
  return [
    ...(where.value == null ? [] : emptyOperands(where.value as JsonObject, [...path, 'value'], ['currency'])),
    ...attributes.flatMap((one, index) => emptyOperands(one, [...path, 'attributes', String(index)], ['key'])),
  ];
}

function emptyOperands(value: JsonObject, path: string[], besides: string[]): UserError[] {
  const names = Object.keys(value).filter((name) => !besides.includes(name));
  if (names.length === 0) return [empty(path, 'Give something to compare with.')];
  return names.flatMap((name) => emptyParts(value[name]!, [...path, name]));
}

function emptyParts(value: JsonValue, path: string[]): UserError[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [];
  const names = Object.keys(value);
  if (names.length === 0) return [empty(path, 'Give something to compare with.')];
  const last = path.at(-1)!;
  if (DURATIONS.has(last)) return durationFaults(value, path);
  return names.flatMap((name) => emptyParts(value[name]!, [...path, name]));
}

const DURATIONS = new Set(['within', 'withinLast', 'olderThan', 'withinNext']);

function durationFaults(value: JsonValue | undefined, path: string[]): UserError[] {
  return value == null ? [] : (exactlyOne(value as JsonObject, path) ?? []);
}
