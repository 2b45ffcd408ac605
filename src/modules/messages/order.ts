// Messages to one customer over one channel leave in their order, one at a time: the first that is QUEUED holds the others up.
// Rows of such a line are locked in the order of their ids, so that nobody waits in a circle.
import sql, { type Sql } from 'sql-template-tag';
import type { Queryable } from '../../db/database.ts';
import { presentSql } from '../../db/present.ts';

type Place = { workspaceId: string; id: string; customerId: string; channelId: string };
type Due = { workspaceId: string; id: string };
type Held = Due & { heldUntil: Date };

/** How long a message behind others is left alone at least: whatever held it up wakes it when it is out of the way. */
const LEFT_ALONE = sql`interval '1 minute'`;
/** How long one waits for a later one that is under way: that one wakes none that was put in before it. */
const LOOK_AGAIN = sql`interval '1 second'`;
/** Whoever is under way was the first in its line when it was taken: at most so many were put in before it since. */
const MOST_BETWEEN = 20;

const inLine = (e: Sql, m: Sql) => sql`${e}.workspace_id = ${m}.workspace_id and ${e}.customer_id = ${m}.customer_id
  and ${e}.channel_id = ${m}.channel_id and ${e}.status = 'QUEUED'`;

/** Earlier messages, as `e`, that hold up the message `m`. */
export const earlierSql = sql`messages e where ${inLine(sql`e`, sql`m`)} and e.id < m.id`;

/**
 * Whether the queued message `m` is being tried at this moment. A claim clears the error and leaves the row alone for as long as a
 * try may last; a try that failed leaves an error. One that is not told of in time died with its process.
 */
export const underWaySql = (m: Sql) => sql`(${m}.attempts > 0 and ${m}.error is null and ${m}.next_attempt_at > ${presentSql})`;

/**
 * Tells what may go from what is held up, and until when. The rows must be locked before, and this be a statement of its own:
 * one that another process takes at this moment still stands here as QUEUED.
 */
export async function heldUp(tx: Queryable, due: readonly Due[]): Promise<Map<string, Date>> {
  const rows = await tx.query<{ key: string; until: Date | null }>(sql`select m.workspace_id || ' ' || m.id as key, coalesce(
      (select greatest(e.next_attempt_at + interval '1 millisecond', now() + ${LEFT_ALONE}) from ${earlierSql} order by e.id limit 1),
      -- A later one that was under way when this one was put in again.
      (select now() + ${LOOK_AGAIN} from (select l.* from messages l where ${inLine(sql`l`, sql`m`)} and l.id > m.id order by l.id limit ${MOST_BETWEEN}) l
        where ${underWaySql(sql`l`)} limit 1)) as until
    from unnest(${due.map((one) => one.workspaceId)}::uuid[], ${due.map((one) => one.id)}::uuid[]) as w(workspace_id, id)
    join messages m on m.workspace_id = w.workspace_id and m.id = w.id`);
  return new Map(rows.flatMap(({ key, until }) => (until ? [[key, until]] : [])));
}

/**
 * Puts what is held up out of the way of what is due until then, so that a long line is not walked again and again. What was
 * left by a process that died is not under way then.
 */
export async function putOff(tx: Queryable, held: readonly Held[]): Promise<void> {
  if (held.length === 0) return;
  await tx.execute(sql`update messages m set next_attempt_at = w.until,
      error = case when m.attempts > 0 then coalesce(m.error, 'Nobody knows how the last try ended.') end
    from unnest(${held.map((one) => one.workspaceId)}::uuid[], ${held.map((one) => one.id)}::uuid[],
      ${held.map((one) => one.heldUntil)}::timestamptz[]) as w(workspace_id, id, until)
    where m.workspace_id = w.workspace_id and m.id = w.id`);
}

const nextOf = ({ workspaceId, id, customerId, channelId }: Place) => sql`select n.id from messages n
  where n.workspace_id = ${workspaceId}::uuid and n.customer_id = ${customerId}::uuid and n.channel_id = ${channelId}::uuid
    and n.status = 'QUEUED' and n.id > ${id}::uuid order by n.id limit 1`;

/** Has the next in line go now: the message is out of the way. */
export async function wakeNext(tx: Queryable, place: Place): Promise<void> {
  // Whether it was put off already is not asked: then a claim that is just doing so is waited for.
  await tx.execute(sql`update messages m set next_attempt_at = least(m.next_attempt_at, ${presentSql})
    where m.workspace_id = ${place.workspaceId}::uuid and m.id = (${nextOf(place)}) and m.status = 'QUEUED' and not ${underWaySql(sql`m`)}`);
}

/** Keeps those behind it from being taken until the message, which is locked, is in the line again. */
export async function holdNext(tx: Queryable, place: Place): Promise<void> {
  await tx.query(sql`${nextOf(place)} for no key update`);
}
