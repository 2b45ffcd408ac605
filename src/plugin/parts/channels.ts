// `channels`: a plugin hands messages to a provider, and brings what comes in. Its ports record in the transaction that the
// plugin got; the capability alone is the right to do so.
import { systemViewer } from '../../auth/system-viewer.ts';
import type { CommandContext } from '../../commands/command.ts';
import { inSavepoint } from '../../db/savepoint.ts';
import { isPermanent } from '../../lib/permanent-failure.ts';
import { defineChannelProvider, type OutboundMessage, receiveMessage, reportMessage, type SendCall } from '../../modules/messages/index.ts';
import { commandContextOf, originOf, readContext, within } from '../context.ts';
import { assertInTime } from '../context-read.ts';
import type { WriteContext } from '../contexts.ts';
import type { ChannelHost } from '../host-channels.ts';
import type { LoadedPlugin, PartMaker } from '../loaded.ts';
import { checkedTransaction } from '../own-tables/inside.ts';
import { causeOf } from '../timeouts.ts';

const TIMEOUT_MS = 30_000;
const MOST_MS = 600_000;
const KEY = /^[a-z0-9][a-z0-9_.-]{0,62}$/;

type Channel = Parameters<ChannelHost['provide']>[1];

const addressKinds = ['EMAIL', 'PHONE', 'SOCIAL', 'WEB_VISITOR', 'EXTERNAL'] as const satisfies Channel['addressKind'][];

export const channelsPart: PartMaker<ChannelHost> = (plugin) => ({
  provide(channelKey, channel) {
    const { addressKind, addressSystem = '', timeoutMs = TIMEOUT_MS } = channel;
    if (typeof channelKey !== 'string' || !KEY.test(channelKey))
      throw new Error(`"${String(channelKey).slice(0, 80)}" is no key of a channel`);
    if (!(addressKinds as readonly unknown[]).includes(addressKind)) {
      throw new Error(`the channel ${channelKey} sends to addresses of a kind that there is not: one of ${addressKinds.join(', ')}`);
    }
    if (typeof addressSystem !== 'string') throw new Error(`the channel ${channelKey} must name its addressSystem by a text`);
    if (!Number.isInteger(timeoutMs) || timeoutMs < 1 || timeoutMs > MOST_MS)
      throw new Error(`the channel ${channelKey}: timeoutMs must be from 1 to ${MOST_MS}`);
    if (typeof channel.send !== 'function') throw new Error(`the channel ${channelKey} needs a function send`);
    const sending = { addressKind, addressSystem: addressSystem.trim().toLowerCase(), timeoutMs };
    defineChannelProvider({
      ...{ provider: plugin.id, channelKey, ...sending },
      send: (call, message) => send(plugin, channel, timeoutMs, call, message),
    });
    plugin.added.push({ kind: 'CHANNEL', name: channelKey });
    return {
      receive: (made, message) => recording(plugin, made, (ctx) => receiveMessage(ctx, plugin.id, channelKey, message)),
      report: (made, externalId, news) => recording(plugin, made, (ctx) => reportMessage(ctx, plugin.id, externalId, news)),
    };
  },
});

async function send(
  plugin: LoadedPlugin,
  channel: Channel,
  timeoutMs: number,
  { db, workspaceId, signal }: SendCall,
  message: OutboundMessage,
): Promise<{ externalId: string }> {
  try {
    return await within(timeoutMs, (inTime) =>
      channel.send(readContext(plugin, { db, workspaceId, signal: AbortSignal.any([signal, inTime]) }), message),
    );
  } catch (error) {
    plugin.log.warn({ plugin: plugin.id, message: message.id, permanent: isPermanent(error), ...causeOf(error) }, 'a message was not sent');
    throw error;
  }
}

// As Trato itself, for the plugin: of the caller, if there is one, a message that came in says nothing. What fails has
// changed nothing, also where the plugin catches what was thrown and goes on.
async function recording<T>(plugin: LoadedPlugin, made: WriteContext, work: (ctx: CommandContext) => Promise<T>): Promise<T> {
  const inTime = () => assertInTime(plugin, made.signal);
  inTime();
  const ctx = commandContextOf(made);
  const tx = checkedTransaction(ctx.tx, inTime);
  const viewer = { ...systemViewer(ctx.workspaceId), origin: originOf(plugin) };
  const source = { actor: viewer.actor, origin: viewer.origin };
  const events: Parameters<CommandContext['emit']>[0][] = [];
  // In time or not, what was written is undone: so by the transaction that does not look at the clock.
  const result = await inSavepoint(ctx.tx, async () => {
    const done = await work({ ...ctx, tx, viewer, permission: '*', emit: (event) => events.push({ source, ...event }) });
    inTime();
    return done;
  });
  for (const event of events) ctx.emit(event);
  return result;
}
