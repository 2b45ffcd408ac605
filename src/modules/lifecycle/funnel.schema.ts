// `Query.lifecycleFunnel`.
import { builder } from '../../graphql/builder.ts';
import { readerOf } from '../../graphql/context.ts';
import { wholeTable } from '../../graphql/field-cost.ts';
import { filterRef } from '../../graphql/filter-inputs.ts';
import { entityRow } from '../../graphql/planned.ts';
import { refOf } from '../../graphql/refs.ts';
import { entityNamed } from '../../query/entity.ts';
import type { FilterInput } from '../../query/filter.ts';
import { type FunnelStage, readFunnel } from './funnel.ts';
import { lifecycleStage } from './lifecycle.entity.ts';

const FunnelStageRef = builder.objectRef<FunnelStage>('LifecycleFunnelStage').implement({
  description: 'One stage in the funnel of a period.',
  fields: (t) => ({
    stage: t.field({
      type: refOf('LifecycleStage'),
      description: 'The stage.',
      resolve: (row, _args, ctx, info) => entityRow(ctx, info, lifecycleStage, row.stageId),
    }),
    entries: t.exposeInt('entries', { description: 'How many times customers entered it in the period.' }),
    exits: t.exposeInt('exits', { description: 'How many times customers left it for another stage in the period.' }),
    conversion: t.float({
      nullable: true,
      description:
        'Of the different customers who entered it in the period, the share who entered a later stage after that, up to the end of the period; null where nobody entered.',
      resolve: ({ advanced, entered }) => (entered === 0 ? null : advanced / entered),
    }),
    medianSeconds: t.exposeFloat('medianSeconds', {
      nullable: true,
      description: 'How long those who left it in the period had stayed, in seconds: the median; null where nobody left.',
    }),
    current: t.exposeInt('current', { description: 'How many customers stand there now, whatever the period.' }),
  }),
});

builder.queryField('lifecycleFunnel', (t) =>
  t.field({
    type: [FunnelStageRef],
    description:
      'The lifecycle as a funnel over a period, stage by stage in order. Counts those who buy or may buy: customers without party roles, or with one that counts. Needs customers:read and lifecycle:read.',
    args: {
      from: t.arg({ type: 'DateTime', required: true, description: 'Begin of the period.' }),
      to: t.arg({ type: 'DateTime', required: true, description: 'End of the period, not part of it.' }),
      filter: t.arg({ type: filterRef(entityNamed('Customer')) as never, description: 'Only customers that fit.' }),
    },
    extensions: { cost: { ...wholeTable, size: 10 } },
    resolve: (_root, { from, to, filter }, ctx) => {
      const { db, viewer } = readerOf(ctx);
      return readFunnel(db, viewer, { from, to, filter: filter as FilterInput | null });
    },
  }),
);
