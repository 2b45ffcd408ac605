// Comma-separated values through csv-parse: lines without trouble many at a time, the rest one by one.
import { parse } from 'csv-parse/sync';
import { failure } from '../failure.ts';
import type { Decoded, Decoder, Position } from './decoded.ts';
import { frameProblem, invalidUtf8, rawText, utf8Text } from './decoded.ts';
import type { SourceValues } from './expression.ts';
import type { Frame } from './framer.ts';
import { createFramer } from './framer.ts';
import type { SourceOptions } from './mapping.ts';

type CsvOptions = Pick<SourceOptions, 'quote' | 'escape' | 'trim'> & { delimiter: string };

/** Makes the decoder of a CSV file. Without `columns` the first record is the header. */
export function createCsvDecoder(options: CsvOptions, start: Position, columns: string[] | undefined): Decoder {
  const { delimiter, quote = '"', trim = false } = options;
  const escapeWith = options.escape ?? quote ?? '"';
  let header = columns && checkedHeader(columns);
  const parseOptions = {
    delimiter,
    quote: quote ?? false,
    escape: escapeWith,
    trim,
    relax_column_count: true,
    record_delimiter: ['\r\n', '\n'],
  } as const;
  const rows = (text: string): string[][] => parse(text, { ...parseOptions, record_delimiter: [...parseOptions.record_delimiter] });

  const values = (cells: string[]): SourceValues => {
    const result = Object.create(null) as SourceValues;
    (header as string[]).forEach((name, index) => {
      if (name !== '') result[name] = cells[index];
    });
    return result;
  };
  const rightWidth = (cells: string[]): boolean => !header || cells.length === header.length;

  function single(frame: Frame): string[] | Decoded {
    if (frame.problem) return { frame, problem: frameProblem(frame), raw: rawText(frame) };
    const text = utf8Text(frame.bytes);
    if (text === undefined) return { frame, problem: invalidUtf8(frame), raw: rawText(frame) };
    try {
      const parsed = rows(text);
      if (parsed.length === 1) return parsed[0] as string[];
    } catch {
      // the message of csv-parse counts lines from the record's start: ours counts the file's
    }
    return {
      frame,
      problem: { code: 'BROKEN_QUOTES', message: `the quotes on line ${frame.line} are broken`, path: [] },
      raw: rawText(frame),
    };
  }
  const decoded = (frame: Frame, cells: string[] | Decoded): Decoded => {
    if (!Array.isArray(cells)) return cells;
    if (rightWidth(cells)) return { frame, values: values(cells) };
    return {
      frame,
      problem: {
        code: 'COLUMN_COUNT',
        message: `line ${frame.line} has ${cells.length} columns, the header has ${header?.length}`,
        path: [],
      },
      raw: rawText(frame),
    };
  };

  // Lines that csv-parse reads in one go; where it finds anything odd they are read one by one to find out which.
  function* together(run: Frame[]): Generator<Decoded> {
    if (run.length === 0) return;
    const text = utf8Text(Buffer.concat(run.flatMap((frame) => [frame.bytes, NEWLINE])));
    let parsed: string[][] | undefined;
    try {
      parsed = text === undefined ? undefined : rows(text);
    } catch {
      parsed = undefined;
    }
    for (const [index, frame] of run.entries()) {
      const cells = parsed?.length === run.length ? (parsed[index] as string[]) : single(frame);
      yield decoded(frame, cells);
    }
  }

  function* decode(frames: Iterable<Frame>): Generator<Decoded> {
    let run: Frame[] = [];
    for (const frame of frames) {
      if (!header) {
        const cells = single(frame);
        if (!Array.isArray(cells))
          throw failure('BAD_HEADER', `the header line cannot be read: ${'problem' in cells ? cells.problem.message : ''}`);
        header = checkedHeader(cells);
        continue;
      }
      if (frame.problem || frame.lines > 1) {
        yield* together(run);
        run = [];
        yield decoded(frame, single(frame));
      } else {
        run.push(frame);
        if (run.length < RUN) continue;
        yield* together(run);
        run = [];
      }
    }
    yield* together(run);
  }

  const verify = (bytes: Buffer): boolean => {
    try {
      const parsed = rows(bytes.toString('utf8'));
      return parsed.length === 1 && rightWidth(parsed[0] ?? []);
    } catch {
      return false;
    }
  };
  const framer = createFramer({ quote: quote ?? undefined, escape: escapeWith, verify, offset: start.offset, line: start.line });
  return { columns: () => header, decode, framer };
}

const NEWLINE = Buffer.from('\n');
const RUN = 1000;

function checkedHeader(cells: string[]): string[] {
  const names = cells.map((name) => name.trim());
  const twice = names.find((name, index) => name !== '' && names.indexOf(name) !== index);
  if (twice !== undefined) throw failure('BAD_HEADER', `the header names the column "${twice}" twice`);
  return names;
}
