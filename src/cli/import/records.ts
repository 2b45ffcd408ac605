// A file as records: what every pass reads. A record that cannot be read is one with a problem; reading goes on.
import { failure } from '../failure.ts';
import { createCsvDecoder } from './csv.ts';
import type { Decoded, Position } from './decoded.ts';
import type { SourceValues } from './expression.ts';
import type { Input } from './input.ts';
import { readInput } from './input.ts';
import { createJsonlDecoder } from './jsonl.ts';
import type { SourceOptions } from './mapping.ts';
import type { RowProblem } from './problem.ts';

/** One record, numbered from 1. `values` where it could be read, else `problem` and the beginning of its `raw` text. */
export type SourceRecord = {
  number: number;
  line: number;
  bytes: number;
  end: Position;
} & ({ values: SourceValues; problem?: undefined } | { values?: undefined; problem: RowProblem; raw: string });

export type OpenRecords = { columns: string[] | undefined; records: AsyncGenerator<SourceRecord[]>; close: () => Promise<void> };

/**
 * Opens the records of an input from `start`. Resolves when the header is known, having checked that it holds `needed`
 * (throws MISSING_COLUMNS naming those that are not there). Groups of records follow the chunks read.
 * `columns`: the header found before, needed where `start` is past it.
 */
export async function openRecords(
  input: Input,
  source: SourceOptions,
  start: Position,
  needed: string[],
  columns: string[] | undefined,
  onBytes: (count: number) => void = () => undefined,
): Promise<OpenRecords> {
  const decoder =
    input.format === 'csv'
      ? createCsvDecoder({ ...source, delimiter: input.delimiter }, start, source.columns ?? columns)
      : createJsonlDecoder(start, source.trim ?? false);
  let { record } = start;
  const numbered = (decoded: Iterable<Decoded>, last: { end: number }): SourceRecord[] => {
    const result: SourceRecord[] = [];
    for (const { frame, ...what } of decoded) {
      record += 1;
      const end = { offset: frame.end, line: frame.line + frame.lines, record };
      result.push({ number: record, line: frame.line, bytes: frame.end - last.end, end, ...what } as SourceRecord);
      last.end = frame.end;
    }
    return result;
  };
  async function* groups(): AsyncGenerator<SourceRecord[]> {
    const last = { end: start.offset };
    for await (const chunk of readInput(input, start.offset, onBytes)) yield numbered(decoder.decode(decoder.framer.push(chunk)), last);
    yield numbered(decoder.decode(decoder.framer.end()), last);
  }

  const records = groups();
  const early: SourceRecord[][] = [];
  while (input.format === 'csv' && !decoder.columns()) {
    const { value, done } = await records.next();
    if (done) throw failure('EMPTY_INPUT', `${input.path === '-' ? 'standard input' : input.path} is empty: it has no header line`);
    early.push(value);
  }
  const found = decoder.columns();
  if (found) checkColumns(found, needed);
  return {
    columns: found,
    records: replay(early, records),
    close: async () => {
      await records.return(undefined);
    },
  };
}

async function* replay(early: SourceRecord[][], records: AsyncGenerator<SourceRecord[]>): AsyncGenerator<SourceRecord[]> {
  try {
    yield* early;
    yield* records;
  } finally {
    await records.return(undefined);
  }
}

function checkColumns(found: string[], needed: string[]): void {
  const missing = needed.filter((column) => !found.includes(column));
  if (missing.length === 0) return;
  const list = (names: string[]): string => names.map((name) => `"${name}"`).join(', ');
  throw failure('MISSING_COLUMNS', `the mapping reads columns that the file has not: ${list(missing)}`, {
    hint: `The file has: ${list(found.filter((name) => name !== ''))}`,
  });
}
