// Channels: how messages leave and come in.
import type { ReadContext, WriteContext } from './contexts.ts';

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
  from: { kind: 'EMAIL' | 'PHONE' | 'SOCIAL' | 'WEB_VISITOR' | 'EXTERNAL'; system?: string; value: string };
  name?: string | null;
  subject?: string | null;
  body: string;
  occurredAt?: Date;
  /** The provider's ids of messages that it answers: it joins their conversation. */
  inReplyTo?: readonly string[];
  /** A conversation of the provider's own, such as a chat. */
  conversation?: string | null;
};

export type ChannelPorts = {
  /** Takes in a message; answers the interaction, and whether it was new. */
  receive(ctx: WriteContext, message: InboundMessage): Promise<{ interactionId: string; customerId: string; isNew: boolean }>;
  /** Says what became of a message that was sent; false where no such message is known. Later news of one that is settled is ignored, but for a bounce. */
  report(ctx: WriteContext, externalId: string, news: { status: 'DELIVERED' | 'BOUNCED' | 'FAILED'; detail?: string }): Promise<boolean>;
};

export type ChannelHost = {
  /**
   * Serves the workspace's channel of this key. `send` hands a message to the provider and gives the provider's id of it; it
   * is tried again with growing pauses when it throws, and given up at once when it throws a `PermanentFailure`.
   */
  provide(
    channelKey: string,
    channel: {
      /** The kind of identity that a customer's address is. */
      addressKind: 'EMAIL' | 'PHONE' | 'SOCIAL' | 'WEB_VISITOR' | 'EXTERNAL';
      /** The system of that identity, where its kind has one. */
      addressSystem?: string;
      /** How long one `send` may take; 30,000 unless told. */
      timeoutMs?: number;
      send(ctx: ReadContext, message: OutboundMessage): Promise<{ externalId: string }>;
    },
  ): ChannelPorts;
};
