// The signing keys of one token issuer. jose's own remote key set waits out a fixed cool-down before it looks for
// a new key, and asks an issuer that is down on every call; here look-ups for unknown keys have a budget instead.

import type { CryptoKey, FlattenedJWSInput, JSONWebKeySet, JWTHeaderParameters } from 'jose';
import { createLocalJWKSet, errors } from 'jose';
import { authError, isAuthError } from './auth-error.ts';

export type IssuerSource = { issuer: string; jwksUrl?: string; fetchTimeoutMs: number; now: () => number };
export type IssuerKeys = (header: JWTHeaderParameters, token: FlattenedJWSInput) => Promise<CryptoKey>;

const MAX_BYTES = 256 * 1024;
/** A key removed by the issuer is refused at the latest after this long … */
const FRESH_MS = 10 * 60_000;
/** … or, while the issuer cannot be reached, after this long. */
const STALE_MS = 60 * 60_000;
const FAILURE_PAUSE_MS = 5_000;
/** Look-ups for unknown keys: so many at once, then one more after each interval. */
const RELOAD_BURST = 5;
const RELOAD_INTERVAL_MS = 10_000;

/**
 * Finds the public key for a token, from the issuer's JWKS (`jwksUrl`, or the one its discovery document names).
 * Rejects with `TOKEN_INVALID` (no such key), `TOKEN_ISSUER_UNREACHABLE` (the keys cannot be had now), or with jose's
 * `JWKSMultipleMatchingKeys` for a token that names no key. `now` gives milliseconds since the epoch.
 */
export function createIssuerKeys(source: IssuerSource): IssuerKeys {
  const { now, fetchTimeoutMs } = source;
  let keys: ReturnType<typeof createLocalJWKSet> | undefined;
  let loadedAt = 0;
  let failure: { error: unknown; at: number } | undefined;
  let pending: Promise<void> | undefined;
  let location = source.jwksUrl;
  const mayReload = reloadBudget(now);

  async function fetchKeys(): Promise<void> {
    try {
      location ??= await discoverJwksUrl(source.issuer, fetchTimeoutMs);
      const found = createLocalJWKSet((await fetchJson(location, fetchTimeoutMs)) as JSONWebKeySet);
      keys = found;
      loadedAt = now();
    } catch (thrown) {
      location = source.jwksUrl;
      const error = isAuthError(thrown) ? thrown : unreachable('its key set is malformed');
      failure = { error, at: now() };
      throw error;
    }
  }

  /** One fetch at a time, shared by everyone who waits; none within the pause after a failed one. */
  async function load(): Promise<void> {
    if (!pending && failure && now() - failure.at < FAILURE_PAUSE_MS) throw failure.error;
    pending ??= fetchKeys().finally(() => {
      pending = undefined;
    });
    return pending;
  }

  async function current(): Promise<NonNullable<typeof keys>> {
    if (keys && now() - loadedAt < FRESH_MS) return keys;
    try {
      await load();
    } catch (error) {
      if (!keys || now() - loadedAt >= STALE_MS) throw error;
    }
    return keys as NonNullable<typeof keys>;
  }

  return async (header, token) => {
    const known = await current();
    try {
      return await known(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
    }
    if (keys === known) {
      if (!pending && !mayReload()) throw unknownKey();
      await load();
    }
    try {
      return await (keys as typeof known)(header, token);
    } catch (error) {
      throw error instanceof errors.JWKSNoMatchingKey ? unknownKey() : error;
    }
  };
}

function unknownKey() {
  return authError('TOKEN_INVALID', 'The token is signed with a key that its issuer does not publish.');
}

function unreachable(reason: string) {
  return authError('TOKEN_ISSUER_UNREACHABLE', `The keys of the token issuer cannot be fetched now: ${reason}.`);
}

/** A token bucket: an attacker who sends random key ids empties it, and costs the issuer one request an interval. */
function reloadBudget(now: () => number): () => boolean {
  let left = RELOAD_BURST;
  let since = now();
  return () => {
    const earned = Math.floor((now() - since) / RELOAD_INTERVAL_MS);
    left = Math.min(RELOAD_BURST, left + earned);
    since = left === RELOAD_BURST ? now() : since + earned * RELOAD_INTERVAL_MS;
    if (left === 0) return false;
    left -= 1;
    return true;
  };
}

async function discoverJwksUrl(issuer: string, timeoutMs: number): Promise<string> {
  const found = (await fetchJson(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`, timeoutMs)) as {
    issuer?: unknown;
    jwks_uri?: unknown;
  } | null;
  if (found?.issuer !== issuer) throw unreachable('its discovery document names another issuer');
  const url = typeof found.jwks_uri === 'string' ? URL.parse(found.jwks_uri) : null;
  const allowed = new URL(issuer).protocol === 'https:' ? ['https:'] : ['https:', 'http:'];
  if (!url || !allowed.includes(url.protocol)) throw unreachable('its discovery document names no usable jwks_uri');
  return url.href;
}

/** Fetches JSON, bounded in time and size; redirects are refused, so that an open redirect cannot lend us its keys. */
async function fetchJson(url: string, timeoutMs: number): Promise<unknown> {
  let text: string;
  try {
    const response = await fetch(url, {
      redirect: 'error',
      signal: AbortSignal.timeout(timeoutMs),
      headers: { accept: 'application/json, application/jwk-set+json' },
    });
    if (response.status !== 200) {
      await response.body?.cancel();
      throw unreachable(`it answered with status ${response.status}`);
    }
    text = await readBounded(response);
  } catch (thrown) {
    if (isAuthError(thrown)) throw thrown;
    const timedOut = thrown instanceof Error && thrown.name === 'TimeoutError';
    throw unreachable(timedOut ? 'it did not answer in time' : 'the request failed');
  }
  try {
    return JSON.parse(text);
  } catch {
    throw unreachable('its answer is not JSON');
  }
}

async function readBounded(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > MAX_BYTES) throw unreachable('its answer is too large');
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}
