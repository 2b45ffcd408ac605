// GraphQL over Server-Sent Events (the protocol of graphql-sse, both of its modes) for clients behind proxies that let
// no WebSocket through.
import { randomUUID } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { onAccessChanged } from '../auth/access-changes.ts';
import type { Viewer } from '../auth/viewer.ts';
import { apiError } from '../graphql/errors.ts';
import { allowOrigins } from './cors.ts';
import { rateLimitHeaders } from './limits/headers.ts';
import { type Connection, leave, newConnection, watchAccess, welcome } from './live-connection.ts';
import type { LiveOperations } from './live-operations.ts';
import { policyKey } from './reader-pool.ts';
import { replyError } from './reply-error.ts';
import { withScope } from './request-scope.ts';
import { type Services, scopeFor } from './services.ts';
import { defaultSocketLimits } from './socket.ts';
import { createMessageIds, type StreamBody } from './sse-ids.ts';
import { createStreamLink, type StreamLink } from './sse-link.ts';
import { forget, type Stream, type StreamRequest, streamHandler } from './sse-operations.ts';
import type { LiveOptions } from './websocket.ts';

export const STREAM_PATH = '/graphql/stream';
const TOKEN_HEADER = 'x-graphql-event-stream-token';
const LAST_ID_HEADER = 'last-event-id';

export type LiveStreams = {
  counts(): { streams: number; subscriptions: number; waiting: number };
  /** Ends every stream so that clients come again, each once its queries and mutations are done; resolves when all are gone. */
  drain(): Promise<void>;
};

type Held = { stream: Stream; link: StreamLink; timer?: NodeJS.Timeout };

/** Serves event streams. To be called before the server listens. */
export function serveStreams(app: FastifyInstance, services: Services, operations: LiveOperations, options: LiveOptions = {}): LiveStreams {
  const { maxStreams = 10_000, maxStreamsPerCredential = 1_000, maxOperations = 100, streamInitMs = 10_000, recheckMs = 30_000 } = options;
  const limits = { ...defaultSocketLimits, ...options };
  const streams = new Map<Connection, Held>();
  const byToken = new Map<string, Held>();
  const perCredential = new Map<string, number>();
  const handle = streamHandler(operations, maxOperations);
  let gone: (() => void) | undefined;

  function open(request: FastifyRequest, viewer: Viewer, token: string | null): Held {
    const mine = perCredential.get(viewer.credentialId) ?? 0;
    if (streams.size >= maxStreams) throw apiError('OVERLOADED', 'The server has no room for another event stream; try again.');
    if (mine >= maxStreamsPerCredential) {
      const facts = { limit: 'streams', value: mine + 1, maximum: maxStreamsPerCredential, retryAfter: 1 };
      throw apiError('RATE_LIMITED', `A credential has at most ${maxStreamsPerCredential} event streams at once.`, facts);
    }
    const link: StreamLink = createStreamLink(
      limits,
      (reason) => lastWord(stream, reason),
      () => ended(held, viewer),
    );
    const stream: Stream = Object.assign(newConnection('sse', request.ip, link), { token, open: new Set<string>() });
    const { authorization, 'x-trato-origin': origin } = request.headers;
    stream.credential = authorization;
    stream.origin = typeof origin === 'string' ? origin : null;
    const held: Held = { stream, link };
    streams.set(stream, held);
    perCredential.set(viewer.credentialId, mine + 1);
    if (token !== null) {
      byToken.set(token, held);
      // One that nobody comes to read must not stay.
      held.timer = setTimeout(() => link.close(0, 'NOT_READ'), streamInitMs);
    }
    welcome(stream, viewer);
    return held;
  }

  function ended({ stream, timer }: Held, viewer: Viewer): void {
    clearTimeout(timer);
    clearTimeout(stream.expiry);
    streams.delete(stream);
    const left = (perCredential.get(viewer.credentialId) ?? 1) - 1;
    if (left > 0) perCredential.set(viewer.credentialId, left);
    else perCredential.delete(viewer.credentialId);
    void operations.closed(stream).catch((error: unknown) => services.log.error({ err: error }, 'a subscription did not end well'));
    if (stream.token !== null) {
      byToken.delete(stream.token);
      void discard(stream.token).catch((error: unknown) => services.log.error({ err: error }, 'a stream was not forgotten well'));
    }
    if (streams.size === 0) gone?.();
  }

  /** The library forgets a stream when its body is returned, and gives the body of one that was never read to who asks. */
  async function discard(token: string): Promise<void> {
    const headers = { get: (name: string) => (name === 'accept' ? 'text/event-stream' : undefined) };
    const context = { stream: null, token, body: null, id: '' };
    const [body] = await handle({ method: 'GET', url: STREAM_PATH, headers, body: null, raw: null, context });
    if (typeof body === 'object') await body?.return();
  }

  async function serve(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const viewer = request.viewer!;
    const wantsStream = /\btext\/event-stream\b/i.test(request.headers.accept ?? '');
    const url = new URL(request.url, 'http://localhost');
    const given = request.headers[TOKEN_HEADER] ?? url.searchParams.get('token');
    let held: Held | undefined;
    let token: string | null = null;
    if (request.method === 'PUT') {
      // The client library still sends the name of the stream before; a new one always gets its name from here.
      token = randomUUID();
      held = open(request, viewer, token);
    } else if (given != null) {
      held = typeof given === 'string' ? byToken.get(given) : undefined;
      // Its name alone opens nobody else's stream.
      if (!held || !isOwner(held.stream, viewer)) throw apiError('NOT_FOUND', 'There is no such event stream.');
      token = held.stream.token;
    } else if (wantsStream) held = open(request, viewer, null);
    else throw apiError('BAD_REQUEST', 'Ask for text/event-stream, or name your event stream in x-graphql-event-stream-token.');

    // Where operations share a stream, an id could not say of which of them it tells.
    const messageIds = token === null ? createMessageIds(request.headers[LAST_ID_HEADER] as string | undefined) : undefined;
    const context: StreamRequest['context'] = { stream: held.stream, token, body: bodyOf(request), id: '', messageIds };
    try {
      const [body, { status, headers = {} }] = await handle({
        method: request.method,
        url: request.url,
        headers: { get: (name) => (name === 'accept' ? acceptOf(request, wantsStream) : (request.headers[name] as string | undefined)) },
        body: context.body && { query: '', ...context.body },
        raw: request.raw,
        context,
      });
      if (typeof body === 'object' && body !== null) return stream(held, request, reply, messageIds?.numbered(body) ?? body);
      if (token === null) held.link.close(0, 'REFUSED');
      // The operation was completed by its client before it began.
      if (status === 204) forget(operations, held.stream, context.id);
      if (status >= 400) return refuse(request, reply, status, body);
      return reply
        .code(status)
        .headers(headers)
        .send(body ?? '');
    } catch (error) {
      if (token === null) held.link.close(0, 'REFUSED');
      else if (context.id) forget(operations, held.stream, context.id);
      throw error;
    }
  }

  function stream(held: Held, request: FastifyRequest, reply: FastifyReply, body: StreamBody): FastifyReply {
    clearTimeout(held.timer);
    reply.hijack();
    const { raw } = reply;
    raw.writeHead(200, {
      ...(reply.getHeaders() as Record<string, string>),
      ...(request.scope.account && rateLimitHeaders(request.scope.account)),
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
      connection: 'keep-alive',
    });
    request.raw.socket.setNoDelay(true);
    held.link.send(raw, body);
    if (raw.destroyed) raw.emit('close');
    return reply;
  }

  allowOrigins(app, STREAM_PATH, { methods: ['GET', 'POST', 'PUT', 'DELETE'], headers: [TOKEN_HEADER, LAST_ID_HEADER] });
  app.route({
    method: ['GET', 'POST', 'PUT', 'DELETE'],
    url: STREAM_PATH,
    exposeHeadRoute: false,
    onRequest: async (request) => {
      request.scope.account = services.budgets.accountOf(null, request.ip);
      if (services.draining()) throw apiError('SHUTTING_DOWN');
      const origin = request.headers['x-trato-origin'];
      request.viewer = await services.authenticate(request.headers.authorization, typeof origin === 'string' ? origin : null);
      if (!request.viewer) throw apiError('UNAUTHENTICATED');
      request.scope = scopeFor(services, request.id, request.viewer, request.ip);
    },
    handler: (request, reply) => withScope(request.scope, () => serve(request, reply)),
  });
  const unwatch = watchAccess(services, () => streams.keys(), { everyMs: recheckMs, onChanged: onAccessChanged });

  return {
    counts: () => {
      const all = [...streams.values()];
      const subscriptions = all.reduce((sum, { stream }) => sum + stream.subscriptions, 0);
      return { streams: all.length, subscriptions, waiting: all.filter(({ link }) => link.slow()).length };
    },
    drain() {
      unwatch();
      for (const connection of [...streams.keys()]) leave(connection);
      return streams.size === 0 ? Promise.resolve() : new Promise((resolve) => (gone = resolve));
    },
  };
}

function isOwner(stream: Stream, viewer: Viewer): boolean {
  const { viewer: owner } = stream;
  return owner !== null && owner.credentialId === viewer.credentialId && policyKey(owner) === policyKey(viewer);
}

/** Clients that list several types mean the one that this path is for. */
function acceptOf(request: FastifyRequest, wantsStream: boolean): string | undefined {
  return wantsStream ? 'text/event-stream' : request.method === 'PUT' ? '*/*' : request.headers.accept;
}

function bodyOf({ body }: FastifyRequest): Record<string, unknown> | null {
  return typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : null;
}

/** Refusals of the library have a message only; ours have codes. */
function refuse(request: FastifyRequest, reply: FastifyReply, status: number, body: string | null): FastifyReply {
  const errors = body ? (JSON.parse(body) as { errors: { message: string; extensions?: { code?: string } }[] }).errors : [];
  if (errors[0]?.extensions?.code) {
    if (status === 503) reply.header('retry-after', '1');
    return reply.code(status).type('application/json; charset=utf-8').send({ errors });
  }
  const error = apiError(status === 404 ? 'NOT_FOUND' : 'BAD_REQUEST', errors[0]?.message ?? 'The request is not one of graphql-sse.');
  return replyError(reply, error, request.scope, status);
}

/**
 * What a client is told before its stream ends without `complete`, so that it comes again: an answer where it has to do
 * something for that, else a comment, which clients skip.
 */
function lastWord(stream: Stream, reason: string): string {
  if (reason === 'SHUTTING_DOWN' || reason === 'ACCESS_CHANGED') return `: ${reason}\n\n`;
  const payload = { errors: [{ message: 'The credential of this stream holds no longer.', extensions: { code: reason } }] };
  const ids = stream.token === null ? [null] : [...stream.open];
  return ids.map((id) => `event: next\ndata: ${JSON.stringify(id === null ? payload : { id, payload })}\n\n`).join('');
}
