/** The stable codes with which this folder refuses a caller. Only `TOKEN_ISSUER_UNREACHABLE` is worth a retry. */
export const authErrorCodes = [
  'AUTHORIZATION_MALFORMED',
  'API_KEY_UNUSABLE',
  'TOKEN_EXPIRED',
  'TOKEN_INVALID',
  'TOKEN_ISSUER_UNREACHABLE',
  'PERMISSION_MALFORMED',
  'ROLE_INVALID',
] as const;

export type AuthErrorCode = (typeof authErrorCodes)[number];
export type AuthError = Error & { code: AuthErrorCode };

const codes: ReadonlySet<unknown> = new Set(authErrorCodes);

/** An Error with a stable `code`. The message is shown to callers and logged: never put a credential in it. */
export function authError(code: AuthErrorCode, message: string): AuthError {
  return Object.assign(new Error(message), { code });
}

/** Whether something thrown came from `authError`; with `code` given, whether it carries that one. */
export function isAuthError(thrown: unknown, code?: AuthErrorCode): thrown is AuthError {
  if (!(thrown instanceof Error) || !('code' in thrown)) return false;
  return code === undefined ? codes.has(thrown.code) : thrown.code === code;
}
