/** Thrown where trying again is of no use: what was to be done is given up at once. */
export class PermanentFailure extends Error {
  override readonly name = 'PermanentFailure';
}

/** Whether an error says so, also where it comes from another copy of this file. */
export function isPermanent(error: unknown): boolean {
  return error instanceof Error && error.name === 'PermanentFailure';
}
