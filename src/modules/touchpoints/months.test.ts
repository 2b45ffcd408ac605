import { expect, test } from 'vitest';
import { monthsBetween } from './months.ts';

const months = (from: string, to: string) => monthsBetween(new Date(from), new Date(to));

test('whole months count one each, whatever their length', () => {
  expect(months('2026-02-01T00:00:00Z', '2026-03-01T00:00:00Z')).toBe(1);
  expect(months('2025-01-01T00:00:00Z', '2026-01-01T00:00:00Z')).toBe(12);
});

test('a day is its part of the month it lies in', () => {
  expect(months('2026-02-03T00:00:00Z', '2026-02-04T00:00:00Z')).toBeCloseTo(1 / 28, 10);
  expect(months('2026-01-31T00:00:00Z', '2026-02-02T00:00:00Z')).toBeCloseTo(1 / 31 + 1 / 28, 10);
});
