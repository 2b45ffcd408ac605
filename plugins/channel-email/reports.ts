// Reports of mail servers on mail that was sent (RFC 3464), and the plain letters of those that write none.
import type { Mail, Part } from './mail.ts';
import { idIn, UUID } from './message-ids.ts';
import { cut } from './text.ts';

export type Report = {
  /** OTHER: neither good nor bad news, such as a receipt. */
  news: 'BOUNCED' | 'DELIVERED' | 'DELAYED' | 'OTHER';
  /** Status code and what the server said. */
  detail: string;
  /** Message-IDs of the mail that it is about, the surest first. */
  about: string[];
  /** Ids of messages that the mail says it is: relays such as Amazon SES give mail another Message-ID. */
  messages: string[];
};

const ownHeader = new RegExp(`^x-trato-message-id:\\s{0,10}(${UUID})\\s*$`, 'im');
const MOST_READ = 100_000;
const MOST_DETAIL = 300;
const statusParts = new Set(['message/delivery-status', 'message/global-delivery-status']);
const returnedParts = new Set([
  ...['message/rfc822', 'message/global', 'text/rfc822-headers', 'message/rfc822-headers', 'message/global-headers'],
]);

/** What a mail reports; null where it is no report. */
export function reportOf(mail: Mail): Report | null {
  const isReport = mail.type.value === 'multipart/report';
  const status = mail.parts.find(({ type }) => statusParts.has(type));
  if (status && (isReport || isFromServer(mail))) return { ...statusOf(textOf(status)), ...about(mail) };
  if (isReport) return { news: 'OTHER', detail: '', ...about(mail) };
  if (mail.headers('x-failed-recipients').length > 0) return { news: 'BOUNCED', detail: plainReason(mail.text), ...about(mail) };
  if (/^Hi\. This is the qmail-send program/.test(mail.text.trimStart()) && /permanent error/.test(mail.text.slice(0, 2_000))) {
    return { news: 'BOUNCED', detail: plainReason(mail.text), ...about(mail) };
  }
  return null;
}

/** Whether it was sent by a mail server and not by a person. */
export function isFromServer(mail: Mail): boolean {
  const local = mail.from?.address.split('@')[0]?.toLowerCase() ?? '';
  return /^(?:mailer-daemon|postmaster|microsoftexchange[0-9a-f]*)$/.test(local) || mail.headers('return-path').includes('<>');
}

const textOf = ({ content }: Part) => content.subarray(0, MOST_READ).toString('utf8').replaceAll('\r\n', '\n').toWellFormed();

type Status = Pick<Report, 'news' | 'detail'>;
const weight: Record<Report['news'], number> = { BOUNCED: 3, DELIVERED: 2, DELAYED: 1, OTHER: 0 };

/** The worst news of all recipients: a message of ours has one, but somebody may have passed it on. */
function statusOf(text: string): Status {
  const groups = text.split(/\n[ \t]*\n/).map(fieldsOf);
  const all = groups.filter((fields) => fields.has('action') || fields.has('status')).map(recipientStatus);
  return all.toSorted((a, b) => weight[b.news] - weight[a.news])[0] ?? { news: 'OTHER', detail: '' };
}

function fieldsOf(group: string): Map<string, string> {
  const unfolded = group.replace(/\n[ \t]+/g, ' ');
  return new Map(
    unfolded.split('\n').flatMap((line) => {
      const at = line.indexOf(':');
      return at > 0 ? [[line.slice(0, at).trim().toLowerCase(), line.slice(at + 1).trim()] as const] : [];
    }),
  );
}

const newsOfAction: Record<string, Report['news']> = { failed: 'BOUNCED', delivered: 'DELIVERED', delayed: 'DELAYED' };

function recipientStatus(fields: Map<string, string>): Status {
  const code = /\b[245]\.\d{1,3}\.\d{1,3}\b/.exec(fields.get('status') ?? '')?.[0] ?? '';
  const action = /^[a-z]*/.exec((fields.get('action') ?? '').toLowerCase())![0];
  const news = newsOfAction[action] ?? (action === '' && code.startsWith('5') ? 'BOUNCED' : 'OTHER');
  const said = (fields.get('diagnostic-code') ?? '').replace(/^[A-Za-z0-9.-]+\s*;\s*/, '');
  return { news, detail: short(said.includes(code) ? said || code : `${code} ${said}`) };
}

/** What a letter without a report says, from where it gets to the point. */
function plainReason(text: string): string {
  const at = text.search(/^.*\b[45]\d\d[ -]/m);
  return short(text.slice(Math.max(0, at), Math.max(0, at) + MOST_DETAIL));
}

const short = (text: string) => cut(text.replace(/\s+/g, ' ').trim(), MOST_DETAIL);

function about(mail: Mail): Pick<Report, 'about' | 'messages'> {
  const returned = mail.parts.filter(({ type }) => returnedParts.has(type)).map(textOf);
  // A letter has what it returns in its text.
  const texts = returned.length > 0 ? returned : [mail.text];
  const found = texts.flatMap((text) => /^message-id:\s{0,10}(<[^<>\s]{1,400}>)/im.exec(text)?.[1] ?? []);
  // Without what it returns it answers that; what stands before in the conversation did not come back.
  const named = found.length > 0 ? found : mail.references.slice(0, 1);
  const messages = texts.flatMap((text) => ownHeader.exec(text)?.[1]?.toLowerCase() ?? []);
  return { about: [...new Set(named.filter((id) => idIn(id) !== null))], messages };
}
