// The one catalogue of top-level errors. User errors (data of payloads) are in commands/user-errors.ts.
import { GraphQLError } from 'graphql';

/** Every `extensions.code` a top-level error can carry, with its HTTP status and what it means. */
export const errorCatalogue = {
  UNAUTHENTICATED: [401, 'No valid credential was sent.'],
  TOKEN_EXPIRED: [401, 'The token has expired.'],
  TOKEN_INVALID: [401, 'The token or key is not valid.'],
  TOKEN_ISSUER_UNREACHABLE: [503, 'The keys of the token issuer cannot be fetched.'],
  AUTHORIZATION_MALFORMED: [401, 'The Authorization header cannot be read.'],
  FORBIDDEN: [200, 'The role of the credential does not allow this.'],
  BAD_USER_INPUT: [200, 'An argument or variable has the wrong type or form.'],
  ID_INVALID: [200, 'An id is malformed or of another type.'],
  CURSOR_INVALID: [200, 'A cursor cannot be read.'],
  CURSOR_MISMATCH: [200, 'A cursor belongs to another filter, order or field.'],
  CURSOR_AHEAD: [200, 'A cursor is ahead of the event log, for example after an older dump was restored.'],
  PAGE_INVALID: [200, 'first, last, after and before do not fit together or are out of range.'],
  FILTER_TOO_COMPLEX: [200, 'A filter is too deep or has too many conditions.'],
  ORDER_INVALID: [200, 'An order has too many terms or repeats a field.'],
  MIXED_CURRENCIES: [200, 'A sum over several currencies needs the currency argument.'],
  IDEMPOTENCY_KEY_INVALID: [200, 'An idempotency key is empty, too long, or given twice.'],
  IDEMPOTENCY_KEY_REUSED: [200, 'The idempotency key was used with other input.'],
  COST_EXCEEDED: [400, 'The operation may cost more than one request is allowed.'],
  RATE_LIMITED: [429, 'The budget of the credential is spent; try again after `retryAfter` seconds.'],
  TIMEOUT: [504, 'The database stopped a statement that took too long.'],
  PAYLOAD_TOO_LARGE: [413, 'The request body is larger than allowed.'],
  BODY_INVALID: [400, 'The request body is not valid UTF-8 JSON.'],
  GRAPHQL_PARSE_FAILED: [400, 'The document is not GraphQL.'],
  GRAPHQL_VALIDATION_FAILED: [400, 'The document does not fit the schema.'],
  OPERATION_RESOLUTION_FAILURE: [400, 'The operation to run cannot be told.'],
  DOCUMENT_UNKNOWN: [400, 'No manifest of trusted documents has this documentId.'],
  DOCUMENT_NOT_TRUSTED: [400, 'The credential may only send trusted documents, by their documentId.'],
  BAD_REQUEST: [400, 'The HTTP request is not a GraphQL request.'],
  NOT_FOUND: [404, 'There is nothing at this path.'],
  SHUTTING_DOWN: [503, 'The server is stopping; try again.'],
  OVERLOADED: [503, 'The database, or a plugin, has no room now; try again.'],
  PLUGIN_UNAVAILABLE: [200, 'A plugin failed or took too long; `extensions.plugin` names it. What is not its own is not touched.'],
  INTERNAL_SERVER_ERROR: [500, 'A bug; the request id finds it in the log.'],
} as const satisfies Record<string, readonly [number, string]>;

export type ErrorCode = keyof typeof errorCatalogue;

/** A top-level error with a code of the catalogue. */
export function apiError(code: ErrorCode, message?: string, extensions: Record<string, unknown> = {}): GraphQLError {
  return new GraphQLError(message ?? errorCatalogue[code][1], { extensions: { code, ...extensions } });
}

/** Whether a thrown value already speaks to the caller: anything else is a bug and gets masked. */
export function isApiError(error: unknown): error is GraphQLError {
  return error instanceof GraphQLError && typeof error.extensions.code === 'string' && error.extensions.code in errorCatalogue;
}
