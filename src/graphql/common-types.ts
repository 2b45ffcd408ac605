// Types that many modules share: Node, PageInfo, BoundedCount, Money, ExternalRef and the enums of the models.
import { type EnumMap, enums } from '../db/models.ts';
import { decimalSql } from '../query/json.ts';
import { columnsAt } from '../query/plan.ts';
import { builder } from './builder.ts';
import { exposed, planned, readCompiled } from './planned.ts';

export type MoneyValue = { amount: string; currency: string };
export type ExternalRefValue = { system: string; value: string };
export type NodeValue = { $: string };

export const NodeRef = builder.interfaceRef<NodeValue>('Node');
NodeRef.implement({
  description: 'Anything with an id that `node(id:)` finds again.',
  fields: (t) => ({
    id: t.field({ type: 'ID', description: 'Global id; its prefix tells the type.' } as never),
  }),
  resolveType: (row) => row.$,
});

export const MoneyRef = builder.objectRef<MoneyValue>('Money').implement({
  description: 'An amount in a currency.',
  fields: (t) => ({
    amount: t.field({
      type: 'Decimal',
      description: 'The amount, exact.',
      ...planned(
        (place) => decimalSql(columnsAt(place)('amount')),
        (money: MoneyValue) => money.amount,
      ),
    }),
    currency: t.field({ type: 'CurrencyCode', description: 'The currency.', ...exposed('currency') }),
  }),
});

export const ExternalRefRef = builder.objectRef<ExternalRefValue>('ExternalRef').implement({
  description: 'The id of a thing in another system.',
  fields: (t) => ({
    system: t.field({ type: 'String', description: 'Name of the other system.', ...exposed('system') }),
    value: t.field({ type: 'String', description: 'The id there.', ...exposed('value') }),
  }),
});

export const PageInfoRef = builder.objectRef<object>('PageInfo').implement({
  description: 'Where a page stands in its list.',
  fields: (t) => ({
    hasNextPage: t.field({
      type: 'Boolean',
      description: 'Whether more rows follow (going backward: whether a cursor was given).',
      resolve: readCompiled(),
    }),
    hasPreviousPage: t.field({
      type: 'Boolean',
      description: 'Whether rows precede (going forward: whether a cursor was given).',
      resolve: readCompiled(),
    }),
    startCursor: t.field({
      type: 'String',
      nullable: true,
      description: 'Cursor of the first row.',
      resolve: readCompiled(),
    }),
    endCursor: t.field({
      type: 'String',
      nullable: true,
      description: 'Cursor of the last row.',
      resolve: readCompiled(),
    }),
  }),
});

export const BoundedCountRef = builder.objectRef<object>('BoundedCount').implement({
  description: 'A count that stops at a bound.',
  fields: (t) => ({
    value: t.field({ type: 'Int', description: 'The count, at most the bound.', ...exposed('value') }),
    isExact: t.field({ type: 'Boolean', description: 'False when there are more than the bound.', ...exposed('isExact') }),
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
