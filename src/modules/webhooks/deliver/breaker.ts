// Lets a receiver rest when too much fails: five minutes are looked at; 100 failures that are 35 % of the attempts are
// too many; after two minutes of rest one probe decides. The figures are those of Saleor.

const WINDOW_MS = 300_000;
const BUCKETS = 30;
const BUCKET_MS = WINDOW_MS / BUCKETS;
const FAILURES = 100;
const PART = 0.35;
const REST_MS = 120_000;

export type Breaker = {
  /** How many requests may be under way at this moment: none while it rests, one as a probe, else any number. */
  allowed(now: number): number;
  /** Notes how an attempt ended. */
  note(ok: boolean, now: number): void;
  /** Until when it rests; stays set until a probe has succeeded. */
  restingUntil(): number | null;
};

/** Makes the breaker of one webhook; `restingUntil` is what another process left. */
export function createBreaker(restingUntil: number | null = null): Breaker {
  let resting = restingUntil;
  let buckets: { index: number; attempts: number; failures: number }[] = [];

  function count(ok: boolean, now: number): void {
    const index = Math.floor(now / BUCKET_MS);
    buckets = buckets.filter((one) => one.index > index - BUCKETS);
    let last = buckets.at(-1);
    if (!last || last.index < index) {
      last = { index, attempts: 0, failures: 0 };
      buckets.push(last);
    }
    last.attempts++;
    if (!ok) last.failures++;
  }

  function isTooMuch(): boolean {
    const failures = buckets.reduce((sum, one) => sum + one.failures, 0);
    return failures >= FAILURES && failures >= PART * buckets.reduce((sum, one) => sum + one.attempts, 0);
  }

  return {
    allowed(now) {
      if (resting === null) return Number.POSITIVE_INFINITY;
      return now < resting ? 0 : 1;
    },
    note(ok, now) {
      if (resting !== null) {
        // What was sent before the rest began says nothing about the receiver after it.
        if (now < resting) return;
        resting = ok ? null : now + REST_MS;
        return;
      }
      count(ok, now);
      if (!isTooMuch()) return;
      resting = now + REST_MS;
      buckets = [];
    },
    restingUntil: () => resting,
  };
}
