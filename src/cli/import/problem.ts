/** Why one row is not sent, or was refused: what the file of rejected rows says about it. */
export type RowProblem = { code: string; message: string; path: string[] };

/** Thrown while a record is turned into a row; `path` is the field of the row that it would have filled. */
export class RowRejected extends Error {
  readonly problem: RowProblem;
  constructor(problem: RowProblem) {
    super(problem.message);
    this.problem = problem;
  }
}

export function reject(code: string, message: string, path: string[] = []): never {
  throw new RowRejected({ code, message, path });
}

/** A value as it is shown in a message: short, in quotes. */
export const shown = (value: unknown): string => {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
};
