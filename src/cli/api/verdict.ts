// What an HTTP answer of the API means for a client that must not give up early and must not repeat the hopeless.

export type ApiError = {
  message: string;
  path?: (string | number)[];
  extensions?: { code?: string; retryAfter?: number; [key: string]: unknown };
};
export type ApiBody = { data?: unknown; errors?: ApiError[] };

/** `ok`: use `data`. `retry`: try again, after `waitMs` where the server said so; `limited`: only the budget is spent. `fail`: it will not get better. */
export type Verdict =
  | { kind: 'ok' }
  | { kind: 'retry'; reason: string; waitMs?: number; few?: boolean; limited?: boolean }
  | { kind: 'fail'; code: string; message: string };

const WAIT_CODES = new Set(['RATE_LIMITED', 'THROTTLED', 'OVERLOADED', 'SHUTTING_DOWN', 'SERVICE_UNAVAILABLE', 'TIMEOUT']);
const BUG_CODES = new Set(['INTERNAL_SERVER_ERROR']);

/** Seconds or an HTTP date, as `Retry-After` may hold; undefined where it holds neither. */
export function retryAfterMs(header: string | null, now = Date.now()): number | undefined {
  if (!header) return undefined;
  if (/^\d+(\.\d+)?$/.test(header.trim())) return Number(header) * 1000;
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

/** How long to wait, in ms, before asking more of a server whose `RateLimit` header says that nothing is left; 0 otherwise. */
export function budgetPauseMs(header: string | null): number {
  const spent = (header ?? '').split(',').find((policy) => /;\s*r=0(?![\d.])/.test(policy));
  if (spent === undefined) return 0;
  // The time is until all is there again; a second of it is enough to go on with.
  return Math.min(Number(/;\s*t=(\d+)/.exec(spent)?.[1] ?? 1), 1) * 1000;
}

/** Judges one answer. `body` is undefined where the answer was no GraphQL body. */
export function judge(status: number, retryAfter: string | null, body: ApiBody | undefined): Verdict {
  const error = body?.errors?.[0];
  const code = error?.extensions?.code;
  const said = error ? `${error.message}` : `HTTP ${status}`;
  if (status === 401 || code === 'UNAUTHENTICATED') return { kind: 'fail', code: 'UNAUTHENTICATED', message: said };
  const retryAfterOfError = error?.extensions?.retryAfter;
  const waitMs = retryAfterMs(retryAfter) ?? (typeof retryAfterOfError === 'number' ? retryAfterOfError * 1000 : undefined);
  const wait = waitMs === undefined ? {} : { waitMs };
  if ([408, 425, 429, 502, 503, 504].includes(status) || (code && WAIT_CODES.has(code))) {
    return { kind: 'retry', reason: said, ...wait, ...((status === 429 || code === 'RATE_LIMITED') && { limited: true }) };
  }
  if ((status >= 500 && !body) || status > 504) return { kind: 'retry', reason: said, ...wait };
  if (status >= 500 || (code && BUG_CODES.has(code))) return { kind: 'retry', reason: said, few: true, ...wait };
  if (status === 404) return { kind: 'fail', code: 'HTTP_404', message: said };
  if (error) return { kind: 'fail', code: code ?? (status === 403 ? 'FORBIDDEN' : 'API_ERROR'), message: said };
  if (status < 200 || status > 299) return { kind: 'fail', code: `HTTP_${status}`, message: said };
  if (!body || body.data === undefined || body.data === null) {
    return { kind: 'fail', code: 'NOT_GRAPHQL', message: 'the answer is not that of a GraphQL server' };
  }
  return { kind: 'ok' };
}
