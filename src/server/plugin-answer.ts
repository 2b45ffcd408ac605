// What a plugin answers over HTTP, within bounds: few headers, no page that a browser would run scripts of, 1 MB.
import { validateHeaderValue } from 'node:http';
import type { FastifyReply } from 'fastify';
import type { HttpAnswer } from '../plugin/host.ts';

const MOST_BYTES = 1_000_000;
const allowed = new Set([
  'content-type',
  'content-disposition',
  'content-language',
  'cache-control',
  'etag',
  'last-modified',
  'location',
  'retry-after',
  'www-authenticate',
]);
/** Ours. */
const refused = new Set(['x-request-id', 'x-frame-options', 'x-content-type-options', 'x-accel-redirect', 'x-sendfile']);
/** Requests come to the origin of the explorer, which keeps a key: nothing that a plugin answers may run there. */
const POLICY = "default-src 'none'; sandbox";

type Log = { warn(fields: object, message: string): void };

/** Sends the answer; throws where it is none. */
export function sendAnswer(reply: FastifyReply, answer: HttpAnswer, log: Log): FastifyReply {
  const status = answer?.status;
  if (!Number.isInteger(status) || status < 200 || status > 599) throw new Error('an answer has a status from 200 to 599');
  const { type, bytes } = bodyOf(answer.body);
  if (bytes.length > MOST_BYTES) throw new Error(`an answer has at most ${MOST_BYTES} bytes`);
  const headers = headersOf(answer.headers ?? {}, log);
  reply.code(status).headers({ 'content-security-policy': POLICY, ...(type && { 'content-type': type }), ...headers });
  return reply.send(status === 204 || status === 304 ? undefined : bytes);
}

function bodyOf(body: HttpAnswer['body']): { type: string | null; bytes: Buffer } {
  if (body === undefined || body === null) return { type: null, bytes: Buffer.alloc(0) };
  if (Buffer.isBuffer(body)) return { type: 'application/octet-stream', bytes: body };
  if (typeof body === 'string') return { type: 'text/plain; charset=utf-8', bytes: Buffer.from(body) };
  return { type: 'application/json; charset=utf-8', bytes: Buffer.from(JSON.stringify(body)) };
}

function headersOf(given: Record<string, string>, log: Log): Record<string, string> {
  const entries = Object.entries(given).map(([name, value]) => [name.toLowerCase(), String(value)] as const);
  const sent = entries.filter(([name]) => allowed.has(name) || (/^x-[a-z0-9-]+$/.test(name) && !refused.has(name)));
  const left = entries.filter((entry) => !sent.includes(entry)).map(([name]) => name);
  if (left.length > 0) log.warn({ headers: left }, 'headers that plugins may not set were left out');
  for (const [name, value] of sent) validateHeaderValue(name, value);
  return Object.fromEntries(sent);
}
