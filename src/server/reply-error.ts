// Errors of HTTP itself, before or beside GraphQL, in the same shape as GraphQL's.
import type { Socket } from 'node:net';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { apiError, type ErrorCode } from '../graphql/errors.ts';
import type { Limits } from '../graphql/limits.ts';
import { maskError, statusOf } from './mask-error.ts';
import { type RequestScope, requestIdOf } from './request-scope.ts';

/** Answers one error as JSON, with the status of its code unless one is given. Anything not of the catalogue is masked. */
export function replyError(reply: FastifyReply, error: unknown, scope: RequestScope, status?: number): FastifyReply {
  const formatted = maskError(error, scope);
  const code = status ?? plainStatus(formatted.extensions?.code);
  if (code === 401) reply.header('www-authenticate', 'Bearer');
  if (code === 503) reply.header('retry-after', '1');
  return reply
    .code(code)
    .type('application/json; charset=utf-8')
    .send({ errors: [formatted] });
}

/** A status outside of GraphQL, where a 200 would say that something was answered. */
function plainStatus(code: unknown): number {
  const status = statusOf(code);
  if (status !== 200) return status;
  return code === 'FORBIDDEN' ? 403 : 400;
}

/** What Fastify's own refusals mean in our catalogue. */
export function fromFastify(error: unknown, request: FastifyRequest, limits: Limits): { error: unknown; status?: number } {
  const { code, statusCode } = error as { code?: string; statusCode?: number };
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') {
    const maximum = limits.bodyBytes;
    // A body that does not say how long it is was read until it was too long.
    const value = Math.max(Number(request.headers['content-length']) || 0, maximum + 1);
    const message = `The request body is larger than ${maximum} bytes.`;
    return { error: apiError('PAYLOAD_TOO_LARGE', message, { limit: 'bodyBytes', value, maximum }) };
  }
  if (code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') {
    return { error: apiError('BAD_REQUEST', 'Send the operation as content-type application/json.'), status: 415 };
  }
  // The request was cut off or its length lied.
  if (code === 'FST_ERR_CTP_INVALID_CONTENT_LENGTH' || code === 'ECONNRESET' || request.raw.aborted)
    return { error: apiError('BODY_INVALID', 'The request body ended early.') };
  if (statusCode && statusCode >= 400 && statusCode < 500 && code?.startsWith('FST_')) {
    return { error: apiError('BAD_REQUEST' satisfies ErrorCode, 'The HTTP request cannot be read.'), status: statusCode };
  }
  return { error };
}

/** Answers bytes that are no HTTP request, and requests that take too long to arrive. */
export function refuseRaw(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  const requestId = requestIdOf(undefined);
  const [status, message] = {
    HPE_HEADER_OVERFLOW: ['431 Request Header Fields Too Large', 'The headers are too large.'],
    ERR_HTTP_REQUEST_TIMEOUT: ['408 Request Timeout', 'The request took too long to arrive.'],
  }[error.code ?? ''] ?? ['400 Bad Request', 'This is not an HTTP request.'];
  const body = JSON.stringify({ errors: [{ message, extensions: { code: 'BAD_REQUEST', requestId } }] });
  socket.end(
    `HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-type: application/json; charset=utf-8\r\ncontent-length: ${Buffer.byteLength(body)}\r\nx-request-id: ${requestId}\r\n\r\n${body}`,
  );
}
