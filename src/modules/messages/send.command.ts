// messageSend: an outbound interaction, and the message that carries it, queued in one transaction.
import sql from 'sql-template-tag';
import type { z } from 'zod';
import { type CommandContext, defineCommand } from '../../commands/command.ts';
import { externalRef, id, input, key, longText, text } from '../../commands/fields.ts';
import { lockReached } from '../../commands/lock-reached.ts';
import { insertRows, notFound } from '../../commands/rows.ts';
import { reject, UserErrors } from '../../commands/user-errors.ts';
import { RetryTransaction } from '../../db/database.ts';
import { newId } from '../../lib/typeid.ts';
import { type CustomerRef, customerRef, isUserError, normaliseIdentity, requireCustomer, workspaceCountry } from '../customers/index.ts';
import { type ConversationRef, conversationRef, interactionRecord } from '../interactions/index.ts';
import { resolveKeys } from '../vocabularies/index.ts';
import { kindFor } from './kind.ts';
import { type ChannelProvider, providerOf } from './providers.ts';
import './messages.entity.ts';

type SendInput = {
  customer: CustomerRef;
  channel: string;
  address?: string | null;
  subject?: string | null;
  body: string;
  html?: string | null;
  kind?: string | null;
  touchPoint?: string | null;
  conversation?: ConversationRef | null;
  inReplyTo?: string | null;
  externalRef?: { system: string; value: string } | null;
};

const fields = {
  customer: customerRef('To whom: somebody known.'),
  channel: key('Key of a channel that a plugin serves.'),
  address: text('Where it goes: one of the customer’s identities; the preferred one of the channel’s kind unless told.', 500).nullish(),
  subject: text('What it is about, on channels that show it.', 500).nullish(),
  body: longText('What it says, as plain text.').refine((body) => body.trim() !== '', {
    message: 'Must not be empty.',
    params: { code: 'TOO_SHORT' },
  }),
  html: longText('The same as HTML, on channels that show it.', 500_000).nullish(),
  kind: key('Key of the interaction kind; that named like the channel, or `message`, unless told.').nullish(),
  touchPoint: key('Key of the touch point.').nullish(),
  conversation: conversationRef.nullish(),
  inReplyTo: id('Interaction', 'The interaction with this customer that it answers: it joins its conversation.').nullish(),
  externalRef: externalRef('Its id in the system it comes from: the same one again is not sent again.').nullish(),
};

export const messageSend = defineCommand<SendInput, { id: string }>({
  name: 'messageSend',
  description:
    'Sends a message to a customer: records an outbound interaction and has the plugin that serves the channel send it, at least once. CHANNEL_NOT_SERVED and NO_ADDRESS say why it cannot be. The same external reference again changes nothing.',
  permission: 'messages:write',
  input: input('MessageSendInput', 'A message to send.', fields) as unknown as z.ZodType<SendInput>,
  run: send,
});

async function send(ctx: CommandContext, asked: SendInput): Promise<{ id: string }> {
  const known = asked.externalRef ? await sentUnder(ctx, asked.externalRef) : null;
  if (known) return { id: known };
  const { channel, subject, body, html, touchPoint } = asked;
  const channelId = (await resolveKeys(ctx, 'Channel', [channel])).get(channel) ?? notFound('Channel', ['channel']);
  const provider = providerOf(channel) ?? reject('CHANNEL_NOT_SERVED', 'No plugin that runs here serves this channel.', ['channel']);
  const customerId = await requireCustomer(ctx, asked.customer, ['customer']);
  const address = await addressOf(ctx, provider, customerId, asked.address);
  const conversation = asked.conversation ?? (await conversationAnswered(ctx, customerId, asked.inReplyTo));
  const recorded = await interactionRecord.run(ctx, {
    customer: { id: customerId },
    kind: asked.kind ?? (await kindFor(ctx, channel)),
    channel,
    touchPoint,
    direction: 'OUTBOUND',
    externalRef: asked.externalRef,
    subject,
    body,
    conversation,
  });
  const made = newId();
  const after = {
    ...{ interactionId: recorded.id, customerId, channelId, provider: provider.provider, address },
    status: 'QUEUED' as const,
  };
  const times = { nextAttemptAt: ctx.now, createdAt: ctx.now, updatedAt: ctx.now };
  const row = { workspaceId: ctx.workspaceId, id: made, ...after, html: html ?? null, ...times };
  const inserted = await insertRows(ctx.tx, 'Message', [row], sql`on conflict do nothing`);
  if (inserted === 0) throw new RetryTransaction('an external reference was taken meanwhile');
  ctx.emit({ type: 'message.queued', subjectType: 'Message', subjectId: made, customerId, data: { after } });
  return { id: made };
}

// Who may not see the message must not learn its id.
async function sentUnder(ctx: CommandContext, ref: { system: string; value: string }): Promise<string | null> {
  const [row] = await ctx.tx.query<{ id: string | null }>(sql`select m.id from interactions i
    left join messages m on m.workspace_id = i.workspace_id and m.interaction_id = i.id
    where i.workspace_id = ${ctx.workspaceId}::uuid and i.external_system = ${ref.system} and i.external_id = ${ref.value}`);
  if (!row) return null;
  if (!row.id) return reject('DUPLICATE', 'An interaction that was not sent from here has this reference.', ['externalRef']);
  try {
    return (await lockReached(ctx, 'Message', row.id, ['externalRef'])).id;
  } catch (error) {
    if (!(error instanceof UserErrors)) throw error;
    return reject('NOT_VISIBLE', 'This message is known, but not in the rows of your role.', ['externalRef']);
  }
}

async function addressOf(
  ctx: CommandContext,
  { addressKind, addressSystem }: ChannelProvider,
  customerId: string,
  written: string | null | undefined,
): Promise<string> {
  const normal =
    written == null
      ? null
      : normaliseIdentity({ kind: addressKind, system: addressSystem || null, value: written }, await workspaceCountry(ctx));
  if (normal && isUserError(normal)) return reject(normal.code, normal.message, ['address']);
  const only = normal ? sql`and value = ${normal.value}` : sql``;
  const [found] = await ctx.tx.query<{ value: string }>(sql`select value from identities
    where workspace_id = ${ctx.workspaceId}::uuid and customer_id = ${customerId}::uuid
      and kind = ${addressKind}::identity_kind and system = ${addressSystem} ${only}
    order by is_primary desc, verified desc, created_at, id limit 1`);
  if (found) return found.value;
  return written == null
    ? reject('NO_ADDRESS', 'The customer has no identity to which this channel could send.', ['customer'])
    : reject('NOT_FOUND', 'The customer has no such address.', ['address']);
}

async function conversationAnswered(
  ctx: CommandContext,
  customerId: string,
  interactionId: string | null | undefined,
): Promise<ConversationRef | null> {
  if (interactionId == null) return null;
  const [row] = await ctx.tx.query<{ conversationId: string | null }>(sql`select conversation_id as "conversationId" from interactions
    where workspace_id = ${ctx.workspaceId}::uuid and id = ${interactionId}::uuid and customer_id = ${customerId}::uuid`);
  if (!row) return notFound('Interaction', ['inReplyTo']);
  return row.conversationId ? { id: row.conversationId } : null;
}
