// `OpportunityRule.report`.
import { builder } from '../../graphql/builder.ts';
import { MoneyRef } from '../../graphql/common-types.ts';
import { type Context, readerOf, viewerOf } from '../../graphql/context.ts';
import { apiError } from '../../graphql/errors.ts';
import { fromColumns } from '../../graphql/planned.ts';
import { refOf } from '../../graphql/refs.ts';
import { entityNamed } from '../../query/entity.ts';
import { hidesColumn, requireRead } from '../../query/policy.ts';
import { type Report, readReports } from './report.ts';

function requireShown(ctx: Context, ...columns: string[]): void {
  const opportunity = entityNamed('Opportunity');
  if (columns.some((column) => hidesColumn(viewerOf(ctx), opportunity, column))) {
    throw apiError('FORBIDDEN', 'The role hides what this figure is made of.');
  }
}

function countOf(name: 'open' | 'won' | 'lost') {
  return (row: Report, _args: object, ctx: Context) => {
    requireShown(ctx, 'status');
    return row[name];
  };
}

const ReportRef = builder.objectRef<Report>('OpportunityRuleReport').implement({
  description: 'What came of the opportunities that a rule made, as far as the role sees them.',
  fields: (t) => ({
    created: t.exposeInt('created', { description: 'How many it made in the period.' }),
    open: t.int({ description: 'How many of those are open.', resolve: countOf('open') }),
    won: t.int({ description: 'How many of those were won.', resolve: countOf('won') }),
    lost: t.int({ description: 'How many of those were lost.', resolve: countOf('lost') }),
    value: t.field({
      type: MoneyRef,
      description: 'What all of those are worth, in the currency of the workspace.',
      resolve: (row, _args, ctx) => {
        requireShown(ctx, 'valueAmount', 'baseAmount');
        return { amount: row.value, currency: row.currency };
      },
    }),
    wonValue: t.field({
      type: MoneyRef,
      description: 'What the won ones are worth, in the currency of the workspace.',
      resolve: (row, _args, ctx) => {
        requireShown(ctx, 'valueAmount', 'baseAmount', 'status');
        return { amount: row.wonValue, currency: row.currency };
      },
    }),
    conversion: t.float({
      nullable: true,
      description: 'Which part of those was won; null when it made none.',
      resolve: (row, _args, ctx) => {
        requireShown(ctx, 'status');
        return row.conversion;
      },
    }),
  }),
});

type Args = { from?: Date | null; to?: Date | null };

builder.objectFields(refOf('OpportunityRule'), (t) => ({
  report: t.field({
    type: ReportRef,
    description: 'What came of the opportunities that it made in a period, ever unless told. Needs opportunities:read.',
    args: {
      from: t.arg({ type: 'DateTime', description: 'Begin of the period.' }),
      to: t.arg({ type: 'DateTime', description: 'End of the period, not part of it.' }),
    },
    ...fromColumns(
      ['id'],
      ({ id }: { id: string }, { from, to }: Args, ctx) => {
        const { batch, db, viewer } = readerOf(ctx);
        requireRead(viewer, entityNamed('Opportunity'));
        requireShown(ctx, 'ruleId', 'createdAt');
        if (from && to && from >= to) throw apiError('BAD_USER_INPUT', 'The period ends before it begins.');
        const name = `OpportunityRule.report:${from?.toISOString()}:${to?.toISOString()}`;
        return batch(name, id, (ids: readonly string[]) => readReports(db, viewer, ids, { from: from ?? null, to: to ?? null }));
      },
      { cost: { complexity: 5 } },
    ),
  }),
}));
