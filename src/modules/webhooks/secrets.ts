// Secrets of webhooks, in the form of Standard Webhooks. One is shown in the answer of the call that made it, and nowhere else.
import { randomBytes } from 'node:crypto';

/** A new secret: `whsec_` and 32 random bytes in base64. */
export function newSecret(): string {
  return `whsec_${randomBytes(32).toString('base64')}`;
}

// Beside the result, not in it: results are stored for idempotent repeats.
const shown = new WeakMap<object, string>();

/** Has the secret shown with this very result. */
export function showSecret<Result extends object>(result: Result, secret: string): Result {
  shown.set(result, secret);
  return result;
}

/** The secret that goes with the result of a command that ran; null for a repeated call's. */
export function shownSecret(result: object | null): string | null {
  return (result && shown.get(result)) ?? null;
}
