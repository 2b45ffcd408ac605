// The amounts of quotes, exact: whole numbers of ten-thousandths in, amounts in the currency's smallest units out. Each
// line is rounded for itself, so that the totals are the sums of what the lines show.

/** A line as it is priced: decimals of at most four places, as texts. */
export type PricedLine = { quantity: string; unitAmount: string; discountPercent: string; taxPercent: string };
export type LineAmounts = { netAmount: string; taxAmount: string; totalAmount: string };
export type QuoteAmounts = LineAmounts & { discountAmount: string };

const PLACES = 4;
const SCALE = 10_000n;
/** 100 percent. */
const WHOLE = 100n * SCALE;

/** `1.5` -> 15000n. */
function units(decimal: string): bigint {
  const [, minus, whole, fraction = ''] = /^(-?)(\d+)(?:\.(\d{1,4}))?$/.exec(decimal)!;
  const value = BigInt(whole!) * SCALE + BigInt(fraction.padEnd(PLACES, '0'));
  return minus ? -value : value;
}

/** 15000n -> `1.5000`, the form in which numeric(19,4) answers. */
function decimal(value: bigint): string {
  const size = value < 0n ? -value : value;
  return `${value < 0n ? '-' : ''}${size / SCALE}.${String(size % SCALE).padStart(PLACES, '0')}`;
}

/** How many places amounts of a currency have, at most the four that are kept. */
export function placesOf(currency: string): number {
  const { maximumFractionDigits = 2 } = new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions();
  return Math.min(PLACES, maximumFractionDigits);
}

/** `numerator / denominator` in ten-thousandths, rounded half away from zero to `step` ten-thousandths. */
function rounded(numerator: bigint, denominator: bigint, step: bigint): bigint {
  const by = denominator * step;
  const size = numerator < 0n ? -numerator : numerator;
  const steps = (2n * size + by) / (2n * by);
  return (numerator < 0n ? -steps : steps) * step;
}

type Counted = { gross: bigint; net: bigint; tax: bigint };

function count(line: PricedLine, quoteDiscount: bigint, step: bigint): Counted {
  const gross = units(line.quantity) * units(line.unitAmount);
  const kept = (WHOLE - units(line.discountPercent)) * (WHOLE - quoteDiscount);
  const net = rounded(gross * kept, SCALE * WHOLE * WHOLE, step);
  return { gross: rounded(gross, SCALE, step), net, tax: rounded(net * units(line.taxPercent), WHOLE, step) };
}

/** The amounts of each line and of the whole: totals are the sums of the lines. */
export function amountsOf(
  lines: readonly PricedLine[],
  discountPercent: string,
  currency: string,
): { lines: LineAmounts[]; whole: QuoteAmounts } {
  const step = 10n ** BigInt(PLACES - placesOf(currency));
  const counted = lines.map((line) => count(line, units(discountPercent), step));
  const sum = (of: (one: Counted) => bigint) => counted.reduce((total, one) => total + of(one), 0n);
  const said = (net: bigint, tax: bigint) => ({ netAmount: decimal(net), taxAmount: decimal(tax), totalAmount: decimal(net + tax) });
  return {
    lines: counted.map(({ net, tax }) => said(net, tax)),
    whole: {
      ...said(
        sum((one) => one.net),
        sum((one) => one.tax),
      ),
      discountAmount: decimal(sum(({ gross, net }) => gross - net)),
    },
  };
}
