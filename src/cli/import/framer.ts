// Cuts a stream of bytes into records at line ends, knowing that a quoted CSV field may span lines. What opens a quote
// and does not end as a good record costs its first line only: cutting goes on at the next line, so one stray quote
// does not swallow the rest of a file. Memory: one chunk and one record.

/** A record's bytes without its line end. `end`: offset after it; `line`: its first physical line, from 1. */
export type Frame = { bytes: Buffer; line: number; lines: number; end: number; problem?: 'UNCLOSED_QUOTE' | 'TOO_LONG' };

export type FramerOptions = {
  /** The quote and escape characters; without a quote every line is a record. */
  quote?: string | undefined;
  escape?: string | undefined;
  /** Whether lines joined by an open quote make a good record. */
  verify?: (bytes: Buffer) => boolean;
  /** A longer record is a problem, not a record; default 1 MiB. */
  maxBytes?: number;
  offset?: number;
  line?: number;
};

export type Framer = { push: (chunk: Buffer) => Generator<Frame>; end: () => Generator<Frame> };

const NEWLINE = 10;
const RETURN = 13;
const SAMPLE_BYTES = 8192;

/** Makes a framer; feed it with `push` and take what is left with `end`. Blank lines give no frame. */
export function createFramer(options: FramerOptions): Framer {
  const { verify = () => true, maxBytes = 1_048_576 } = options;
  const quote = options.quote?.charCodeAt(0);
  const escapeByte = options.escape !== undefined && options.escape !== options.quote ? options.escape.charCodeAt(0) : undefined;
  let rest: Buffer = Buffer.alloc(0);
  let offset = options.offset ?? 0;
  let line = options.line ?? 1;
  let tooLong: Buffer | undefined; // the beginning of an endless line whose rest is being dropped
  let quotes = { from: 0, next: -1 }; // the last search for a quote in `rest`: none lies between `from` and `next`

  const oddQuotes = (from: number, to: number): boolean => {
    if (quote === undefined) return false;
    let odd = false;
    for (let at = quoteFrom(from); at < to; at = quoteFrom(at + 1)) {
      let escapes = 0;
      if (escapeByte !== undefined) while (at - 1 - escapes >= from && rest[at - 1 - escapes] === escapeByte) escapes++;
      if (escapes % 2 === 0) odd = !odd;
    }
    return odd;
  };
  const quoteFrom = (from: number): number => {
    if (from < quotes.from || from > quotes.next) {
      const found = rest.indexOf(quote as number, from);
      quotes = { from, next: found < 0 ? Number.POSITIVE_INFINITY : found };
    }
    return quotes.next;
  };
  const without = (from: number, end: number): Buffer => rest.subarray(from, end > from && rest[end - 1] === RETURN ? end - 1 : end);

  // Where the line that starts at `from` ends; -1 while unknown.
  const lineEnd = (from: number, final: boolean): number => {
    const end = rest.indexOf(NEWLINE, from);
    return end >= 0 ? end : final && from < rest.length ? rest.length : -1;
  };

  type Found = { end: number; lines: number; problem?: Frame['problem'] } | 'more' | 'long';
  function find(from: number, final: boolean): Found {
    const first = lineEnd(from, final);
    if (first < 0) return rest.length - from > maxBytes ? 'long' : 'more';
    if (first - from > maxBytes) return { end: first, lines: 1, problem: 'TOO_LONG' };
    if (!oddQuotes(from, first)) return { end: first, lines: 1 };
    const broken: Found = { end: first, lines: 1, problem: 'UNCLOSED_QUOTE' };
    let end = first;
    for (let lines = 2; ; lines++) {
      const next = end + 1;
      if (next - from > maxBytes) return broken;
      const nextEnd = next < rest.length ? lineEnd(next, final) : -1;
      if (nextEnd < 0) return final || rest.length - from > maxBytes ? broken : 'more';
      if (oddQuotes(next, nextEnd)) return verify(without(from, nextEnd)) ? { end: nextEnd, lines } : broken;
      end = nextEnd;
    }
  }

  function* cut(final: boolean): Generator<Frame> {
    let from = 0;
    while (from < rest.length) {
      if (tooLong) {
        const end = lineEnd(from, final);
        if (end < 0) {
          from = rest.length;
          break;
        }
        from = Math.min(end + 1, rest.length);
        yield { bytes: tooLong, line: line++, lines: 1, end: offset + from, problem: 'TOO_LONG' };
        tooLong = undefined;
        continue;
      }
      const found = find(from, final);
      if (found === 'more') break;
      if (found === 'long') {
        tooLong = Buffer.from(rest.subarray(from, from + SAMPLE_BYTES));
        continue;
      }
      const bytes = without(from, found.end);
      from = Math.min(found.end + 1, rest.length);
      const frame = { bytes, line, lines: found.lines, end: offset + from, ...(found.problem && { problem: found.problem }) };
      line += found.lines;
      if (bytes.length > 0) yield frame;
    }
    offset += from;
    rest = rest.subarray(from);
    quotes = { from: 0, next: -1 };
  }

  return {
    *push(chunk) {
      rest = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk;
      quotes = { from: 0, next: -1 };
      yield* cut(false);
    },
    *end() {
      yield* cut(true);
      if (tooLong) yield { bytes: tooLong, line, lines: 1, end: offset, problem: 'TOO_LONG' };
    },
  };
}
