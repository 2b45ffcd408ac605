// How many events a list holds, counted no further than a bound.
import sql, { type Sql } from 'sql-template-tag';
import type { Queryable } from '../../db/database.ts';
import type { EventFilter } from '../../events/index.ts';
import type { BoundedCount } from '../../query/aggregate.ts';

/** Counts at most `upTo` events that are visible (a predicate on alias `e`). */
export async function countEvents(db: Queryable, filter: EventFilter, visible: Sql, upTo: number): Promise<BoundedCount> {
  const [row] = await db.query<{
    count: bigint;
  }>(sql`select count(*) as count from (select from events e where e.workspace_id = ${filter.workspaceId}::uuid
    and (${filter.types ?? null}::text[] is null or e.type = any(${filter.types ?? null}::text[]))
    ${filter.subjectId ? sql`and e.subject_id = ${filter.subjectId}::uuid` : sql``} ${filter.customerId ? sql`and e.customer_id = ${filter.customerId}::uuid` : sql``}
    and ${visible} limit ${upTo + 1}) c`);
  const count = Number(row!.count);
  return { value: Math.min(count, upTo), isExact: count <= upTo };
}
