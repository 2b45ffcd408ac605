// The API over HTTP for commands that run long: it waits and tries again where the server or the network is away
// for a while, and says in one line why it gives up.
import { setTimeout as delay } from 'node:timers/promises';
import type { CliFailure } from '../failure.ts';
import { failure, isFailure } from '../failure.ts';
import type { ApiBody, ApiError } from './verdict.ts';
import { budgetPauseMs, judge } from './verdict.ts';

export type ApiFailure = CliFailure & { readonly errors: ApiError[] };
export const isApiFailure = (error: unknown): error is ApiFailure => isFailure(error) && 'errors' in error;

export type RequestOptions = {
  /** Ends waiting and retrying; the request itself is left to finish. */
  stop?: AbortSignal;
  /** How long to go on trying, in ms; default that of the client. 0: one try. */
  retryForMs?: number;
};
export type ApiClient = {
  readonly url: string;
  request<T>(query: string, variables: Record<string, unknown>, options?: RequestOptions): Promise<T>;
};
export type ClientSettings = {
  url: string;
  key: string;
  /** How long a request is tried again before the command gives up, in ms. */
  retryForMs?: number;
  /** After this many ms without an answer a request counts as lost. */
  timeoutMs?: number;
  /** Told before each wait, for the progress display. */
  onWait?: (reason: string, waitMs: number) => void;
  /** First and largest wait between tries, in ms. */
  backoffMs?: { first: number; most: number };
};

/** At most this many tries where the server reports a bug: waiting rarely mends one. */
const TRIES_ON_BUG = 4;

const networkReason = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'TimeoutError') return 'no answer in time';
  const cause = error.cause as (Error & { code?: string }) | undefined;
  return cause?.code ?? cause?.message ?? error.message;
};

/**
 * Makes a client of one server. `request` gives the `data` of the answer, or throws an `ApiFailure` with the API's
 * error code; `SERVER_UNREACHABLE` after `retryForMs` without an answer, `STOPPED` when `stop` fired while waiting.
 */
export function createApiClient(settings: ClientSettings): ApiClient {
  const { key, timeoutMs = 120_000, backoffMs = { first: 250, most: 15_000 } } = settings;
  const url = checkedUrl(settings.url);
  /** The requests of a client spend one budget: what one of them is told holds for all. */
  let pausedUntil = 0;

  async function attempt(
    payload: string,
  ): Promise<{ status: number; retryAfter: string | null; body: ApiBody | undefined } | { lost: string }> {
    try {
      const answer = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept: 'application/json', authorization: `Bearer ${key}` },
        body: payload,
        signal: AbortSignal.timeout(timeoutMs),
      });
      const text = await answer.text();
      pause(budgetPauseMs(answer.headers.get('ratelimit')));
      return { status: answer.status, retryAfter: answer.headers.get('retry-after'), body: parsed(text) };
    } catch (error) {
      return { lost: networkReason(error) };
    }
  }

  function pause(waitMs: number): void {
    if (waitMs > 0) pausedUntil = Math.max(pausedUntil, Date.now() + waitMs);
  }

  async function wait(reason: string, waitMs: number, stop: AbortSignal | undefined): Promise<void> {
    settings.onWait?.(reason, waitMs);
    await delay(waitMs, undefined, { ...(stop && { signal: stop }) }).catch(() => undefined);
    if (stop?.aborted) throw failure('STOPPED', `stopped while waiting for the server (${reason})`);
  }

  async function request<T>(query: string, variables: Record<string, unknown>, options: RequestOptions = {}): Promise<T> {
    const payload = JSON.stringify({ query, variables });
    let waited = false;
    let deadline = Date.now() + (options.retryForMs ?? settings.retryForMs ?? 120_000);
    for (let tries = 1; ; tries++) {
      const left = waited ? 0 : pausedUntil - Date.now();
      if (left > 0) {
        deadline += left;
        await wait('the budget of the API key is spent', left, options.stop);
      }
      waited = false;
      const answer = await attempt(payload);
      const verdict =
        'lost' in answer ? ({ kind: 'retry', reason: answer.lost } as const) : judge(answer.status, answer.retryAfter, answer.body);
      if (verdict.kind === 'ok') return (answer as { body: ApiBody }).body.data as T;
      const errors = ('body' in answer && answer.body?.errors) || [];
      if (verdict.kind === 'fail') throw apiFailure(verdict.code, verdict.message, errors, url);
      const backoff = Math.min(backoffMs.most, backoffMs.first * 2 ** (tries - 1)) * (0.75 + Math.random() / 2);
      const waitMs = 'waitMs' in verdict && verdict.waitMs !== undefined ? verdict.waitMs : backoff;
      if ('limited' in verdict && verdict.limited) {
        // The server does what it should: however long it takes, a spent budget is no reason to give up.
        deadline += waitMs;
        pause(waitMs);
        waited = true;
      } else if (Date.now() + waitMs > deadline || ('few' in verdict && verdict.few && tries >= TRIES_ON_BUG))
        throw givenUp('lost' in answer, verdict.reason, errors, url, tries);
      await wait(verdict.reason, waitMs, options.stop);
    }
  }
  return { url, request };
}

function checkedUrl(url: string): string {
  try {
    const { protocol } = new URL(url);
    if (protocol === 'http:' || protocol === 'https:') return url;
  } catch {
    // falls through to the same message
  }
  throw failure('BAD_URL', `"${url}" is not an http(s) address`, { hint: 'For example: --url http://localhost:4000/graphql' });
}

function parsed(text: string): ApiBody | undefined {
  try {
    const body: unknown = JSON.parse(text);
    return body && typeof body === 'object' && ('data' in body || 'errors' in body) ? (body as ApiBody) : undefined;
  } catch {
    return undefined;
  }
}

function apiFailure(code: string, message: string, errors: ApiError[], url: string): ApiFailure {
  const known: Record<string, [message: string, hint: string]> = {
    UNAUTHENTICATED: [`the server at ${url} does not accept this API key`, 'Give another with --key or TRATO_API_KEY.'],
    FORBIDDEN: [`this API key may not do that: ${message}`, 'Use a key whose role has the permission.'],
    GRAPHQL_VALIDATION_FAILED: [
      `the server does not know what was asked for: ${message}`,
      'Server and command may be of different versions.',
    ],
    HTTP_404: [`there is no API at ${url}`, 'The address ends in /graphql.'],
    NOT_GRAPHQL: [`${url}: ${message}`, 'The address ends in /graphql.'],
  };
  const [text, hint] = known[code] ?? [message, undefined];
  return Object.assign(failure(code, text, hint ? { hint } : {}), { errors });
}

function givenUp(lost: boolean, reason: string, errors: ApiError[], url: string, tries: number): ApiFailure {
  const after = tries > 1 ? ` (tried ${tries} times)` : '';
  return lost
    ? Object.assign(
        failure('SERVER_UNREACHABLE', `the server at ${url} cannot be reached: ${reason}${after}`, {
          hint: 'Is it running? npm start starts the local one.',
        }),
        { errors },
      )
    : Object.assign(failure('SERVER_UNAVAILABLE', `the server at ${url} refuses for now: ${reason}${after}`), { errors });
}
