// What a user can mend: reported in payloads, never as top-level errors. A command that throws them changes nothing.

export type UserError = {
  code: string;
  message: string;
  path: string[];
  /** Type and id of the record in conflict, for the concrete error types that carry it. */
  current?: { type: string; id: string };
  existing?: { type: string; id: string };
};

/** Thrown in a command: rolls it back and becomes its payload's `userErrors`. */
export class UserErrors extends Error {
  readonly errors: UserError[];
  constructor(errors: UserError[]) {
    super(errors.map((error) => `${error.code} ${error.path.join('.')}`).join(', '));
    this.errors = errors;
  }
}

/** One user error at `path` (names and indexes from the input object down). */
export function userError(code: string, message: string, path: (string | number)[], more: Partial<UserError> = {}): UserError {
  return { code, message, path: path.map(String), ...more };
}

/** Stops the command with one user error. */
export function reject(code: string, message: string, path: (string | number)[], more: Partial<UserError> = {}): never {
  throw new UserErrors([userError(code, message, path, more)]);
}
