// Channels: how messages leave and come in.
import type { InboundMessage, OutboundMessage } from '../modules/messages/index.ts';
import type { ReadContext, WriteContext } from './contexts.ts';

export type { InboundMessage, OutboundMessage } from '../modules/messages/index.ts';

export type ChannelPorts = {
  /** Takes in a message; answers the interaction, and whether it was new. */
  receive(ctx: WriteContext, message: InboundMessage): Promise<{ interactionId: string; customerId: string; isNew: boolean }>;
  /**
   * Says what became of a message that was sent. Later news of one that is settled is ignored, but for a bounce. False where no
   * such message is known, perhaps not yet: a provider may report before Trato has written down the id that `send` gave. Do not
   * answer such a report as taken: with 404 or 503 most providers send it again.
   */
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
