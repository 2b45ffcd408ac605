import { parseValue } from 'graphql';
import { describe, expect, test } from 'vitest';
import { formatDecimal, scalars } from './scalars.ts';

const parse = (name: keyof typeof scalars, value: unknown) => scalars[name].parseValue(value);
const code = (name: keyof typeof scalars, value: unknown) => {
  try {
    parse(name, value);
    return null;
  } catch (error) {
    return (error as { extensions: { code: string } }).extensions.code;
  }
};

describe('DateTime', () => {
  test.each([
    ['2026-01-31T09:30:00Z', '2026-01-31T09:30:00.000Z'],
    ['2026-01-31T09:30Z', '2026-01-31T09:30:00.000Z'],
    ['2026-01-31T09:30:00.123456+02:00', '2026-01-31T07:30:00.123Z'],
    ['2024-02-29T23:59:59-11:00', '2024-03-01T10:59:59.000Z'],
  ])('%s is %s', (written, wanted) => {
    expect(scalars.DateTime.serialize(parse('DateTime', written))).toBe(wanted);
  });

  test.each([
    '2026-02-30T00:00:00Z',
    '2025-02-29T00:00:00Z',
    '2026-01-31T24:00:00Z',
    '2026-01-31T09:61:00Z',
    '2026-01-31',
    '2026-01-31T09:30:00',
    '2026-1-31T09:30:00Z',
    '0000-01-01T00:00:00Z',
    'now',
    '',
    0,
    null,
    {},
  ])('%j is refused', (written) => {
    expect(code('DateTime', written)).toBe('BAD_USER_INPUT');
  });
});

test('Date takes days of the calendar only', () => {
  expect(parse('Date', '2024-02-29')).toBe('2024-02-29');
  for (const bad of ['2023-02-29', '2024-13-01', '2024-04-31', '24-01-01', '2024-01-01T00:00:00Z', 20240101])
    expect(code('Date', bad)).toBe('BAD_USER_INPUT');
});

describe('Decimal', () => {
  test('takes exact numbers only', () => {
    expect([parse('Decimal', '-12.3456'), parse('Decimal', '0'), parse('Decimal', 7)]).toEqual(['-12.3456', '0', '7']);
    for (const bad of [
      '1.23456',
      '1e3',
      '+1',
      '.5',
      '1.',
      ' 1',
      '',
      'NaN',
      '1'.repeat(16),
      1.5,
      Number.MAX_SAFE_INTEGER + 1,
      Number.NaN,
      true,
    ])
      expect(code('Decimal', bad)).toBe('BAD_USER_INPUT');
  });

  test.each([
    ['12.5000', '12.50'],
    ['12', '12.00'],
    ['-0.0001', '-0.0001'],
    ['100.0000', '100.00'],
    ['1.2300', '1.23'],
    ['1.2340', '1.234'],
  ])('%s is answered as %s', (kept, answered) => {
    expect(formatDecimal(kept)).toBe(answered);
  });
});

test('JSON refuses NUL at any depth, as the database keeps none', () => {
  expect(parse('JSON', { a: [1, null, { b: 'x' }] })).toEqual({ a: [1, null, { b: 'x' }] });
  for (const bad of ['a\0', ['\0'], { a: { b: ['\0'] } }, { 'k\0': 1 }]) expect(code('JSON', bad)).toBe('BAD_USER_INPUT');
  const literal = scalars.JSON.parseLiteral(parseValue('{ a: [1, 2.5, true, null, ENUM], b: $v }'), { v: 'x' });
  expect(structuredClone(literal)).toEqual({ a: [1, 2.5, true, null, 'ENUM'], b: 'x' });
});

test('codes are in capitals and of their length', () => {
  expect([parse('CurrencyCode', 'GBP'), parse('CountryCode', 'GB')]).toEqual(['GBP', 'GB']);
  for (const bad of ['gbp', 'GB', 'POUND', '', 826]) expect(code('CurrencyCode', bad)).toBe('BAD_USER_INPUT');
  for (const bad of ['gb', 'GBR', '', 'G1']) expect(code('CountryCode', bad)).toBe('BAD_USER_INPUT');
});
