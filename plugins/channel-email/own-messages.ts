// Messages of Trato that a mail names. A Message-ID says which one it may be; its external id says whether it is.
import { typeId, type WriteContext } from 'trato/plugin';
import { idIn } from './message-ids.ts';

const MOST = 5;

/** Ids are the API's. */
export type OwnMessage = { status: string; externalId: string | null; customer: string; conversation: string | null };

const MESSAGE = `query ($id: ID!) { message(id: $id) {
  status externalId customer { id } interaction { conversation { id } } } }`;

/** Those of these Message-IDs that are messages here, in this order. */
async function messagesNamed(ctx: WriteContext, messageIds: readonly string[]): Promise<(OwnMessage & { messageId: string })[]> {
  const found: (OwnMessage & { messageId: string })[] = [];
  for (const messageId of messageIds.filter((id) => idIn(id) !== null).slice(0, MOST)) {
    const { message } = await ctx.query(MESSAGE, { id: typeId('Message', idIn(messageId)!) });
    if (!message) continue;
    const { status, externalId, customer, interaction } = message;
    found.push({ messageId, status, externalId, customer: customer.id, conversation: interaction.conversation?.id ?? null });
  }
  return found;
}

/** The first message that was sent under one of these Message-IDs. */
export async function sentAs(ctx: WriteContext, messageIds: readonly string[]): Promise<OwnMessage | undefined> {
  return (await messagesNamed(ctx, messageIds)).find(({ externalId, messageId }) => externalId === messageId);
}

/** Whether one of these is still noted as on its way. */
export async function isQueued(ctx: WriteContext, messageIds: readonly string[]): Promise<boolean> {
  return (await messagesNamed(ctx, messageIds)).some(({ status }) => status === 'QUEUED');
}
