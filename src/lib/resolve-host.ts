// Addresses of a host. Asks DNS itself first: the system's own way blocks one of Node's four threads for as long as a
// name server hangs, so a few names of hostile zones would stop all files and names of the process.
import { lookup, Resolver } from 'node:dns/promises';

export type ResolveHost = (host: string) => Promise<string[]>;

const resolver = new Resolver({ timeout: 2_000, tries: 2 });
/** Answers that let the system try: names of its own (`/etc/hosts`, search domains), or no name server for us. */
const UNKNOWN = new Set(['ENOTFOUND', 'ENODATA', 'ECONNREFUSED', 'EBADNAME']);

/** All addresses of a host, both families; rejects with a code of `node:dns` where there are none. */
export const resolveHost: ResolveHost = async (host) => {
  if (/(^|\.)localhost\.?$/i.test(host)) return ['127.0.0.1', '::1'];
  const [four, six] = await Promise.allSettled([resolver.resolve4(host), resolver.resolve6(host)]);
  const found = [four, six].flatMap((one) => (one.status === 'fulfilled' ? one.value : []));
  if (found.length > 0) return found;
  const failed = [four, six].find((one) => one.status === 'rejected' && !UNKNOWN.has((one.reason as { code: string }).code));
  if (failed) throw (failed as PromiseRejectedResult).reason;
  return lookupInTurn(host);
};

/** So many names at most wait for the system at once. */
const MOST_WAITING = 200;

/**
 * Looks names up one after the other: a zone may first say that a name is not there, and then hang, and one thread is what
 * such names may hold.
 */
export function inTurn(look: ResolveHost): ResolveHost {
  const asked = new Map<string, Promise<string[]>>();
  let last: Promise<unknown> = Promise.resolve();
  return (host) => {
    const known = asked.get(host);
    if (known) return known;
    if (asked.size >= MOST_WAITING) return Promise.reject(new Error('too many names wait for the system'));
    const mine = last.then(() => look(host)).finally(() => asked.delete(host));
    asked.set(host, mine);
    last = mine.catch(() => undefined);
    return mine;
  };
}

const lookupInTurn = inTurn(async (host) => (await lookup(host, { all: true })).map(({ address }) => address));
