// The lines of opportunities: their prices, what they add up to, and writing them.
import sql from 'sql-template-tag';
import type { CommandContext } from '../../commands/command.ts';
import { insertRows } from '../../commands/rows.ts';
import { type UserError, userError } from '../../commands/user-errors.ts';
import { newId } from '../../lib/typeid.ts';
import { isTooLarge, lineAmount, sumOf, toUnits } from './amounts.ts';
import type { Draft, LineInput } from './draft.ts';

export type Line = {
  productId: string;
  description: string | null;
  quantity: string;
  unitAmount: string;
  discountPercent: string;
  amount: string;
};
type StoredLine = Line & { opportunityId: string };
type ListPrice = { productId: string; amount: string | null; currency: string | null };
type ScalePrice = { priceListId: string; productId: string; minimumQuantity: string; amount: string; currency: string };

/** What prices there are for the lines of these drafts. */
export type Prices = {
  currency: string;
  products: Map<string, ListPrice>;
  scales: ScalePrice[];
  listCurrency: Map<string, string>;
  stored: Map<string, StoredLine[]>;
};

/** Reads everything that the lines of these drafts need, in four statements at most. */
export async function loadPrices(ctx: CommandContext, drafts: readonly Draft[]): Promise<Prices> {
  const [workspace] = await ctx.tx.query<{ currency: string }>(sql`select currency from workspaces where id = ${ctx.workspaceId}::uuid`);
  const productIds = [...new Set(drafts.flatMap(({ lines }) => (lines ?? []).map((line) => line.productId)))];
  const lists = [...new Set(drafts.flatMap(({ priceListId }) => priceListId ?? []))];
  const rows = drafts.flatMap(({ row }) => row?.id ?? []);
  const products = productIds.length
    ? await ctx.tx.query<ListPrice>(sql`select id as "productId", price_amount as amount, price_currency as currency from products
        where workspace_id = ${ctx.workspaceId}::uuid and id = any(${productIds}::uuid[])`)
    : [];
  const currencies = lists.length
    ? await ctx.tx.query<{ id: string; currency: string }>(sql`select id, currency from price_lists
        where workspace_id = ${ctx.workspaceId}::uuid and id = any(${lists}::uuid[])`)
    : [];
  const scales = lists.length
    ? await ctx.tx.query<ScalePrice>(sql`select p.price_list_id as "priceListId", p.product_id as "productId",
          p.minimum_quantity as "minimumQuantity", p.amount, l.currency
        from prices p join price_lists l on l.workspace_id = p.workspace_id and l.id = p.price_list_id
        where p.workspace_id = ${ctx.workspaceId}::uuid and p.price_list_id = any(${lists}::uuid[]) and p.product_id = any(${productIds}::uuid[])
        order by p.minimum_quantity desc`)
    : [];
  const stored = rows.length
    ? await ctx.tx.query<StoredLine>(sql`select opportunity_id as "opportunityId", product_id as "productId", description, quantity,
          unit_amount as "unitAmount", discount_percent as "discountPercent", amount
        from opportunity_lines where workspace_id = ${ctx.workspaceId}::uuid and opportunity_id = any(${rows}::uuid[]) order by position, id`)
    : [];
  return {
    currency: workspace!.currency,
    products: new Map(products.map((one) => [one.productId, one])),
    scales,
    listCurrency: new Map(currencies.map((one) => [one.id, one.currency])),
    stored: Map.groupBy(stored, (line) => line.opportunityId),
  };
}

export type Worth = { lines: Line[] | null; valueAmount?: string | null; valueCurrency?: string | null };

/** The lines and the value that a draft means, or what is wrong with them. */
export function worthOf(prices: Prices, draft: Draft): Worth | { errors: UserError[] } {
  const { columns, row, lines } = draft;
  const stored = row ? (prices.stored.get(row.id) ?? []) : [];
  const given = columns.valueAmount === undefined ? null : { amount: columns.valueAmount, currency: columns.valueCurrency ?? null };
  if (!lines || (lines.length === 0 && stored.length === 0)) {
    if (!given || stored.length === 0 || sameMoney(given, row!)) return { lines: null };
    return { errors: [userError('VALUE_OF_LINES', 'Its lines say what it is worth: change those.', ['value'])] };
  }
  if (lines.length === 0) return { lines: [] };
  const currency = given?.currency ?? currencyOf(prices, draft);
  const errors: UserError[] = [];
  // One product for an agreed value: its price is what was agreed.
  const agreed = lines.length === 1 && given?.amount != null && lines[0]!.unitAmount == null ? given.amount : null;
  const priced = lines.map((line, i) => {
    const quantity = line.quantity ?? '1.0000';
    const discountPercent = line.discountPercent ?? '0.0000';
    // A price list that is named prices anew; otherwise a line of the same product keeps its price.
    const kept = !draft.priceListId && stored[i]?.productId === line.productId && (row?.valueCurrency ?? currency) === currency;
    const before = kept ? stored[i]!.unitAmount : null;
    const plain = toUnits(quantity) === 10_000n && toUnits(discountPercent) === 0n;
    const unitAmount = line.unitAmount ?? (plain ? agreed : null) ?? before ?? listPrice(prices, draft, line, quantity, currency);
    if (unitAmount === null) {
      errors.push(userError('PRICE_MISSING', `There is no price of this product in ${currency}: say one.`, ['lines', i, 'unitAmount']));
    }
    const amount = lineAmount(quantity, unitAmount ?? '0', discountPercent);
    return {
      productId: line.productId,
      description: line.description ?? null,
      quantity,
      unitAmount: unitAmount ?? '0.0000',
      discountPercent,
      amount,
    };
  });
  if (errors.length > 0) return { errors };
  const total = sumOf(priced.map((line) => line.amount));
  if (priced.some((line) => isTooLarge(line.amount)) || isTooLarge(total)) {
    return { errors: [userError('TOO_LONG', 'An amount has at most 15 digits before the point.', ['lines'])] };
  }
  if (given?.amount != null && toUnits(given.amount) !== toUnits(total)) {
    return { errors: [userError('VALUE_OF_LINES', `The lines add up to ${total}, not to this value.`, ['value'])] };
  }
  return { lines: sameLines(stored, priced) ? null : priced, valueAmount: total, valueCurrency: currency };
}

function sameMoney(
  given: { amount: string | null; currency: string | null },
  row: { valueAmount: string | null; valueCurrency: string | null },
): boolean {
  return given.amount === row.valueAmount && given.currency === row.valueCurrency;
}

function currencyOf(prices: Prices, { row, priceListId, lines }: Draft): string {
  const ofList = priceListId ? prices.listCurrency.get(priceListId) : undefined;
  const ofProduct = lines!.map((line) => prices.products.get(line.productId)?.currency).find((currency) => currency != null);
  return row?.valueCurrency ?? ofList ?? ofProduct ?? prices.currency;
}

function listPrice(prices: Prices, { priceListId }: Draft, line: LineInput, quantity: string, currency: string): string | null {
  const scale = prices.scales.find(
    (one) =>
      one.priceListId === priceListId &&
      one.productId === line.productId &&
      one.currency === currency &&
      toUnits(one.minimumQuantity) <= toUnits(quantity),
  );
  if (scale) return scale.amount;
  const product = prices.products.get(line.productId);
  return product?.currency === currency ? product.amount : null;
}

function sameLines(before: readonly Line[], after: readonly Line[]): boolean {
  const text = (lines: readonly Line[]) =>
    JSON.stringify(lines.map((line) => [line.productId, line.description, line.quantity, line.unitAmount, line.discountPercent]));
  return text(before) === text(after);
}

/** Replaces the lines of these opportunities. */
export async function replaceLines(ctx: CommandContext, changed: { id: string; lines: Line[]; isNew: boolean }[]): Promise<void> {
  const known = changed.filter((one) => !one.isNew).map((one) => one.id);
  if (known.length > 0) {
    await ctx.tx.execute(
      sql`delete from opportunity_lines where workspace_id = ${ctx.workspaceId}::uuid and opportunity_id = any(${known}::uuid[])`,
    );
  }
  const rows = changed.flatMap(({ id: opportunityId, lines }) =>
    lines.map((line, position) => ({
      workspaceId: ctx.workspaceId,
      id: newId(),
      opportunityId,
      position,
      ...line,
      createdAt: ctx.now,
      updatedAt: ctx.now,
    })),
  );
  await insertRows(ctx.tx, 'OpportunityLine', rows);
}
