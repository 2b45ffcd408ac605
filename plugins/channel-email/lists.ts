// Mailing lists that write in the company's own name. A list cannot pass on a mail of somebody whose domain forbids that (DMARC)
// under that somebody's address: Google Groups and Mailman then write their own into From, and say elsewhere who wrote it.
import type { Account } from './config.ts';
import type { Mail } from './mail.ts';

const whoWrote = ['x-original-from', 'reply-to'];
/** At the end of what names one; bounded, since a header may be long and hostile. */
const address = /[^\s<>,;:"()@]{1,64}@[^\s<>,;:"()@]{1,255}(?=>?$)/;

/**
 * Who wrote a mail that a list passed on under the company's address; null for one that the company wrote. Whoever writes to a
 * list may send such headers along, and the list adds its own: where they name several, nobody is believed.
 */
export function writerBehind(account: Account, mail: Mail): Mail['from'] {
  const isOfList = mail.headers('list-id').length > 0 && mail.headers('x-trato-message-id').length === 0;
  if (!isOfList) return null;
  const named = whoWrote
    .flatMap((header) => mail.headers(header))
    .flatMap(addressesIn)
    .filter((one) => !isOwn(account, mail, one.toLowerCase()));
  const [writer] = named;
  if (writer === undefined || named.some((one) => one.toLowerCase() !== writer.toLowerCase())) return null;
  // "'Ada' via Support"
  const [name = ''] = (mail.from?.name ?? '').split(' via ', 1);
  return { address: writer, name: name.replace(/^'(.*)'$/, '$1') };
}

function addressesIn(text: string): string[] {
  const pieces = text.replace(/"[^"]*"/g, '').split(',');
  return pieces.flatMap((piece) => address.exec(piece.trim())?.[0] ?? []);
}

/** The company's addresses, and that of the list itself, to which answers may go. */
function isOwn({ from, replyTo }: Account, mail: Mail, one: string): boolean {
  if (one === from.address.toLowerCase() || one === replyTo?.toLowerCase()) return true;
  const says = (header: string, part: string) => mail.headers(header).some((text) => text.toLowerCase().includes(part));
  return says('list-id', `<${one.replace('@', '.')}>`) || says('list-post', `<mailto:${one}>`);
}
