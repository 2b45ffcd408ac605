// `Query.opportunityRulePreview`.
import { builder } from '../../graphql/builder.ts';
import { BoundedCountRef } from '../../graphql/common-types.ts';
import { readerOf } from '../../graphql/context.ts';
import { apiError } from '../../graphql/errors.ts';
import { wholeTable } from '../../graphql/field-cost.ts';
import { decodeId } from '../../graphql/ids.ts';
import { entityRow } from '../../graphql/planned.ts';
import { refOf } from '../../graphql/refs.ts';
import { entityNamed } from '../../query/entity.ts';
import { MOST_COUNTED, type RulePreview, readPreview } from './preview.ts';

const MOST_SHOWN = 50;

const PreviewRef = builder.objectRef<RulePreview>('OpportunityRulePreview').implement({
  description: 'For whom a rule would make an opportunity, among the customers that the role sees.',
  fields: (t) => ({
    count: t.field({ type: BoundedCountRef, description: `For how many, counted up to ${MOST_COUNTED}.`, resolve: (row) => row.count }),
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

builder.queryField('opportunityRulePreview', (t) =>
  t.field({
    type: PreviewRef,
    nullable: true,
    description:
      'For whom a rule would make an opportunity if its signal came now: the members of its segment, who stands in its stage, who had such a contact within its period, whose day is today, who lacks the companion; less those for whom it made one. Null where there is no such rule. Needs sales-rules:write and customers:read.',
    args: {
      id: t.arg({ type: 'ID', required: true, description: 'The rule.' }),
      sample: t.arg.int({ defaultValue: 10, description: `How many customers to show, at most ${MOST_SHOWN}.` }),
    },
    extensions: { cost: wholeTable },
    resolve: (_root, { id, sample }, ctx) => {
      const { db, viewer } = readerOf(ctx);
      const size = sample ?? 10;
      if (size < 0 || size > MOST_SHOWN) throw apiError('BAD_USER_INPUT', `sample is from 0 to ${MOST_SHOWN}.`);
      return readPreview(db, viewer, decodeId(String(id), 'OpportunityRule'), size);
    },
  }),
);
