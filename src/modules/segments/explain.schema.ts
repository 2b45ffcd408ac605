// `Query.segmentExplain`.
import { builder } from '../../graphql/builder.ts';
import { readerOf, viewerOf } from '../../graphql/context.ts';
import { decodeId } from '../../graphql/ids.ts';
import { entityRow } from '../../graphql/planned.ts';
import { enumOfNames, refOf } from '../../graphql/refs.ts';
import { entityNamed } from '../../query/entity.ts';
import { explainSegment, type SegmentExplanation } from './explain.ts';

type ExplainedNode = SegmentExplanation['nodes'][number];

const NodeRef = builder.objectRef<ExplainedNode>('RuleExplanationNode').implement({
  description: 'One part of a rule, and whether it holds for the customer.',
  fields: (t) => ({
    path: t.exposeString('path', { description: 'Where it stands in the rule, from the top: `all.0.not`; empty for the whole rule.' }),
    depth: t.exposeInt('depth', { description: 'How deep it stands: 0 for the whole rule.' }),
    kind: t.exposeString('kind', { description: 'What it is: all, any, not, or the kind of condition.' }),
    text: t.exposeString('text', { description: 'The condition in words.' }),
    holds: t.exposeBoolean('holds', { description: 'Whether it holds.' }),
    value: t.field({
      type: 'JSON',
      nullable: true,
      description: 'The value that decided: the attribute, the number of orders, the day of the last contact.',
      resolve: (node) => (node.value ?? null) as never,
    }),
  }),
});

const reasons: Record<SegmentExplanation['reason'], string> = {
  RULE: 'The rule decides.',
  DEFAULT: 'It takes whoever no other segment takes; `nodes` are those of the rule that took the customer, if one did.',
  EARLIER_SEGMENT: 'The rule holds, but a segment with a higher priority takes the customer.',
  VALUE: 'The value decides, against that of all others.',
  LIST: 'People and programs keep the list.',
};
const ReasonRef = enumOfNames('SegmentReason', 'What decides about a membership.', Object.keys(reasons), (name) => reasons[name as 'RULE']);

const ExplanationRef = builder.objectRef<SegmentExplanation>('SegmentExplanation').implement({
  description: 'Why a customer is in a segment, or is not.',
  fields: (t) => ({
    member: t.exposeBoolean('member', { description: 'Whether the customer is in it, as memberships are kept.' }),
    holds: t.exposeBoolean('holds', { nullable: true, description: 'What the rule says at this moment; null where none decides.' }),
    reason: t.field({ type: ReasonRef, description: 'What decides.', resolve: (row) => row.reason }),
    since: t.field({ type: 'DateTime', nullable: true, description: 'Since when the customer is in it.', resolve: (row) => row.since }),
    evaluatedAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When the segment was last worked out for everyone.',
      resolve: (row) => row.evaluatedAt,
    }),
    value: t.field({
      type: 'Decimal',
      nullable: true,
      description: 'Value classes: the value by which the customer was placed.',
      resolve: (row) => row.value,
    }),
    customer: t.field({
      type: refOf('Customer'),
      nullable: true,
      description: 'The customer.',
      resolve: (row, _args, ctx, info) => entityRow(ctx, info, entityNamed('Customer'), row.customerId),
    }),
    segment: t.field({
      type: refOf('Segment'),
      nullable: true,
      description: 'The segment.',
      resolve: (row, _args, ctx, info) => entityRow(ctx, info, entityNamed('Segment'), row.segmentId),
    }),
    takenBy: t.field({
      type: refOf('Segment'),
      nullable: true,
      description: 'The segment of the strategic segmentation that takes the customer; null for tactical ones.',
      resolve: (row, _args, ctx, info) => (row.takenById ? entityRow(ctx, info, entityNamed('Segment'), row.takenById) : null),
    }),
    nodes: t.field({ type: [NodeRef], description: 'The parts of the rule, from the top.', resolve: (row) => row.nodes }),
  }),
});

builder.queryField('segmentExplain', (t) =>
  t.field({
    type: ExplanationRef,
    nullable: true,
    description:
      'Why a customer is in a segment, or is not: the parts of the rule with the values that decided. FORBIDDEN where the rule looks at what the role hides. Needs customers:read and segments:read.',
    args: {
      customer: t.arg.id({ required: true, description: 'Id of the customer.' }),
      segment: t.arg.id({ required: true, description: 'Id of the segment.' }),
    },
    extensions: { cost: { complexity: 20 } },
    resolve: (_root, args, ctx) =>
      explainSegment(
        readerOf(ctx).db,
        viewerOf(ctx),
        decodeId(String(args.customer), 'Customer'),
        decodeId(String(args.segment), 'Segment'),
      ),
  }),
);
