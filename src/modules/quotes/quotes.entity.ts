// What can be read of quotes and their lines.
import { defineEntity, type Entity } from '../../query/entity.ts';

const money = (amount: string, description: string) => ({ amount, currency: 'currency', description });

export const quote: Entity = defineEntity({
  name: 'Quote',
  plural: 'quotes',
  singular: 'quote',
  prefix: 'quote',
  subject: 'quotes',
  description: 'An offer for an opportunity, in versions that share a number.',
  fields: [
    'number',
    'revision',
    'status',
    'currency',
    'discountPercent',
    'validUntil',
    'note',
    'sentAt',
    'decidedAt',
    'decisionNote',
    'version',
    'createdAt',
    'updatedAt',
    'archivedAt',
  ],
  types: { currency: 'CurrencyCode' },
  money: {
    net: money('netAmount', 'Sum of the lines less all discounts, without taxes.'),
    discount: money('discountAmount', 'Sum of all discounts, of lines and of the whole.'),
    tax: money('taxAmount', 'Sum of the taxes.'),
    total: money('totalAmount', 'What the customer pays.'),
  },
  relations: {
    opportunity: { one: 'Opportunity', key: 'opportunityId', description: 'What it is an offer for.' },
    priceList: { one: 'PriceList', key: 'priceListId', description: 'Where its prices come from.' },
    previous: { one: 'Quote', key: 'previousId', description: 'The version that it was made from.' },
    lines: { many: 'QuoteLine', key: 'quoteId', description: 'What is offered.' },
  },
  filters: {
    number: { column: 'number' },
    status: { column: 'status' },
    opportunity: { id: 'opportunityId', entity: 'Opportunity' },
    validUntil: { column: 'validUntil' },
    createdAt: { column: 'createdAt' },
  },
  orders: { CREATED_AT: { column: 'createdAt' } },
  defaultOrder: { field: 'CREATED_AT', direction: 'DESC' },
  sums: { NET: 'net', TOTAL: 'total' },
  scope: { kind: 'through', entity: 'Opportunity', key: 'opportunityId' },
});

export const quoteLine: Entity = defineEntity({
  name: 'QuoteLine',
  prefix: 'quoteline',
  subject: 'quotes',
  description: 'One thing that a quote offers.',
  fields: [
    'position',
    'description',
    'quantity',
    'unitAmount',
    'discountPercent',
    'taxPercent',
    'netAmount',
    'taxAmount',
    'totalAmount',
    'createdAt',
  ],
  relations: {
    quote: { one: 'Quote', key: 'quoteId', description: 'The quote.' },
    product: { one: 'Product', key: 'productId', description: 'What is offered; null for what is no product.' },
  },
  filters: { product: { keyOf: 'productId', entity: 'Product', description: 'By the key of its product.' } },
  orders: { POSITION: { column: 'position' } },
  defaultOrder: { field: 'POSITION', direction: 'ASC' },
  scope: { kind: 'through', entity: 'Quote', key: 'quoteId' },
});
