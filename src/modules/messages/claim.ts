// Taking messages that are due: whoever takes one has it for as long as a try may last. One whose process dies comes back.
import sql from 'sql-template-tag';
import type { Database, Queryable } from '../../db/database.ts';
import { presentSql } from '../../db/present.ts';
import type { ChannelProvider } from './providers.ts';
import type { OutboundMessage } from './shapes.ts';

/** How much longer than its time limit a try keeps others away. */
const GRACE_MS = 30_000;

export type Claimed = OutboundMessage & { workspaceId: string; attempts: number };

type Due = { workspaceId: string; id: string };

/** Takes at most `most` messages of a provider that are due. */
export async function claimDue(db: Database, provider: ChannelProvider, most: number): Promise<Claimed[]> {
  return db.transaction(async (tx) => {
    const due = await tx.query<Due>(sql`select m.workspace_id as "workspaceId", m.id from messages m
      join channels c on c.workspace_id = m.workspace_id and c.id = m.channel_id
      where m.status = 'QUEUED' and m.next_attempt_at <= ${presentSql} and m.provider = ${provider.provider} and c.key = ${provider.channelKey}
      order by m.next_attempt_at limit ${most} for no key update of m skip locked`);
    if (due.length === 0) return [];
    const those = sql`unnest(${due.map((one) => one.workspaceId)}::uuid[], ${due.map((one) => one.id)}::uuid[]) as w(workspace_id, id)`;
    await tx.execute(sql`update messages m set attempts = m.attempts + 1, updated_at = now(),
      next_attempt_at = now() + ${provider.timeoutMs + GRACE_MS} * interval '1 millisecond'
      from ${those} where m.workspace_id = w.workspace_id and m.id = w.id`);
    return contentsOf(tx, due, provider);
  });
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

/** When the next message of a provider is due; null where none waits. */
export async function nextDue(db: Queryable, { provider, channelKey }: ChannelProvider): Promise<Date | null> {
  const [next] = await db.query<{ at: Date | null }>(sql`select m.next_attempt_at as at from messages m
    join channels c on c.workspace_id = m.workspace_id and c.id = m.channel_id
    where m.status = 'QUEUED' and m.provider = ${provider} and c.key = ${channelKey} order by m.next_attempt_at limit 1`);
  return next?.at ?? null;
}
