/** What can go wrong between a database and the migrations; the message is one line meant for people. */
export type MigrationErrorCode = 'DATABASE_UNREACHABLE' | 'DATABASE_NEWER' | 'MIGRATION_CHANGED' | 'MIGRATION_FAILED';

export type MigrationError = Error & { code: MigrationErrorCode };

export function migrationError(code: MigrationErrorCode, message: string, cause?: unknown): MigrationError {
  return Object.assign(new Error(message, { cause }), { name: 'MigrationError', code });
}

/** The text of anything thrown, also where the reason hides in an AggregateError (a host name with several addresses). */
export function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') return error.errors.map(reasonOf).join(', ');
  return error instanceof Error ? error.message : String(error);
}
