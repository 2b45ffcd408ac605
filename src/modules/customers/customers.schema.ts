import type { Viewer } from '../../auth/viewer.ts';
import { builder } from '../../graphql/builder.ts';
import { bulkMutation } from '../../graphql/bulk-mutation.ts';
import { connectionTypes, pageArgs } from '../../graphql/connection.ts';
import { readerOf, viewerOf } from '../../graphql/context.ts';
import { apiError } from '../../graphql/errors.ts';
import { entityMutation } from '../../graphql/mutation.ts';
import { entityRootFields, entityType } from '../../graphql/object-type.ts';
import { entityRow, exposed, planned } from '../../graphql/planned.ts';
import { enumOfNames, refOf } from '../../graphql/refs.ts';
import { describeInput } from '../../graphql/zod-inputs.ts';
import { rootOnePlan } from '../../query/entity-plans.ts';
import { requireVisible } from '../../query/filter.ts';
import { momentSql } from '../../query/json.ts';
import { listSql } from '../../query/list-plan.ts';
import { columnsAt } from '../../query/plan.ts';
import { requireRead } from '../../query/policy.ts';
import { parseRef } from './customer-ref.ts';
import { customerArchive, customerCreate, customerRestore, customerUpdate } from './customers.commands.ts';
import { customer, identity, need, preference } from './customers.entity.ts';
import { customerErase } from './erase.command.ts';
import { customerIdOf, customerIdSql } from './find.ts';
import { identityAdd, identityRemove, identityUpdate, needCommands, preferenceCommands } from './knowledge.commands.ts';
import { customerRef } from './resolve.ts';
import { addTimelineSource, timelineEntities, timelineList, timelineNodePlan } from './timeline.ts';
import { customersUpsert } from './upsert.command.ts';
import './recognise.schema.ts';

for (const entity of [customer, identity, preference, need]) entityType(entity);
entityRootFields(customer);

addTimelineSource({ entity: 'Preference', customerId: 'customerId', at: 'observedAt' });
addTimelineSource({ entity: 'Need', customerId: 'customerId', at: 'observedAt' });
addTimelineSource({ entity: 'LifecycleTransition', customerId: 'customerId', at: 'occurredAt' });
addTimelineSource({ entity: 'Relationship', customerId: 'fromId', at: 'createdAt' });
addTimelineSource({ entity: 'Relationship', customerId: 'toId', at: 'createdAt' });

// Who is found by an identity has it: asking often enough would tell a hidden one.
function requireIdentities(viewer: Viewer): void {
  requireVisible(viewer, customer, 'identities');
  for (const field of ['kind', 'system', 'value', 'customer']) requireVisible(viewer, identity, field);
}

builder.queryField('customer', (t) =>
  t.field({
    type: refOf('Customer'),
    nullable: true,
    description: 'One customer by id, by an identity or by its id in another system; null when there is none or the role does not see it.',
    args: {
      by: t.arg({ type: describeInput(customerRef('Which customer.')).type as never, required: true, description: 'Which customer.' }),
    },
    extensions: {
      plan: rootOnePlan(customer, (run, { by }) => customerIdSql(run.viewer.workspaceId, refAsked(run.viewer, by)) ?? leave()),
    },
    resolve: async (_root, { by }, ctx, info) => {
      requireRead(viewerOf(ctx), customer);
      const id = await customerIdOf(readerOf(ctx), refAsked(viewerOf(ctx), by));
      return id === null ? null : entityRow(ctx, info, customer, id);
    },
  }),
);

function refAsked(viewer: Viewer, by: unknown) {
  const ref = parseRef(by);
  if (!ref.id) requireIdentities(viewer);
  return ref;
}

/** Has the resolver answer, who can look up the workspace's country first. */
function leave(): never {
  throw apiError('BAD_USER_INPUT', 'The number is read as of the country of the workspace.');
}

for (const command of [
  customerCreate,
  customerUpdate,
  customerArchive,
  customerRestore,
  customerErase,
  identityAdd,
  identityRemove,
  identityUpdate,
])
  entityMutation(command as never, 'Customer');
for (const command of [preferenceCommands.add, preferenceCommands.update]) entityMutation(command as never, 'Preference');
for (const command of [needCommands.add, needCommands.update]) entityMutation(command as never, 'Need');
bulkMutation(customersUpsert, 'Customer');

const TimelineEntryRef = builder.objectRef<never>('TimelineEntry').implement({
  description: 'Something that happened to a customer.',
  fields: (t) => ({
    at: t.field({ type: 'DateTime', description: 'When.', ...planned((place) => momentSql(columnsAt(place)('at'))) }),
    type: t.field({ type: 'String', description: 'Type of what happened, for example `Interaction`.', ...exposed('entity') }),
    node: t.field({
      type: TimelineNodeRef,
      nullable: true,
      description: 'What happened; null when it was removed meanwhile.',
      ...planned(timelineNodePlan),
    }),
  }),
});

const TimelineNodeRef = builder.unionType('TimelineNode', {
  description: 'The kinds of things in a timeline.',
  types: () => timelineEntities().map((name) => refOf(name)) as never,
  resolveType: (row) => (row as unknown as { $: string }).$,
});

const TimelineConnection = connectionTypes('TimelineEntry', TimelineEntryRef as never);

builder.objectField(refOf('Customer'), 'timeline', (t) =>
  t.field({
    type: TimelineConnection as never,
    description: 'Everything that happened to the customer, newest first, as far as the role sees it.',
    args: {
      ...(pageArgs(t as never) as Record<string, never>),
      types: t.arg({ type: [TimelineTypeRef()] as never, description: 'Only these types.' }),
    },
    ...planned((place) => listSql(place, timelineList(place, entityOfType))),
  }),
);

const typeOfEntity = (name: string) => name.replace(/(?<=[a-z])(?=[A-Z])/g, '_').toUpperCase();
const entityOfType = (type: string) => timelineEntities().find((name) => typeOfEntity(name) === type)!;

let timelineType: unknown;
function TimelineTypeRef(): unknown {
  timelineType ??= enumOfNames('TimelineType', 'The types of things in a timeline.', timelineEntities().map(typeOfEntity));
  return timelineType;
}
