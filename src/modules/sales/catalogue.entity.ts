// What can be read of what is sold and for how much: products, price lists and exchange rates.
import { defineEntity, type Entity } from '../../query/entity.ts';

const dates = ['version', 'createdAt', 'updatedAt', 'archivedAt'];

export const product: Entity = defineEntity({
  name: 'Product',
  plural: 'products',
  singular: 'product',
  prefix: 'product',
  subject: 'products',
  description: 'Something that is sold.',
  fields: ['key', 'name', 'description', 'family', 'unit', ...dates],
  money: { price: { amount: 'priceAmount', currency: 'priceCurrency', description: 'List price of one.' } },
  externalRef: { field: 'externalRef', system: 'externalSystem', id: 'externalId', description: 'Its id in the system it came from.' },
  relations: { prices: { many: 'Price', key: 'productId', description: 'What it costs by price lists.' } },
  filters: {
    key: { column: 'key' },
    name: { search: 'name', description: 'Words anywhere in the name, whatever their case.' },
    family: { column: 'family' },
    externalSystem: { column: 'externalSystem' },
    externalId: { column: 'externalId' },
  },
  orders: { KEY: { column: 'key' }, NAME: { column: 'name' }, FAMILY: { column: 'family' } },
  defaultOrder: { field: 'KEY', direction: 'ASC' },
});

export const priceList: Entity = defineEntity({
  name: 'PriceList',
  plural: 'priceLists',
  singular: 'priceList',
  prefix: 'pricelist',
  subject: 'products',
  description: 'Prices for certain customers or times.',
  fields: ['key', 'name', 'description', 'currency', 'validFrom', 'validUntil', ...dates],
  types: { currency: 'CurrencyCode' },
  relations: { prices: { many: 'Price', key: 'priceListId', description: 'Its prices.' } },
  filters: { key: { column: 'key' }, name: { column: 'name' }, currency: { column: 'currency' } },
  orders: { KEY: { column: 'key' } },
  defaultOrder: { field: 'KEY', direction: 'ASC' },
});

export const price: Entity = defineEntity({
  name: 'Price',
  plural: 'prices',
  prefix: 'price',
  subject: 'products',
  description: 'What a product costs by a price list, from a quantity on.',
  fields: ['amount', 'minimumQuantity', 'createdAt', 'updatedAt'],
  relations: {
    priceList: { one: 'PriceList', key: 'priceListId', description: 'The price list, which says the currency.' },
    product: { one: 'Product', key: 'productId', description: 'What is sold for it.' },
  },
  filters: {
    priceList: { keyOf: 'priceListId', entity: 'PriceList', description: 'By the key of the price list.' },
    product: { keyOf: 'productId', entity: 'Product', description: 'By the key of the product.' },
  },
  orders: { MINIMUM_QUANTITY: { column: 'minimumQuantity' } },
  defaultOrder: { field: 'MINIMUM_QUANTITY', direction: 'ASC' },
});

export const exchangeRate: Entity = defineEntity({
  name: 'ExchangeRate',
  plural: 'exchangeRates',
  prefix: 'exchangerate',
  subject: 'products',
  description: 'What one unit of a currency is worth in the currency of the workspace, from a day on.',
  fields: ['currency', 'validFrom', 'rate', 'createdAt', 'updatedAt'],
  types: { currency: 'CurrencyCode' },
  filters: { currency: { column: 'currency' }, validFrom: { column: 'validFrom' } },
  orders: { VALID_FROM: { column: 'validFrom' } },
  defaultOrder: { field: 'VALID_FROM', direction: 'DESC' },
});
