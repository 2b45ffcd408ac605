// Cutting live batches by a viewer's rows. Feeds share the log's rows, so who sees what is asked of the database, once for each kind of viewer.
import sql from 'sql-template-tag';
import { hasPermission } from '../../auth/permissions.ts';
import type { EventRow } from '../../events/index.ts';
import { entityNamed } from '../../query/entity.ts';
import { cutsRows, mayRead } from '../../query/policy.ts';
import type { Reader } from '../../query/reader.ts';
import { subjectEntity } from './present.ts';
import { visibleEvents } from './visibility.ts';

/** The events of a batch that the reader's viewer sees, in order. Feeds of equal policy share the look at the rows. */
export async function onlyVisible(reader: Reader, events: EventRow[]): Promise<EventRow[]> {
  const { viewer } = reader;
  if (!hasPermission(viewer.role, 'events:read')) return [];
  const readable = events.filter((event) => {
    const entity = subjectEntity(event);
    return entity !== null && mayRead(viewer, entity);
  });
  const doubtful = readable.filter((event) => cutsRows(viewer, entityNamed(event.subjectType)));
  if (doubtful.length === 0) return readable;
  const load = (seqs: readonly bigint[]) => visibleOf(reader, seqs);
  const seen = await Promise.all(doubtful.map((event) => reader.batch('visible-events', event.seq, load)));
  const hidden = new Set(doubtful.filter((_event, i) => !seen[i]).map((event) => event.seq));
  return readable.filter((event) => !hidden.has(event.seq));
}

async function visibleOf({ db, viewer }: Reader, seqs: readonly bigint[]): Promise<boolean[]> {
  const rows = await db.query<{ seq: bigint }>(sql`select e.seq from events e where e.workspace_id = ${viewer.workspaceId}::uuid
    and e.seq = any(${seqs.map(String)}::int8[]) and ${visibleEvents(viewer)}`);
  const seen = new Set(rows.map((row) => row.seq));
  return seqs.map((seq) => seen.has(seq));
}
