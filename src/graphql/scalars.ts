// The scalars of the API. Each refuses what it cannot hold with a message that says what it wants.
import { GraphQLError, GraphQLScalarType, type ValueNode, valueFromASTUntyped } from 'graphql';

type ScalarSpec<T> = { name: string; description: string; parse: (value: unknown) => T; serialize?: (value: T) => unknown };

function scalar<T>({ name, description, parse, serialize }: ScalarSpec<T>): GraphQLScalarType<T, unknown> {
  return new GraphQLScalarType<T, unknown>({
    name,
    description,
    parseValue: parse,
    parseLiteral: (node: ValueNode, variables) => parse(valueFromASTUntyped(node, variables)),
    serialize: (value) => (serialize ? serialize(value as T) : value),
  });
}

function refuse(message: string): never {
  throw new GraphQLError(message, { extensions: { code: 'BAD_USER_INPUT' } });
}

function text(value: unknown, wanted: string): string {
  if (typeof value !== 'string') refuse(`Expected ${wanted}.`);
  return value;
}

const MOMENT = /^(\d{4}-\d\d-\d\d)T(\d\d):(\d\d)(:(\d\d)(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)$/;

/** Whether the calendar has this day: `2025-02-30` does not exist. */
export function isDay(value: string): boolean {
  if (!/^\d{4}-\d\d-\d\d$/.test(value)) return false;
  const date = new Date(`${value}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().slice(0, 10) === value && date.getUTCFullYear() > 0;
}

function parseMoment(value: unknown): Date {
  const written = text(value, 'a moment such as 2026-01-31T09:30:00Z');
  const match = MOMENT.exec(written);
  const date = match && isDay(match[1]!) && Number(match[2]) < 24 ? new Date(written) : null;
  if (!date || Number.isNaN(date.getTime())) refuse(`"${written.slice(0, 40)}" is not a moment such as 2026-01-31T09:30:00Z.`);
  return date;
}

function parseDay(value: unknown): string {
  const written = text(value, 'a day such as 2026-01-31');
  if (!isDay(written)) refuse(`"${written.slice(0, 40)}" is not a day such as 2026-01-31.`);
  return written;
}

function parseDecimal(value: unknown): string {
  const written = typeof value === 'number' && Number.isSafeInteger(value) ? String(value) : value;
  if (typeof written !== 'string' || !/^-?\d{1,15}(\.\d{1,4})?$/.test(written)) {
    refuse('Expected a decimal number as text with at most 15 digits before and 4 after the point, such as "12.50".');
  }
  return written;
}

function parsePattern(pattern: RegExp, wanted: string): (value: unknown) => string {
  return (value) => {
    if (typeof value !== 'string' || !pattern.test(value)) refuse(`Expected ${wanted}.`);
    return value;
  };
}

/** PostgreSQL keeps no NUL in text; refusing it here gives a clear error everywhere. */
function withoutNul(value: unknown): unknown {
  if (typeof value === 'string' && value.includes('\0')) refuse('Text must not contain the character NUL.');
  if (Array.isArray(value)) value.forEach(withoutNul);
  else if (value && typeof value === 'object') Object.entries(value).flat().forEach(withoutNul);
  return value;
}

/** Cuts the zeros that numeric(19,4) adds: `12.5000` -> `12.5`, but keeps two places: `12.00`. */
export function formatDecimal(value: string): string {
  const [whole, fraction = ''] = value.split('.');
  const kept = fraction.replace(/0+$/, '');
  return `${whole}.${kept.padEnd(2, '0')}`;
}

export const scalars = {
  DateTime: scalar<Date>({
    name: 'DateTime',
    description: 'A moment as ISO 8601 with an offset, kept to the millisecond and answered in UTC: `2026-01-31T09:30:00.000Z`.',
    parse: parseMoment,
    serialize: (value) => (value instanceof Date ? value : new Date(value as unknown as string)).toISOString(),
  }),
  Date: scalar<string>({ name: 'Date', description: 'A day of the calendar: `2026-01-31`.', parse: parseDay }),
  Decimal: scalar<string>({
    name: 'Decimal',
    description: 'An exact decimal number as text, with up to 15 digits before and 4 after the point: `"1204.50"`.',
    parse: parseDecimal,
    serialize: (value) => formatDecimal(String(value)),
  }),
  CurrencyCode: scalar<string>({
    name: 'CurrencyCode',
    description: 'An ISO 4217 currency: `EUR`.',
    parse: parsePattern(/^[A-Z]{3}$/, 'three capital letters such as EUR'),
  }),
  CountryCode: scalar<string>({
    name: 'CountryCode',
    description: 'An ISO 3166-1 alpha-2 country: `GB`.',
    parse: parsePattern(/^[A-Z]{2}$/, 'two capital letters such as GB'),
  }),
  JSON: scalar<unknown>({ name: 'JSON', description: 'Any JSON value.', parse: withoutNul }),
  BigInt: scalar<string>({
    name: 'BigInt',
    description: 'A whole number of any size, as text.',
    parse: parsePattern(/^-?\d{1,19}$/, 'a whole number as text'),
    serialize: String,
  }),
};
