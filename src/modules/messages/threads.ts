// Which conversation a message that came in belongs to: that of what it answers, else the provider's own, else a new one.
// Conversations are with one customer: whoever answers from an address of somebody else begins another.
import sql from 'sql-template-tag';
import type { CommandContext } from '../../commands/command.ts';
import { type ConversationRef, conversationReopen, joinConversation, openConversation } from '../interactions/index.ts';

type Thread = { id: string; customerId: string; status: string };
type Answered = { interactionId: string; customerId: string; conversationId: string | null; status: string | null };

type From = { customerId: string; channelId: string };
type Threading = { inReplyTo?: readonly string[]; conversation?: string | null; subject?: string | null };

/** The conversation of a message; the customer is locked. Closed ones are opened again. */
export async function conversationFor(ctx: CommandContext, provider: string, from: From, message: Threading): Promise<ConversationRef> {
  const answered = await answeredBy(ctx, provider, from.customerId, message.inReplyTo ?? []);
  if (answered?.conversationId) return reopened(ctx, answered.conversationId, answered.status!);
  const own = message.conversation ? await ownThread(ctx, provider, message.conversation) : null;
  if (own && own.customerId === from.customerId) return joined(ctx, answered, await reopened(ctx, own.id, own.status));
  // The first interaction begins it, under the provider's id.
  if (message.conversation && !own && !answered) return { externalId: { system: provider, value: message.conversation } };
  return joined(ctx, answered, { id: await openConversation(ctx, { ...from, subject: message.subject || null }) });
}

/** The first of these messages that is known and with the customer: one that was sent, or one that came in. */
async function answeredBy(ctx: CommandContext, provider: string, customerId: string, ids: readonly string[]): Promise<Answered | null> {
  if (ids.length === 0) return null;
  const workspace = sql`${ctx.workspaceId}::uuid`;
  const [row] = await ctx.tx.query<Answered>(sql`
    select i.id as "interactionId", i.customer_id as "customerId", i.conversation_id as "conversationId", v.status::text as status
    from unnest(${[...ids]}::text[]) with ordinality as w(value, n)
    cross join lateral (
      select m.interaction_id as id from messages m where m.workspace_id = ${workspace} and m.provider = ${provider} and m.external_id = w.value
      union all
      select r.id from interactions r where r.workspace_id = ${workspace} and r.external_system = ${provider} and r.external_id = w.value
    ) known
    join interactions i on i.workspace_id = ${workspace} and i.id = known.id and i.customer_id = ${customerId}::uuid
    left join conversations v on v.workspace_id = i.workspace_id and v.id = i.conversation_id
    order by w.n limit 1`);
  return row ?? null;
}

async function ownThread(ctx: CommandContext, provider: string, value: string): Promise<Thread | null> {
  const [row] = await ctx.tx.query<Thread>(sql`select id, customer_id as "customerId", status::text as status from conversations
    where workspace_id = ${ctx.workspaceId}::uuid and external_system = ${provider} and external_id = ${value}`);
  return row ?? null;
}

async function reopened(ctx: CommandContext, id: string, status: string): Promise<{ id: string }> {
  if (status === 'CLOSED') await conversationReopen.run(ctx, { id });
  return { id };
}

// What was sent outside of any conversation begins one when it is answered.
async function joined(ctx: CommandContext, answered: Answered | null, conversation: { id: string }): Promise<{ id: string }> {
  if (answered) await joinConversation(ctx, answered.interactionId, conversation.id);
  return conversation;
}
