// What the arguments of the event feeds and lists mean.
import { hasPermission } from '../../auth/permissions.ts';
import type { Viewer } from '../../auth/viewer.ts';
import { decodeCursor, EventCursorError, type EventFilter } from '../../events/index.ts';
import { apiError } from '../../graphql/errors.ts';
import { decodeAnyId } from '../../graphql/ids.ts';
import { requireKnownFields } from './changed.ts';

export type EventsArgs = {
  after?: string | null;
  types?: string[] | null;
  subjectId?: string | null;
  changed?: string[] | null;
  notOrigins?: string[] | null;
};

const MOST = 50;

/** What the arguments of that name are for, wherever they stand. */
export const CHANGED = 'Only events that changed one of these fields, by their names in `Event.changed`.';
export const NOT_ORIGINS = 'No events that these integrations caused, by what they say in `x-trato-origin`: so one skips its own writes.';

/** Throws FORBIDDEN unless the role may read the log. */
export function requireEvents(viewer: Viewer): void {
  if (!hasPermission(viewer.role, 'events:read')) throw apiError('FORBIDDEN', 'The role lacks the permission events:read.');
}

/** What `types` and `subjectId` select. A customer's id selects everything about the customer. */
export function eventFilter(viewer: Viewer, args: EventsArgs) {
  const subject = args.subjectId == null ? null : decodeAnyId(String(args.subjectId));
  if (args.subjectId != null && !subject) throw apiError('ID_INVALID', 'Not an id of this API: ids look like customer_01….');
  requireShort('types', args.types);
  const changes = changesOf(args);
  requireKnownFields(viewer, args.changed);
  return {
    workspaceId: viewer.workspaceId,
    ...(args.types ? { types: args.types } : {}),
    ...changes,
    ...(subject ? (subject.entity === 'Customer' ? { customerId: subject.uuid } : { subjectId: subject.uuid }) : {}),
  };
}

/** What `changed` and `notOrigins` select. Throws BAD_USER_INPUT where they are too long. */
export function changesOf({
  changed,
  notOrigins,
}: Pick<EventsArgs, 'changed' | 'notOrigins'>): Pick<EventFilter, 'changed' | 'notOrigins'> {
  requireShort('changed', changed);
  requireShort('notOrigins', notOrigins);
  return { ...(changed && { changed }), ...(notOrigins && { notOrigins }) };
}

function requireShort(limit: string, list: readonly unknown[] | null | undefined): void {
  if (list && list.length > MOST)
    throw apiError('BAD_USER_INPUT', `At most ${MOST} ${limit}.`, { limit, value: list.length, maximum: MOST });
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
