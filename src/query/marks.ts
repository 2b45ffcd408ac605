// Last touches on the JSON that PostgreSQL wrote: ids become TypeIDs, and keys longer than an SQL name get their names
// back. Such places carry a key like `"~3":`, which nothing else can be: GraphQL names have no tilde, quotes inside
// texts are escaped, and jsonb writes a space after its colons.
import { typeIdSuffix } from '../lib/typeid.ts';

export type Mark = { key: string /** For an id. */; prefix?: string };

const QUOTE = 34;
const COLON = 58;
const SPACE = 32;
const UUID_LENGTH = 36;

/** The JSON with its marked places written as the API writes them. */
export function applyMarks(text: string, marks: readonly Mark[]): string {
  if (marks.length === 0) return text;
  let done = '';
  let from = 0;
  let at = text.indexOf('"~');
  while (at !== -1) {
    let i = at + 2;
    let number = 0;
    for (let code = text.charCodeAt(i); code >= 48 && code <= 57; code = text.charCodeAt(++i)) number = number * 10 + code - 48;
    const mark = i > at + 2 && isKeyEnd(text, i) ? marks[number] : undefined;
    if (mark) {
      const isId = mark.prefix !== undefined && text.charCodeAt(i + 2) === QUOTE;
      const before = text.substring(from, at);
      if (isId) done += `${before}"${mark.key}":"${mark.prefix}_${typeIdSuffix(text, i + 3)}`;
      else done += `${before}"${mark.key}":`;
      from = isId ? i + 3 + UUID_LENGTH : i + 2;
      i = from;
    }
    at = text.indexOf('"~', i);
  }
  return done + text.substring(from);
}

function isKeyEnd(text: string, at: number): boolean {
  return text.charCodeAt(at) === QUOTE && text.charCodeAt(at + 1) === COLON && text.charCodeAt(at + 2) !== SPACE;
}

/** Begins the object that stands in place of a field that cannot be answered: `{"~!":n}`. */
export const REFUSED = '~!';

/** Whether a place of the JSON says that its field cannot be answered. */
export function hasRefusal(text: string): boolean {
  return text.includes('{"~!":');
}
