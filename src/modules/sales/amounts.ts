// Exact amounts with four places, as numeric(19,4) has them.

const SCALE = 10_000n;
const PERCENT = 100n * SCALE;
const LIMIT = 10n ** 19n;

/** `1.5` -> 15000n. */
export function toUnits(amount: string): bigint {
  const [, sign, whole, fraction = ''] = /^(-?)(\d+)(?:\.(\d{1,4}))?$/.exec(amount)!;
  const units = BigInt(whole!) * SCALE + BigInt(fraction.padEnd(4, '0'));
  return sign ? -units : units;
}

/** 15000n -> `1.5000`. */
export function fromUnits(units: bigint): string {
  const size = units < 0n ? -units : units;
  return `${units < 0n ? '-' : ''}${size / SCALE}.${String(size % SCALE).padStart(4, '0')}`;
}

/** Whether numeric(19,4) cannot hold it. */
export function isTooLarge(amount: string): boolean {
  const units = toUnits(amount);
  return units >= LIMIT || units <= -LIMIT;
}

// Half away from zero, as PostgreSQL rounds.
function divide(value: bigint, by: bigint): bigint {
  const size = value < 0n ? -value : value;
  const rounded = (size * 2n + by) / (by * 2n);
  return value < 0n ? -rounded : rounded;
}

/** Quantity times price less discount, rounded once. */
export function lineAmount(quantity: string, unitAmount: string, discountPercent: string): string {
  return fromUnits(divide(toUnits(quantity) * toUnits(unitAmount) * (PERCENT - toUnits(discountPercent)), SCALE * PERCENT));
}

export function sumOf(amounts: readonly string[]): string {
  return fromUnits(amounts.reduce((sum, amount) => sum + toUnits(amount), 0n));
}
