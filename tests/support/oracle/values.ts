// Comparing and adding values as PostgreSQL does, and its logic of three values.

/** True, false or unknown. */
export type Truth = boolean | null;

export function and(truths: Truth[]): Truth {
  if (truths.includes(false)) return false;
  return truths.includes(null) ? null : true;
}

export function or(truths: Truth[]): Truth {
  if (truths.includes(true)) return true;
  return truths.includes(null) ? null : false;
}

const SCALE = 30;

/** A decimal number as a whole number of 10^-30: exact. */
export function units(written: unknown): bigint {
  const [, minus, whole, fraction = ''] = /^(-?)(\d+)(?:\.(\d{1,30}))?$/.exec(String(written)) ?? [];
  if (whole === undefined) throw new Error(`the oracle does not count with ${String(written)}`);
  const size = BigInt(whole + fraction.padEnd(SCALE, '0'));
  return minus ? -size : size;
}

/** The sum of numeric(19,4) values, with four places as PostgreSQL writes it. */
export function sum(amounts: string[]): string {
  return fourPlaces(amounts.reduce((total, amount) => total + units(amount), 0n));
}

/** An amount of numeric(19,4) times a whole number. */
export function times(amount: string, factor: number): string {
  return fourPlaces(units(amount) * BigInt(factor));
}

/** The product of two decimal numbers, rounded to four places. */
export function product(a: unknown, b: unknown): string {
  const exact = units(a) * units(b);
  const place = 10n ** BigInt(2 * SCALE - 4);
  const size = exact < 0n ? -exact : exact;
  const rounded = (size + place / 2n) / place;
  return fourPlaces((exact < 0n ? -rounded : rounded) * 10n ** BigInt(SCALE - 4));
}

function fourPlaces(value: bigint): string {
  const whole = value / 10n ** BigInt(SCALE - 4);
  const digits = String(whole < 0n ? -whole : whole).padStart(5, '0');
  return `${whole < 0n ? '-' : ''}${digits.slice(0, -4)}.${digits.slice(-4)}`;
}

/** Less than, equal to or greater than 0, for two values of a PostgreSQL type that are not null. */
export function compare(type: string, a: unknown, b: unknown): number {
  if (type === 'numeric') return sign(units(a) - units(b));
  if (type === 'timestamptz') return sign((a as Date).getTime() - (b as Date).getTime());
  if (type === 'text') return Buffer.compare(Buffer.from(a as string), Buffer.from(b as string));
  return (a as number) < (b as number) ? -1 : a === b ? 0 : 1;
}

function sign(difference: number | bigint): number {
  return difference < 0 ? -1 : difference > 0 ? 1 : 0;
}

/** The same with nulls, which are greater than everything. */
export function compareNulls(type: string, a: unknown, b: unknown): number {
  if (a == null || b == null) return Number(a == null) - Number(b == null);
  return compare(type, a, b);
}

/** `null` unless both are there. */
export function known(a: unknown, b: unknown, test: () => boolean): Truth {
  return a == null || b == null ? null : test();
}
