// Last touches on the JSON that PostgreSQL wrote: ids become TypeIDs, and keys longer than an SQL name get their names
// back. Such places carry a key like `"~3":`, which nothing else can be: GraphQL names have no tilde, quotes inside
// texts are escaped, and jsonb writes a space after its colons.
import { typeIdSuffix } from '../lib/typeid.ts';

export type Mark = {
  /** What stands in place of the marked key, up to the value; of an id up to its suffix. */
  head: string;
  isId: boolean;
};

/** The mark of a value under a long key, or of an id with this prefix. */
export function markOf(key: string, prefix?: string): Mark {
  return { head: prefix === undefined ? `"${key}":` : `"${key}":"${prefix}_`, isId: prefix !== undefined };
}

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
      if (!mark.isId) {
        done += text.substring(from, at) + mark.head;
        from = i + 2;
      } else if (text.charCodeAt(i + 2) === QUOTE) {
        done += text.substring(from, at) + mark.head + typeIdSuffix(text, i + 3);
        from = i + 3 + UUID_LENGTH;
      } else {
        done += text.substring(from, at) + mark.head.slice(0, mark.head.lastIndexOf(':') + 1); // null
        from = i + 2;
      }
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
export const REFUSAL = '{"~!":';
/** After the colon of a member that somebody stored there is a space. */
const refusals = /\{"~!":(?=\d)/;

/** Whether a place of the JSON says that its field cannot be answered. */
export function hasRefusal(text: string): boolean {
  return text.includes(REFUSAL) && refusals.test(text);
}

/** The text with the member of its refusals under another name. */
export function renameRefusals(text: string, name: string): string {
  return hasRefusal(text) ? text.replace(new RegExp(refusals, 'g'), `{"${name}":`) : text;
}
