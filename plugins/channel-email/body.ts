// What a mail says, as it is kept: its text, and what came with it by name.
import { withoutHistory } from './history.ts';
import type { Mail, Part } from './mail.ts';
import { cut, oneLine } from './text.ts';

/** Subjects of what is passed on, as mail programs write them in many languages: what stands below is what it is about. */
const passedOn = /^\s*(?:fwd?|wg|tr|rv|enc|vb|vs|pd)\s?:/i;
const MOST_BODY = 95_000;
const MOST_NAMED = 20;
const MOST_NAME = 100;

/** The text of a mail; of an answer without what it quotes. */
export function bodyOf(mail: Mail, history: 'cut' | 'keep'): string {
  const isAnswer = mail.references.length > 0 && !passedOn.test(mail.subject);
  const text = history === 'cut' && isAnswer ? withoutHistory(mail.text) : mail.text.trim();
  const notes = [...(mail.unread ? ['[Its HTML could not be read as text.]'] : []), ...attachmentsOf(mail.parts)];
  return [cut(text, MOST_BODY), ...notes].filter((one) => one !== '').join('\n\n');
}

function attachmentsOf(parts: readonly Part[]): string[] {
  const named = parts.filter(({ embedded }) => !embedded);
  if (named.length === 0) return [];
  const shown = named
    .slice(0, MOST_NAMED)
    .map(({ name, type, size }) => `${nameOf(name ?? 'without a name')} (${nameOf(type)}, ${sizeOf(size)})`);
  const more = named.length > MOST_NAMED ? [`${named.length - MOST_NAMED} more`] : [];
  return [`[Attached, and not kept: ${[...shown, ...more].join('; ')}]`];
}

const nameOf = (name: string) => cut(oneLine(name.replace(/\p{Bidi_Control}+/gu, '')), MOST_NAME);

function sizeOf(bytes: number): string {
  return bytes < 1_000 ? `${bytes} bytes` : `${Math.round(bytes / 1_000)} kB`;
}
