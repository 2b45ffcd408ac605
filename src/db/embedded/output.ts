import { open, rename, stat } from 'node:fs/promises';

const KEEP_BYTES = 10_000_000;
const TAIL_BYTES = 16_384;

/** The environment of the database's programs: nothing of ours but what a program needs to run at all. */
export function environment(extra: Record<string, string> = {}): Record<string, string> {
  const kept = ['PATH', 'LD_LIBRARY_PATH', 'DYLD_LIBRARY_PATH', 'SystemRoot', 'TEMP', 'TMP', 'TMPDIR'];
  const own = kept.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]]));
  // A fixed zone spares initdb the search for the machine's; fixed messages are what we read errors from.
  return { ...Object.fromEntries(own), TZ: 'UTC', LC_ALL: 'C', ...extra };
}

/** Starts a new log file when the old one has grown beyond 10 MB; one old file is kept. Gives the size it starts at. */
export async function rotateLog(file: string): Promise<void> {
  const size = await logSize(file);
  if (size > KEEP_BYTES) await rename(file, `${file}.1`);
}

export async function logSize(file: string): Promise<number> {
  return (await stat(file).catch(() => undefined))?.size ?? 0;
}

/** What was written to the file from byte `from` on, at most its last 16 kB. */
export async function readFrom(file: string, from: number): Promise<string> {
  const handle = await open(file, 'r').catch(() => undefined);
  if (!handle) return '';
  try {
    const { size } = await handle.stat();
    const start = Math.max(from, size - TAIL_BYTES, 0);
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(Math.max(size - start, 1)), 0, size - start, start);
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await handle.close();
  }
}

/** The last lines that say something, joined into one. */
export async function lastLines(file: string, count: number): Promise<string | undefined> {
  const lines = (await readFrom(file, 0))
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean);
  return lines.length === 0 ? undefined : lines.slice(-count).join(' | ');
}
