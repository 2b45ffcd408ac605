// Mailing lists that write in the company's own name. A list cannot pass on a mail of somebody whose domain forbids that (DMARC)
// under that somebody's address: Google Groups and Mailman then write their own into From, and say elsewhere who wrote it.
import type { Account } from './config.ts';
import type { Mail } from './mail.ts';

const whoWrote = ['x-original-from', 'reply-to'];
const alone = /^(?:[^<>]*<)?([^\s<>,;:"'()]+@[^\s<>,;:"'()]+)>?$/;

/** Who wrote a mail that a list passed on under the company's address; null for one that the company wrote. */
export function writerBehind({ from, replyTo }: Account, mail: Mail): Mail['from'] {
  const isOfList = mail.headers('list-id').length > 0 && mail.headers('x-trato-message-id').length === 0;
  if (!isOfList) return null;
  const own = [from.address, replyTo].map((address) => address?.toLowerCase());
  const address = whoWrote
    .flatMap((name) => mail.headers(name))
    .flatMap((text) => alone.exec(text)?.[1] ?? [])
    .find((one) => !own.includes(one.toLowerCase()));
  // "'Ada' via Support"
  const name = (mail.from?.name ?? '').replace(/ via .*$/, '').replace(/^'(.*)'$/, '$1');
  return address === undefined ? null : { address, name };
}
