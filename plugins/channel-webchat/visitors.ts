// How a visitor of a site is known in Trato: a web visitor of the system `webchat`, by the site's key and the site's own id of it.
import { z } from 'trato/plugin';

export const VISITOR_SYSTEM = 'webchat';

/** An id that a site makes: it must need no escaping in addresses and queries. */
export const siteId = z.string().regex(/^[A-Za-z0-9._-]{1,100}$/, 'Letters, digits, . _ and -, at most 100.');

export function addressOf(siteKey: string, visitor: string): string {
  return `${siteKey}:${visitor}`;
}
