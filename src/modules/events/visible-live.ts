// Cutting live batches by a viewer's rows. Feeds share the log's rows, so who sees what is asked of the database, once for each kind of viewer.
import sql from 'sql-template-tag';
import type { Viewer } from '../../auth/viewer.ts';
import { hasPermission } from '../../auth/permissions.ts';
import type { Queryable } from '../../db/database.ts';
import type { EventRow } from '../../events/index.ts';
import { entityNamed } from '../../query/entity.ts';
import { mayRead } from '../../query/policy.ts';
import { subjectEntity } from './present.ts';
import { isScoped, visibleEvents } from './visibility.ts';

/** The events of a batch that the viewer sees, in order. */
export async function onlyVisible(db: Queryable, viewer: Viewer, events: EventRow[]): Promise<EventRow[]> {
  if (!hasPermission(viewer.role, 'events:read')) return [];
  const readable = events.filter((event) => {
    const entity = subjectEntity(event);
    return entity !== null && mayRead(viewer, entity);
  });
  const doubtful = readable.filter((event) => isScoped(viewer, entityNamed(event.subjectType)));
  if (doubtful.length === 0) return readable;
  const rows = await db.query<{ seq: bigint }>(sql`select e.seq from events e where e.workspace_id = ${viewer.workspaceId}::uuid
    and e.seq = any(${doubtful.map((event) => String(event.seq))}::int8[]) and ${visibleEvents(viewer)}`);
  const seen = new Set(rows.map((row) => row.seq));
  return readable.filter((event) => seen.has(event.seq) || !isScoped(viewer, entityNamed(event.subjectType)));
}
