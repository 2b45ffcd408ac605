// Request bodies: bytes that are not UTF-8 and texts that PostgreSQL could not keep are refused before anything runs.
import { apiError } from '../graphql/errors.ts';
import { faultOf } from '../lib/storable-text.ts';

/** How deep the objects and lists of a request may be nested. */
const MAX_DEPTH = 100;

const decoder = new TextDecoder('utf-8', { fatal: true });

/** Reads a body. Throws BODY_INVALID unless it is JSON in UTF-8, BAD_USER_INPUT as `checkTexts` does. */
export function parseBody(bytes: Buffer): unknown {
  if (bytes.length === 0) throw apiError('BODY_INVALID', 'The request body is empty; send JSON with a query.');
  const body = parseJson(decode(bytes));
  if (Array.isArray(body)) {
    const facts = { limit: 'operations', value: body.length, maximum: 1 };
    throw apiError('BAD_REQUEST', 'Send one operation in a request: batches are off.', facts);
  }
  checkTexts(body);
  return body;
}

function decode(bytes: Buffer): string {
  try {
    return decoder.decode(bytes);
  } catch {
    throw apiError('BODY_INVALID', 'The request body is not valid UTF-8.');
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    // The parser's message quotes the body; only the place is worth telling.
    const at = /position (\d+)/.exec((error as Error).message)?.[1] ?? String(text.length);
    throw apiError('BODY_INVALID', `The request body is not valid JSON (at character ${at}).`);
  }
}

// Names with a backslash are refused, and nothing here needs one: since Node 24, V8's JSON.parse may read a name that is
// written with an escape (`"\n"`) as one that an earlier JSON had (`"\\"`), whoever sent that. What is misread so always
// has a backslash. https://github.com/nodejs/node/issues/63785

type Node = { value: object; key: string; above: Node | null; depth: number };

/**
 * Walks a JSON value. Throws BAD_USER_INPUT, with the path, for a text with the character NUL or half of a surrogate
 * pair, for a name with a backslash, and for nesting that would exhaust the stack.
 */
export function checkTexts(root: unknown): void {
  if (typeof root !== 'object' || root === null) return;
  const open: Node[] = [{ value: root, key: '', above: null, depth: 1 }];
  for (let node = open.pop(); node; node = open.pop()) {
    if (node.depth > MAX_DEPTH) {
      const facts = { limit: 'bodyDepth', value: node.depth, maximum: MAX_DEPTH };
      throw apiError('BAD_USER_INPUT', `The request is nested more than ${MAX_DEPTH} levels deep.`, facts);
    }
    for (const [key, part] of Object.entries(node.value)) {
      const fault = faultOf(key) ?? (typeof part === 'string' ? faultOf(part) : null);
      if (key.includes('\\')) throw apiError('BAD_USER_INPUT', `A name in JSON must not contain a backslash (at ${pathOf(node, key)}).`);
      if (fault) throw apiError('BAD_USER_INPUT', `A text must not contain ${fault} (at ${pathOf(node, key)}).`);
      if (typeof part === 'object' && part !== null) open.push({ value: part, key, above: node, depth: node.depth + 1 });
    }
  }
}

function pathOf(node: Node, last: string): string {
  const keys = [last];
  for (let at: Node = node; at.above; at = at.above) keys.unshift(at.key);
  return keys.map((key) => key.slice(0, 60).toWellFormed().replaceAll('\0', '?')).join('.');
}
