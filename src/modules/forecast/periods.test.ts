import { expect, test } from 'vitest';
import { countPeriods, nextPeriodStart, periodStart } from './periods.ts';

test('a period begins on its first day', () => {
  expect(periodStart('MONTH', '2026-05-17')).toBe('2026-05-01');
  expect(periodStart('QUARTER', '2026-06-30')).toBe('2026-04-01');
  expect(periodStart('YEAR', '2026-12-31')).toBe('2026-01-01');
});

test('the next one follows over the end of the year', () => {
  expect(nextPeriodStart('MONTH', '2026-12-31')).toBe('2027-01-01');
  expect(nextPeriodStart('QUARTER', '2026-10-01')).toBe('2027-01-01');
  expect(nextPeriodStart('YEAR', '2026-10-01')).toBe('2027-01-01');
});

test('periods are counted with both ends', () => {
  expect(countPeriods('MONTH', '2025-12-31', '2026-01-01')).toBe(2);
  expect(countPeriods('QUARTER', '2026-01-01', '2026-03-31')).toBe(1);
  expect(countPeriods('YEAR', '2026-01-01', '2025-12-31')).toBe(0);
});
