// Reading the log. Every read is bounded by an index: (workspace, seq), or with a type, subject or customer between.
import sql, { empty, join, raw, type Sql } from 'sql-template-tag';
import type { Queryable } from '../db/database.ts';
import { EventCursorError } from './cursor.ts';
import type { EventFilter, EventRow } from './types.ts';

export type EventQuery = EventFilter & {
  /** Only events after this place. */
  after?: bigint;
  /** Only events before this place. */
  before?: bigint;
  /** Which end `limit` keeps; by default the newest if only `before` is given, else the oldest. */
  keep?: 'oldest' | 'newest';
  /** A further predicate, on the alias `e` of the table `events`. */
  visible?: Sql;
  limit: number;
};

/** The columns of an event under the names of `EventRow`, from the alias `e`. */
export const eventColumns = sql`e.seq, e.workspace_id as "workspaceId", e.id, e.type, e.subject_type as "subjectType",
  e.subject_id as "subjectId", e.customer_id as "customerId", e.actor_kind as "actorKind", e.actor_id as "actorId",
  e.origin, e.request_id as "requestId", e.occurred_at as "occurredAt", e.data`;

/** Reads at most `limit` events, always in the order of the log (oldest first), whichever end they are taken from. */
export async function readEvents(db: Queryable, query: EventQuery): Promise<EventRow[]> {
  if (query.types?.length === 0 || query.limit <= 0) return [];
  const newest = (query.keep ?? (query.before !== undefined && query.after === undefined ? 'newest' : 'oldest')) === 'newest';
  const rows = await db.query<EventRow>(eventsSql(query, newest));
  return newest ? rows.reverse() : rows;
}

/** The statement behind `readEvents`: rows of `eventColumns` in the order of the log, or against it where the newest are taken. */
export function eventsSql(query: EventQuery, newest = false): Sql {
  const { types, subjectId, customerId, limit } = query;
  const order = newest ? sql`desc` : empty;
  const conditions = [
    sql`e.workspace_id = ${query.workspaceId}::uuid`,
    ...(subjectId === undefined ? [] : [sql`e.subject_id = ${subjectId}::uuid`]),
    ...(customerId === undefined ? [] : [sql`e.customer_id = ${customerId}::uuid`]),
    ...(query.after === undefined ? [] : [sql`e.seq > ${query.after}`]),
    ...(query.before === undefined ? [] : [sql`e.seq < ${query.before}`]),
    ...(query.changed === undefined
      ? []
      : [sql`(e.data -> 'before' ?| ${query.changed}::text[] or e.data -> 'after' ?| ${query.changed}::text[])`]),
    ...(query.notOrigins === undefined ? [] : [sql`(e.origin is null or e.origin <> all(${query.notOrigins}::text[]))`]),
    ...(query.visible ? [sql`(${query.visible})`] : []),
  ];
  const read = (condition: Sql) => sql`
    select ${eventColumns} from events e where ${join([...conditions, condition], ' and ')}
    order by e.seq ${order} limit ${raw(String(limit))}`;
  if (!types) return read(sql`true`);
  if (types.length === 1) return read(sql`e.type = ${types[0]}`);
  if (subjectId !== undefined || customerId !== undefined) return read(sql`e.type = any(${types}::text[])`);
  // One index range for each type, merged: with `type = any(…)` a planner that misjudges a rare type walks the log.
  return sql`
    select found.* from (select distinct t from unnest(${types}::text[]) as t) as wanted
    cross join lateral (${read(sql`e.type = wanted.t`)}) as found
    order by found.seq ${order} limit ${raw(String(limit))}`;
}

/** The last place given out in the log; 0 when it is empty. */
export async function lastSeq(db: Queryable): Promise<bigint> {
  const rows = await db.query<{ seq: bigint }>(sql`select ${headSeq} as seq`);
  return rows[0]!.seq;
}

/** The last place of the log, as an SQL expression; see `move.ts` for the part of `event_head`. */
export const headSeq = sql`coalesce(greatest((select max(seq) from events), (select max(seq) from event_head)), 0)`;

/**
 * Throws `CURSOR_AHEAD` when the log has not reached the cursor: it was given out by a log that has since been
 * replaced by an older one. Once the older log has grown past such a cursor this can no longer be seen.
 */
export async function assertReached(db: Queryable, cursor: bigint): Promise<void> {
  if (cursor > (await lastSeq(db))) throw new EventCursorError('CURSOR_AHEAD');
}
