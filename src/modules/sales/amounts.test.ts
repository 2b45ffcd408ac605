import fc from 'fast-check';
import { expect, it } from 'vitest';
import { fromUnits, isTooLarge, lineAmount, sumOf, toUnits } from './amounts.ts';

it('reads and writes amounts as the database does', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(10n ** 19n), max: 10n ** 19n }), (units) => {
      expect(toUnits(fromUnits(units))).toBe(units);
    }),
  );
  expect(toUnits('-1.5')).toBe(-15_000n);
  expect(fromUnits(-1n)).toBe('-0.0001');
});

it('takes the discount off quantity times price and rounds once, half away from zero', () => {
  expect(lineAmount('3.0000', '100.0000', '10.0000')).toBe('270.0000');
  expect(lineAmount('0.5000', '0.0001', '0.0000')).toBe('0.0001');
  expect(lineAmount('0.5000', '-0.0001', '0.0000')).toBe('-0.0001');
  expect(lineAmount('0.3333', '0.3333', '33.3333')).toBe('0.0741');
  expect(lineAmount('7.0000', '9.9900', '100.0000')).toBe('0.0000');
});

it('adds up exactly, and knows what a column cannot hold', () => {
  expect(sumOf(['0.1000', '0.2000', '-0.0500'])).toBe('0.2500');
  expect(isTooLarge('999999999999999.9999')).toBe(false);
  expect(isTooLarge('-1000000000000000.0000')).toBe(true);
});
