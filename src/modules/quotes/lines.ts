// From what somebody writes to priced lines, and from these to rows with their amounts.
import sql from 'sql-template-tag';
import type { CommandContext } from '../../commands/command.ts';
import { insertRows } from '../../commands/rows.ts';
import { reject, type UserError, UserErrors, userError } from '../../commands/user-errors.ts';
import { newId } from '../../lib/typeid.ts';
import { resolveKeys } from '../vocabularies/index.ts';
import { amountsOf, type LineAmounts, type PricedLine, type QuoteAmounts } from './amounts.ts';
import type { LineInput } from './line-input.ts';

export type Line = PricedLine & { productId: string | null; description: string | null };
/** What fits the columns. */
const MOST = 1e15;

export type Pricing = { currency: string; priceListId: string | null };

/** The lines with their products and prices. Refuses with NOT_FOUND, DESCRIPTION_REQUIRED and PRICE_MISSING below `lines`. */
export async function priceLines(ctx: CommandContext, written: readonly LineInput[], pricing: Pricing): Promise<Line[]> {
  const products = await resolveKeys(
    ctx,
    'Product',
    written.map((one) => one.product),
  );
  const lines = written.map((one) => ({
    productId: one.product ? (products.get(one.product) ?? null) : null,
    description: one.description ?? null,
    quantity: one.quantity ?? '1.0000',
    unitAmount: one.unitAmount ?? null,
    discountPercent: one.discountPercent ?? '0.0000',
    taxPercent: one.taxPercent ?? '0.0000',
  }));
  const prices = await pricesOf(ctx, lines, pricing);
  const errors: UserError[] = [];
  const priced = lines.map((line, i) => {
    const unitAmount = line.unitAmount ?? prices[i] ?? null;
    if (written[i]!.product && !line.productId) errors.push(userError('NOT_FOUND', 'There is no such Product.', ['lines', i, 'product']));
    else if (!line.productId && !line.description)
      errors.push(userError('DESCRIPTION_REQUIRED', 'A line without a product needs a description.', ['lines', i, 'description']));
    else if (unitAmount === null)
      errors.push(userError('PRICE_MISSING', `There is no price in ${pricing.currency} for it.`, ['lines', i, 'unitAmount']));
    return { ...line, unitAmount: unitAmount ?? '0.0000' };
  });
  if (errors.length > 0) throw new UserErrors(errors);
  return priced;
}

// By the price list, from the largest quantity that is reached; else the product's own price in that currency.
async function pricesOf(
  ctx: CommandContext,
  lines: readonly { productId: string | null; quantity: string }[],
  { currency, priceListId }: Pricing,
): Promise<(string | null)[]> {
  const rows = await ctx.tx.query<{ price: string | null }>(sql`
    select coalesce(
      (select x.amount from prices x where x.workspace_id = ${ctx.workspaceId}::uuid and x.price_list_id = ${priceListId}::uuid
        and x.product_id = w.product_id and x.minimum_quantity <= w.quantity order by x.minimum_quantity desc limit 1),
      (select p.price_amount from products p where p.workspace_id = ${ctx.workspaceId}::uuid and p.id = w.product_id and p.price_currency = ${currency})
    )::text as price
    from unnest(${lines.map((line) => line.productId)}::uuid[], ${lines.map((line) => line.quantity)}::numeric[]) with ordinality as w(product_id, quantity, n)
    order by w.n`);
  return rows.map((row) => row.price);
}

/** The lines of an opportunity, as lines of a quote. */
export async function linesOfOpportunity(ctx: CommandContext, opportunityId: string): Promise<Line[]> {
  return ctx.tx.query<Line>(sql`select product_id as "productId", description, quantity::text, unit_amount::text as "unitAmount",
      discount_percent::text as "discountPercent", '0.0000' as "taxPercent"
    from opportunity_lines where workspace_id = ${ctx.workspaceId}::uuid and opportunity_id = ${opportunityId}::uuid order by position, id`);
}

/** The lines of a quote. */
export async function linesOfQuote(ctx: CommandContext, quoteId: string): Promise<Line[]> {
  return ctx.tx.query<Line>(sql`select product_id as "productId", description, quantity::text, unit_amount::text as "unitAmount",
      discount_percent::text as "discountPercent", tax_percent::text as "taxPercent"
    from quote_lines where workspace_id = ${ctx.workspaceId}::uuid and quote_id = ${quoteId}::uuid order by position, id`);
}

/** Lines with their amounts, and the amounts of the whole. Refuses with TOO_LONG where they are more than can be kept. */
export function counted(
  lines: readonly Line[],
  discountPercent: string,
  currency: string,
): { rows: (Line & LineAmounts)[]; whole: QuoteAmounts } {
  const amounts = amountsOf(lines, discountPercent, currency);
  const { totalAmount, discountAmount } = amounts.whole;
  if (Number(totalAmount) + Number(discountAmount) >= MOST) reject('TOO_LONG', 'The amounts are more than can be kept.', ['lines']);
  return { rows: lines.map((line, i) => ({ ...line, ...amounts.lines[i]! })), whole: amounts.whole };
}

/** Puts these lines in place of those of a quote, which is locked or new. */
export async function writeLines(ctx: CommandContext, quoteId: string, rows: readonly (Line & LineAmounts)[]): Promise<void> {
  await ctx.tx.execute(sql`delete from quote_lines where workspace_id = ${ctx.workspaceId}::uuid and quote_id = ${quoteId}::uuid`);
  await insertRows(
    ctx.tx,
    'QuoteLine',
    rows.map((row, position) => ({ workspaceId: ctx.workspaceId, id: newId(), quoteId, position, ...row, createdAt: ctx.now })) as never,
  );
}
