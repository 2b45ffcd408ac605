import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createBreaker } from './breaker.ts';

const ANY = Number.POSITIVE_INFINITY;
const START = 1_700_000_000_000;

function fail(count: number, now = START, breaker = createBreaker()) {
  for (let i = 0; i < count; i++) breaker.note(false, now);
  return breaker;
}

test('99 failures are borne, 100 are not; then two minutes of rest and one probe', () => {
  const breaker = fail(99);
  expect(breaker.allowed(START)).toBe(ANY);
  fail(1, START, breaker);
  expect(breaker.restingUntil()).toBe(START + 120_000);
  expect(breaker.allowed(START + 119_999)).toBe(0);
  expect(breaker.allowed(START + 120_000)).toBe(1);
});

test('a probe that fails means another rest, one that succeeds ends it with a clean slate', () => {
  const breaker = fail(100);
  breaker.note(false, START + 130_000);
  expect(breaker.restingUntil()).toBe(START + 250_000);
  breaker.note(true, START + 260_000);
  expect(breaker.restingUntil()).toBeNull();
  fail(99, START + 260_000, breaker);
  expect(breaker.allowed(START + 260_000)).toBe(ANY);
});

test('failures that are few beside the successes are borne', () => {
  const breaker = createBreaker();
  for (let i = 0; i < 1_000; i++) breaker.note(true, START);
  fail(537, START, breaker);
  expect(breaker.allowed(START)).toBe(ANY);
  fail(2, START, breaker);
  expect(breaker.allowed(START)).toBe(0);
});

test('what is older than the window does not count, and answers to what was sent before a rest decide nothing', () => {
  const breaker = fail(99);
  fail(99, START + 310_000, breaker);
  expect(breaker.allowed(START + 310_000)).toBe(ANY);
  fail(1, START + 310_000, breaker);
  breaker.note(true, START + 311_000);
  expect(breaker.allowed(START + 311_000)).toBe(0);
});

test('it goes on with the rest of a process before', () => {
  const breaker = createBreaker(START + 5_000);
  expect(breaker.allowed(START)).toBe(0);
  expect(breaker.allowed(START + 5_000)).toBe(1);
});

test('against a plain count of the last five minutes', () => {
  const step = fc.record({ ok: fc.boolean(), gap: fc.constantFrom(0, 10_000, 40_000), times: fc.integer({ min: 1, max: 60 }) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const breaker = createBreaker();
      // On the edges of the breaker's buckets, so that both count the same.
      let now = Math.ceil(START / 10_000) * 10_000;
      const seen: { ok: boolean; at: number }[] = [];
      for (const { ok, gap, times } of steps) {
        now += gap;
        for (let i = 0; i < times; i++) {
          breaker.note(ok, now);
          seen.push({ ok, at: now });
          const recent = seen.filter(({ at }) => at > now - 300_000);
          const failures = recent.filter((one) => !one.ok).length;
          const trips = failures >= 100 && failures / recent.length >= 0.35;
          expect(breaker.restingUntil() !== null).toBe(trips);
          if (trips) return;
        }
      }
    }),
  );
});
