// Mounts the HTTP routes of plugins. They take any content type as bytes; whatever goes wrong in a plugin stays there.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { UserErrors } from '../commands/user-errors.ts';
import { apiError, isApiError } from '../graphql/errors.ts';
import { jobContext } from '../plugin/context.ts';
import type { HttpRequest } from '../plugin/host.ts';
import { type PluginRoute, pluginRoutes } from '../plugin/http-routes.ts';
import { logFailure, within } from '../plugin/timeouts.ts';
import { sendAnswer } from './plugin-answer.ts';
import { fromFastify, replyError } from './reply-error.ts';
import { withScope } from './request-scope.ts';
import type { Services } from './services.ts';

const TIMEOUT_MS = 10_000;
/** Requests under way at once in one plugin: more are refused. How many of them have a connection to the database is bounded by their places. */
const MOST_AT_ONCE = 50;
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export type PluginRouteOptions = { timeoutMs?: number; mostAtOnce?: number };

/** Adds the routes of all plugins that are loaded. */
export function registerPluginRoutes(app: FastifyInstance, services: Services, options: PluginRouteOptions = {}): void {
  const { timeoutMs = TIMEOUT_MS, mostAtOnce = MOST_AT_ONCE } = options;
  const running = new Map<string, number>();
  app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
    scope.setErrorHandler((error, request, reply) => {
      const { bodyLimit } = request.routeOptions;
      const limits = { ...services.limits, bodyBytes: bodyLimit };
      const { error: known, status } = fromFastify(error, request, limits);
      return replyError(reply, known, request.scope, status);
    });
    for (const route of pluginRoutes()) {
      scope.route({
        method: route.method,
        url: route.path,
        bodyLimit: Math.max(1, route.bodyLimit),
        exposeHeadRoute: false,
        onRequest: async (_request, reply) => {
          count(services, route, reply);
          if (services.draining()) throw apiError('SHUTTING_DOWN');
        },
        handler: (request, reply) => withScope(request.scope, () => guarded(request, reply, route)),
      });
    }
  });

  async function guarded(request: FastifyRequest, reply: FastifyReply, route: PluginRoute): Promise<FastifyReply> {
    const { id } = route.plugin;
    const count = running.get(id) ?? 0;
    if (count >= mostAtOnce) throw apiError('OVERLOADED', 'Too many requests to this plugin are under way; try again.');
    running.set(id, count + 1);
    return answer(services, request, reply, route, timeoutMs, (open) => {
      // What has taken too long may still hold a connection.
      void open.finally(() => running.set(id, running.get(id)! - 1));
    });
  }
}

async function answer(
  services: Services,
  request: FastifyRequest,
  reply: FastifyReply,
  { plugin, handlers, path }: PluginRoute,
  timeoutMs: number,
  hold: (open: Promise<unknown>) => void,
): Promise<FastifyReply> {
  const log = request.scope.log.child({ plugin: plugin.id, route: path });
  const ask = async (signal: AbortSignal) => {
    const ctx = jobContext(plugin, { db: services.db, signal });
    const asked = requestOf(request);
    const sender = await handlers.verify(asked, ctx);
    if (sender === null) return null;
    if (!uuid.test(sender?.workspaceId)) throw new Error('verify gives { workspaceId } or null');
    signal.throwIfAborted();
    return { given: await handlers.handle({ ...ctx, workspaceId: sender.workspaceId }, asked) };
  };
  try {
    const outcome = await within(timeoutMs, (signal) => {
      const work = ask(signal);
      hold(work.then(nothing, nothing));
      return work;
    });
    if (outcome === null) return replyError(reply, apiError('UNAUTHENTICATED', 'The request is not verified.'), request.scope);
    return sendAnswer(reply, outcome.given, log);
  } catch (error) {
    if (error instanceof UserErrors) return refuse(reply, request, error);
    if (isApiError(error) && error.extensions.code === 'OVERLOADED') return replyError(reply, error, request.scope, 503);
    logFailure(log, { place: `route ${request.method} ${path}` }, error, 'a route of a plugin failed');
    const message = `The plugin ${plugin.id} failed or took too long.`;
    return replyError(reply, apiError('PLUGIN_UNAVAILABLE', message, { plugin: plugin.id }), request.scope, 503);
  }
}

/** Counts the request when it is over: what the sender got, refusals of the server too. */
function count({ metrics }: Services, { plugin }: PluginRoute, { raw }: FastifyReply): void {
  const began = performance.now();
  raw.once('close', () => metrics.routed(plugin.id, raw.writableFinished ? raw.statusCode : null, (performance.now() - began) / 1000));
}

const nothing = (): void => undefined;

function refuse(reply: FastifyReply, request: FastifyRequest, { errors }: UserErrors): FastifyReply {
  const userErrors = errors.map(({ code, message, path }) => ({ code, message, path }));
  return replyError(reply, apiError('BAD_USER_INPUT', 'The plugin refused the request.', { userErrors }), request.scope, 422);
}

function requestOf(request: FastifyRequest): HttpRequest {
  const { method, url, params, headers, body } = request;
  const query = new URL(url, 'http://trato').searchParams;
  return {
    method,
    url,
    params: { ...(params as Record<string, string>) },
    query: Object.fromEntries([...query.keys()].map((name) => [name, query.get(name) as string])),
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value ?? ''].flat().join(', ')])),
    body: Buffer.isBuffer(body) ? body : Buffer.alloc(0),
  };
}
