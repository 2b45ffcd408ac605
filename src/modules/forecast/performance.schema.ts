// `Query.salesPerformance`.
import { builder } from '../../graphql/builder.ts';
import { readerOf } from '../../graphql/context.ts';
import { wholeTable } from '../../graphql/field-cost.ts';
import { enumOfNames } from '../../graphql/refs.ts';
import { amountField, groupField } from './figures.ts';
import {
  type Performance,
  type PerformanceArgs,
  type PerformanceFigures,
  type PerformanceGrouping,
  type PerformanceRow,
  performanceGroupings,
  readPerformance,
} from './performance.ts';

const described: Record<PerformanceGrouping, string> = {
  NONE: 'Not at all: one row.',
  OWNER: 'By the user who owns the opportunity.',
  TEAM: 'By the team of the opportunity.',
  PRODUCT: 'By the products of its lines; each gets its part of the value.',
  PIPELINE: 'By the pipeline it goes through.',
  SOURCE: 'By where it came from.',
  COUNTRY: 'By the country of the customer.',
  RULE: 'By the rule that made it.',
  CLOSE_REASON: 'By why it was won or lost.',
  MONTH: 'By the month in which it was opened and that in which it was closed.',
  QUARTER: 'By the quarter in which it was opened and that in which it was closed.',
};
const GroupingRef = enumOfNames(
  'SalesPerformanceGrouping',
  'What figures of selling are parted by.',
  performanceGroupings,
  (name) => described[name as PerformanceGrouping],
);

// biome-ignore lint/suspicious/noExplicitAny: the builder's own type of fields is not exported
type Fields = any;

const figureFields = (t: Fields) => ({
  created: t.int({ description: 'How many were opened in the period.', resolve: (row: PerformanceFigures) => row.created }),
  open: t.int({ description: 'How many of those are open still.', resolve: (row: PerformanceFigures) => row.open }),
  won: t.int({ description: 'How many were won in the period.', resolve: (row: PerformanceFigures) => row.won }),
  lost: t.int({ description: 'How many were lost in the period.', resolve: (row: PerformanceFigures) => row.lost }),
  wonValue: t.field(amountField<PerformanceFigures>('What the won ones are worth.', (row) => row.wonValue)),
  lostValue: t.field(amountField<PerformanceFigures>('What the lost ones would have been worth.', (row) => row.lostValue)),
  unconverted: t.int({
    description: 'How many of the closed ones have a value that counts as nothing, for want of an exchange rate.',
    resolve: (row: PerformanceFigures) => row.unconverted,
  }),
  winRate: t.float({
    nullable: true,
    description: 'Which part of those closed in the period was won; null when none was closed.',
    resolve: (row: PerformanceFigures) => row.winRate,
  }),
  averageWonValue: t.field({
    ...amountField<PerformanceFigures>('What a won one was worth on average; null when none with a value was won.', (row) => row.wonValue),
    nullable: true,
    resolve: (row: PerformanceFigures, args: object, ctx: never) => {
      const read = amountField<PerformanceFigures>('', (one) => one.averageWonValue ?? '0');
      const amount = read.resolve(row, args, ctx);
      return row.averageWonValue === null ? null : amount;
    },
  }),
  medianCycleSeconds: t.float({
    nullable: true,
    description: 'How long half of the won ones took from opening to winning at the most; null when none was won.',
    resolve: (row: PerformanceFigures) => row.medianCycleSeconds,
  }),
});

const byText = ['SOURCE', 'COUNTRY', 'MONTH', 'QUARTER'];

const RowRef = builder.objectRef<PerformanceRow>('SalesPerformanceRow').implement({
  description: 'How selling goes in one group.',
  fields: (t) => ({
    key: t.string({
      nullable: true,
      description: 'The source, the country, the month (`2026-01`) or the quarter (`2026-Q1`); null where there is none.',
      resolve: (row) => (byText.includes(row.by) ? row.group : null),
    }),
    owner: t.field(groupField<PerformanceRow>('OWNER', 'User', 'Whose opportunities these are; null where nobody owns them.') as never),
    team: t.field(groupField<PerformanceRow>('TEAM', 'Team', 'Which team they belong to; null where none does.') as never),
    product: t.field(
      groupField<PerformanceRow>('PRODUCT', 'Product', 'Which product they are about; null for those without lines.') as never,
    ),
    pipeline: t.field(groupField<PerformanceRow>('PIPELINE', 'Pipeline', 'Which pipeline they go through.') as never),
    rule: t.field(groupField<PerformanceRow>('RULE', 'OpportunityRule', 'Which rule made them; null for those made otherwise.') as never),
    closeReason: t.field(
      groupField<PerformanceRow>('CLOSE_REASON', 'CloseReason', 'Why they were won or lost; null where not told.') as never,
    ),
    others: t.exposeBoolean('others', { description: 'Whether the row gathers the groups beyond those asked for.' }),
    ...figureFields(t),
  }),
});

const TotalsRef = builder.objectRef<PerformanceFigures>('SalesPerformanceTotals').implement({
  description: 'How selling goes altogether; an opportunity in several groups counts once.',
  fields: (t) => figureFields(t),
});

const PerformanceRef = builder.objectRef<Performance>('SalesPerformance').implement({
  description: 'What was opened, won and lost in a period, as far as the role sees the opportunities.',
  fields: (t) => ({
    currency: t.field({
      type: 'CurrencyCode',
      description: 'Currency of all amounts: that of the workspace.',
      resolve: (one) => one.currency,
    }),
    rows: t.field({
      type: [RowRef],
      description: 'A row for each group where something was opened or closed: the one that won most first, months and quarters by time.',
      resolve: (one) => one.rows,
    }),
    totals: t.field({ type: TotalsRef, description: 'All groups together.', resolve: (one) => one.totals }),
  }),
});

builder.queryField('salesPerformance', (t) =>
  t.field({
    type: PerformanceRef,
    description: 'How selling went in a period, in days of the time zone of the workspace. Needs opportunities:read.',
    args: {
      from: t.arg({ type: 'Date', required: true, description: 'First day of the period.' }),
      to: t.arg({ type: 'Date', required: true, description: 'Last day of the period.' }),
      by: t.arg({ type: GroupingRef, defaultValue: 'NONE', description: 'What it is parted by.' }),
      pipeline: t.arg.string({ description: 'Key of the pipeline; all unless told.' }),
      groups: t.arg.int({ defaultValue: 50, description: 'How many groups stand for themselves, 1 to 200; the others are gathered.' }),
    },
    extensions: { cost: wholeTable },
    resolve: (_root, args, ctx) => {
      const { db, viewer } = readerOf(ctx);
      return readPerformance(db, viewer, args as unknown as PerformanceArgs);
    },
  }),
);
