// Whether what a plugin gave is what it said it would give: checked whole before any of it goes into an answer, so that a
// wrong value harms its own field and nothing beside it.
import { formatDecimal, isDay } from '../../../graphql/scalars.ts';
import type { Value } from '../../values.ts';
import type { OwnTypes } from './types.ts';

/** Values of one list at most. */
const MAX_LIST = 1_000;

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const decimal = /^-?\d{1,15}(\.\d{1,4})?$/;
const currency = /^[A-Z]{3}$/;

type Check = (given: unknown) => unknown;

const isText = (given: unknown): given is string => typeof given === 'string';

/** Gives the value as the API holds it, or undefined for one that is none. */
const scalarChecks: Record<string, Check> = {
  Int: (given) => (Number.isInteger(given) && Math.abs(given as number) <= 2_147_483_647 ? given : undefined),
  Float: (given) => (Number.isFinite(given) ? given : undefined),
  String: (given) => (isText(given) ? given : undefined),
  Boolean: (given) => (typeof given === 'boolean' ? given : undefined),
  DateTime: momentOf,
  Date: (given) => (isText(given) && isDay(given) ? given : undefined),
  Decimal: decimalOf,
  JSON: jsonOf,
  Money: (given) => {
    const { amount, currency: of } = (given ?? {}) as { amount?: unknown; currency?: unknown };
    const exact = decimalOf(amount);
    return exact !== undefined && isText(of) && currency.test(of) ? { amount: exact, currency: of } : undefined;
  },
};

export const scalarNames: ReadonlySet<string> = new Set(Object.keys(scalarChecks));

// A repeated mutation finds in JSON what it gave: moments are text there.
function momentOf(given: unknown): Date | undefined {
  const moment = given instanceof Date ? given : isText(given) && /^\d{4}-\d\d-\d\dT/.test(given) ? new Date(given) : null;
  return moment && !Number.isNaN(moment.getTime()) ? moment : undefined;
}

function decimalOf(given: unknown): string | undefined {
  const text = typeof given === 'number' && Number.isSafeInteger(given) ? String(given) : given;
  return isText(text) && decimal.test(text) ? formatDecimal(text) : undefined;
}

function jsonOf(given: unknown): unknown {
  const text = JSON.stringify(given);
  return text === undefined ? undefined : JSON.parse(text);
}

/** The value as the API holds it. Throws an Error that names the place and never the value. */
export function checkedValue(own: OwnTypes, value: Value<unknown>, given: unknown, place: string): unknown {
  if (given === null || given === undefined) {
    if (value.nullable) return null;
    throw new Error(`${place} must not be null`);
  }
  if (value.list) {
    const { list } = value;
    if (!Array.isArray(given)) throw new Error(`${place} must be a list`);
    if (given.length > MAX_LIST) throw new Error(`${place} has more than ${MAX_LIST} values`);
    return given.map((one, i) => checkedValue(own, list, one, `${place}[${i}]`));
  }
  const found = checkedOne(own, value, given, place);
  if (found === undefined) throw new Error(`${place} is no ${value.record ? `id of a ${value.type}` : value.type}`);
  return found;
}

function checkedOne(own: OwnTypes, value: Value<unknown>, given: unknown, place: string): unknown {
  if (value.record) return isText(given) && uuid.test(given) ? given : undefined;
  const scalar = scalarChecks[value.type];
  if (scalar) return scalar(given);
  const type = own.get(value.type);
  if (!type) return undefined;
  if (type.kind === 'enum') return isText(given) && type.values.has(given) ? given : undefined;
  if (typeof given !== 'object') return undefined;
  const row = given as Record<string, unknown>;
  return Object.fromEntries(
    Object.entries(type.fields).map(([name, field]) => [name, checkedValue(own, field.value, row[name], `${place}.${name}`)]),
  );
}
