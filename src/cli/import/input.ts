// The bytes of an import: a file, a gzipped file or standard input, always given as UTF-8 text without a byte order mark.
import { createHash } from 'node:crypto';
import { closeSync, createReadStream, openSync, readSync, statSync } from 'node:fs';
import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { failure } from '../failure.ts';
import type { SourceOptions } from './mapping.ts';

export type Fingerprint = { size: number; mtimeMs: number; head: string };
export type Input = {
  /** Absolute path, or "-" for standard input. */
  path: string;
  format: 'csv' | 'jsonl';
  delimiter: string;
  encoding: string;
  gzipped: boolean;
  /** Bytes of the file as it lies on the disk; undefined for standard input. */
  size: number | undefined;
};

const HEAD_BYTES = 65_536;

/** Finds out what kind of input a path is; the mapping's word goes before the name's ending. */
export function describeInput(path: string, source: SourceOptions): Input {
  const gzipped = path.endsWith('.gz');
  const name = gzipped ? path.slice(0, -3) : path;
  const format = source.format ?? (/\.(jsonl|ndjson|json)$/i.test(name) ? 'jsonl' : 'csv');
  const delimiter = source.delimiter ?? (/\.tsv$/i.test(name) ? '\t' : ',');
  const encoding = new TextDecoder(source.encoding ?? 'utf-8').encoding;
  return { path, format, delimiter, encoding, gzipped, size: path === '-' ? undefined : fileStatus(path).size };
}

function fileStatus(path: string): { size: number; mtimeMs: number } {
  try {
    const status = statSync(path);
    if (!status.isDirectory()) return { size: status.size, mtimeMs: status.mtimeMs };
  } catch (cause) {
    throw failure('INPUT_NOT_FOUND', `${path} cannot be read: ${(cause as NodeJS.ErrnoException).code}`, { cause });
  }
  throw failure('INPUT_NOT_FOUND', `${path} is a folder`);
}

/** What tells whether a file is still the one that an import began with: size, time of change, hash of its first 64 KiB. */
export function fingerprint(path: string): Fingerprint {
  const { size, mtimeMs } = fileStatus(path);
  const head = Buffer.alloc(Math.min(size, HEAD_BYTES));
  const file = openSync(path, 'r');
  try {
    readSync(file, head, 0, head.length, 0);
  } finally {
    closeSync(file);
  }
  return { size, mtimeMs, head: createHash('sha256').update(head).digest('hex') };
}

/** Whether reading can begin at an offset of the text: that of a plain UTF-8 file is the file's own. */
export const isSeekable = (input: Input): boolean => !input.gzipped && input.encoding === 'utf-8' && input.path !== '-';

/** Bytes of the file that reading from `offset` does not read at all: none where the text must be decoded from its start. */
export const skippedBytes = (input: Input, offset: number): number => (isSeekable(input) ? offset : 0);

/**
 * Reads the input from `offset` (bytes of its decoded text after any byte order mark). A plain UTF-8 file is read from
 * there; a compressed or otherwise encoded one is read from its start and cut. `onBytes` hears of bytes taken from the disk.
 */
export async function* readInput(input: Input, offset: number, onBytes: (count: number) => void): AsyncGenerator<Buffer> {
  const seekable = isSeekable(input);
  const mark = seekable && hasMark(input.path) ? MARK.length : 0;
  const raw =
    input.path === '-' ? process.stdin : createReadStream(input.path, { start: seekable ? offset + mark : 0, highWaterMark: 131_072 });
  const bytes = counted(raw, onBytes);
  const text = recoded(input, input.gzipped ? unzipped(bytes) : bytes);
  let skip = seekable ? 0 : offset;
  try {
    for await (const chunk of seekable ? text : unmarked(text)) {
      if (skip >= chunk.length) {
        skip -= chunk.length;
        continue;
      }
      yield skip > 0 ? chunk.subarray(skip) : chunk;
      skip = 0;
    }
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const what = code?.startsWith('Z_')
      ? 'is not a whole gzip file'
      : code === 'ERR_ENCODING_INVALID_ENCODED_DATA'
        ? `is not encoded as ${input.encoding}`
        : 'cannot be read on';
    throw failure('INPUT_UNREADABLE', `${input.path} ${what}: ${message}`, { cause });
  } finally {
    raw.destroy();
  }
}

async function* counted(raw: AsyncIterable<Buffer | string>, onBytes: (count: number) => void): AsyncGenerator<Buffer> {
  for await (const chunk of raw) {
    const bytes = Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk);
    onBytes(bytes.length);
    yield bytes;
  }
}

function unzipped(bytes: AsyncGenerator<Buffer>): AsyncIterable<Buffer> {
  const source = Readable.from(bytes);
  const gunzip = createGunzip();
  source.on('error', (error) => gunzip.destroy(error));
  return source.pipe(gunzip);
}

const MARK = Buffer.from([0xef, 0xbb, 0xbf]);

function hasMark(path: string): boolean {
  const head = Buffer.alloc(3);
  const file = openSync(path, 'r');
  try {
    return readSync(file, head, 0, 3, 0) === 3 && head.equals(MARK);
  } finally {
    closeSync(file);
  }
}

// Bytes of UTF-8 pass as they are, so that one invalid row can be told from the rest; other encodings become UTF-8 here.
async function* recoded(input: Input, stream: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  if (input.encoding === 'utf-8') {
    yield* stream;
    return;
  }
  const decoder = new TextDecoder(input.encoding, { fatal: true });
  for await (const chunk of stream) yield Buffer.from(decoder.decode(chunk, { stream: true }));
  yield Buffer.from(decoder.decode());
}

async function* unmarked(stream: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  let held: Buffer | undefined = Buffer.alloc(0);
  for await (const chunk of stream) {
    if (held === undefined) yield chunk;
    else {
      held = Buffer.concat([held, chunk]);
      if (held.length < 3) continue;
      yield held.subarray(0, 3).equals(MARK) ? held.subarray(3) : held;
      held = undefined;
    }
  }
  if (held) yield held;
}
