import { expect, test } from 'vitest';
import { multiply, periodOf } from './figures.ts';

test('multiply is exact where a float is not', () => {
  expect(multiply('0.1000', 3)).toBe('0.3000');
  expect(multiply('999999999999999.9999', 2)).toBe('1999999999999999.9998');
  expect(multiply('-2.5', 2)).toBe('-5.0000');
  expect(multiply('12', 0)).toBe('0.0000');
});

test('a period is the last 365 days unless told', () => {
  const now = new Date('2026-06-01T12:00:00Z');
  expect(periodOf(null, null, now)).toEqual({ from: new Date('2025-06-01T12:00:00Z'), to: now });
  const to = new Date('2020-01-02T00:00:00Z');
  expect(periodOf(undefined, to, now)).toEqual({ from: new Date('2019-01-02T00:00:00Z'), to });
});

test('a period that ends before it begins is refused', () => {
  const day = new Date('2026-01-01T00:00:00Z');
  expect(() => periodOf(day, day, day)).toThrow('ends before it begins');
});
