// The short way of a known query over HTTP: charge it, run its statement, send the text. Where anything is out of the
// ordinary it leaves what it has found out in the request's scope, and Apollo Server goes on from there.
import type { FastifyReply, FastifyRequest } from 'fastify';
import { answerQuery } from './answer.ts';
import { logAnswer } from './apollo.ts';
import { EXPLAIN_HEADER } from './explain.ts';
import type { KnownQuery } from './known-queries.ts';
import { type Charge, charge, costOfOperation, settle } from './limits/charge.ts';
import { rateLimitHeaders } from './limits/headers.ts';
import { RawData, stringifyResult } from './raw-data.ts';
import { contextFor, type Services } from './services.ts';

/** What the short way has done before it gave up. */
export type Attempt = {
  charge: Charge;
  /** What the engine threw. */
  error?: unknown;
};

type Body = { query?: unknown; operationName?: unknown; variables?: unknown; extensions?: unknown };

/** The answer, or null for Apollo Server to give it. */
export async function answerKnown(services: Services, request: FastifyRequest): Promise<string | null> {
  const asked = knownQuery(services, request);
  const { account } = request.scope;
  if (!asked || !account) return null;
  const began = performance.now();
  const { schema, limits, metrics } = services;
  const { document, operation, variables } = asked;
  const cost = costOfOperation(schema, document, operation, variables);
  const charged = await charge(account, limits, 'query', cost).catch(() => null);
  if (!charged) return null; // refused there once more, as an answer
  request.scope.attempt = { charge: charged };
  try {
    const answer = await answerQuery(contextFor(services, request.scope, request.viewer), { schema, document, operation, variables });
    if (!answer) return null;
    const data = new RawData(answer.text);
    const report = settle(charged, data);
    const seconds = (performance.now() - began) / 1000;
    metrics.charged(report.actual);
    metrics.answered('query', 200, [], seconds);
    logAnswer(services.log, request.id, { type: 'query', name: operation.name?.value ?? null, status: 200, codes: [], seconds });
    return stringifyResult({ data: data as never, extensions: { cost: report } });
  } catch (error) {
    request.scope.attempt.error = error;
    return null;
  }
}

/**
 * Sends such an answer past Fastify's own way of replying, which is a tenth of what a short query costs: what its hooks
 * would set is set here.
 */
export function sendKnown(services: Services, request: FastifyRequest, reply: FastifyReply, text: string): void {
  reply.hijack();
  const { account } = request.scope;
  reply.raw.writeHead(200, {
    ...(reply.getHeaders() as Record<string, string>),
    ...(account && rateLimitHeaders(account)),
    ...(services.draining() && { connection: 'close' }),
    'cache-control': 'no-store',
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(text),
  });
  reply.raw.end(text);
}

function knownQuery(
  services: Services,
  { body, headers, viewer }: FastifyRequest,
): (KnownQuery & { variables: Record<string, unknown> | null }) | null {
  if (!viewer || services.explain || EXPLAIN_HEADER in headers || !takesJson(headers.accept)) return null;
  const { query, operationName = null, variables = null, extensions = null } = (body ?? {}) as Body;
  if (typeof query !== 'string' || (operationName !== null && typeof operationName !== 'string')) return null;
  if (![variables, extensions].every((part) => typeof part === 'object' && !Array.isArray(part))) return null;
  const known = services.known.find(query, operationName);
  return known ? { ...known, variables: variables as Record<string, unknown> | null } : null;
}

/** Whether the answer is what Apollo Server would send without a look at quality values. */
function takesJson(accept: string | undefined): boolean {
  return accept === undefined || accept === '*/*' || accept === 'application/json' || accept.startsWith('application/json, ');
}
