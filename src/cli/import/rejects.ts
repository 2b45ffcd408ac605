// The file of rejected rows: one JSON object a line, written before the state that counts them, so that what an
// interruption left behind it is cut off when the import goes on.
import { appendFileSync, rmSync, statSync, truncateSync } from 'node:fs';
import { failure } from '../failure.ts';
import type { Rejected } from './batches.ts';

export type RejectsFile = {
  readonly path: string;
  append: (pass: string, rejected: Rejected[]) => number;
  rewind: (bytes: number) => void;
};

/** One line of the file: the first reason at its top, all of them under `errors` where there are several. */
export function rejectLine(pass: string, { record, problems }: Rejected): string {
  const [first] = problems;
  return JSON.stringify({
    row: record.number,
    line: record.line,
    pass,
    code: first?.code ?? 'REJECTED',
    message: first?.message ?? 'the server gave no reason',
    path: first?.path ?? [],
    ...(problems.length > 1 && { errors: problems }),
    ...(record.values ? { record: record.values } : { record: null, raw: record.raw }),
  });
}

const size = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0;

/** Opens the file at `path`; it comes to be with the first rejected row. `append` gives its size after. */
export function rejectsFile(path: string): RejectsFile {
  const attempt = <T>(action: () => T): T => {
    try {
      return action();
    } catch (cause) {
      throw failure('REJECTS_UNWRITABLE', `the file of rejected rows ${path} cannot be written: ${(cause as Error).message}`, { cause });
    }
  };
  return {
    path,
    append: (pass, rejected) =>
      attempt(() => {
        if (rejected.length > 0) appendFileSync(path, rejected.map((row) => `${rejectLine(pass, row)}\n`).join(''), { flush: true });
        return size(path);
      }),
    rewind: (bytes) =>
      attempt(() => {
        if (bytes === 0) rmSync(path, { force: true });
        else if (size(path) < bytes) throw new Error('it is shorter than the interrupted import left it');
        else truncateSync(path, bytes);
      }),
  };
}
