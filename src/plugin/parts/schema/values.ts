// Whether what a plugin gave is what it said it would give: checked whole before any of it goes into an answer, so that a
// wrong value harms its own field and nothing beside it.
import { formatDecimal, isDay } from '../../../graphql/scalars.ts';
import type { Value } from '../../values.ts';
import type { OwnTypes } from './types.ts';

/** Values of one list at most. */
export const MAX_LIST = 1_000;
/** Characters of one text at most, and of one JSON value. */
const MAX_TEXT = 100_000;
/** Characters, and values of lists, of all that one call of a plugin's function gives. */
const MAX_ANSWER = 10_000_000;

/** How much more may be given. */
export type Room = { left: number };
export const newRoom = (): Room => ({ left: MAX_ANSWER });

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const decimal = /^-?\d{1,15}(\.\d{1,4})?$/;
const currency = /^[A-Z]{3}$/;

type Check = (given: unknown) => unknown;

const isText = (given: unknown): given is string => typeof given === 'string';

/** Gives the value as the API holds it, or undefined for one that is none. */
const scalarChecks: Record<string, Check> = {
  Int: (given) => (Number.isInteger(given) && Math.abs(given as number) <= 2_147_483_647 ? given : undefined),
  Float: (given) => (Number.isFinite(given) ? given : undefined),
  String: (given) => (isText(given) && given.length <= MAX_TEXT ? given : undefined),
  Boolean: (given) => (typeof given === 'boolean' ? given : undefined),
  DateTime: momentOf,
  Date: (given) => (isText(given) && isDay(given) ? given : undefined),
  Decimal: decimalOf,
  JSON: (given) => jsonOf(given),
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

function jsonOf(given: unknown, room = newRoom(), place = 'JSON'): unknown {
  const text = JSON.stringify(given);
  if (text === undefined) return undefined;
  if (text.length > MAX_TEXT) throw new Error(`${place} has more than ${MAX_TEXT} characters`);
  take(room, text.length, place);
  return JSON.parse(text);
}

/** The value as the API holds it. Throws an Error that names the place and never the value. */
export function checkedValue(own: OwnTypes, value: Value<unknown>, given: unknown, place: string, room = newRoom()): unknown {
  if (given === null || given === undefined) {
    if (value.nullable) return null;
    throw new Error(`${place} must not be null`);
  }
  if (value.list) {
    const { list } = value;
    if (!Array.isArray(given)) throw new Error(`${place} must be a list`);
    const most = value.most ?? MAX_LIST;
    if (given.length > most) throw new Error(`${place} has more than ${most} values`);
    take(room, given.length, place);
    return given.map((one, i) => checkedValue(own, list, one, `${place}[${i}]`, room));
  }
  const found = checkedOne(own, value, given, place, room);
  if (found === undefined && value.type === 'String' && isText(given)) throw new Error(`${place} has more than ${MAX_TEXT} characters`);
  if (found === undefined) throw new Error(`${place} is no ${value.record ? `id of a ${value.type}` : value.type}`);
  if (value.type === 'String') take(room, (found as string).length, place);
  return found;
}

function take(room: Room, size: number, place: string): void {
  room.left -= size;
  if (room.left < 0) throw new Error(`${place}: what is given has more than ${MAX_ANSWER} characters`);
}

function checkedOne(own: OwnTypes, value: Value<unknown>, given: unknown, place: string, room: Room): unknown {
  if (value.record) return isText(given) && uuid.test(given) ? given : undefined;
  const scalar = scalarChecks[value.type];
  if (value.type === 'JSON') return jsonOf(given, room, place);
  if (scalar) return scalar(given);
  const type = own.get(value.type);
  if (!type) return undefined;
  if (type.kind === 'enum') return isText(given) && type.values.has(given) ? given : undefined;
  if (typeof given !== 'object') return undefined;
  const row = given as Record<string, unknown>;
  return Object.fromEntries(
    Object.entries(type.fields).map(([name, field]) => [name, checkedValue(own, field.value, row[name], `${place}.${name}`, room)]),
  );
}
