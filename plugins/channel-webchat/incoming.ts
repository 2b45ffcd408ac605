// What visitors write.
import { type ChannelPorts, type HttpAnswer, type JobContext, type PluginLog, typeId, type WriteContext, z } from 'trato/plugin';
import type { Site } from './config.ts';
import { parse } from './requests.ts';
import { addressOf, siteId, VISITOR_SYSTEM } from './visitors.ts';

const storable = (text: z.ZodString) => text.refine((value) => !value.includes('\0'), 'Must not contain NUL.');

const message = z.strictObject({
  visitor: siteId,
  /** The site's id of the message: the same one again changes nothing. */
  messageId: siteId,
  /** Which chat it belongs to; one chat for each visitor unless told. */
  conversation: siteId.optional(),
  text: storable(z.string().trim().min(1).max(10_000)),
  name: storable(z.string().trim().min(1).max(200)).optional(),
  /**
   * Only where the site knows that it is the visitor's: it ties the visitor to that customer. What an address is in all
   * languages is for Trato to say: one that it does not take ties nobody, and the message is kept.
   */
  email: storable(
    z
      .string()
      .trim()
      .max(254)
      .regex(/^[^\s@]+@[^\s@]+$/, 'This is not an e-mail address.'),
  ).optional(),
});

type Message = z.output<typeof message>;

export async function takeIn(ctx: JobContext & { workspaceId: string }, chat: ChannelPorts, site: Site, body: Buffer): Promise<HttpAnswer> {
  const parsed = parse(message, () => JSON.parse(body.toString('utf8')));
  if ('answer' in parsed) return parsed.answer;
  const sent = parsed.value;
  const address = addressOf(site.key, sent.visitor);

  // By itself: what the visitor wrote is kept, also where it cannot be told who wrote it.
  if (sent.email)
    await ctx.inWorkspace(ctx.workspaceId, (write) => identify(write, address, sent)).catch((error) => unidentified(ctx.log, error));
  const { interactionId, isNew } = await ctx.inWorkspace(ctx.workspaceId, (write) =>
    chat.receive(write, {
      externalId: `${address}:${sent.messageId}`,
      from: { kind: 'WEB_VISITOR', system: VISITOR_SYSTEM, value: address },
      name: sent.name ?? null,
      body: sent.text,
      conversation: `${address}:${sent.conversation ?? ''}`,
    }),
  );
  return { status: isNew ? 201 : 200, body: { interaction: typeId('Interaction', interactionId) } };
}

const WHO = `query ($visitor: IdentityRefInput!, $email: IdentityRefInput!) {
  visitor: customer(by: { identity: $visitor }) { id }
  email: customer(by: { identity: $email }) { id }
}`;

/** Makes the visitor and the owner of the e-mail address one customer, unless they are two already. */
async function identify(ctx: WriteContext, address: string, { email, name }: Message): Promise<void> {
  const visitor = { kind: 'WEB_VISITOR', system: VISITOR_SYSTEM, value: address };
  const mail = { kind: 'EMAIL', value: email };
  const known = await ctx.query(WHO, { visitor, email: mail });
  if (known.visitor && known.email) return;
  if (known.visitor) await ctx.command('identityAdd', { customer: { id: known.visitor.id }, identity: mail });
  else if (known.email) await ctx.command('identityAdd', { customer: { id: known.email.id }, identity: visitor });
  else await ctx.command('customerCreate', { kind: 'PERSON', displayName: name ?? null, identities: [mail, visitor] });
}

function unidentified(log: PluginLog, error: unknown): void {
  log.warn({ code: (error as { code?: unknown } | null)?.code ?? null }, 'a visitor could not be tied to an e-mail address');
}
