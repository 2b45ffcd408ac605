// Reading a mail as it came (RFC 5322 and MIME), within bounds: whoever writes it may mean harm.
import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import type { Attachment, ParsedMail } from 'mailparser';
import { soundId } from './message-ids.ts';

const limits = {
  /** Bytes of the headers of one part. */
  maxHeadSize: 256_000,
  /** Parts, at whatever depth. */
  maxChildNodes: 200,
};
/** Characters of all HTML that is read as text: a reader of HTML takes long, and holds up everything. */
const MOST_HTML = 150_000;
const MOST_TEXT = 200_000;
const MOST_REFERENCES = 40;
const MOST_HEADER = 10_000;

export type Part = { type: string; name: string | null; size: number; content: Buffer; embedded: boolean };

export type Mail = {
  /** Its Message-ID; where it has no sound one, one made from its bytes. */
  id: string;
  from: { address: string; name: string } | null;
  subject: string;
  text: string;
  /** Whether there was text that could not be read. */
  unread: boolean;
  date: Date | null;
  /** Message-IDs that it answers, the nearest first. */
  references: string[];
  type: { value: string; params: Record<string, string> };
  /** Everything but the text, in order. */
  parts: Part[];
  /** The values of all headers of this name, as they came. */
  headers(name: string): string[];
};

/** Without any of these it is something else. */
const needed = new Set(['from', 'message-id', 'return-path']);

/** Reads a mail. Throws where it is none, or is beyond all bounds. */
export async function readMail(came: Buffer): Promise<Mail> {
  const raw = inUtf8(came);
  const parsed = await parse(raw, true);
  if (!parsed.headerLines?.some(({ key }) => needed.has(key))) throw new Error('this is no mail');
  const headers = (name: string) =>
    parsed.headerLines
      .filter(({ key }) => key === name)
      .map(({ line }) =>
        line
          .slice(line.indexOf(':') + 1)
          .trim()
          .slice(0, MOST_HEADER),
      );
  const from = parsed.from?.value.flatMap((one) => one.group ?? [one]).find(({ address }) => address);
  const type = parsed.headers.get('content-type') as Mail['type'] | undefined;
  const [given] = headers('message-id');
  const { text, unread } = await textOf(raw, parsed);
  return {
    id: given !== undefined && soundId.test(given) ? given : `sha256:${createHash('sha256').update(came).digest('hex')}`,
    from: from?.address ? { address: from.address, name: from.name.toWellFormed() } : null,
    subject: (parsed.subject ?? '').toWellFormed(),
    text: text.slice(0, MOST_TEXT).toWellFormed(),
    unread,
    date: headers('date').length > 0 && parsed.date instanceof Date ? parsed.date : null,
    references: referencesIn(headers('in-reply-to'), headers('references')),
    type: { value: (type?.value ?? 'text/plain').toLowerCase(), params: type?.params ?? {} },
    parts: parsed.attachments.map(partOf),
    headers,
  };
}

/**
 * A mail that names no character set and is no UTF-8: as scripts and scanners write it, most likely that of Windows. What could
 * not be read would be lost.
 */
function inUtf8(raw: Buffer): Buffer {
  if (isUtf8(raw) || /charset/i.test(raw.toString('latin1'))) return raw;
  return Buffer.from(new TextDecoder('windows-1252').decode(raw));
}

// Loaded when there is something to read.
const parse = async (raw: Buffer, skipHtmlToText: boolean) =>
  (await import('mailparser')).simpleParser(raw, {
    ...limits,
    ...{ skipHtmlToText, skipTextToHtml: true, keepCidLinks: true, checksumAlgo: false },
    // Mails within mails stay closed; reports are read by ourselves.
    ...{ ignoreEmbedded: true, keepDeliveryStatus: true },
  });

/** The text, and what stands in HTML only: how much of that there is must be known before it is read. */
async function textOf(raw: Buffer, { text = '', html, headers }: ParsedMail): Promise<Pick<Mail, 'text' | 'unread'>> {
  if (!html) return { text, unread: false };
  const { value } = (headers.get('content-type') ?? {}) as { value?: string };
  if (html.length > MOST_HTML) return { text, unread: text.trim() === '' || value !== 'multipart/alternative' };
  const whole = await parse(raw, false);
  if (whole.text?.trim()) return { text: whole.text, unread: whole.textConversionError !== undefined };
  // mailparser reads HTML that has no text beside it only where it stands alone.
  const alone = await parse(Buffer.from(`Content-Type: text/html; charset=utf-8\r\n\r\n${html}`), false);
  return { text: alone.text ?? '', unread: alone.textConversionError !== undefined };
}

function partOf({ contentType, filename, size, content, related }: Attachment): Part {
  return { type: contentType.toLowerCase(), name: filename?.toWellFormed() ?? null, size, content, embedded: related === true };
}

function referencesIn(inReplyTo: string[], references: string[]): string[] {
  const ids = (texts: string[]) => texts.flatMap((text) => text.match(/<[^<>\s]{1,400}>/g) ?? []).filter((id) => soundId.test(id));
  return [...new Set([...ids(inReplyTo), ...ids(references).reverse()])].slice(0, MOST_REFERENCES);
}
