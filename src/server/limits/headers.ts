// The RateLimit fields of draft-ietf-httpapi-ratelimit-headers: the policy, and where the caller stands.
import type { Account } from './account.ts';

export type RateLimitHeaders = { 'ratelimit-policy': string; ratelimit: string };

/**
 * Structured fields: `q` is the budget in points, `w` the seconds in which all of it is restored, `r` the points left,
 * `t` the seconds until all of it is there again.
 */
export function rateLimitHeaders(account: Account): RateLimitHeaders {
  const { capacity, restore } = account;
  const remaining = account.remaining();
  return {
    'ratelimit-policy': `"cost";q=${capacity};qu="points";w=${Math.ceil(capacity / restore)}`,
    ratelimit: `"cost";r=${remaining};t=${Math.ceil((capacity - remaining) / restore)}`,
  };
}
