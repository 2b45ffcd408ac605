import type { JsonValue } from '../../db/models.ts';
import { builder } from '../../graphql/builder.ts';
import { bulkMutation } from '../../graphql/bulk-mutation.ts';
import { enumRefs } from '../../graphql/common-types.ts';
import { entityConnection, listArgs } from '../../graphql/connection.ts';
import { type Context, readerOf } from '../../graphql/context.ts';
import { crudMutations } from '../../graphql/crud-mutations.ts';
import { entityMutation } from '../../graphql/mutation.ts';
import { entityRootFields, entityType } from '../../graphql/object-type.ts';
import { fromColumns, planned } from '../../graphql/planned.ts';
import { refOf } from '../../graphql/refs.ts';
import { customer } from '../customers/index.ts';
import { type StoredRule, writtenRules } from '../rules/index.ts';
import { type Evaluation, kindKeys, readEvaluations } from './evaluation.ts';
import { storedMeasure } from './measure.ts';
import { segmentMembersAdd, segmentMembersRemove } from './members.commands.ts';
import { membersAtPlan } from './members-at.ts';
import { segmentationRecompute } from './recompute.ts';
import { segmentationCommands } from './segmentations.commands.ts';
import { segmentCommands } from './segments.commands.ts';
import { segment, segmentation, segmentMembership } from './segments.entity.ts';
import './explain.schema.ts';
import './portfolio.schema.ts';
import './preview.schema.ts';

for (const entity of [segmentation, segment, segmentMembership]) entityType(entity);
for (const entity of [segmentation, segment]) entityRootFields(entity);
crudMutations(segmentationCommands, 'Segmentation');
crudMutations(segmentCommands, 'Segment');
entityMutation(segmentationRecompute, 'Segmentation');
bulkMutation(segmentMembersAdd, 'SegmentMembership');
bulkMutation(segmentMembersRemove, 'SegmentMembership');

const EvaluationRef = builder.objectRef<Evaluation>('RuleEvaluation').implement({
  description: 'How far it is worked out who belongs to what rules decide.',
  fields: (t) => ({
    state: t.field({
      type: enumRefs.RuleUnitState as never,
      description: 'READY where memberships follow what happens.',
      resolve: (row) => row.state as never,
    }),
    evaluatedAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When it was last worked out for everyone.',
      resolve: (row) => row.evaluatedAt,
    }),
    failure: t.exposeString('failure', { nullable: true, description: 'Why that failed.' }),
  }),
});

type SegmentColumns = { id: string; segmentationId: string; rule: JsonValue };

function evaluationOf(ctx: Context, id: string): Promise<Evaluation | null> {
  const { batch, db, viewer } = readerOf(ctx);
  return batch('RuleEvaluation', id, (ids: readonly string[]) => readEvaluations(db, viewer, ids));
}

builder.objectFields(refOf('Segment'), (t) => ({
  rule: t.field({
    type: 'JSON',
    nullable: true,
    description:
      'The rule in the form of `SegmentRuleInput`, with keys and ids as the API writes them; null for lists, defaults and value classes.',
    ...fromColumns(['rule'], (row: SegmentColumns, _args, ctx) => {
      if (row.rule === null) return null;
      const { batch, db, viewer } = readerOf(ctx);
      return batch('Segment.rule', row.rule as StoredRule, (rules: readonly StoredRule[]) =>
        writtenRules(db, viewer.workspaceId, [...rules]),
      );
    }),
  }),
  evaluation: t.field({
    type: EvaluationRef,
    nullable: true,
    description: 'How far its members are worked out; null for lists.',
    ...fromColumns(
      ['id', 'segmentationId'],
      async (row: SegmentColumns, _args, ctx) => (await evaluationOf(ctx, row.id)) ?? evaluationOf(ctx, row.segmentationId),
    ),
  }),
  membersAt: t.field({
    type: entityConnection(customer),
    description: 'The customers who were in it at a moment.',
    args: {
      ...(listArgs(t as never, customer) as Record<string, never>),
      at: t.arg({ type: 'DateTime', required: true, description: 'The moment.' }),
    },
    ...planned(membersAtPlan),
  }),
}));

const MeasureRef = builder.objectRef<{ source: string; kinds: string[] | null; withinDays: number | null }>('ValueMeasure').implement({
  description: 'What value classes are made by.',
  fields: (t) => ({
    source: t.exposeString('source', { description: 'WON_OPPORTUNITIES or INTERACTION_VALUE.' }),
    kinds: t.exposeStringList('kinds', { nullable: true, description: 'Keys of the interaction kinds that count; null: all.' }),
    withinDays: t.exposeInt('withinDays', { nullable: true, description: 'How many days back it reaches; null: to the beginning.' }),
  }),
});

builder.objectFields(refOf('Segmentation'), (t) => ({
  measure: t.field({
    type: MeasureRef,
    nullable: true,
    description: 'What its value classes are made by; null where rules decide.',
    ...fromColumns(['measure'], async (row: { measure: JsonValue }, _args, ctx) => {
      if (row.measure === null) return null;
      const { source, kinds, withinDays } = storedMeasure(row.measure);
      const { db, viewer } = readerOf(ctx);
      return { source, kinds: kinds ? await kindKeys(db, viewer, kinds) : null, withinDays: withinDays ?? null };
    }),
  }),
  evaluation: t.field({
    type: EvaluationRef,
    nullable: true,
    description: 'How far a strategic one is worked out; segments of a tactical one tell it each.',
    ...fromColumns(['id'], (row: { id: string }, _args, ctx) => evaluationOf(ctx, row.id)),
  }),
}));
