// When a delivery is sent again. The figures are those of Svix: five seconds to ten hours, some 28 hours in all.
import type { WebhookDeliveryKind } from '../../../db/models.ts';

export type WebhookTiming = {
  /** Pauses before the second, third … attempt, in seconds. After the last it is given up. */
  retrySeconds: readonly number[];
  /** A pause is this part longer or shorter, by chance, so that what failed together does not come back together. */
  jitter: number;
};

const HOUR = 3_600;
const defaults: WebhookTiming = { retrySeconds: [5, 300, 1_800, 2 * HOUR, 5 * HOUR, 10 * HOUR, 10 * HOUR], jitter: 0.2 };
/** One that somebody waits for is not worth a day. */
const TEST_RETRIES = 1;
const MOST_RETRY_AFTER = 10 * HOUR;

let timing = defaults;

/** The pauses that count in this process. */
export function webhookTiming(): WebhookTiming {
  return timing;
}

/** Sets other pauses; without any, the usual ones. Throws where they are no good. */
export function setWebhookTiming(changed: Partial<WebhookTiming> = {}): void {
  const { retrySeconds } = changed;
  if (
    retrySeconds &&
    !(retrySeconds.length > 0 && retrySeconds.length <= 50 && retrySeconds.every((one) => one >= 0 && one <= 30 * 24 * HOUR))
  ) {
    throw new Error('the pauses between attempts are 1 to 50 numbers of seconds, none above 30 days');
  }
  timing = { ...defaults, ...changed };
}

/** When to try again after the attempt with this number failed; null: not at all. */
export function nextAttempt(
  { kind, number, now, retryAfter }: { kind: WebhookDeliveryKind; number: number; now: number; retryAfter: number | null },
  random: () => number = Math.random,
): Date | null {
  const { retrySeconds, jitter } = timing;
  const pause = kind === 'TEST' && number > TEST_RETRIES ? undefined : retrySeconds[number - 1];
  if (pause === undefined) return null;
  const varied = pause * (1 + jitter * (2 * random() - 1));
  // The receiver may ask for more patience, never for less.
  return new Date(now + 1_000 * Math.max(varied, Math.min(retryAfter ?? 0, MOST_RETRY_AFTER)));
}

/** Seconds to wait as a busy receiver said in `Retry-After`: a number, or a date. Null where it said nothing of use. */
export function retryAfterOf(status: number, header: string | undefined, now: number): number | null {
  if ((status !== 429 && status !== 503) || header === undefined) return null;
  if (/^\d{1,9}$/.test(header.trim())) return Number(header);
  const until = Date.parse(header);
  return Number.isNaN(until) ? null : Math.max(0, (until - now) / 1_000);
}
