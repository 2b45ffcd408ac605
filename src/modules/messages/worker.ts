// Sends what is due, one worker for each channel that is served. A provider that hangs holds up its own channel at most.
import type { Database } from '../../db/database.ts';
import { defineService, defineWorker, type Left } from '../../jobs/index.ts';
import { type Claimed, claimDue, nextDue } from './claim.ts';
import { type ChannelProvider, eachProvider, providerOf } from './providers.ts';
import { type Outcome, settle } from './settle.ts';

/** Messages of a channel on their way at once. */
const AT_ONCE = 10;
/** How long a round waits for them; those that take longer go on beside the next. */
const ROUND_MS = 1_000;
const LOOK_AGAIN_MS = 200;
/** How long a server that stops waits for those: what a provider took and nobody wrote down is sent again. */
const STOPPING_MS = 3_000;

type Sending = { busy: Set<Promise<void>>; failures: unknown[] };
const perDatabase = new WeakMap<Database, Map<string, Sending>>();
const defined = new Set<string>();

eachProvider(({ channelKey }) => {
  if (defined.has(channelKey)) return;
  defined.add(channelKey);
  defineWorker({ name: `messages-${channelKey}`, work: (db) => sendDue(db, channelKey) });
});

defineService({
  name: 'messages',
  start: (db) => ({
    wake() {},
    async stop() {
      const sending = [...(perDatabase.get(db)?.values() ?? [])].flatMap(({ busy }) => [...busy]);
      await allOrAfter(new Set(sending), STOPPING_MS);
    },
  }),
});

/** Sends messages of a channel that are due. */
export async function sendDue(db: Database, channelKey: string): Promise<Left> {
  const provider = providerOf(channelKey);
  if (!provider) return null;
  const { busy, failures } = sendingOf(db, channelKey);
  const free = AT_ONCE - busy.size;
  const claimed = free > 0 ? await claimDue(db, provider, free) : [];
  for (const one of claimed) {
    const sending: Promise<void> = trySend(db, provider, one)
      .catch((error) => void failures.push(error))
      .finally(() => busy.delete(sending));
    busy.add(sending);
  }
  if (busy.size > 0) await allOrAfter(busy, ROUND_MS);
  // What could not be written down is tried again when its time is over; the worker tells why.
  if (failures.length > 0) throw failures.splice(0)[0];
  if (claimed.length > 0 && claimed.length === free && busy.size < AT_ONCE) return 'more';
  return busy.size > 0 ? new Date(Date.now() + LOOK_AGAIN_MS) : nextDue(db, provider);
}

function sendingOf(db: Database, channelKey: string): Sending {
  const channels = perDatabase.get(db) ?? new Map<string, Sending>();
  perDatabase.set(db, channels);
  const sending = channels.get(channelKey) ?? { busy: new Set(), failures: [] };
  channels.set(channelKey, sending);
  return sending;
}

async function trySend(db: Database, provider: ChannelProvider, claimed: Claimed): Promise<void> {
  await settle(db, provider.provider, claimed, await outcomeOf(db, provider, claimed));
}

async function outcomeOf(db: Database, provider: ChannelProvider, { workspaceId, attempts: _, ...message }: Claimed): Promise<Outcome> {
  const ended = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`The provider did not answer within ${provider.timeoutMs} ms.`)), provider.timeoutMs);
  });
  try {
    const sent = await Promise.race([provider.send({ db, workspaceId, signal: ended.signal }, message), late]);
    return { externalId: sent?.externalId };
  } catch (error) {
    return { error };
  } finally {
    clearTimeout(timer);
    ended.abort();
  }
}

async function allOrAfter(busy: ReadonlySet<Promise<void>>, milliseconds: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const after = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, milliseconds);
  });
  await Promise.race([Promise.all(busy), after]);
  clearTimeout(timer);
}
