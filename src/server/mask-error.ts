// The last gate of every error: what has a code of the catalogue passes, everything else becomes
// INTERNAL_SERVER_ERROR and is found in the log by its request id.
import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import { isAuthError } from '../auth/auth-error.ts';
import { EventCursorError } from '../events/cursor.ts';
import { isConnectionError } from '../events/session.ts';
import { apiError, type ErrorCode, errorCatalogue, isApiError } from '../graphql/errors.ts';
import type { RequestScope } from './request-scope.ts';

/** SQLSTATEs of text that PostgreSQL cannot hold. */
const UNSTORABLE = new Set(['22021', '22P05']);
/** SQLSTATE of a statement that was stopped. */
const STOPPED = '57014';
const TOO_MANY_TOKENS = /more tha[nt] (\d+) tokens/;
/** Messages quote what was sent: not at length, and where that is not enough, they keep their beginning and their end. */
const MESSAGE = { most: 1_500, quoted: 100, head: 400, tail: 1_000 };
const LONG_QUOTE = /"(?:[^"\\]|\\.){200,}"/gs;
const POOL_TIMEOUT = /^timeout exceeded when trying to connect/;

/**
 * An error as the caller may see it, always with `extensions.code` and `extensions.requestId`. What is no error of the
 * catalogue is logged and masked.
 */
export function maskError(thrown: unknown, scope: RequestScope): GraphQLFormattedError {
  const located = thrown instanceof GraphQLError ? thrown : null;
  const known = knownError(thrown, scope);
  if (!known) {
    scope.log.error({ err: rootCause(thrown), path: located?.path?.join('.') }, 'unexpected error');
  } else if (known.extensions.code === 'OVERLOADED') {
    scope.log.warn({ err: rootCause(thrown) }, 'the database cannot serve a request');
  }
  const error = known ?? apiError('INTERNAL_SERVER_ERROR', 'Something went wrong here; the request id finds it in the log.');
  const { http: _http, stacktrace: _stacktrace, ...extensions } = error.extensions;
  return {
    message: shortened(scope.suggestions ? error.message : withoutSuggestion(error.message)),
    ...(located?.locations && { locations: located.locations }),
    ...(located?.path && { path: located.path }),
    extensions: { ...extensions, requestId: scope.requestId },
  };
}

/** The HTTP status of an error code. */
export function statusOf(code: unknown): number {
  return errorCatalogue[code as ErrorCode]?.[0] ?? 500;
}

/** The error of the catalogue that this one is or stands for; null for a bug. */
function knownError(thrown: unknown, scope: RequestScope): GraphQLError | null {
  const cause = rootCause(thrown);
  const translated = translate(cause, scope);
  if (translated) return translated;
  if (!(thrown instanceof GraphQLError)) return null;
  const code = thrown.extensions.code;
  if (code === 'INTERNAL_SERVER_ERROR') return null;
  if (code === 'GRAPHQL_PARSE_FAILED') return tooManyTokens(thrown) ?? thrown;
  if (isApiError(thrown)) return thrown;
  if (String(code).startsWith('PERSISTED_QUERY')) return apiError('BAD_REQUEST', 'Persisted queries are not supported: send the document.');
  return isRefusedArgument(cause) ? apiError('BAD_USER_INPUT', (thrown as GraphQLError).message) : null;
}

/** graphql-js's own refusal of an argument. What else it says is about results that do not fit their types, quotes them, and is a bug of ours. */
function isRefusedArgument(cause: unknown): boolean {
  return cause instanceof GraphQLError && cause.extensions.code === undefined && /^Argument "/.test(cause.message);
}

/** graphql-js stops counting at the limit. */
function tooManyTokens({ message }: GraphQLError): GraphQLError | null {
  const maximum = Number(TOO_MANY_TOKENS.exec(message)?.[1]);
  if (!maximum) return null;
  const facts = { limit: 'tokens', value: maximum + 1, maximum };
  return apiError('GRAPHQL_PARSE_FAILED', `The document has more than ${maximum} tokens.`, facts);
}

function translate(cause: unknown, scope: RequestScope): GraphQLError | null {
  if (isAuthError(cause)) return apiError(cause.code in errorCatalogue ? (cause.code as ErrorCode) : 'UNAUTHENTICATED', cause.message);
  if (cause instanceof EventCursorError) return apiError(cause.code, cause.message);
  if (!(cause instanceof Error) || cause instanceof GraphQLError) return null;
  const { code = '' } = cause as Error & { code?: string };
  if (code === STOPPED) {
    const maximum = scope.statementTimeoutMs ?? 0;
    return apiError('TIMEOUT', undefined, { limit: 'statementTimeoutMs', value: maximum, maximum });
  }
  if (UNSTORABLE.has(code)) return apiError('BAD_USER_INPUT', 'A text holds a character that cannot be stored.');
  if (isConnectionError(cause) || POOL_TIMEOUT.test(cause.message)) return apiError('OVERLOADED');
  return null;
}

/** What a resolver threw, below what graphql-js and Apollo Server wrap around it. */
function rootCause(thrown: unknown): unknown {
  let error = thrown;
  while (error instanceof GraphQLError && error.originalError) error = error.originalError;
  return error;
}

function shortened(message: string): string {
  const { most, quoted, head, tail } = MESSAGE;
  if (message.length <= most) return message;
  const brief = message.replace(LONG_QUOTE, (text) => `${text.slice(0, quoted).toWellFormed()}…"`);
  return brief.length <= most ? brief : `${brief.slice(0, head).toWellFormed()} … ${brief.slice(-tail).toWellFormed()}`;
}

function withoutSuggestion(message: string): string {
  return message.replace(/ ?Did you mean (.+?)\?$/s, '');
}
