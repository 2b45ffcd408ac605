// Types that many modules share: Node, PageInfo, BoundedCount, Money, ExternalRef and the enums of the models.
import { type EnumMap, enums } from '../db/models.ts';
import type { BoundedCount } from '../query/aggregate.ts';
import { builder } from './builder.ts';

export type MoneyValue = { amount: string; currency: string };
export type ExternalRefValue = { system: string; value: string };
export type PageInfoValue = { hasNextPage: boolean; hasPreviousPage: boolean; startCursor: string | null; endCursor: string | null };
export type NodeValue = { __typename: string; id: string };

export const NodeRef = builder.interfaceRef<NodeValue>('Node');
NodeRef.implement({
  description: 'Anything with an id that `node(id:)` finds again.',
  fields: (t) => ({
    id: t.id({ description: 'Global id; its prefix tells the type.', resolve: (row) => row.id }),
  }),
  resolveType: (row) => row.__typename,
});

export const MoneyRef = builder.objectRef<MoneyValue>('Money').implement({
  description: 'An amount in a currency.',
  fields: (t) => ({
    amount: t.expose('amount', { type: 'Decimal', description: 'The amount, exact.' }),
    currency: t.expose('currency', { type: 'CurrencyCode', description: 'The currency.' }),
  }),
});

export const ExternalRefRef = builder.objectRef<ExternalRefValue>('ExternalRef').implement({
  description: 'The id of a thing in another system.',
  fields: (t) => ({
    system: t.exposeString('system', { description: 'Name of the other system.' }),
    value: t.exposeString('value', { description: 'The id there.' }),
  }),
});

export const PageInfoRef = builder.objectRef<PageInfoValue>('PageInfo').implement({
  description: 'Where a page stands in its list.',
  fields: (t) => ({
    hasNextPage: t.exposeBoolean('hasNextPage', { description: 'Whether more rows follow (going backward: whether a cursor was given).' }),
    hasPreviousPage: t.exposeBoolean('hasPreviousPage', {
      description: 'Whether rows precede (going forward: whether a cursor was given).',
    }),
    startCursor: t.exposeString('startCursor', { nullable: true, description: 'Cursor of the first row.' }),
    endCursor: t.exposeString('endCursor', { nullable: true, description: 'Cursor of the last row.' }),
  }),
});

export const BoundedCountRef = builder.objectRef<BoundedCount>('BoundedCount').implement({
  description: 'A count that stops at a bound.',
  fields: (t) => ({
    value: t.exposeInt('value', { description: 'The count, at most the bound.' }),
    isExact: t.exposeBoolean('isExact', { description: 'False when there are more than the bound.' }),
  }),
});

/** GraphQL enums of the models' enums, by name. */
export const enumRefs = Object.fromEntries(
  Object.values(enums as Record<string, EnumMap>).map((map) => [
    map.name,
    builder.enumType(map.name, {
      description: map.description ?? map.name,
      values: Object.fromEntries(
        map.values.map((value) => [value.name, { value: value.name, description: value.description ?? value.name }]),
      ),
    }),
  ]),
);

export const SortDirectionRef = builder.enumType('SortDirection', {
  description: 'Which way a list is ordered. Nulls are last ascending and first descending.',
  values: { ASC: { description: 'Small to large.' }, DESC: { description: 'Large to small.' } } as const,
});
