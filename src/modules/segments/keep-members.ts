// The one statement that brings memberships in line with what rules say, writes what changed to the event log, and notes when
// to look again. Everything happens in the caller's transaction: so it happens once or not at all.
import sql, { type Sql } from 'sql-template-tag';
import type { Transaction } from '../../db/database.ts';
import { newIdSql } from '../../db/uuid-sql.ts';
import { announceAppended } from '../../events/append.ts';

export type Keeping = {
  workspaceId: string;
  now: Date;
  /** Whose memberships are kept; null: of everyone. */
  customers: readonly string[] | null;
  /** Why, for the events. */
  cause: string;
  /** The current memberships it is about (aliased `m`), without workspace and customers. */
  owned: Sql;
  exclusive: boolean;
  /** CTEs, of which the last is `evaluated(customer_id, segmentation_id, segment_id, value, due_at)`; segment_id null: in none. */
  evaluation: Sql;
  /** Further CTEs over `evaluated`, begun by a comma. */
  more?: Sql;
};

/** Keeps memberships. Answers how many stays began and ended. */
export async function keepMembers(tx: Transaction, keeping: Keeping): Promise<{ entered: number; left: number }> {
  const { text, values } = keepMembersSql(keeping);
  // For a few customers planning takes ten times as long as running; for everyone the plan has to fit the numbers.
  const statement = { text, values, prepared: keeping.customers !== null };
  const [row] = await tx.query<{ entered: number; left: number }>(statement);
  if (row!.entered + row!.left > 0) announceAppended(tx);
  return row!;
}

const iso = (column: Sql) => sql`to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

/** The statement behind `keepMembers`. */
export function keepMembersSql({ workspaceId, now, customers, cause, owned, exclusive, evaluation, more }: Keeping): Sql {
  const among = customers ? sql` and m.customer_id = any(${[...customers]}::uuid[])` : sql``;
  const moment = sql`${now}::timestamptz`;
  return sql`with ${evaluation},
    present as (
      select m.id, m.customer_id, m.segment_id, m.value from segment_memberships m
      where m.workspace_id = ${workspaceId}::uuid and m.left_at is null and ${owned}${among}
    ), ended as (
      update segment_memberships m set left_at = greatest(${moment}, m.entered_at)
      from (select p.id from present p where not exists (select from evaluated e where e.customer_id = p.customer_id and e.segment_id = p.segment_id)) gone
      where m.workspace_id = ${workspaceId}::uuid and m.id = gone.id
      returning m.id, m.segmentation_id, m.segment_id, m.customer_id, m.entered_at, m.left_at
    ), begun as (
      insert into segment_memberships (workspace_id, id, segmentation_id, segment_id, customer_id, exclusive, entered_at, value)
      select ${workspaceId}::uuid, ${newIdSql(now)}, e.segmentation_id, e.segment_id, e.customer_id, ${exclusive}::boolean, ${moment}, e.value
      from evaluated e
      -- Asking for the count has all stays ended before one begins: a customer is in one segment of a partition at a time.
      where e.segment_id is not null and (select count(*) from ended) >= 0
        and not exists (select from present p where p.customer_id = e.customer_id and p.segment_id = e.segment_id)
      returning id, segmentation_id, segment_id, customer_id, entered_at
    ), valued as (
      update segment_memberships m set value = e.value
      from present p join evaluated e on e.customer_id = p.customer_id and e.segment_id = p.segment_id
      where m.workspace_id = ${workspaceId}::uuid and m.id = p.id and p.value is distinct from e.value
      returning m.id
    ), told as (
      insert into event_inbox (workspace_id, id, type, subject_type, subject_id, customer_id, actor_kind, occurred_at, data)
      select ${workspaceId}::uuid, ${newIdSql(now)}, t.type, 'SegmentMembership', t.id, t.customer_id, 'SYSTEM', ${moment}, t.data
      from (
        select 'segment.left' as type, id, customer_id, jsonb_build_object('cause', ${cause}::text, 'before', jsonb_build_object('leftAt', null),
          'after', jsonb_build_object('segmentId', segment_id, 'segmentationId', segmentation_id, 'customerId', customer_id,
            'enteredAt', ${iso(sql`entered_at`)}, 'leftAt', ${iso(sql`left_at`)})) as data
        from ended
        union all
        select 'segment.entered', id, customer_id, jsonb_build_object('cause', ${cause}::text,
          'after', jsonb_build_object('segmentId', segment_id, 'segmentationId', segmentation_id, 'customerId', customer_id, 'enteredAt', ${iso(sql`entered_at`)}))
        from begun
      ) t
      returning position
    )${more ?? sql``}
    select (select count(*)::int from begun) as entered, (select count(*)::int from ended) as left, (select count(*)::int from told) as told,
      (select count(*)::int from valued) as valued`;
}
