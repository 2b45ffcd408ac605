// `Query.forecast`.
import { builder } from '../../graphql/builder.ts';
import { enumRefs, MoneyRef } from '../../graphql/common-types.ts';
import { readerOf, viewerOf } from '../../graphql/context.ts';
import { wholeTable } from '../../graphql/field-cost.ts';
import { enumOfNames } from '../../graphql/refs.ts';
import { entityNamed } from '../../query/entity.ts';
import { requireRead } from '../../query/policy.ts';
import { amountField, groupField } from './figures.ts';
import { type Forecast, type ForecastArgs, type ForecastFigures, type ForecastRow, forecastGroupings, readForecast } from './forecast.ts';

const described: Record<string, string> = {
  NONE: 'Not at all: one row for each period.',
  OWNER: 'By the user who owns the opportunity.',
  TEAM: 'By the team of the opportunity.',
  PIPELINE: 'By the pipeline it goes through.',
};
const GroupingRef = enumOfNames('ForecastGrouping', 'What a forecast is parted by.', [...forecastGroupings], (name) => described[name]!);

// biome-ignore lint/suspicious/noExplicitAny: the builder's own type of fields is not exported
type Fields = any;

const figureFields = (t: Fields) => ({
  pipeline: t.field(
    amountField<ForecastFigures>(
      'Value of what is open and expected to close in the period, in the categories PIPELINE, BEST_CASE and COMMITTED together.',
      (row) => row.pipeline,
      'forecastCategory',
    ),
  ),
  weighted: t.field(
    amountField<ForecastFigures>(
      'The same, each times how likely it is won: by itself, else by its stage.',
      (row) => row.weighted,
      'probability',
      'forecastCategory',
    ),
  ),
  bestCase: t.field(
    amountField<ForecastFigures>('Of it, what is in the categories BEST_CASE and COMMITTED.', (row) => row.bestCase, 'forecastCategory'),
  ),
  committed: t.field(amountField<ForecastFigures>('Of it, what is in the category COMMITTED.', (row) => row.committed, 'forecastCategory')),
  won: t.field(amountField<ForecastFigures>('Value of what was won in the period.', (row) => row.won)),
  openCount: t.int({ description: 'How many opportunities `pipeline` adds up.', resolve: (row: ForecastFigures) => row.openCount }),
  wonCount: t.int({ description: 'How many opportunities `won` adds up.', resolve: (row: ForecastFigures) => row.wonCount }),
  unconverted: t.int({
    description: 'How many of them have a value that counts as nothing, for want of an exchange rate.',
    resolve: (row: ForecastFigures) => row.unconverted,
  }),
  target: t.field({
    type: MoneyRef,
    nullable: true,
    description:
      'What is to be won: the targets of exactly this length of period, or where there are none, those of shorter ones within it, added up. Null without any. Needs targets:read.',
    resolve: (row: ForecastFigures, _args: object, ctx: never) => {
      requireRead(viewerOf(ctx), entityNamed('SalesTarget'));
      return row.target === null ? null : { amount: row.target, currency: row.currency };
    },
  }),
  attainment: t.float({
    nullable: true,
    description: 'Which part of the target is won: 1 is all of it. Null without a target or with one of nothing. Needs targets:read.',
    resolve: (row: ForecastFigures, _args: object, ctx: never) => {
      const { resolve } = amountField<ForecastFigures>('', (one) => one.won);
      requireRead(viewerOf(ctx), entityNamed('SalesTarget'));
      const won = Number(resolve(row, {}, ctx).amount);
      return row.target === null || Number(row.target) === 0 ? null : Math.round((won / Number(row.target)) * 10_000) / 10_000;
    },
  }),
});

const RowRef = builder.objectRef<ForecastRow>('ForecastRow').implement({
  description: 'The forecast of one period and group.',
  fields: (t) => ({
    startsOn: t.field({ type: 'Date', description: 'First day of the period.', resolve: (row) => row.startsOn }),
    endsOn: t.field({ type: 'Date', description: 'Last day of the period.', resolve: (row) => row.endsOn }),
    owner: t.field(groupField<ForecastRow>('OWNER', 'User', 'Whose opportunities these are; null where nobody owns them.') as never),
    team: t.field(groupField<ForecastRow>('TEAM', 'Team', 'Which team they belong to; null where none does.') as never),
    pipelineOf: t.field(groupField<ForecastRow>('PIPELINE', 'Pipeline', 'Which pipeline they go through.') as never),
    others: t.exposeBoolean('others', { description: 'Whether the row gathers the groups beyond those asked for.' }),
    ...figureFields(t),
  }),
});

const TotalsRef = builder.objectRef<ForecastFigures>('ForecastTotals').implement({
  description: 'The sums over all rows of a forecast.',
  fields: (t) => figureFields(t),
});

const ForecastRef = builder.objectRef<Forecast>('Forecast').implement({
  description: 'What is expected to be won and was won in a row of periods, as far as the role sees the opportunities.',
  fields: (t) => ({
    currency: t.field({
      type: 'CurrencyCode',
      description: 'Currency of all amounts: that of the workspace.',
      resolve: (one) => one.currency,
    }),
    rows: t.field({
      type: [RowRef],
      description: 'A row for each period, and group where something is expected, won or to be won; by time, then the largest group first.',
      resolve: (one) => one.rows,
    }),
    totals: t.field({ type: TotalsRef, description: 'The sums over all rows.', resolve: (one) => one.totals }),
  }),
});

builder.queryField('forecast', (t) =>
  t.field({
    type: ForecastRef,
    description:
      'What is expected to be won in each period: open opportunities by the day on which they are expected to close, won ones by the day they did, in the time zone of the workspace. At most 60 periods. Needs opportunities:read.',
    args: {
      period: t.arg({ type: enumRefs.TargetPeriod as never, required: true, description: 'How long each period is.' }),
      from: t.arg({ type: 'Date', required: true, description: 'A day of the first period; the period counts whole.' }),
      to: t.arg({ type: 'Date', required: true, description: 'A day of the last period; the period counts whole.' }),
      by: t.arg({ type: GroupingRef, defaultValue: 'NONE', description: 'What the periods are parted by.' }),
      pipeline: t.arg.string({ description: 'Key of the pipeline; all unless told. Then targets of that pipeline alone count.' }),
      groups: t.arg.int({ defaultValue: 50, description: 'How many groups stand for themselves, 1 to 200; the others are gathered.' }),
    },
    extensions: { cost: wholeTable },
    resolve: (_root, args, ctx) => {
      const { db, viewer } = readerOf(ctx);
      return readForecast(db, viewer, args as unknown as ForecastArgs);
    },
  }),
);
