// E-mail addresses of users: one spelling each, since the first sign-in is linked by it.

const MAX = 254; // RFC 5321 allows no longer one
const LOCAL = /^[^\s@<>(),;:"[\]\\\p{Cc}]{1,64}$/u;
const DOMAIN = /^(?:[\p{L}\p{N}](?:[\p{L}\p{N}-]{0,61}[\p{L}\p{N}])?\.)+\p{L}[\p{L}\p{N}-]{1,62}$/u;

/** The one spelling of an address: trimmed, NFC, lower case. */
export function normaliseEmail(address: string): string {
  return address.trim().normalize('NFC').toLowerCase();
}

/** Whether a normalised address looks like `name@domain.tld`. */
export function isEmail(address: string): boolean {
  const at = address.lastIndexOf('@');
  const local = address.slice(0, Math.max(at, 0));
  return address.length <= MAX && LOCAL.test(local) && !/^\.|\.\.|\.$/.test(local) && DOMAIN.test(address.slice(at + 1));
}
