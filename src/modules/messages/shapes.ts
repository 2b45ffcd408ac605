// What goes out and comes in over channels: the same for the core and for plugins.
import type { IdentityKind } from '../../db/models.ts';

/** A message to be sent. `id` is the same whenever it is tried again: send it so that the receiver can tell. */
export type OutboundMessage = {
  id: string;
  customerId: string;
  /** The interaction that it is. */
  interactionId: string;
  /** Where it goes: an e-mail address, a number, a visitor. */
  address: string;
  subject: string | null;
  body: string;
  html: string | null;
  /** The provider's id of the message that this one answers, where it is known. */
  inReplyTo: string | null;
  conversationId: string | null;
};

/** A message that came in. */
export type InboundMessage = {
  /** The provider's id: the same one again changes nothing. */
  externalId: string;
  /** Who sent it: known, matched or made a customer. */
  from: { kind: IdentityKind; system?: string; value: string };
  name?: string | null;
  subject?: string | null;
  body: string;
  occurredAt?: Date;
  /** The provider's ids of messages that it answers: it joins their conversation. */
  inReplyTo?: readonly string[];
  /** A conversation of the provider's own, such as a chat. */
  conversation?: string | null;
};
