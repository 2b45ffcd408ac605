// `TouchPoint.figures`.
import { builder } from '../../graphql/builder.ts';
import { MoneyRef } from '../../graphql/common-types.ts';
import { type Context, readerOf, viewerOf } from '../../graphql/context.ts';
import { apiError } from '../../graphql/errors.ts';
import { fromColumns } from '../../graphql/planned.ts';
import { refOf } from '../../graphql/refs.ts';
import { entityNamed } from '../../query/entity.ts';
import { requireVisible } from '../../query/filter.ts';
import { hidesColumn, requireRead } from '../../query/policy.ts';
import { type Figures, type Money, multiply, type Period, periodOf, readFigures } from './figures.ts';
import { monthsBetween } from './months.ts';

type FiguresValue = Figures & { period: Period; planned: Money | null; monthlyTarget: number | null };

// A role that may not see a column must not see what it adds up to either.
function madeOf<T>(column: string, read: (row: FiguresValue) => T) {
  return (row: FiguresValue, _args: object, ctx: Context): T => {
    if (!hidesColumn(viewerOf(ctx), entityNamed('Interaction'), column)) return read(row);
    throw apiError('FORBIDDEN', 'The role hides what this figure is made of.');
  };
}

const FiguresRef = builder.objectRef<FiguresValue>('TouchPointFigures').implement({
  description: 'What happened at a touch point in a period, as far as the role sees its interactions.',
  fields: (t) => ({
    from: t.field({ type: 'DateTime', description: 'Begin of the period.', resolve: (row) => row.period.from }),
    to: t.field({ type: 'DateTime', description: 'End of the period, not part of it.', resolve: (row) => row.period.to }),
    volume: t.exposeInt('volume', { description: 'How many interactions there were.' }),
    inbound: t.int({
      description: 'How many of them the customer began.',
      resolve: madeOf('direction', (row) => row.inbound),
    }),
    outbound: t.int({
      description: 'How many of them the company began.',
      resolve: madeOf('direction', (row) => row.outbound),
    }),
    customers: t.int({
      description: 'How many different customers.',
      resolve: madeOf('customerId', (row) => row.customers),
    }),
    lastContactAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When the last one in the period happened.',
      resolve: madeOf('occurredAt', (row) => row.lastContactAt),
    }),
    cost: t.field({
      type: [MoneyRef],
      description: 'What they cost as recorded, by currency.',
      resolve: madeOf('costAmount', (row) => row.cost),
    }),
    plannedCost: t.field({
      type: MoneyRef,
      nullable: true,
      description: 'What that many contacts are planned to cost; null without a planned cost of one.',
      resolve: (row) => row.planned,
    }),
    value: t.field({
      type: [MoneyRef],
      description: 'What they were worth, by currency.',
      resolve: madeOf('valueAmount', (row) => row.value),
    }),
    target: t.float({
      nullable: true,
      description: 'How many contacts were wanted: the monthly target, by its part of each month of the period.',
      resolve: ({ monthlyTarget, period }) =>
        monthlyTarget === null ? null : Math.round(monthlyTarget * monthsBetween(period.from, period.to) * 100) / 100,
    }),
  }),
});

type Planned = { id: string; costAmount: string | null; costCurrency: string | null; monthlyTarget: number | null };
type FiguresArgs = { from?: Date | null; to?: Date | null };

function plannedCost(row: Planned, volume: number): Money | null {
  return row.costAmount === null ? null : { amount: multiply(row.costAmount, volume), currency: row.costCurrency! };
}

builder.objectFields(refOf('TouchPoint'), (t) => ({
  figures: t.field({
    type: FiguresRef,
    description: 'What happened there in a period, the last 365 days unless told. Needs interactions:read.',
    args: {
      from: t.arg({ type: 'DateTime', description: 'Begin of the period; 365 days before its end unless told.' }),
      to: t.arg({ type: 'DateTime', description: 'End of the period, not part of it; now unless told.' }),
    },
    ...fromColumns(
      ['id', 'costAmount', 'costCurrency', 'monthlyTarget'],
      async (row: Planned, { from, to }: FiguresArgs, ctx) => {
        const { batch, db, viewer } = readerOf(ctx);
        requireRead(viewer, entityNamed('Interaction'));
        requireVisible(viewer, entityNamed('Interaction'), 'touchPoint');
        const name = `TouchPoint.figures:${from?.toISOString()}:${to?.toISOString()}`;
        const { figures, period } = await batch(name, row.id, async (ids: readonly string[]) => {
          const period = periodOf(from, to, new Date());
          return (await readFigures(db, viewer, ids, period)).map((figures) => ({ figures, period }));
        });
        return { ...figures, period, planned: plannedCost(row, figures.volume), monthlyTarget: row.monthlyTarget };
      },
      { cost: { complexity: 5 } },
    ),
  }),
}));
