/** Why an embedded database did not start. */
export type EmbeddedErrorCode =
  /** Another live process uses the data directory. */
  | 'DATA_DIR_IN_USE'
  /** The data was written by another major version of PostgreSQL. */
  | 'DATA_DIR_WRONG_VERSION'
  /** The directory cannot be written, belongs to someone else, or holds something that is no database. */
  | 'DATA_DIR_UNUSABLE'
  /** No PostgreSQL programs are installed for this machine. */
  | 'EMBEDDED_DATABASE_MISSING'
  /** The database programs ran and failed. */
  | 'EMBEDDED_DATABASE_FAILED';

export type EmbeddedError = Error & { code: EmbeddedErrorCode };

/** An error with a stable `code` whose message is one clear line for the person at the terminal. */
export function embeddedError(code: EmbeddedErrorCode, message: string, cause?: unknown): EmbeddedError {
  return Object.assign(new Error(message, cause === undefined ? undefined : { cause }), { code });
}

export function errorCode(error: unknown): string | undefined {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : undefined;
}

/** What a failed system call means for the data directory; errors with a code of ours stay as they are. */
export function asEmbeddedError(error: unknown, dataDir: string): EmbeddedError {
  if (isEmbeddedError(error)) return error;
  const message = error instanceof Error ? error.message : String(error);
  const unusable = ['EACCES', 'EPERM', 'EROFS', 'ENOSPC', 'EDQUOT', 'ENOTDIR', 'EIO'].includes(errorCode(error) ?? '');
  return unusable
    ? embeddedError('DATA_DIR_UNUSABLE', `The data directory ${dataDir} cannot be used: ${message}.`, error)
    : embeddedError('EMBEDDED_DATABASE_FAILED', `The embedded database in ${dataDir} did not start: ${message}.`, error);
}

function isEmbeddedError(error: unknown): error is EmbeddedError {
  return error instanceof Error && /^(DATA_DIR|EMBEDDED_DATABASE)_/.test(errorCode(error) ?? '');
}
