// Whole families of customers: a parent with everyone below it.
import sql, { raw, type Sql } from 'sql-template-tag';

/** Whether a tie holds: not archived and not ended before today (UTC). What has not begun yet counts already. */
export function isActive(alias: string): Sql {
  return raw(`(${alias}.archived_at is null and (${alias}.until is null or ${alias}.until >= current_date))`);
}

/** How many ties deep a family is followed. */
export const MAX_DEPTH = 20;

/**
 * A subquery of customer ids for `customer_id in (…)`: `root` and everyone tied to it, directly or through others, by
 * active relationships of the kind with this key that point at it. For `subsidiary_of`: the parent with all its
 * subsidiaries. No further than MAX_DEPTH ties away, which also ends circles; ids may repeat. All three arguments are
 * SQL: values (`sql`${uuid}::uuid``) or columns of the query around it. It cuts by no row policy: that of the rows it
 * selects does.
 */
export function descendantsSql(kindKey: Sql, root: Sql, workspaceId: Sql): Sql {
  return sql`with recursive family (id, depth) as (
      select (${root})::uuid, 0
      union
      select r.from_id, f.depth + 1
      from family f join relationships r on r.workspace_id = ${workspaceId} and r.to_id = f.id
      where f.depth < ${raw(String(MAX_DEPTH))} and ${isActive('r')}
        and r.kind_id = (select k.id from relationship_kinds k where k.workspace_id = ${workspaceId} and k.key = ${kindKey})
    )
    select id from family`;
}
