// The event log in the API: the Event type and Query.events.
import { hasPermission } from '../../auth/permissions.ts';
import type { Viewer } from '../../auth/viewer.ts';
import { assertReached, decodeCursor, EventCursorError, type EventRow, encodeCursor, readEvents } from '../../events/index.ts';
import { ActorRef } from '../../graphql/actor.ts';
import { builder } from '../../graphql/builder.ts';
import { NodeRef } from '../../graphql/common-types.ts';
import { connectionTypes } from '../../graphql/connection.ts';
import { readerOf, viewerOf } from '../../graphql/context.ts';
import { apiError } from '../../graphql/errors.ts';
import { decodeAnyId, encodeId } from '../../graphql/ids.ts';
import { loadOne } from '../../graphql/object-type.ts';
import { encodeTypeId } from '../../lib/typeid.ts';
import { pageDirection } from '../../query/page.ts';
import { mayRead } from '../../query/policy.ts';
import { countEvents } from './count.ts';
import { hidesCustomer, presentData, subjectEntity } from './present.ts';
import { visibleEvents } from './visibility.ts';

export const EventRef = builder.objectRef<EventRow>('Event').implement({
  description: 'The fact that something changed. Every feed gives the same events in the same order.',
  isTypeOf: (row) => (row as { seq?: unknown }).seq !== undefined,
  fields: (t) => ({
    id: t.id({
      description: 'Stable id of the event, the same in every feed and delivery.',
      resolve: (event) => encodeTypeId('event', event.id),
    }),
    cursor: t.string({
      description: 'Its place in the log: feeds and `Query.events` go on after it.',
      resolve: (event) => encodeCursor(event.seq),
    }),
    type: t.exposeString('type', { description: '`<entity>.<past participle>`, for example `customer.created`.' }),
    subjectType: t.exposeString('subjectType', { description: 'Type of the thing that changed.' }),
    subjectId: t.id({
      description: 'Id of the thing that changed.',
      resolve: (event) => (subjectEntity(event) ? encodeId(event.subjectType, event.subjectId) : event.subjectId),
    }),
    subject: t.field({
      type: NodeRef as never,
      nullable: true,
      description: 'The thing that changed, as it is now; null when it is gone or out of sight.',
      resolve: (event, _args, ctx) => {
        const entity = subjectEntity(event);
        return (entity && mayRead(viewerOf(ctx), entity) ? loadOne(ctx, entity, event.subjectId) : null) as never;
      },
    }),
    customerId: t.id({
      nullable: true,
      description: 'Id of the customer it concerns.',
      resolve: (event, _args, ctx) =>
        event.customerId && !hidesCustomer(viewerOf(ctx), event) ? encodeId('Customer', event.customerId) : null,
    }),
    actor: t.field({ type: ActorRef, description: 'Who caused it.', resolve: (event) => ({ kind: event.actorKind, id: event.actorId }) }),
    origin: t.exposeString('origin', {
      nullable: true,
      description: 'Which integration caused it, as it said in `x-trato-origin`: so an automation can skip its own writes.',
    }),
    requestId: t.exposeString('requestId', { nullable: true, description: 'The request that caused it.' }),
    occurredAt: t.expose('occurredAt', { type: 'DateTime', description: 'When it happened.' }),
    data: t.field({
      type: 'JSON',
      description: 'The changed fields `before` and `after`, without those the role hides.',
      resolve: (event, _args, ctx) => presentData(viewerOf(ctx), event),
    }),
  }),
});

const EventConnection = connectionTypes<EventRow>('Event', EventRef as never);

export type EventsArgs = { after?: string | null; types?: string[] | null; subjectId?: string | null };

/** Throws FORBIDDEN unless the role may read the log. */
export function requireEvents(viewer: Viewer): void {
  if (!hasPermission(viewer.role, 'events:read')) throw apiError('FORBIDDEN', 'The role lacks the permission events:read.');
}

/** What `types` and `subjectId` select. A customer's id selects everything about the customer. */
export function eventFilter(viewer: Viewer, args: EventsArgs) {
  const subject = args.subjectId == null ? null : decodeAnyId(String(args.subjectId));
  if (args.subjectId != null && !subject) throw apiError('ID_INVALID', 'Not an id of this API: ids look like customer_01….');
  if (args.types && args.types.length > 50)
    throw apiError('BAD_USER_INPUT', 'At most 50 types.', { limit: 'types', value: args.types.length, maximum: 50 });
  return {
    workspaceId: viewer.workspaceId,
    ...(args.types ? { types: args.types } : {}),
    ...(subject ? (subject.entity === 'Customer' ? { customerId: subject.uuid } : { subjectId: subject.uuid }) : {}),
  };
}

/** Reads a cursor of the log. Throws CURSOR_INVALID. */
export function eventCursor(after: string | null | undefined): bigint | undefined {
  return after == null ? undefined : withApiErrors(() => decodeCursor(after));
}

export function withApiErrors<T>(fn: () => T): T {
  try {
    return fn();
  } catch (error) {
    throw toApiError(error);
  }
}

export function toApiError(error: unknown): unknown {
  return error instanceof EventCursorError ? apiError(error.code, error.message) : error;
}

builder.queryField('events', (t) =>
  t.field({
    type: EventConnection,
    description: 'The event log from its beginning or after a cursor, oldest first. The cursors are those of the feeds. Needs events:read.',
    args: {
      first: t.arg.int({ description: 'How many, 25 unless told, at most 100.' }),
      after: t.arg.string({ description: 'Cursor of the last event seen.' }),
      types: t.arg.stringList({ description: 'Only these types.' }),
      subjectId: t.arg.id({ description: 'Only events of this thing; a customer’s id gives everything about the customer.' }),
    },
    resolve: (_root, args, ctx) => {
      const { db, viewer } = readerOf(ctx);
      requireEvents(viewer);
      const filter = eventFilter(viewer, args as EventsArgs);
      const { limit } = pageDirection({ first: args.first });
      const after = eventCursor(args.after);
      let pending: Promise<{ rows: EventRow[]; cursors: string[]; hasNextPage: boolean; hasPreviousPage: boolean }> | undefined;
      const read = async () => {
        if (after !== undefined) await assertReached(db, after).catch((error) => Promise.reject(toApiError(error)));
        const rows = await readEvents(db, { ...filter, after: after ?? 0n, visible: visibleEvents(viewer), limit: limit + 1 });
        const kept = rows.slice(0, limit);
        return {
          rows: kept,
          cursors: kept.map((row) => encodeCursor(row.seq)),
          hasNextPage: rows.length > limit,
          hasPreviousPage: after !== undefined,
        };
      };
      return {
        page: () => {
          pending ??= read();
          return pending;
        },
        count: (upTo) => countEvents(db, filter, visibleEvents(viewer), upTo),
      };
    },
  }),
);
