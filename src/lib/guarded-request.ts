// Requests to URLs that others gave: to public addresses only, as resolved for the very connection, bounded in time and size.
import http from 'node:http';
import https from 'node:https';
import type { LookupFunction } from 'node:net';
import { isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import { addressOf, isAllowedHost, mayReach } from './private-address.ts';
import { type ResolveHost, resolveHost } from './resolve-host.ts';

export type GuardedRequestCode =
  | 'ADDRESS_REFUSED'
  | 'NAME_UNRESOLVED'
  | 'TIMEOUT'
  | 'CONNECTION_FAILED'
  | 'TLS_FAILED'
  | 'ANSWER_INVALID'
  | 'ABORTED';

/** Why there is no answer. Says nothing of the request. */
export class GuardedRequestError extends Error {
  readonly code: GuardedRequestCode;

  constructor(code: GuardedRequestCode) {
    super(messages[code]);
    this.name = 'GuardedRequestError';
    this.code = code;
  }
}

const messages: Record<GuardedRequestCode, string> = {
  ADDRESS_REFUSED: 'The address is not a public one.',
  NAME_UNRESOLVED: 'The name of the host has no address.',
  TIMEOUT: 'There was no complete answer in time.',
  CONNECTION_FAILED: 'The connection could not be made or broke off.',
  TLS_FAILED: 'No secure connection could be made.',
  ANSWER_INVALID: 'The answer is no valid HTTP.',
  ABORTED: 'The request was taken back.',
};

export type GuardedRequestOptions = {
  method?: string;
  headers?: Record<string, string>;
  body?: string | Uint8Array;
  /** For everything: names, connection, headers and body. */
  timeoutMs: number;
  /** How much of the answer's body is read; the rest is cut off. */
  maxBytes: number;
  signal?: AbortSignal;
  /** Whether it may be sent again on a new connection when a kept one turns out to be closed. */
  repeatable?: boolean;
  /** In place of the system's names. */
  resolve?: ResolveHost;
};

export type GuardedAnswer = {
  status: number;
  headers: http.IncomingHttpHeaders;
  body: string;
  /** Whether the body went on. */
  truncated: boolean;
};

const HEADER_BYTES = 16 * 1024;
/** How long a connection is kept that nothing uses, and how many of all hosts: other sides may never close theirs. */
const IDLE_MS = 30_000;
const MOST_IDLE = 1_000;
const agentOptions = { keepAlive: true, timeout: IDLE_MS, maxFreeSockets: 512, scheduling: 'lifo' } as const;
const idle = new Set<Duplex>();
const agents = { 'http:': keepingFew(new http.Agent(agentOptions)), 'https:': keepingFew(new https.Agent(agentOptions)) };

function keepingFew<Agent extends http.Agent>(agent: Agent): Agent {
  const met = new WeakSet<Duplex>();
  // Answers whether it is kept, which its type does not say.
  const keep = agent.keepSocketAlive.bind(agent) as (socket: Duplex) => unknown;
  const reuse = agent.reuseSocket.bind(agent);
  agent.keepSocketAlive = (socket) => {
    if (idle.size >= MOST_IDLE || !keep(socket)) return false;
    idle.add(socket);
    if (!met.has(socket)) socket.once('close', () => idle.delete(socket));
    met.add(socket);
    return true;
  };
  agent.reuseSocket = (socket, request) => {
    idle.delete(socket);
    reuse(socket, request);
  };
  return agent;
}

/** Sends one request. A redirect is an answer; what is no answer throws a `GuardedRequestError`. */
export async function guardedRequest(target: string | URL, options: GuardedRequestOptions): Promise<GuardedAnswer> {
  const url = new URL(target);
  if ((url.protocol !== 'http:' && url.protocol !== 'https:') || url.username || url.password)
    throw new GuardedRequestError('ADDRESS_REFUSED');
  const literal = addressOf(url);
  if (literal !== null && !mayReach(literal)) throw new GuardedRequestError('ADDRESS_REFUSED');
  const deadline = performance.now() + options.timeoutMs;
  try {
    return await sendOnce(url, options, deadline, true);
  } catch (error) {
    if (!(error instanceof ClosedMeanwhile)) throw error;
    if (!options.repeatable) throw new GuardedRequestError('CONNECTION_FAILED');
    return sendOnce(url, options, deadline, false);
  }
}

/** A kept connection was closed by the other side before it could take the request. */
class ClosedMeanwhile extends Error {}

function sendOnce(url: URL, options: GuardedRequestOptions, deadline: number, keptAllowed: boolean): Promise<GuardedAnswer> {
  const { method = 'GET', headers = {}, body, maxBytes, signal, resolve = resolveHost } = options;
  const secure = url.protocol === 'https:';
  return new Promise((fulfil, reject) => {
    const request = (secure ? https : http).request(url, {
      method,
      headers: { ...headers, ...(body !== undefined && { 'content-length': String(Buffer.byteLength(body)) }) },
      // Kept connections go only to where names were resolved as now: an injected resolver shares none.
      agent: keptAllowed && resolve === resolveHost ? agents[url.protocol as 'http:' | 'https:'] : false,
      lookup: checkedLookup(resolve),
      maxHeaderSize: HEADER_BYTES,
      // Also where the environment says otherwise.
      rejectUnauthorized: true,
    });
    let answered = false;
    let settled = false;
    const timer = setTimeout(() => fail(new GuardedRequestError('TIMEOUT')), Math.max(0, deadline - performance.now()));
    const onAbort = () => fail(new GuardedRequestError('ABORTED'));

    function settle(): boolean {
      if (settled) return false;
      settled = true;
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      return true;
    }
    function fail(error: Error): void {
      if (!settle()) return;
      request.destroy();
      reject(error);
    }

    request.on('error', (error: NodeJS.ErrnoException) => {
      const gone = !answered && request.reusedSocket && (error.code === 'ECONNRESET' || error.code === 'EPIPE');
      fail(gone ? new ClosedMeanwhile() : new GuardedRequestError(codeOf(error)));
    });
    // Nobody asked for another protocol.
    request.on('upgrade', (_response, socket) => {
      socket.destroy();
      fail(new GuardedRequestError('ANSWER_INVALID'));
    });
    request.on('response', (response) => {
      answered = true;
      const chunks: Buffer[] = [];
      let size = 0;
      const done = (truncated: boolean) => {
        if (!settle()) return;
        if (truncated) request.destroy();
        const whole = Buffer.concat(chunks).subarray(0, maxBytes).toString('utf8');
        fulfil({ status: response.statusCode!, headers: response.headers, body: whole, truncated });
      };
      response.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        size += chunk.length;
        if (size > maxBytes) done(true);
      });
      response.on('end', () => done(false));
      response.on('error', (error: NodeJS.ErrnoException) => fail(new GuardedRequestError(codeOf(error))));
      response.on('close', () => fail(new GuardedRequestError('CONNECTION_FAILED')));
    });
    if (signal?.aborted) return onAbort();
    signal?.addEventListener('abort', onAbort, { once: true });
    request.end(body);
  });
}

/** Gives the connection the addresses that were checked, and no other: nobody can answer differently in between. */
function checkedLookup(resolve: ResolveHost): LookupFunction {
  return (host, options, callback) => {
    resolve(host)
      .then((addresses) => {
        if (addresses.length === 0) throw new GuardedRequestError('NAME_UNRESOLVED');
        if (!isAllowedHost(host) && !addresses.every(mayReach)) throw new GuardedRequestError('ADDRESS_REFUSED');
        const found = addresses.map((address) => ({ address, family: isIP(address) }));
        if (options.all) callback(null, found);
        else callback(null, found[0]!.address, found[0]!.family);
      })
      .catch((error: unknown) => {
        callback(error instanceof GuardedRequestError ? error : new GuardedRequestError('NAME_UNRESOLVED'), '');
      });
  };
}

function codeOf(error: NodeJS.ErrnoException): GuardedRequestCode {
  if (error instanceof GuardedRequestError) return error.code;
  const { code = '' } = error;
  if (code.startsWith('HPE_') || code === 'ERR_HTTP_INVALID_STATUS_CODE') return 'ANSWER_INVALID';
  if (/^(ERR_TLS_|ERR_SSL_|CERT_|CRL_|UNABLE_TO_|DEPTH_ZERO|SELF_SIGNED|INVALID_CA|HOSTNAME_MISMATCH|EPROTO)/.test(code))
    return 'TLS_FAILED';
  return code === 'ETIMEDOUT' ? 'TIMEOUT' : 'CONNECTION_FAILED';
}
