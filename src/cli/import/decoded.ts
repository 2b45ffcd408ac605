// What the decoders of CSV and JSON Lines share: a frame of bytes becomes the values of a record, or a problem.
import type { SourceValues } from './expression.ts';
import type { Frame, Framer } from './framer.ts';
import type { RowProblem } from './problem.ts';

/** Where reading can go on: offset in the decoded text, the line there, and the number of records before it. */
export type Position = { offset: number; line: number; record: number };
export const START: Position = { offset: 0, line: 1, record: 0 };

/** What a decoder makes of a frame, before it has its number. */
export type Decoded = { frame: Frame } & ({ values: SourceValues } | { problem: RowProblem; raw: string });
export type Decoder = {
  /** The columns, once known; undefined for JSON Lines. */
  columns: () => string[] | undefined;
  /** Decodes what a framer gives; the first record of a file with a header is its header and gives nothing. */
  decode: (frames: Iterable<Frame>) => Generator<Decoded>;
  framer: Framer;
};

const RAW_SHOWN = 8192;
export const rawText = (frame: Frame): string => frame.bytes.subarray(0, RAW_SHOWN).toString('utf8');

/** A frame that is no record at all, as its problem. */
export function frameProblem(frame: Frame): RowProblem {
  return frame.problem === 'TOO_LONG'
    ? { code: 'RECORD_TOO_LONG', message: `the record on line ${frame.line} is longer than 1 MiB`, path: [] }
    : { code: 'BROKEN_QUOTES', message: `a quote that is opened on line ${frame.line} is not closed`, path: [] };
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
/** UTF-8 text of bytes, or undefined where they are not valid UTF-8. */
export function utf8Text(bytes: Buffer): string | undefined {
  try {
    return utf8.decode(bytes);
  } catch {
    return undefined;
  }
}
export const invalidUtf8 = (frame: Frame): RowProblem => ({
  code: 'INVALID_UTF8',
  message: `line ${frame.line} is not valid UTF-8`,
  path: [],
});
