// One client's live connection, a socket or an event stream: who it is, and when it has to go.
import type { Viewer } from '../auth/viewer.ts';
import { isApiError } from '../graphql/errors.ts';
import { statusOf } from './mask-error.ts';
import type { LiveTransport } from './metrics.ts';
import { policyKey } from './reader-pool.ts';
import type { Services } from './services.ts';
import { closeCodes, type Link } from './socket.ts';

export type Connection = {
  transport: LiveTransport;
  /** Where it comes from. */
  address: string;
  link: Pick<Link, 'room' | 'slow' | 'close'>;
  viewer: Viewer | null;
  credential: string | undefined;
  origin: string | null;
  expiry: NodeJS.Timeout | undefined;
  /** Queries and mutations under way; a stopping server lets them finish. */
  running: Set<string>;
  subscriptions: number;
  leaving: boolean;
};

/** What `authenticate` says of a client: who it is, or the code and the reason with which it is closed. */
export type Verdict = { viewer: Viewer } | { code: number; reason: string };

const MAX_TIMEOUT_MS = 2 ** 31 - 1;
const ACCESS_PAUSE_MS = 50;

/** A connection of which nothing is known yet. */
export function newConnection(transport: LiveTransport, address: string | undefined, link: Connection['link']): Connection {
  return {
    transport,
    address: address ?? '',
    link,
    viewer: null,
    credential: undefined,
    origin: null,
    expiry: undefined,
    running: new Set(),
    subscriptions: 0,
    leaving: false,
  };
}

/** Asks who the client is by the credential that it gave. */
export async function identify(services: Services, { credential, origin }: Connection): Promise<Verdict> {
  try {
    const viewer = await services.authenticate(credential, origin);
    return viewer ? { viewer } : { code: closeCodes.forbidden, reason: 'UNAUTHENTICATED' };
  } catch (error) {
    const code = isApiError(error) ? String(error.extensions.code) : 'OVERLOADED';
    return { code: [401, 200].includes(statusOf(code)) ? closeCodes.forbidden : closeCodes.tryLater, reason: code };
  }
}

/** Lets the viewer use the connection for as long as its credential holds. */
export function welcome(connection: Connection, viewer: Viewer): void {
  connection.viewer = viewer;
  closeAtExpiry(connection, viewer.expiresAt);
}

function closeAtExpiry(connection: Connection, expiresAt: Date | null): void {
  if (!expiresAt) return;
  const left = expiresAt.getTime() - Date.now();
  connection.expiry = setTimeout(
    () => {
      if (left > MAX_TIMEOUT_MS) closeAtExpiry(connection, expiresAt);
      else connection.link.close(closeCodes.forbidden, 'TOKEN_EXPIRED');
    },
    Math.min(Math.max(left, 0), MAX_TIMEOUT_MS),
  );
}

/**
 * Asks again who the client is: a withdrawn credential closes the connection, and a changed role has it connect anew,
 * since what runs was begun under the old one. While the answer cannot be had, the connection stays.
 */
async function recheck(services: Services, connection: Connection): Promise<void> {
  const before = connection.viewer;
  if (!before) return;
  const verdict = await identify(services, connection);
  if ('viewer' in verdict) {
    if (policyKey(verdict.viewer) !== policyKey(before)) connection.link.close(closeCodes.restart, 'ACCESS_CHANGED');
  } else if (verdict.code === closeCodes.forbidden) connection.link.close(verdict.code, verdict.reason);
}

/** Rechecks all connections now and then, and soon after access changed; gives the way to end that. */
export function watchAccess(
  services: Services,
  connections: () => Iterable<Connection>,
  { everyMs, onChanged }: { everyMs: number; onChanged: (callback: () => void) => () => void },
): () => void {
  const recheckAll = () => {
    for (const connection of connections()) void recheck(services, connection);
  };
  const timer = setInterval(recheckAll, everyMs).unref();
  let soon: NodeJS.Timeout | undefined;
  const unsubscribe = onChanged(() => {
    if (soon) return; // one look serves a burst of changes
    soon = setTimeout(() => {
      soon = undefined;
      recheckAll();
    }, ACCESS_PAUSE_MS).unref();
  });
  return () => {
    clearInterval(timer);
    clearTimeout(soon);
    unsubscribe();
  };
}

/** Closes the connection so that the client connects again, once no query or mutation is under way. */
export function leave(connection: Connection): void {
  connection.leaving = true;
  if (connection.running.size === 0) connection.link.close(closeCodes.restart, 'SHUTTING_DOWN');
}
