// `Query.portfolio`.
import { builder } from '../../graphql/builder.ts';
import { MoneyRef } from '../../graphql/common-types.ts';
import { type Context, readerOf, viewerOf } from '../../graphql/context.ts';
import { apiError } from '../../graphql/errors.ts';
import { wholeTable } from '../../graphql/field-cost.ts';
import { entityRow } from '../../graphql/planned.ts';
import { refOf } from '../../graphql/refs.ts';
import { entityNamed } from '../../query/entity.ts';
import { hidesColumn } from '../../query/policy.ts';
import { type Portfolio, type PortfolioPart, readPortfolio } from './portfolio.ts';

type Part = { part: PortfolioPart; whole: Portfolio };

const share = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole);

function costsOf({ part }: Part, _args: object, ctx: Context) {
  if (hidesColumn(viewerOf(ctx), entityNamed('Interaction'), 'costAmount')) {
    throw apiError('FORBIDDEN', 'The role hides what this figure is made of.');
  }
  return part.costs;
}

const PartRef = builder.objectRef<Part>('PortfolioPart').implement({
  description: 'What the customers of one segment are worth, and what it takes to serve them.',
  fields: (t) => ({
    segment: t.field({
      type: refOf('Segment'),
      nullable: true,
      description: 'The segment; null for all together.',
      resolve: ({ part }, _args, ctx, info) => (part.segmentId ? entityRow(ctx, info, entityNamed('Segment'), part.segmentId) : null),
    }),
    customers: t.int({ description: 'How many customers are in it now.', resolve: ({ part }) => part.customers }),
    shareOfCustomers: t.float({
      description: 'Their part of all customers, from 0 to 1.',
      resolve: ({ part, whole }) => share(part.customers, whole.total.customers),
    }),
    value: t.field({
      type: MoneyRef,
      description: 'What they were worth in the period, in the currency of the workspace.',
      resolve: ({ part, whole }) => ({ amount: part.value, currency: whole.currency }),
    }),
    shareOfValue: t.float({
      description: 'Its part of the whole value; 0 where there is none.',
      resolve: ({ part, whole }) => share(Number(part.value), Number(whole.total.value)),
    }),
    interactions: t.int({
      description: 'How many interactions there were with them in the period.',
      resolve: ({ part }) => part.interactions,
    }),
    costToServe: t.field({ type: [MoneyRef], description: 'What those cost as recorded, by currency.', resolve: costsOf }),
  }),
});

const PortfolioRef = builder.objectRef<Portfolio>('Portfolio').implement({
  description: 'A strategic segmentation in figures, as far as the role sees its customers: the parts add up to the total.',
  fields: (t) => ({
    segmentation: t.field({
      type: refOf('Segmentation'),
      nullable: true,
      description: 'The segmentation.',
      resolve: (row, _args, ctx, info) => entityRow(ctx, info, entityNamed('Segmentation'), row.segmentationId),
    }),
    from: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'Begin of the period; null: from the beginning.',
      resolve: (row) => row.from,
    }),
    to: t.field({ type: 'DateTime', description: 'End of the period, not part of it.', resolve: (row) => row.to }),
    parts: t.field({
      type: [PartRef],
      description: 'The segments in the order of their priority.',
      resolve: (whole) => whole.parts.map((part) => ({ part, whole })),
    }),
    totals: t.field({ type: PartRef, description: 'All segments together.', resolve: (whole) => ({ part: whole.total, whole }) }),
  }),
});

builder.queryField('portfolio', (t) =>
  t.field({
    type: PortfolioRef,
    nullable: true,
    description:
      'Customers, value, interactions and cost to serve of each segment of a strategic segmentation: who is worth what. Value is that of its value classes, else of won opportunities. Needs segments, customers, interactions and what makes the value.',
    args: {
      segmentation: t.arg.string({ required: true, description: 'Key of the segmentation.' }),
      from: t.arg({ type: 'DateTime', description: 'Begin of the period; that of its value classes unless told, else the beginning.' }),
      to: t.arg({ type: 'DateTime', description: 'End of the period, not part of it; now unless told.' }),
    },
    extensions: { cost: wholeTable },
    resolve: (_root, args, ctx) => readPortfolio(readerOf(ctx).db, viewerOf(ctx), args.segmentation, args.from ?? null, args.to ?? null),
  }),
);
