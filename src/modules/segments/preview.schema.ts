// `Query.segmentPreview`.
import { builder } from '../../graphql/builder.ts';
import { BoundedCountRef } from '../../graphql/common-types.ts';
import { readerOf, viewerOf } from '../../graphql/context.ts';
import { apiError } from '../../graphql/errors.ts';
import { wholeTable } from '../../graphql/field-cost.ts';
import { entityRow } from '../../graphql/planned.ts';
import { refOf } from '../../graphql/refs.ts';
import { describeInput } from '../../graphql/zod-inputs.ts';
import { entityNamed } from '../../query/entity.ts';
import { requireRead } from '../../query/policy.ts';
import { ruleInput } from '../rules/index.ts';
import { MOST_COUNTED, type Preview, previewRule, ruleAsked } from './preview.ts';

const MOST_SHOWN = 50;

const PreviewRef = builder.objectRef<Preview>('SegmentPreview').implement({
  description: 'What a rule finds among the customers that the role sees.',
  fields: (t) => ({
    count: t.field({
      type: BoundedCountRef,
      description: `For how many it holds, counted up to ${MOST_COUNTED}.`,
      resolve: (row) => row.count,
    }),
    sample: t.field({
      type: [refOf('Customer')],
      description: 'Some of them.',
      resolve: async (row, _args, ctx, info) => {
        const customers = await Promise.all(row.sample.map((id) => entityRow(ctx, info, entityNamed('Customer'), id)));
        // Whoever was archived or erased meanwhile is left out.
        return customers.filter((one) => one !== null) as never;
      },
    }),
  }),
});

builder.queryField('segmentPreview', (t) =>
  t.field({
    type: PreviewRef,
    description:
      'Tries a rule before it is saved. A rule with a fault is BAD_USER_INPUT; `extensions.path` names the place, `extensions.reason` the code. Needs segments:read.',
    args: {
      rule: t.arg({ type: describeInput(ruleInput('The rule to try.')).type as never, required: true, description: 'The rule to try.' }),
      sample: t.arg.int({ defaultValue: 10, description: `How many customers to show, at most ${MOST_SHOWN}.` }),
    },
    extensions: { cost: wholeTable },
    resolve: async (_root, { rule, sample }, ctx) => {
      const viewer = viewerOf(ctx);
      requireRead(viewer, entityNamed('Segment'));
      const size = sample ?? 10;
      if (size < 0 || size > MOST_SHOWN) throw apiError('BAD_USER_INPUT', `sample is from 0 to ${MOST_SHOWN}.`, { path: ['sample'] });
      const stored = await ruleAsked(ctx.db, viewer, rule, ['rule']);
      return previewRule(readerOf(ctx).db, viewer, stored, size);
    },
  }),
);
