// The lines of an accepted quote as lines of the opportunity that it wins.
import { lineAmount } from '../sales/index.ts';
import type { LineAmounts } from './amounts.ts';
import type { Line } from './lines.ts';

type SoldLine = { productId: string; description: string | null; quantity: string; unitAmount: string; discountPercent: string };

/** What was sold, where all of it are products; nothing otherwise, for lines that are not all there would belie the value. */
export function soldLines(rows: readonly (Line & LineAmounts)[], quoteDiscount: string): { lines?: SoldLine[] } {
  if (rows.length === 0 || rows.some((row) => row.productId === null)) return {};
  return { lines: rows.map((row) => soldLine(row, quoteDiscount)) };
}

function soldLine(
  { productId, description, quantity, unitAmount, discountPercent, netAmount }: Line & LineAmounts,
  quoteDiscount: string,
): SoldLine {
  const combined = (100 - ((100 - Number(discountPercent)) * (100 - Number(quoteDiscount))) / 100).toFixed(4);
  if (lineAmount(quantity, unitAmount, combined) === netAmount) {
    return { productId: productId!, description, quantity, unitAmount, discountPercent: combined };
  }
  // Quotes round to what can be paid, opportunities do not: the line says what was agreed, and how it came about in words.
  const said = [description, `${quantity} × ${unitAmount} − ${combined} %`].filter(Boolean).join('; ');
  return { productId: productId!, description: said, quantity: '1.0000', unitAmount: netAmount, discountPercent: '0.0000' };
}
