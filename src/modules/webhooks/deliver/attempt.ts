// One try to send a delivery: what is sent, and what is kept of the answer.
import { readFileSync } from 'node:fs';
import type { WebhookRow } from '../../../db/models.ts';
import { type GuardedAnswer, GuardedRequestError, guardedRequest } from '../../../lib/guarded-request.ts';
import type { Delivery } from './lane.ts';
import type { Pending } from './queue.ts';
import { retryAfterOf } from './schedule.ts';
import { secretsAt, signatureOf } from './sign.ts';

export type Attempt = {
  startedAt: Date;
  durationMs: number;
  statusCode: number | null;
  /** Null where the receiver took it; else `HTTP_<status>` or a code such as TIMEOUT. */
  error: string | null;
  requestHeaders: Record<string, string>;
  responseHeaders: Record<string, string> | null;
  responseBody: string | null;
  /** How many seconds a busy receiver wants to be left alone. */
  retryAfter: number | null;
};

const { version } = JSON.parse(readFileSync(new URL('../../../../package.json', import.meta.url), 'utf8')) as { version: string };

/** More of an answer is read, so that its connection can be kept, than is kept of it. */
const READ_BYTES = 64 * 1024;
const KEPT_CHARACTERS = 4_096;
const KEPT_HEADERS = 40;
const KEPT_VALUE = 500;

/** Sends a body once. Null where it was taken back before there was an answer. */
export async function attempt(
  { now, resolve, signal }: Delivery,
  webhook: WebhookRow,
  item: Pending,
  body: string,
): Promise<Attempt | null> {
  const startedAt = new Date(now());
  const timestamp = Math.floor(startedAt.getTime() / 1_000);
  const requestHeaders = {
    'content-type': 'application/json',
    'user-agent': `Trato/${version}`,
    'webhook-id': item.messageId,
    'webhook-timestamp': String(timestamp),
  };
  const signature = signatureOf(secretsAt(webhook, startedAt), item.messageId, timestamp, body);
  const began = performance.now();
  const ended = (rest: Omit<Attempt, 'startedAt' | 'durationMs' | 'requestHeaders'>): Attempt => {
    return { startedAt, durationMs: Math.round(performance.now() - began), requestHeaders, ...rest };
  };
  try {
    const answer = await guardedRequest(webhook.url, {
      method: 'POST',
      headers: { ...requestHeaders, 'webhook-signature': signature },
      body,
      timeoutMs: webhook.timeoutMs,
      maxBytes: READ_BYTES,
      signal,
      repeatable: true,
      ...(resolve && { resolve }),
    });
    return ended(answered(answer, now()));
  } catch (error) {
    const code = error instanceof GuardedRequestError ? error.code : 'CONNECTION_FAILED';
    if (code === 'ABORTED') return null;
    return ended({ statusCode: null, error: code, responseHeaders: null, responseBody: null, retryAfter: null });
  }
}

function answered({ status, headers, body }: GuardedAnswer, now: number): Omit<Attempt, 'startedAt' | 'durationMs' | 'requestHeaders'> {
  return {
    statusCode: status,
    error: status >= 200 && status < 300 ? null : `HTTP_${status}`,
    responseHeaders: kept(headers),
    responseBody: storable(body.slice(0, KEPT_CHARACTERS)),
    retryAfter: retryAfterOf(status, headers['retry-after'], now),
  };
}

function kept(headers: GuardedAnswer['headers']): Record<string, string> {
  const found = Object.entries(headers).filter(([name]) => name !== 'set-cookie');
  return Object.fromEntries(
    found.slice(0, KEPT_HEADERS).map(([name, value]) => [storable(name), storable(String(value).slice(0, KEPT_VALUE))]),
  );
}

/** PostgreSQL keeps no NUL, and JSON no half characters. */
function storable(text: string): string {
  return text.replaceAll('\0', '\uFFFD').toWellFormed();
}
