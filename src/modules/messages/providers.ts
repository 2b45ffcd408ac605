// Who serves which channel. Plugins register here; a channel has one provider.
import type { Database } from '../../db/database.ts';
import type { IdentityKind } from '../../db/models.ts';
import type { OutboundMessage } from './shapes.ts';

export type SendCall = { db: Database; workspaceId: string; signal: AbortSignal };

export type ChannelProvider = {
  /** Id of the plugin. */
  provider: string;
  channelKey: string;
  /** What kind of identity a customer's address is, and in which system. */
  addressKind: IdentityKind;
  addressSystem: string;
  /** How long one `send` may take. */
  timeoutMs: number;
  send(call: SendCall, message: OutboundMessage): Promise<{ externalId: string }>;
};

const providers = new Map<string, ChannelProvider>();
const listeners: ((provider: ChannelProvider) => void)[] = [];

/** Has a plugin serve a channel; gives the way to end that. */
export function defineChannelProvider(provider: ChannelProvider): () => void {
  const { channelKey } = provider;
  const other = providers.get(channelKey);
  if (other) throw new Error(`the channel ${channelKey} is served by ${other.provider} already`);
  providers.set(channelKey, provider);
  for (const listener of listeners) listener(provider);
  return () => void providers.delete(channelKey);
}

/** Who serves the channel of this key, if anybody does. */
export function providerOf(channelKey: string): ChannelProvider | undefined {
  return providers.get(channelKey);
}

/** Calls `listener` for each provider, those that come later too. */
export function eachProvider(listener: (provider: ChannelProvider) => void): void {
  listeners.push(listener);
  for (const provider of providers.values()) listener(provider);
}
