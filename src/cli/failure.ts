/** What ends a command: a stable code, one clear line, and where it helps a hint at the way on. */
export type CliFailure = Error & { readonly isCliFailure: true; readonly code: string; readonly hint?: string };

/** Makes the error that a command ends with. `code` is stable and greppable, `hint` says what to do next. */
export function failure(code: string, message: string, options: { hint?: string; cause?: unknown } = {}): CliFailure {
  const error = new Error(message, { cause: options.cause });
  return Object.assign(error, { isCliFailure: true as const, code, ...(options.hint && { hint: options.hint }) });
}

export const isFailure = (error: unknown): error is CliFailure =>
  error instanceof Error && (error as Partial<CliFailure>).isCliFailure === true;

/** Exit codes of `import` and `export`: see docs/import.md. */
export const EXIT = { done: 0, failed: 1, rejectedRows: 3, interrupted: 130 } as const;

/** Prints a failure as one line (and its hint as a second); anything unforeseen with its stack. */
export function reportFailure(error: unknown): void {
  if (isFailure(error)) {
    process.stderr.write(`trato: ${error.message} [${error.code}]\n`);
    if (error.hint) process.stderr.write(`       ${error.hint}\n`);
    return;
  }
  process.stderr.write(`trato: ${error instanceof Error ? (error.stack ?? error.message) : String(error)} [INTERNAL]\n`);
}
