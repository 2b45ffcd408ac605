// Conversations: found by reference, begun by the first interaction that names an unknown external id, closed and opened again.
import sql from 'sql-template-tag';
import type { BulkSink } from '../../commands/bulk.ts';
import { type CommandContext, defineCommand } from '../../commands/command.ts';
import { id, input, version } from '../../commands/fields.ts';
import { expectVersion, insertRows, insertSql, lockRow, notFound, writeChanges } from '../../commands/rows.ts';
import { userError } from '../../commands/user-errors.ts';
import { newId } from '../../lib/typeid.ts';
import { lockCustomer } from '../customers/index.ts';
import type { Prepared } from './prepare.ts';

type Thread = { id: string; customer_id: string; system: string | null; value: string | null };

async function findThreads(ctx: CommandContext, prepared: Prepared[]): Promise<Thread[]> {
  const refs = prepared.flatMap((one) => one.input.conversation ?? []);
  if (refs.length === 0) return [];
  const ids = refs.flatMap((ref) => ref.id ?? []);
  const external = refs.flatMap((ref) => ref.externalId ?? []);
  return ctx.tx.query<Thread>(sql`
    select id, customer_id, external_system as system, external_id as value from conversations
    where workspace_id = ${ctx.workspaceId}::uuid and id = any(${ids}::uuid[])
    union
    select v.id, v.customer_id, v.external_system, v.external_id
    from unnest(${external.map((ref) => ref.system)}::text[], ${external.map((ref) => ref.value)}::text[]) as w(system, value)
    cross join lateral (select * from conversations c where c.workspace_id = ${ctx.workspaceId}::uuid and c.external_system = w.system and c.external_id = w.value limit 1) v`);
}

const refKey = (system: string, value: string) => `${system}\n${value}`;

/** Sets `conversationId` of the interactions that name one; those not known by their external id begin. Rows whose conversation is somebody else's are rejected. */
export async function attachConversations(ctx: CommandContext, prepared: Prepared[], sink: BulkSink): Promise<Prepared[]> {
  const known = await findThreads(ctx, prepared);
  await beginThreads(
    ctx,
    prepared,
    new Set(known.flatMap((thread) => (thread.system === null ? [] : refKey(thread.system, thread.value!)))),
  );
  const threads = known.length === 0 && prepared.every((one) => !one.input.conversation) ? [] : await findThreads(ctx, prepared);
  const byId = new Map(threads.map((thread) => [thread.id, thread]));
  const byRef = new Map(
    threads.filter((thread) => thread.system !== null).map((thread) => [refKey(thread.system!, thread.value!), thread]),
  );
  return prepared.filter((one) => {
    const ref = one.input.conversation;
    one.columns.conversationId = null;
    if (!ref) return true;
    const thread = ref.id ? byId.get(ref.id) : byRef.get(refKey(ref.externalId!.system, ref.externalId!.value));
    if (!thread || thread.customer_id !== one.columns.customerId) {
      sink.reject(one.index, userError('CONVERSATION_MISMATCH', 'There is no such conversation with this customer.', ['conversation']));
      return false;
    }
    one.columns.conversationId = thread.id;
    return true;
  });
}

async function beginThreads(ctx: CommandContext, prepared: Prepared[], known: Set<string>): Promise<void> {
  const fresh = new Map<string, Prepared>();
  for (const one of prepared) {
    const ref = one.input.conversation?.externalId;
    if (ref && !known.has(refKey(ref.system, ref.value)) && !fresh.has(refKey(ref.system, ref.value)))
      fresh.set(refKey(ref.system, ref.value), one);
  }
  if (fresh.size === 0) return;
  const rows = [...fresh.entries()]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, { columns, input: given }]) => ({
      workspaceId: ctx.workspaceId,
      id: newId(),
      customerId: columns.customerId,
      channelId: columns.channelId,
      subject: columns.subject,
      externalSystem: given.conversation!.externalId!.system,
      externalId: given.conversation!.externalId!.value,
      createdAt: columns.occurredAt,
    }));
  const made = await ctx.tx.query<{ id: string }>(sql`${insertSql('Conversation', rows)} on conflict do nothing returning id`);
  const inserted = new Set(made.map((row) => row.id));
  for (const { workspaceId: _workspace, id: made, createdAt: _created, ...after } of rows) {
    if (inserted.has(made))
      ctx.emit({
        type: 'conversation.opened',
        subjectType: 'Conversation',
        subjectId: made,
        customerId: after.customerId,
        data: { after },
      });
  }
}

/** Begins a conversation with a customer who is locked; answers its UUID. */
export async function openConversation(
  ctx: CommandContext,
  { customerId, channelId, subject }: { customerId: string; channelId: string; subject: string | null },
): Promise<string> {
  const made = newId();
  await insertRows(ctx.tx, 'Conversation', [
    { workspaceId: ctx.workspaceId, id: made, customerId, channelId, subject, createdAt: ctx.now, updatedAt: ctx.now },
  ]);
  const after = { customerId, channelId, ...(subject !== null && { subject }) };
  ctx.emit({ type: 'conversation.opened', subjectType: 'Conversation', subjectId: made, customerId, data: { after } });
  return made;
}

/** Puts an interaction that is in no conversation into one of its customer, who is locked. */
export async function joinConversation(ctx: CommandContext, interactionId: string, conversationId: string): Promise<void> {
  const row = await lockRow(ctx, 'Interaction', interactionId);
  if (!row || row.conversationId !== null) return;
  await writeChanges(ctx, 'Interaction', interactionId, { conversationId });
  const data = { before: { conversationId: null }, after: { conversationId } };
  ctx.emit({ type: 'interaction.corrected', subjectType: 'Interaction', subjectId: interactionId, customerId: row.customerId, data });
}

function statusCommand(verb: 'Close' | 'Reopen') {
  const status = verb === 'Close' ? 'CLOSED' : 'OPEN';
  return defineCommand<{ id: string; expectedVersion?: number | null }, { id: string }>({
    name: `conversation${verb}`,
    description: verb === 'Close' ? 'Closes a conversation: nothing is left to do.' : 'Opens a closed conversation again.',
    permission: 'conversations:write',
    input: input(`Conversation${verb}Input`, `Which conversation to ${verb.toLowerCase()}.`, {
      id: id('Conversation', 'The conversation.'),
      expectedVersion: version(),
    }),
    run: async (ctx, { id: threadId, expectedVersion }) => {
      const row = await lockRow(ctx, 'Conversation', threadId);
      if (!row) return notFound('Conversation', ['id']);
      await lockCustomer(ctx, row.customerId, ['id'], 'Conversation');
      expectVersion('Conversation', row, expectedVersion);
      if (row.status === status) return { id: threadId };
      const after = { status, closedAt: status === 'CLOSED' ? ctx.now : null };
      await writeChanges(ctx, 'Conversation', threadId, after);
      const type = status === 'CLOSED' ? 'conversation.closed' : 'conversation.reopened';
      ctx.emit({
        type,
        subjectType: 'Conversation',
        subjectId: threadId,
        customerId: row.customerId,
        data: { before: { status: row.status, closedAt: row.closedAt }, after },
      });
      return { id: threadId };
    },
  });
}

export const conversationClose = statusCommand('Close');
export const conversationReopen = statusCommand('Reopen');
