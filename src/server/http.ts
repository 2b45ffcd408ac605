// The HTTP side: POST /graphql, and the frame of every response (request id, security headers, errors as JSON).
import { fastifyApolloHandler } from '@as-integrations/fastify';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { Viewer } from '../auth/viewer.ts';
import { apiError } from '../graphql/errors.ts';
import { answerKnown, sendKnown } from './answer-known.ts';
import { startApollo } from './apollo.ts';
import { parseBody } from './body.ts';
import { allowOrigins } from './cors.ts';
import { keepOldStatus, refuseDocument, resolveDocument } from './documents/http.ts';
import { rateLimitHeaders } from './limits/headers.ts';
import { fromFastify, refuseRaw, replyError } from './reply-error.ts';
import { type RequestScope, requestIdOf, withScope } from './request-scope.ts';
import { contextFor, type Services, scopeFor } from './services.ts';

export const GRAPHQL_PATH = '/graphql';
/** A client that takes longer to send its headers or body is cut off. */
const REQUEST_TIMEOUT_MS = 60_000;

declare module 'fastify' {
  interface FastifyRequest {
    scope: RequestScope;
    viewer: Viewer | null;
  }
}

/** Makes the HTTP server; routes are added to what it gives, then `listen`. */
export async function createHttpServer(services: Services): Promise<FastifyInstance> {
  const app = fastify({
    bodyLimit: services.limits.bodyBytes,
    requestTimeout: REQUEST_TIMEOUT_MS,
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    genReqId: (request) => requestIdOf(request.headers['x-request-id']),
    requestIdHeader: false,
    logger: false,
    clientErrorHandler: refuseRaw,
    frameworkErrors: (error, request, reply) => {
      const scope = scopeFor(services, request.id, null);
      replyError(
        reply.header('x-request-id', request.id),
        fromFastify(error, request as FastifyRequest, services.limits).error,
        scope,
        400,
      );
    },
  });
  frameResponses(app, services);
  acceptJsonOnly(app);
  allowOrigins(app, GRAPHQL_PATH);
  await addGraphQL(app, services);
  return app;
}

const frame = { 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer', 'x-frame-options': 'DENY' };

function frameResponses(app: FastifyInstance, services: Services): void {
  app.decorateRequest('scope', null as unknown as RequestScope);
  app.decorateRequest('viewer', null);
  // Hooks that wait for nothing call back at once: a promise for each is felt on short requests.
  app.addHook('onRequest', (request, reply, done) => {
    request.scope = scopeFor(services, request.id, null);
    reply.header('x-request-id', request.id).headers(frame);
    done();
  });
  app.addHook('onSend', (_request, reply, payload, done) => {
    if (services.draining()) reply.header('connection', 'close');
    if (!reply.hasHeader('cache-control')) reply.header('cache-control', 'no-store');
    done(null, payload);
  });
  app.setErrorHandler((error, request, reply) => {
    const { error: known, status } = fromFastify(error, request, services.limits);
    return replyError(reply, known, request.scope, status);
  });
  app.setNotFoundHandler((request, reply) => replyError(reply, apiError('NOT_FOUND'), request.scope));
}

/** Bodies are read as bytes, so that what is not UTF-8 can be told apart; `text/plain` must not reach GraphQL (CSRF). */
function acceptJsonOnly(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    /^application\/(json|graphql-response\+json)\s*(;|$)/i,
    { parseAs: 'buffer' },
    async (_request: FastifyRequest, bytes: Buffer) => parseBody(bytes),
  );
}

async function addGraphQL(app: FastifyInstance, services: Services): Promise<void> {
  const apollo = await startApollo(services);
  const handle = fastifyApolloHandler(apollo, { context: async (request) => contextFor(services, request.scope, request.viewer) });
  app.addHook('onClose', () => apollo.stop());
  const run = async (request: FastifyRequest, reply: FastifyReply) => {
    try {
      resolveDocument(services, request);
    } catch (error) {
      return refuseDocument(services, request, reply, error);
    }
    const known = await answerKnown(services, request);
    if (known !== null) return sendKnown(services, request, reply, known);
    const answer = await handle.call(app, request, reply);
    keepOldStatus(request, reply, answer as string);
    return answer;
  };
  app.post(GRAPHQL_PATH, {
    onRequest: async (request) => {
      request.scope.account = services.budgets.accountOf(null, request.ip);
      if (services.draining()) throw apiError('SHUTTING_DOWN');
      const origin = request.headers['x-trato-origin'];
      request.viewer = await services.authenticate(request.headers.authorization, typeof origin === 'string' ? origin : null);
      request.scope = scopeFor(services, request.id, request.viewer, request.ip);
    },
    onSend: (request, reply, payload, done) => {
      if (request.scope.account) reply.headers(rateLimitHeaders(request.scope.account));
      done(null, payload);
    },
    handler: (request, reply) => withScope(request.scope, () => run(request, reply)),
  });
  app.route({
    method: ['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE'],
    url: GRAPHQL_PATH,
    handler: (request, reply) => {
      const error = apiError(
        'BAD_REQUEST',
        'Send operations by POST, as JSON; subscribe over a WebSocket on the same path, or over /graphql/stream.',
      );
      return replyError(reply.header('allow', 'POST, OPTIONS'), error, request.scope, 405);
    },
  });
}
