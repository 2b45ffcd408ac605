// What the company writes: one mail for each message.
import { type OutboundMessage, PermanentFailure, type ReadContext, typeId } from 'trato/plugin';
import type { Account } from './config.ts';
import { messageIdOf, returnPathOf, soundId } from './message-ids.ts';
import { type Letter, type Mailer, mailerOf } from './smtp.ts';
import { oneLine } from './text.ts';

const plainAddress = /^[^\s@<>,;:"\\()[\]]+@[^\s@<>,;:"\\()[\]]+$/u;

/** Gives what sends by these accounts, each for its workspace. */
export function senderOf(accounts: readonly Account[]) {
  const mailers = new Map<string, { account: Account; mail: Mailer }>();
  for (const account of accounts) mailers.set(account.workspace, { account, mail: mailerOf(account) });
  return async (ctx: ReadContext, message: OutboundMessage): Promise<{ externalId: string }> => {
    const { workspace } = await ctx.query<{ workspace: { key: string } | null }>('{ workspace { key } }');
    const mine = mailers.get(workspace?.key ?? '');
    if (!mine) throw new PermanentFailure('This workspace has no mail account.');
    if (!plainAddress.test(message.address)) throw new PermanentFailure('This is no address for mail.');
    const letter = letterOf(mine.account, message, message.subject ?? (await subjectOf(ctx, message.conversationId)));
    await mine.mail(letter, ctx.signal);
    return { externalId: letter.messageId };
  };
}

function letterOf(account: Account, { id, address, body, html, inReplyTo }: OutboundMessage, subject: string): Letter {
  const messageId = messageIdOf(account, id);
  // It came from outside: only what is an id may stand in a header.
  const answered = inReplyTo !== null && soundId.test(inReplyTo) ? { inReplyTo, references: [inReplyTo] } : {};
  return {
    envelope: { from: returnPathOf(account, id), to: [address] },
    messageId,
    from: account.from,
    to: { name: '', address },
    ...(account.replyTo !== undefined && { replyTo: account.replyTo }),
    subject: oneLine(subject),
    text: body,
    ...(html !== null && { html }),
    ...answered,
    headers: { 'X-Trato-Message-Id': id },
  };
}

const SUBJECT = 'query ($id: ID!) { conversation(id: $id) { subject } }';

/** For a message that has no subject: that of its conversation. */
async function subjectOf(ctx: ReadContext, conversationId: string | null): Promise<string> {
  if (conversationId === null) return '';
  const { conversation } = await ctx.query(SUBJECT, { id: typeId('Conversation', conversationId) });
  const subject: string = conversation?.subject ?? '';
  return subject === '' || /^re:/i.test(subject) ? subject : `Re: ${subject}`;
}
