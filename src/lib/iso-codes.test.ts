import { expect, test } from 'vitest';
import { isCountry, isCurrency } from './iso-codes.ts';

test('countries exist', () => {
  expect(['GB', 'JE', 'ZA', 'US', 'IE'].filter((code) => !isCountry(code))).toEqual([]);
  expect(['XX', 'ZZ', 'EU', 'UK!', 'gb', '', 'GBR'].filter(isCountry)).toEqual([]);
});

test('currencies exist', () => {
  expect(['GBP', 'EUR', 'JPY'].filter((code) => !isCurrency(code))).toEqual([]);
  expect(['ABC', 'gbp', 'EURO', ''].filter(isCurrency)).toEqual([]);
});
