// What machines write, such as notes of absence: kept as an interaction of a kind of its own, so that nothing takes it for an
// answer: not the channel's threads, nor rules and figures that look at kinds. It makes nobody a customer.
import type { WriteContext } from 'trato/plugin';
import { bodyOf } from './body.ts';
import type { Inbound } from './incoming.ts';
import type { Mail } from './mail.ts';
import { sentAs } from './own-messages.ts';
import { cut } from './text.ts';

const KIND = 'automatic_reply';
/** Apart from that of letters: what a machine wrote is not what the next mail answers. */
const SYSTEM = 'channel-email-automatic';

/** Keeps it; where it is not kept, says why. */
export async function noteAutomatic(ctx: WriteContext, account: Inbound, mail: Mail, how: string): Promise<string | null> {
  const answered = await sentAs(ctx, mail.references);
  const customer = answered?.customer ?? (await customerOf(ctx, mail.from!.address));
  if (!customer) return 'AUTOMATIC_OF_UNKNOWN';
  if (await isKnown(ctx, mail.id)) return null;
  if (!(await hasKind(ctx))) return 'AUTOMATIC_NOT_WANTED';
  await ctx.command('interactionRecord', {
    customer: { id: customer },
    kind: KIND,
    channel: 'email',
    direction: 'INBOUND',
    outcome: how,
    externalRef: { system: SYSTEM, value: mail.id },
    subject: cut(mail.subject, 500) || null,
    body: bodyOf(mail, account.inbound.history) || null,
    ...(answered?.conversation && { conversation: { id: answered.conversation } }),
  });
  return null;
}

const CUSTOMER = 'query ($address: IdentityRefInput!) { customer(by: { identity: $address }) { id } }';

async function customerOf(ctx: WriteContext, address: string): Promise<string | null> {
  try {
    return (await ctx.query(CUSTOMER, { address: { kind: 'EMAIL', value: address } })).customer?.id ?? null;
  } catch (error) {
    // What is no address is nobody's.
    if ((error as { extensions?: { code?: string } }).extensions?.code === 'BAD_USER_INPUT') return null;
    throw error;
  }
}

const KNOWN = `query ($id: String!) {
  interactions(first: 1, filter: { externalSystem: { eq: "${SYSTEM}" }, externalId: { eq: $id } }) { nodes { id } } }`;

async function isKnown(ctx: WriteContext, id: string): Promise<boolean> {
  return (await ctx.query(KNOWN, { id })).interactions.nodes.length > 0;
}

const KINDS = `{ interactionKinds(first: 1, filter: { key: { eq: "${KIND}" }, archived: INCLUDE }) { nodes { archivedAt } } }`;

/** Makes the kind where the workspace has none; one that was archived is not wanted. */
async function hasKind(ctx: WriteContext): Promise<boolean> {
  const [kind] = (await ctx.query(KINDS)).interactionKinds.nodes;
  if (kind) return kind.archivedAt === null;
  const made = { key: KIND, name: 'Automatic reply', description: 'A note of absence or the like, that a machine wrote.' };
  await ctx.command('interactionKindCreate', made).catch((error) => {
    // Another mail made it just now.
    if (!Array.isArray((error as { errors?: unknown }).errors)) throw error;
  });
  return true;
}
