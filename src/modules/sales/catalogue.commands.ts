// Changing products, price lists and prices.
import type { CommandContext } from '../../commands/command.ts';
import { crudCommands } from '../../commands/crud.ts';
import { currency, date, decimal, externalRef, key, longText, money, text } from '../../commands/fields.ts';
import { notFound } from '../../commands/rows.ts';
import { reject } from '../../commands/user-errors.ts';
import { resolveKeys } from '../vocabularies/index.ts';
import './catalogue.entity.ts';
import { decimalBetween, priceListRef, productRef } from './opportunity-fields.ts';

type Values = Record<string, unknown>;

const named = {
  key: key('Stable name, unique in the workspace.'),
  name: text('Name shown to people.'),
  description: longText('What it means.', 2000).nullish(),
};

export const productCommands = crudCommands({
  entity: 'Product',
  noun: 'product',
  plural: 'products',
  unique: ['key'],
  fields: {
    ...named,
    family: text('The series or group it belongs to.').nullish(),
    unit: text('What one of it is: piece, hour, month.', 50).nullish(),
    price: money('List price of one.').nullish(),
    externalRef: externalRef('Its id in another system.').nullish(),
  },
  columns: async (_ctx, { price, externalRef: ref, ...values }) => {
    const columns: Values = { ...values };
    const amount = price as { amount: string; currency: string } | null | undefined;
    if (amount !== undefined) Object.assign(columns, { priceAmount: amount?.amount ?? null, priceCurrency: amount?.currency ?? null });
    const known = ref as { system: string; value: string } | null | undefined;
    if (known !== undefined) Object.assign(columns, { externalSystem: known?.system ?? null, externalId: known?.value ?? null });
    return columns;
  },
});

export const priceListCommands = crudCommands({
  entity: 'PriceList',
  noun: 'priceList',
  plural: 'priceLists',
  unique: ['key'],
  fields: {
    ...named,
    currency: currency('Currency of its prices.'),
    validFrom: date('First day on which it holds.').nullish(),
    validUntil: date('Last day on which it holds.').nullish(),
  },
  columns: async (_ctx, values, current) => {
    const { validFrom, validUntil } = { ...current, ...values } as { validFrom?: string | null; validUntil?: string | null };
    if (validFrom && validUntil && validUntil < validFrom) reject('PERIOD_INVALID', 'It ends before it begins.', ['validUntil']);
    return values;
  },
});

export const priceCommands = crudCommands({
  entity: 'Price',
  noun: 'price',
  plural: 'prices',
  unique: ['priceListId', 'productId', 'minimumQuantity'],
  fields: {
    priceList: priceListRef('Key of the price list.'),
    product: productRef('Key of the product.'),
    amount: decimal('Price of one, in the currency of the price list.'),
    minimumQuantity: decimalBetween('From which quantity on it holds; 1 unless told.', 0.0001, 999_999_999).nullish(),
  },
  columns: async (ctx, { priceList, product, minimumQuantity, ...values }) => ({
    ...values,
    priceListId: await idOf(ctx, 'PriceList', priceList as string, 'priceList'),
    productId: await idOf(ctx, 'Product', product as string, 'product'),
    minimumQuantity: minimumQuantity ?? '1.0000',
  }),
});

async function idOf(ctx: CommandContext, model: 'PriceList' | 'Product', wanted: string, field: string): Promise<string> {
  return (await resolveKeys(ctx, model, [wanted])).get(wanted) ?? notFound(model, [field]);
}
