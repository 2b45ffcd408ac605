// What a message of Trato is called in mail: always the same, so that whoever gets it twice can tell.
import type { Account } from './config.ts';

export const UUID = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}';
const ownId = new RegExp(`^<(${UUID})@[^<>\\s]+>$`);
const plusId = new RegExp(`\\+(${UUID})@`, 'gi');

/** Message-IDs that may stand in a header as they are. */
export const soundId = /^<[\x21-\x3b\x3d\x3f-\x7e]{1,400}>$/;

/** The Message-ID of a message. */
export function messageIdOf({ from }: Account, id: string): string {
  return `<${id}@${domainOf(from.address)}>`;
}

/** Which message may have this Message-ID: somebody else may have made it up, so compare its external id. */
export function idIn(messageId: string): string | null {
  return ownId.exec(messageId)?.[1] ?? null;
}

/** The sender on the envelope: where what cannot be delivered goes. */
export function returnPathOf({ from, returnPath }: Account, id: string): string {
  if (!returnPath) return from.address;
  const at = returnPath.lastIndexOf('@');
  return `${returnPath.slice(0, at)}+${id}${returnPath.slice(at)}`;
}

/** The messages whose return paths stand in a text such as the header `To`. */
export function idsOfReturnPaths({ returnPath }: Account, text: string): string[] {
  if (!returnPath) return [];
  const at = returnPath.lastIndexOf('@');
  const [local, domain] = [returnPath.slice(0, at).toLowerCase(), returnPath.slice(at + 1).toLowerCase()];
  const lower = text.toLowerCase();
  return [...lower.matchAll(plusId)]
    .filter(({ index, 0: all }) => lower.slice(0, index).endsWith(local) && lower.startsWith(domain, index + all.length))
    .map(({ 1: id }) => id as string);
}

export function domainOf(address: string): string {
  return address.slice(address.lastIndexOf('@') + 1);
}
