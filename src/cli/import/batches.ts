// Cuts the records of a pass into batches. The same file, mapping, size and starting point always give the same
// batches: what a resumed import sends again is what it sent before, so its idempotency keys still fit.
import type { Position } from './decoded.ts';
import type { SourceValues } from './expression.ts';
import type { Pass } from './mapping.ts';
import type { RowProblem } from './problem.ts';
import { RowRejected } from './problem.ts';
import type { SourceRecord } from './records.ts';

/** A record that is not taken: by the client (`problems` of its text) or by the server. */
export type Rejected = { record: SourceRecord; problems: RowProblem[] };

/** `rows[i]` was made of `records[i]`. `end` is where the next batch begins; `read` and `skipped` count its records. */
export type Batch = {
  number: number;
  rows: SourceValues[];
  records: SourceRecord[];
  rejected: Rejected[];
  end: Position;
  read: number;
  skipped: number;
};

export type BatchLimits = { rows: number; requestBytes: number; sourceBytes: number; records: number };
/** The API takes 500 rows and 5 MB a call; the other two bound the memory where most records are skipped or rejected. */
export const batchLimits = (rows: number): BatchLimits => ({ rows, requestBytes: 4_000_000, sourceBytes: 8_000_000, records: rows * 20 });

const TOO_LARGE: RowProblem = { code: 'ROW_TOO_LARGE', message: 'the row is larger than a request may be', path: [] };

/** Makes the batches of one pass from the records after `start`; `first` is the number of the next batch. */
export async function* batchesOf(
  groups: AsyncIterable<SourceRecord[]>,
  pass: Pass,
  limits: BatchLimits,
  start: Position,
  first: number,
  /** Whether unreadable records are rejected here; they are in the first pass only, so that each is told once. */
  tellUnreadable: boolean,
): AsyncGenerator<Batch> {
  let number = first;
  let batch = empty(number, start);
  let requestBytes = 0;
  let sourceBytes = 0;
  const next = (): Batch => {
    const full = batch;
    batch = empty(++number, full.end);
    requestBytes = 0;
    sourceBytes = 0;
    return full;
  };

  for await (const group of groups) {
    for (const record of group) {
      const made = rowOf(record, pass, limits.requestBytes);
      if ('row' in made && batch.rows.length > 0 && requestBytes + made.bytes > limits.requestBytes) yield next();
      batch.read += 1;
      batch.end = record.end;
      sourceBytes += record.bytes;
      if ('row' in made) {
        batch.rows.push(made.row);
        batch.records.push(record);
        requestBytes += made.bytes;
      } else if ('problem' in made) {
        if (record.values || tellUnreadable) batch.rejected.push({ record, problems: [made.problem] });
        else batch.skipped += 1;
      } else batch.skipped += 1;
      const full =
        batch.rows.length >= limits.rows ||
        batch.rejected.length >= limits.rows ||
        batch.read >= limits.records ||
        sourceBytes >= limits.sourceBytes;
      if (full) yield next();
    }
  }
  if (batch.read > 0) yield batch;
}

const empty = (number: number, end: Position): Batch => ({ number, rows: [], records: [], rejected: [], end, read: 0, skipped: 0 });

function rowOf(
  record: SourceRecord,
  pass: Pass,
  maxBytes: number,
): { row: SourceValues; bytes: number } | { problem: RowProblem } | { skipped: true } {
  if (!record.values) return { problem: record.problem };
  try {
    if (!pass.accepts(record.values)) return { skipped: true };
    const row = pass.toRow(record.values);
    const json = JSON.stringify(row);
    const unstorable = json.includes('\\u') ? unstorableText(row, []) : undefined;
    if (unstorable) return { problem: unstorable };
    const bytes = Buffer.byteLength(json) + 1;
    return bytes > maxBytes ? { problem: TOO_LARGE } : { row, bytes };
  } catch (error) {
    if (error instanceof RowRejected) return { problem: error.problem };
    throw error;
  }
}

// No database text can hold these, and the API would refuse the whole batch for them.
function unstorableText(value: unknown, path: string[]): RowProblem | undefined {
  if (typeof value === 'string') {
    const what = value.includes('\0') ? 'the character NUL' : value.isWellFormed() ? undefined : 'half of a surrogate pair';
    return what ? { code: 'INVALID_TEXT', message: `the text contains ${what}`, path } : undefined;
  }
  if (value === null || typeof value !== 'object') return undefined;
  for (const [key, inner] of Object.entries(value)) {
    const found = unstorableText(key, [...path, key]) ?? unstorableText(inner, [...path, key]);
    if (found) return found;
  }
  return undefined;
}
