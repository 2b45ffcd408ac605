// The event log in the API: the Event type and Query.events.
import sql, { raw } from 'sql-template-tag';
import { type EventRow, encodeCursor } from '../../events/index.ts';
import { ActorRef } from '../../graphql/actor.ts';
import { builder } from '../../graphql/builder.ts';
import { NodeRef } from '../../graphql/common-types.ts';
import { connectionTypes } from '../../graphql/connection.ts';
import { viewerOf } from '../../graphql/context.ts';
import { encodeId } from '../../graphql/ids.ts';
import { entityRow, exposed, fromColumns, planned, plannedRoot } from '../../graphql/planned.ts';
import { encodeTypeId } from '../../lib/typeid.ts';
import { momentSql } from '../../query/json.ts';
import { columnsAt, compositeSql } from '../../query/plan.ts';
import { mayRead } from '../../query/policy.ts';
import { CHANGED, NOT_ORIGINS } from './events-args.ts';
import { eventCursorSql, eventsPlan } from './events-plan.ts';
import { changedFields, hidesCustomer, presentData, subjectEntity } from './present.ts';

export const EventRef = builder.objectRef<EventRow>('Event').implement({
  description: 'The fact that something changed. Every feed gives the same events in the same order.',
  isTypeOf: (row) => (row as { seq?: unknown }).seq !== undefined || (row as { $?: string }).$ === 'Event',
  fields: (t) => ({
    id: t.field({
      type: 'ID',
      description: 'Stable id of the event, the same in every feed and delivery.',
      ...planned(
        (place) => ({ sql: columnsAt(place)('id'), prefix: 'event' }),
        (event: EventRow) => encodeTypeId('event', event.id),
      ),
    }),
    cursor: t.field({
      type: 'String',
      description: 'Its place in the log: feeds and `Query.events` go on after it.',
      ...planned(
        (place) => eventCursorSql(columnsAt(place)('seq')),
        (event: EventRow) => encodeCursor(event.seq),
      ),
    }),
    type: t.field({ type: 'String', description: '`<entity>.<past participle>`, for example `customer.created`.', ...exposed('type') }),
    subjectType: t.field({ type: 'String', description: 'Type of the thing that changed.', ...exposed('subjectType') }),
    subjectId: t.field({
      type: 'ID',
      description: 'Id of the thing that changed.',
      ...fromColumns(['subjectType', 'subjectId'], (event: EventRow) =>
        subjectEntity(event) ? encodeId(event.subjectType, event.subjectId) : event.subjectId,
      ),
    }),
    subject: t.field({
      type: NodeRef as never,
      nullable: true,
      description: 'The thing that changed, as it is now; null when it is gone or out of sight.',
      ...fromColumns(['subjectType', 'subjectId'], (event: EventRow, _args, ctx, info) => {
        const entity = subjectEntity(event);
        return entity && mayRead(viewerOf(ctx), entity) ? entityRow(ctx, info, entity, event.subjectId) : null;
      }),
    }),
    customerId: t.field({
      type: 'ID',
      nullable: true,
      description: 'Id of the customer it concerns.',
      ...fromColumns(['subjectType', 'customerId'], (event: EventRow, _args, ctx) =>
        event.customerId && !hidesCustomer(viewerOf(ctx), event) ? encodeId('Customer', event.customerId) : null,
      ),
    }),
    actor: t.field({
      type: ActorRef,
      description: 'Who caused it.',
      ...planned(
        (place) => {
          const c = columnsAt(place);
          return compositeSql(place, (alias) => sql`from (select ${c('actorKind')} as kind, ${c('actorId')} as id) ${raw(alias)}`);
        },
        (event: EventRow) => ({ kind: event.actorKind, id: event.actorId }),
      ),
    }),
    origin: t.field({
      type: 'String',
      nullable: true,
      description: 'Which integration caused it, as it said in `x-trato-origin`: so an automation can skip its own writes.',
      ...exposed('origin'),
    }),
    requestId: t.field({ type: 'String', nullable: true, description: 'The request that caused it.', ...exposed('requestId') }),
    occurredAt: t.field({
      type: 'DateTime',
      description: 'When it happened.',
      ...planned(
        (place) => momentSql(columnsAt(place)('occurredAt')),
        (event: EventRow) => event.occurredAt,
      ),
    }),
    changed: t.field({
      type: ['String'],
      description: 'Names of the changed fields, as in `data`, without those the role hides. Of a new thing: all that were set.',
      ...fromColumns(['type', 'subjectType', 'data'], (event: EventRow, _args, ctx) => changedFields(viewerOf(ctx), event)),
    }),
    data: t.field({
      type: 'JSON',
      description: 'The changed fields `before` and `after`, without those the role hides.',
      ...fromColumns(['type', 'subjectType', 'data'], (event: EventRow, _args, ctx) => presentData(viewerOf(ctx), event)),
    }),
  }),
});

const EventConnection = connectionTypes('Event', EventRef as never);

builder.queryField('events', (t) =>
  t.field({
    type: EventConnection,
    description: 'The event log from its beginning or after a cursor, oldest first. The cursors are those of the feeds. Needs events:read.',
    args: {
      first: t.arg.int({ description: 'How many, 25 unless told, at most 100.' }),
      after: t.arg.string({ description: 'Cursor of the last event seen.' }),
      types: t.arg.stringList({ description: 'Only these types.' }),
      subjectId: t.arg.id({ description: 'Only events of this thing; a customer’s id gives everything about the customer.' }),
      changed: t.arg.stringList({ description: CHANGED }),
      notOrigins: t.arg.stringList({ description: NOT_ORIGINS }),
    },
    ...plannedRoot(eventsPlan),
  }),
);
