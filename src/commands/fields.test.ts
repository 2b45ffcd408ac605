import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { z } from 'zod';
import '../modules/customers/customers.entity.ts';
import { attributeKey, decimal, id, key, language, text, timeZone } from './fields.ts';

const parse = (schema: z.ZodType, value: unknown) => {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]! as { code: string; params?: { code: string } };
  return { refused: issue.params?.code ?? issue.code };
};

test('text is trimmed, and neither empty nor too long', () => {
  const schema = text('t', 5);
  expect([parse(schema, ' abc '), parse(schema, '  '), parse(schema, 'abcdef'), parse(schema, 'a\0')]).toEqual([
    'abc',
    { refused: 'too_small' },
    { refused: 'too_big' },
    { refused: 'INVALID_TEXT' },
  ]);
});

test('keys are lower-case words', () => {
  for (const good of ['order_placed', 'a', '1-2.3', 'x'.repeat(63)]) expect(parse(key('k'), good)).toBe(good);
  for (const bad of ['', 'Order', '_x', 'a b', 'x'.repeat(64), 'ä']) expect(parse(key('k'), bad)).toHaveProperty('refused');
  expect(parse(attributeKey('k'), 'shoe_size')).toBe('shoe_size');
  for (const bad of ['1a', 'a-b', 'a.b']) expect(parse(attributeKey('k'), bad)).toHaveProperty('refused');
});

test('an id must be of its entity', () => {
  expect(parse(id('Customer', 'c'), 'customer_01h455vb4pex5vsknk084sn02q')).toBe('01890a5d-ac96-774b-bcce-b302099a8057');
  for (const bad of ['user_01h455vb4pex5vsknk084sn02q', '01890a5d-ac96-774b-bcce-b302099a8057', ''])
    expect(parse(id('Customer', 'c'), bad)).toEqual({ refused: 'ID_INVALID' });
});

test.each([
  ['10', '10.0000'],
  ['010.5', '10.5000'],
  ['-0', '0.0000'],
  ['-0.00', '0.0000'],
  ['-0.0001', '-0.0001'],
  ['000', '0.0000'],
  ['123456789012345.1234', '123456789012345.1234'],
])('the decimal %s has the one form %s', (written, wanted) => {
  expect(parse(decimal('d'), written)).toBe(wanted);
});

test('decimals of equal value have equal forms, others not', () => {
  const written = fc.tuple(fc.integer({ min: -99999, max: 99999 }), fc.nat({ max: 3 }), fc.nat({ max: 1 }));
  fc.assert(
    fc.property(written, written, (a, b) => {
      const text = ([units, zeros, lead]: [number, number, number]) =>
        `${units < 0 ? '-' : ''}${'0'.repeat(lead)}${Math.trunc(Math.abs(units) / 10)}.${Math.abs(units) % 10}${'0'.repeat(zeros)}`;
      expect(parse(decimal('d'), text(a)) === parse(decimal('d'), text(b))).toBe(a[0] === b[0]);
    }),
  );
  for (const bad of ['1.23456', '1e3', '', 'x', '1'.repeat(16)]) expect(parse(decimal('d'), bad)).toHaveProperty('refused');
});

test('languages and time zones exist, languages in one form', () => {
  expect([parse(language('l'), 'EN-gb'), parse(language('l'), 'zh-hant-tw')]).toEqual(['en-GB', 'zh-Hant-TW']);
  for (const bad of ['', 'english!', 'x y']) expect(parse(language('l'), bad)).toEqual({ refused: 'LANGUAGE_INVALID' });
  expect(parse(timeZone('z'), 'Europe/London')).toBe('Europe/London');
  for (const bad of ['Mars/Base', '', 'GMT+99']) expect(parse(timeZone('z'), bad)).toEqual({ refused: 'TIME_ZONE_INVALID' });
});
