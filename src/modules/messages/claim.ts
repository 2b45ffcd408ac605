// Taking messages that are due: whoever takes one has it for as long as a try may last. One whose process dies comes back.
import sql from 'sql-template-tag';
import type { Database, Queryable } from '../../db/database.ts';
import { presentSql } from '../../db/present.ts';
import { earlierSql, heldUp, putOff } from './order.ts';
import type { ChannelProvider } from './providers.ts';
import type { OutboundMessage } from './shapes.ts';

/** How much longer than its time limit a try keeps others away. */
const GRACE_MS = 30_000;
/** So many that are held up are looked past in one go: the first time, and where nothing else was found. */
const LOOKED_PAST = { first: 50, more: 2_000 };

export type Claimed = OutboundMessage & { workspaceId: string; attempts: number };

// Subqueries in `coalesce` and no joins: so the planner reads what is due in the order of its index, and stops at the limit.
const servedSql = ({ provider, channelKey }: ChannelProvider) => sql`m.status = 'QUEUED' and m.provider = ${provider} and coalesce(
  (select c.key = ${channelKey} from channels c where c.workspace_id = m.workspace_id and c.id = m.channel_id), false)`;

type Due = { workspaceId: string; id: string };

/** Takes at most `most` messages of a provider that are due and that no earlier one to the same customer holds up. */
export async function claimDue(db: Database, provider: ChannelProvider, most: number): Promise<Claimed[]> {
  for (let past = LOOKED_PAST.first; ; past = LOOKED_PAST.more) {
    const { claimed, more } = await claimAmong(db, provider, most, most + past);
    if (!more) return claimed;
  }
}

/** `more`: it was all held up, and there is more than was looked at. */
type Taken = { claimed: Claimed[]; more: boolean };

async function claimAmong(db: Database, provider: ChannelProvider, most: number, looked: number): Promise<Taken> {
  return db.transaction(async (tx) => {
    // In the order of the index alone: so it is read no further than that.
    const due = await tx.query<Due>(sql`select m.workspace_id as "workspaceId", m.id from messages m
      where ${servedSql(provider)} and m.next_attempt_at <= ${presentSql}
      order by m.next_attempt_at limit ${looked} for no key update of m skip locked`);
    const first = due.length > 0 ? await firstInLine(tx, due, most) : [];
    if (first.length === 0) return { claimed: [], more: due.length === looked };
    const those = sql`unnest(${first.map((one) => one.workspaceId)}::uuid[], ${first.map((one) => one.id)}::uuid[]) as w(workspace_id, id)`;
    // Without its error it is known to be under way, see `underWaySql`.
    await tx.execute(sql`update messages m set attempts = m.attempts + 1, error = null, updated_at = now(),
      next_attempt_at = now() + ${provider.timeoutMs + GRACE_MS} * interval '1 millisecond'
      from ${those} where m.workspace_id = w.workspace_id and m.id = w.id`);
    return { claimed: await contentsOf(tx, first, provider), more: false };
  });
}

/** The first of these that may go; puts off what is held up among them. */
async function firstInLine(tx: Queryable, due: readonly Due[], most: number): Promise<Due[]> {
  const until = await heldUp(tx, due);
  const first: Due[] = [];
  const held: (Due & { heldUntil: Date })[] = [];
  for (const one of due) {
    if (first.length === most) break;
    const heldUntil = until.get(`${one.workspaceId} ${one.id}`);
    if (heldUntil) held.push({ ...one, heldUntil });
    else first.push(one);
  }
  await putOff(tx, held);
  return first;
}

async function contentsOf(tx: Queryable, due: Due[], { provider }: ChannelProvider): Promise<Claimed[]> {
  return tx.query<Claimed>(sql`select m.workspace_id as "workspaceId", m.id, m.attempts, m.customer_id as "customerId",
      m.interaction_id as "interactionId", m.address, m.html, i.subject, coalesce(i.body, '') as body,
      i.conversation_id as "conversationId", a.external_id as "inReplyTo"
    from unnest(${due.map((one) => one.workspaceId)}::uuid[], ${due.map((one) => one.id)}::uuid[]) with ordinality as w(workspace_id, id, n)
    join messages m on m.workspace_id = w.workspace_id and m.id = w.id
    join interactions i on i.workspace_id = m.workspace_id and i.id = m.interaction_id
    -- What the customer said last in the conversation, as far as it came in through the same provider.
    left join lateral (select r.external_id from interactions r
      where r.workspace_id = i.workspace_id and r.conversation_id = i.conversation_id and r.direction = 'INBOUND'
        and r.external_system = m.provider and m.provider = ${provider} and r.created_at <= m.created_at
      order by r.occurred_at desc, r.id desc limit 1) a on true
    order by w.n`);
}

/** When the next message of a provider that none holds up is due; null where none waits. */
export async function nextDue(db: Queryable, provider: ChannelProvider): Promise<Date | null> {
  const [next] = await db.query<{ at: Date | null }>(sql`select m.next_attempt_at as at from messages m
    where ${servedSql(provider)} and coalesce((select false from ${earlierSql} limit 1), true) order by m.next_attempt_at limit 1`);
  return next?.at ?? null;
}
