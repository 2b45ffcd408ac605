// What the arguments of the event feeds and lists mean.
import { hasPermission } from '../../auth/permissions.ts';
import type { Viewer } from '../../auth/viewer.ts';
import { decodeCursor, EventCursorError } from '../../events/index.ts';
import { apiError } from '../../graphql/errors.ts';
import { decodeAnyId } from '../../graphql/ids.ts';

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
