// Where a webhook may send: what can be told of an address without asking for it. What a name leads to is checked when it is sent.
import { reject } from '../../commands/user-errors.ts';
import { addressOf, mayReach } from '../../lib/private-address.ts';

/** The URL in its normal form. Refuses with URL_INVALID, and with URL_PRIVATE for an address inside some network. */
export function checkedUrl(text: string): string {
  const path = ['url'];
  const url = URL.canParse(text) ? new URL(text) : null;
  if (!url || !['http:', 'https:'].includes(url.protocol) || url.hostname === '') {
    return reject('URL_INVALID', 'Not an address such as https://example.com/hooks.', path);
  }
  if (url.username !== '' || url.password !== '') return reject('URL_INVALID', 'An address must not hold a user or a password.', path);
  url.hash = '';
  const address = addressOf(url);
  if (address !== null && !mayReach(address)) {
    return reject('URL_PRIVATE', 'This address is not one of the public internet.', path);
  }
  return url.href;
}
