// Trusted documents over HTTP, and the status that each media type asks for.
import type { FastifyReply, FastifyRequest } from 'fastify';
import { logAnswer } from '../apollo.ts';
import { maskError, statusOf } from '../mask-error.ts';
import type { Services } from '../services.ts';
import { admitDocument, type DocumentRequest } from './admit.ts';

const GRAPHQL_RESPONSE = 'application/graphql-response+json';
/** Refusals of a document or its variables: the request itself was well formed. */
const OF_DOCUMENT = new Set([
  'GRAPHQL_PARSE_FAILED',
  'GRAPHQL_VALIDATION_FAILED',
  'OPERATION_RESOLUTION_FAILURE',
  'BAD_USER_INPUT',
  'DOCUMENT_UNKNOWN',
  'DOCUMENT_NOT_TRUSTED',
]);

/** Puts the text of a trusted document in the place of its id. Throws as `admitDocument`. */
export function resolveDocument(services: Services, request: FastifyRequest): void {
  const body = request.body as (DocumentRequest & Record<string, unknown>) | null;
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return; // refused as no request at all
  const trusted = admitDocument(services.documents, request.viewer, body);
  if (!trusted) return;
  const { documentId: _id, extensions: _extensions, ...rest } = body; // extensions may name it as well, and nothing reads them
  request.body = { ...rest, query: trusted.text };
}

/** Answers the refusal of a document as a GraphQL response. */
export function refuseDocument(services: Services, request: FastifyRequest, reply: FastifyReply, error: unknown): string {
  const formatted = maskError(error, request.scope);
  const code = String(formatted.extensions?.code);
  const status = asksForOldStatus(request, [code]) ? 200 : statusOf(code);
  services.metrics.answered('unknown', status, [code], 0);
  logAnswer(services.log, request.id, { type: 'unknown', name: null, status, codes: [code], seconds: 0 });
  const type = (request.headers.accept ?? '').includes(GRAPHQL_RESPONSE) ? GRAPHQL_RESPONSE : 'application/json';
  reply.code(status).type(`${type}; charset=utf-8`);
  return JSON.stringify({ errors: [formatted] });
}

/** A client that asks for `application/json` by name tells failures of documents by their errors, so they are a 200 to it. */
export function keepOldStatus(request: FastifyRequest, reply: FastifyReply, body: string): void {
  if (reply.statusCode !== 400 || !asksForJson(request)) return;
  const { errors } = JSON.parse(body) as { errors: { extensions: { code: string } }[] };
  if (
    asksForOldStatus(
      request,
      errors.map((error) => error.extensions.code),
    )
  )
    reply.code(200);
}

function asksForOldStatus(request: FastifyRequest, codes: string[]): boolean {
  return asksForJson(request) && codes.every((code) => OF_DOCUMENT.has(code));
}

function asksForJson({ headers: { accept = '' } }: FastifyRequest): boolean {
  return accept.includes('application/json') && !accept.includes(GRAPHQL_RESPONSE);
}
