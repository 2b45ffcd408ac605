// Taking in a message that a provider brings: the customer is recognised or made, the conversation found or begun, an inbound
// interaction recorded. The same message again changes nothing.
import sql from 'sql-template-tag';
import { z } from 'zod';
import { type CommandContext, toUserError } from '../../commands/command.ts';
import { reject, UserErrors } from '../../commands/user-errors.ts';
import { takeLock } from '../../db/locks.ts';
import { type IdentityKind, IdentityKindValues } from '../../db/models.ts';
import { faultOf, storable } from '../../lib/storable-text.ts';
import { requireCustomer } from '../customers/index.ts';
import { interactionRecord } from '../interactions/index.ts';
import { resolveKeys } from '../vocabularies/index.ts';
import { kindFor } from './kind.ts';
import type { InboundMessage } from './shapes.ts';
import { conversationFor } from './threads.ts';

export type Received = { interactionId: string; customerId: string; isNew: boolean };

// Whoever writes to the company chooses the words: what is too long is cut, for it cannot be sent again shorter. Half a
// character, theirs or of a cut, would make events of it that PostgreSQL refuses, and the message would never come in.
const cut = (most: number) =>
  z
    .string()
    .transform((value) => storable(value.trim(), most))
    .nullish();
const ref = z
  .string()
  .min(1)
  .max(500)
  .refine((value) => faultOf(value) === null, 'Must contain neither NUL nor half of a surrogate pair.');
const MOST_REFS = 50;

const inbound = z.object({
  externalId: ref,
  from: z.object({ kind: z.enum(IdentityKindValues as unknown as [IdentityKind]), system: z.string().max(100).optional(), value: ref }),
  name: cut(200),
  subject: cut(500),
  body: z.string().transform((value) => storable(value, 100_000)),
  occurredAt: z.date().optional(),
  inReplyTo: z
    .array(z.string())
    .transform((ids) => ids.filter((id) => ref.safeParse(id).success).slice(0, MOST_REFS))
    .optional(),
  conversation: ref.nullish(),
});

/** Takes in a message of a channel. Refuses with user errors what is no message. */
export async function receiveMessage(ctx: CommandContext, provider: string, channelKey: string, given: InboundMessage): Promise<Received> {
  const parsed = inbound.safeParse(given);
  if (!parsed.success) throw new UserErrors(parsed.error.issues.map(toUserError));
  const message = parsed.data;
  // The same message at the same moment waits here, and is known afterwards.
  await takeLock(ctx.tx, `message ${ctx.workspaceId} ${provider} ${message.externalId}`);
  const known = await receivedUnder(ctx, provider, message.externalId);
  if (known) return { ...known, isNew: false };
  const channelId =
    (await resolveKeys(ctx, 'Channel', [channelKey])).get(channelKey) ??
    reject('NOT_FOUND', `The workspace has no channel ${channelKey}.`, ['channel']);
  const kind = await kindFor(ctx, channelKey);
  const { kind: identityKind, system, value } = message.from;
  const identity = { kind: identityKind, system: system || null, value };
  const customerId = await requireCustomer(ctx, { identity }, ['from'], { create: true, name: message.name });
  const { occurredAt, subject, body, externalId } = message;
  const conversation = await conversationFor(ctx, provider, { customerId, channelId }, message);
  const { id } = await interactionRecord.run(ctx, {
    customer: { id: customerId },
    kind,
    channel: channelKey,
    direction: 'INBOUND',
    // A clock of somebody else may be ahead.
    occurredAt: occurredAt && occurredAt < ctx.now ? occurredAt : ctx.now,
    externalRef: { system: provider, value: externalId },
    subject: subject || null,
    body,
    conversation,
  });
  return { interactionId: id, customerId, isNew: true };
}

async function receivedUnder(ctx: CommandContext, provider: string, externalId: string): Promise<Omit<Received, 'isNew'> | null> {
  const [row] = await ctx.tx.query<Omit<Received, 'isNew'>>(sql`select id as "interactionId", customer_id as "customerId" from interactions
    where workspace_id = ${ctx.workspaceId}::uuid and external_system = ${provider} and external_id = ${externalId}`);
  return row ?? null;
}
