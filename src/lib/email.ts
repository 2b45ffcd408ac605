// E-mail addresses in the one spelling in which they are compared: those of customers and those of users.
import { domainToASCII } from 'node:url';

const MAX = 254; // RFC 5321 allows no longer one
// The addr-spec of RFC 5321 without quoted local parts and address literals, which no mail service hands out.
const LOCAL = /^[\p{L}\p{N}!#$%&'*+/=?^_`{|}~-]+(\.[\p{L}\p{N}!#$%&'*+/=?^_`{|}~-]+)*$/u;
const DOMAIN = /^(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])$/;

/** Trimmed, lower case, the domain in its ASCII form; null when it is no e-mail address. */
export function normaliseEmail(written: string): string | null {
  const address = written.trim().normalize('NFC');
  const at = address.lastIndexOf('@');
  const local = address.slice(0, at).toLowerCase();
  const domain = domainToASCII(address.slice(at + 1));
  const sound = at > 0 && local.length <= 64 && local.length + domain.length < MAX && LOCAL.test(local) && DOMAIN.test(domain);
  return sound ? `${local}@${domain}` : null;
}
