// Rules in words, for people who ask why.
import type { JsonObject, JsonValue } from '../../db/models.ts';
import { customerFields } from './customer-fields.ts';
import { aggregateSources } from './sources.ts';

/** The name of what an id or key stands for. */
export type NameOf = (value: string) => string;

const OPERATORS: Record<string, string> = {
  eq: 'is',
  ne: 'is not',
  in: 'is one of',
  notIn: 'is none of',
  startsWith: 'begins with',
  endsWith: 'ends with',
  contains: 'contains',
  has: 'holds',
  hasAny: 'holds one of',
  hasAll: 'holds all of',
  gt: 'is more than',
  gte: 'is at least',
  lt: 'is less than',
  lte: 'is at most',
  after: 'is not before',
  before: 'is before',
  withinLast: 'lies in the last',
  olderThan: 'is longer ago than',
  withinNext: 'lies in the next',
  birthdayWithinDays: 'has its anniversary within days',
};

/** A rule as an English sentence; of rules that hold others, only what they ask of them. */
export function sentenceOf(rule: JsonObject, nameOf: NameOf): string {
  const [branch, given] = Object.entries(rule)[0] as [string, JsonObject];
  if (aggregateSources[branch]) return aggregateSentence(branch, given, nameOf);
  return (sentences[branch] ?? ((): string => branch))(given, nameOf);
}

const sentences: Record<string, (given: JsonObject, nameOf: NameOf) => string> = {
  all: () => 'All of these hold',
  any: () => 'One of these holds',
  not: () => 'This does not hold',
  field: (given, nameOf) => {
    const [name, operand] = Object.entries(given)[0] as [string, JsonObject];
    const { age, ...rest } = operand;
    const parts = [
      ...(age ? [conditions('age', age as JsonObject, nameOf)] : []),
      ...phrases(rest, nameOf).map((part) => `${customerFields[name]!.words} ${part}`),
    ];
    return parts.join(' and ');
  },
  attribute: ({ key, ...operand }, nameOf) =>
    Object.entries(operand)
      .map(([group, value]) =>
        conditions(`"${key}"`, isObject(value) ? value : group === 'boolean' ? { eq: value } : { [group]: value }, nameOf),
      )
      .join(' and '),
  identity: ({ none, kind, system, verified, value }) =>
    `${some(none)} ${[
      verified === true ? 'verified' : verified === false ? 'unverified' : '',
      kind ? String(kind).toLowerCase() : '',
      'identity',
    ]
      .filter(Boolean)
      .join(' ')}${system ? ` of ${system}` : ''}${isObject(value) ? ` whose value ${phrases(value, String).join(' and ')}` : ''}`,
  preference: (given) => knowledge('preference', given),
  need: (given) => knowledge(given.met == null ? 'need' : given.met ? 'met need' : 'open need', given),
  stage: ({ since, ...place }, nameOf) =>
    [
      ...phrases(place, nameOf).map((part) => `stage ${part}`),
      ...(isObject(since) ? [conditions('entry into the stage', since, nameOf)] : []),
    ].join(' and '),
  segment: (given, nameOf) => `${given.in ? 'member of' : 'member of none of'} ${shown(given.in ?? given.notIn!, nameOf)}`,
  relationship: ({ kind, direction, other }, nameOf) =>
    `tied${kind ? ` by ${nameOf(kind as string)}` : ''}${direction === 'FROM' ? ' to' : direction === 'TO' ? ' from' : ' with'} a customer${
      other ? ` for whom: ${whole(other as JsonObject, nameOf)}` : ''
    }`,
};

const some = (none: JsonValue | undefined): string => (none ? 'has no' : 'has a');

function knowledge(noun: string, { none, topic, value }: JsonObject): string {
  return `${some(none)} ${noun}${topic ? ` about "${topic}"` : ''}${value ? ` of "${value}"` : ''}`;
}

/** A rule with everything inside it, on one line. */
function whole(rule: JsonObject, nameOf: NameOf): string {
  const [branch, given] = Object.entries(rule)[0]!;
  if (branch === 'not') return `not (${whole(given as JsonObject, nameOf)})`;
  if (branch !== 'all' && branch !== 'any') return sentenceOf(rule, nameOf);
  const parts = (given as JsonObject[]).map((child) => whole(child, nameOf));
  return parts.length === 1 ? parts[0]! : `(${parts.join(branch === 'all' ? ' and ' : ' or ')})`;
}

const NOUNS: Record<string, string> = {
  count: 'number',
  sum: 'sum',
  average: 'average',
  last: 'last one',
  first: 'first one',
  distinct: 'number',
};

function aggregateSentence(branch: string, { where, within, from, to, ...measure }: JsonObject, nameOf: NameOf): string {
  const [name, operand] = Object.entries(measure)[0] as [string, JsonObject];
  const { of, currency, ...bounds } = operand;
  const what = of == null ? '' : name === 'distinct' ? ` of different ${words(of)}s` : ` of ${words(of)}`;
  const which = isObject(where) ? Object.entries(where).map(([key, value]) => `${words(key)} ${shown(value, nameOf)}`) : [];
  const period = [
    within == null ? '' : `in the last ${duration(within as JsonObject)}`,
    from == null ? '' : `from ${from}`,
    to == null ? '' : `before ${to}`,
  ].filter(Boolean);
  const facts = [branch, which.length > 0 ? `(${which.join(', ')})` : '', ...period].filter(Boolean).join(' ');
  const unit = currency ? ` ${currency}` : '';
  return conditions(`${NOUNS[name]}${what} of ${facts}`, bounds, nameOf) + unit;
}

function conditions(subject: string, operand: JsonObject, nameOf: NameOf): string {
  return phrases(operand, nameOf)
    .map((part) => `${subject} ${part}`)
    .join(' and ');
}

function phrases(operand: JsonObject, nameOf: NameOf): string[] {
  return Object.entries(operand).map(([name, value]) => {
    if (name === 'isNull') return value ? 'is missing' : 'is there';
    if (name === 'isEmpty') return value ? 'is empty' : 'is not empty';
    return `${OPERATORS[name] ?? name} ${shown(value, nameOf)}`;
  });
}

function shown(value: JsonValue, nameOf: NameOf): string {
  if (Array.isArray(value)) return value.map((one) => shown(one, nameOf)).join(', ');
  if (isObject(value)) {
    const entries = Object.entries(value);
    if (entries.length === 1 && UNITS.has(entries[0]![0])) return duration(value);
    return phrases(value, nameOf).join(' and ');
  }
  return typeof value === 'string' ? nameOf(value).replace(/^(-?\d+)\.0000$/, '$1') : String(value);
}

const UNITS = new Set(['minutes', 'hours', 'days', 'weeks', 'months', 'years']);
const duration = (value: JsonObject): string => {
  const [unit, number] = Object.entries(value)[0]!;
  return `${number} ${number === 1 ? unit.slice(0, -1) : unit}`;
};

/** `TOUCH_POINT`, `touchPoints` -> `touch point`, `touch points`. */
function words(name: JsonValue): string {
  const text = String(name);
  return (/^[A-Z_]+$/.test(text) ? text : text.replace(/[A-Z]/g, ' $&')).replaceAll('_', ' ').toLowerCase();
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
