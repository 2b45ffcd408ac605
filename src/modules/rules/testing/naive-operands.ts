// Values against what rules compare them with, in plain JavaScript.
import type { JsonObject, JsonValue } from '../../../db/models.ts';

export type Row = Record<string, unknown>;
/** What counts as now, in milliseconds. */
export type Moment = { now: number };

export function every(operand: JsonObject, checks: Record<string, (bound: JsonValue) => boolean>): boolean {
  return Object.entries(operand).every(([name, bound]) => checks[name]!(bound));
}

export function textFits(operand: JsonObject, value: string | null): boolean {
  const like = (check: (value: string, bound: string) => boolean) => (bound: JsonValue) =>
    value !== null && check(value.toLowerCase(), (bound as string).toLowerCase());
  return every(operand, {
    eq: (bound) => value === bound,
    ne: (bound) => value !== bound,
    in: (bounds) => value !== null && (bounds as string[]).includes(value),
    notIn: (bounds) => value === null || !(bounds as string[]).includes(value),
    startsWith: like((text, bound) => text.startsWith(bound)),
    endsWith: like((text, bound) => text.endsWith(bound)),
    contains: like((text, bound) => text.includes(bound)),
    isNull: (missing) => (value === null) === missing,
  });
}

export function idFits(value: unknown, given: JsonObject): boolean {
  const id = (value ?? null) as string | null;
  return (
    (given.in == null || (id !== null && (given.in as string[]).includes(id))) &&
    (given.notIn == null || id === null || !(given.notIn as string[]).includes(id)) &&
    (given.isNull == null || (id === null) === given.isNull)
  );
}

/** A moment and so many units more, or less; the last day of a month where the day is not in it. */
export function shift(moment: number, duration: JsonObject, sign: 1 | -1): number {
  const [unit, number] = Object.entries(duration)[0] as [string, number];
  const ms = ({ minutes: 60_000, hours: 3_600_000, days: 86_400_000, weeks: 604_800_000 } as Record<string, number>)[unit];
  if (ms) return moment + sign * number * ms;
  const from = new Date(moment);
  const months = from.getUTCFullYear() * 12 + from.getUTCMonth() + sign * number * (unit === 'years' ? 12 : 1);
  const [year, month] = [Math.floor(months / 12), ((months % 12) + 12) % 12];
  const lastDay = new Date(Date.UTC(year, month + 1, 0)).getUTCDate();
  return Date.UTC(
    year,
    month,
    Math.min(from.getUTCDate(), lastDay),
    from.getUTCHours(),
    from.getUTCMinutes(),
    from.getUTCSeconds(),
    from.getUTCMilliseconds(),
  );
}

export function momentFits({ now }: Moment, operand: JsonObject, value: unknown): boolean {
  const moment = value == null ? null : new Date(value as Date).getTime();
  const at = (check: (moment: number) => boolean): boolean => moment !== null && check(moment);
  return every(operand, {
    after: (bound) => at((t) => t >= Date.parse(bound as string)),
    before: (bound) => at((t) => t < Date.parse(bound as string)),
    withinLast: (bound) => at((t) => t <= now && shift(t, bound as JsonObject, 1) > now),
    olderThan: (bound) => at((t) => shift(t, bound as JsonObject, 1) <= now),
    withinNext: (bound) => at((t) => t > now && shift(t, bound as JsonObject, -1) <= now),
    isNull: (missing) => (moment === null) === missing,
  });
}

export function birthFits({ now }: Moment, operand: JsonObject, born: string | null): boolean {
  const today = new Date(now).toISOString().slice(0, 10);
  const on = (years: number): string => new Date(shift(Date.parse(born!), { years }, 1)).toISOString().slice(0, 10);
  const known = (check: () => boolean): boolean => born !== null && check();
  return every(operand, {
    after: (bound) => known(() => born! >= (bound as string)),
    before: (bound) => known(() => born! < (bound as string)),
    isNull: (missing) => (born === null) === missing,
    age: (bounds) =>
      known(() => {
        let age = -1;
        while (on(age + 1) <= today) age++;
        return every(bounds as JsonObject, { gte: (least) => age >= (least as number), lte: (most) => age <= (most as number) });
      }),
    birthdayWithinDays: (days) =>
      known(() => {
        const birthdays = Array.from({ length: 130 }, (_, years) => on(years));
        const next = birthdays.find((day) => day >= today)!;
        return (Date.parse(next) - Date.parse(today)) / 86_400_000 <= (days as number);
      }),
  });
}

export function attribute(j: Moment, { key, ...operand }: JsonObject, attributes: JsonObject): boolean {
  const value = attributes[key as string] ?? null;
  return every(operand, {
    text: (bounds) => textFits(bounds as JsonObject, value as string | null),
    number: (bounds) =>
      every(bounds as JsonObject, {
        ...numberChecks(typeof value === 'number' ? value : null, Number),
        ne: (bound) => value !== bound,
      }),
    boolean: (bound) => value === bound,
    has: (bound) => Array.isArray(value) && value.includes(bound),
    isNull: (missing) => (value === null) === missing,
    date: (bounds) => {
      const { withinLast, olderThan, withinNext, ...fixed } = bounds as JsonObject;
      const relative = Object.fromEntries(
        Object.entries({ withinLast, olderThan, withinNext }).filter(([, bound]) => bound != null),
      ) as JsonObject;
      return every(fixed, numberChecks(value as string | null, String)) && momentFits(j, relative, value);
    },
  });
}

export function numberChecks<T extends number | string | bigint>(
  value: T | null,
  read: (bound: JsonValue) => T,
): Record<string, (bound: JsonValue) => boolean> {
  const known = (check: (value: T, bound: T) => boolean) => (bound: JsonValue) => value !== null && check(value, read(bound));
  return {
    eq: known((a, b) => a === b),
    gt: known((a, b) => a > b),
    gte: known((a, b) => a >= b),
    lt: known((a, b) => a < b),
    lte: known((a, b) => a <= b),
  };
}

export const inList = (value: unknown, bounds: JsonValue | undefined): boolean => bounds == null || (bounds as unknown[]).includes(value);

/** numeric(19,4) as a whole number of ten-thousandths. */
export const exact = (amount: unknown): bigint => {
  const [whole, fraction = ''] = String(amount).split('.') as [string, string?];
  return BigInt(whole + fraction.padEnd(4, '0'));
};
export const exactChecks = (amount: bigint | null): Record<string, (bound: JsonValue) => boolean> => numberChecks(amount, exact);
