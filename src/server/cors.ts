// Browsers of any origin may call the API. That is safe because nothing is ever allowed by a cookie or by where a
// request comes from, only by a bearer token that the calling page itself must hold; credentials are never allowed.
import type { FastifyInstance } from 'fastify';

const allowedHeaders =
  'authorization, content-type, accept, x-request-id, x-trato-origin, x-trato-explain, x-apollo-operation-name, apollo-require-preflight';

const readable = {
  'access-control-allow-origin': '*',
  'access-control-expose-headers': 'x-request-id, retry-after, ratelimit, ratelimit-policy, www-authenticate',
};

/** Answers preflights of `path` and lets pages read its responses. */
export function allowOrigins(app: FastifyInstance, path: string, more: { methods?: string[]; headers?: string[] } = {}): void {
  const methods = [...(more.methods ?? ['POST']), 'OPTIONS'].join(', ');
  const allowed = {
    'access-control-allow-methods': methods,
    'access-control-allow-headers': [allowedHeaders, ...(more.headers ?? [])].join(', '),
    'access-control-max-age': '86400',
  };
  app.addHook('onRequest', (request, reply, done) => {
    if (request.url === path || request.url.startsWith(`${path}?`)) reply.headers(readable);
    done();
  });
  app.options(path, async (_request, reply) => reply.code(204).headers(allowed).header('allow', methods).send());
}
