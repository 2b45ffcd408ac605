// What a mail says, as it is kept: its text, and what came with it by name.
import { withoutHistory } from './history.ts';
import type { Mail, Part } from './mail.ts';

const MOST_BODY = 95_000;
const MOST_NAMED = 20;
const MOST_NAME = 100;

/** The text of a mail; of an answer without what it quotes. */
export function bodyOf(mail: Mail, history: 'cut' | 'keep'): string {
  const isAnswer = mail.references.length > 0;
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

// biome-ignore lint/suspicious/noControlCharactersInRegex: those are what is taken out
const nameOf = (name: string) =>
  cut(name.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]+/g, ' ').trim(), MOST_NAME);

function sizeOf(bytes: number): string {
  return bytes < 1_000 ? `${bytes} bytes` : `${Math.round(bytes / 1_000)} kB`;
}

/** At most so many characters, and never half of one. */
export function cut(text: string, most: number): string {
  if (text.length <= most) return text;
  const last = text.charCodeAt(most - 1);
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? most - 1 : most);
}
