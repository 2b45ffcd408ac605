import sql, { type Sql } from 'sql-template-tag';

/**
 * The part of a statement that finds rows of `webhook_deliveries d` and locks them in the order of their ids, as `locked`:
 * `with ${lockedInOrder(…)} update webhook_deliveries d … from locked where ${isLocked}`. Whatever changes several of them at
 * once (outcomes, skipping, erasing) does so, and never waits in a circle.
 */
export function lockedInOrder(where: Sql): Sql {
  return sql`locked as materialized (
    select d.workspace_id, d.id from webhook_deliveries d where ${where} order by d.id for no key update)`;
}

export const isLocked = sql`d.workspace_id = locked.workspace_id and d.id = locked.id`;
