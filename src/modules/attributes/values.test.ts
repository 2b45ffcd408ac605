import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { AttributeType } from '../../db/models.ts';
import type { Definition } from './definitions.ts';
import { checkValue, MAX_INDEXED_TEXT, MAX_TEXT } from './values.ts';

const definition = (type: AttributeType, more: Partial<Definition> = {}): Definition => ({
  key: 'k',
  type,
  required: false,
  options: new Set(['red', 'green', 'blue']),
  indexed: false,
  archived: false,
  ...more,
});
const codeOf = (type: AttributeType, value: unknown, more?: Partial<Definition>) => {
  const checked = checkValue(definition(type, more), value);
  return 'code' in checked ? checked.code : null;
};
const kept = (type: AttributeType, value: unknown) => (checkValue(definition(type), value) as { value: unknown }).value;

describe('each type', () => {
  test.each<[AttributeType, unknown, unknown]>([
    ['TEXT', ' as written ', ' as written '],
    ['NUMBER', -0, 0],
    ['NUMBER', 12.5, 12.5],
    ['BOOLEAN', false, false],
    ['DATE', '2024-02-29', '2024-02-29'],
    ['DATE_TIME', '2024-02-29T01:30:00+02:00', '2024-02-28T23:30:00.000Z'],
    ['SELECT', 'red', 'red'],
    ['MULTI_SELECT', ['red', 'blue', 'red'], ['blue', 'red']],
    ['MULTI_SELECT', [], undefined],
  ])('%s keeps %j as %j', (type, value, wanted) => {
    expect(kept(type, value)).toEqual(wanted);
  });

  test.each<[AttributeType, unknown]>([
    ['TEXT', 1],
    ['TEXT', 'x'.repeat(MAX_TEXT + 1)],
    ['TEXT', 'a\0b'],
    ['TEXT', 'half \ud83d'],
    ['NUMBER', '1'],
    ['NUMBER', Number.NaN],
    ['NUMBER', Number.POSITIVE_INFINITY],
    ['BOOLEAN', 'true'],
    ['BOOLEAN', 1],
    ['DATE', '2023-02-29'],
    ['DATE', '2023-2-1'],
    ['DATE', '2023-02-01T00:00:00Z'],
    ['DATE_TIME', '2023-02-29T00:00:00Z'],
    ['DATE_TIME', '2023-02-28T00:00:00'],
    ['DATE_TIME', '9999-12-31T23:30:00-01:00'],
    ['DATE_TIME', 5],
    ['SELECT', ['red']],
    ['MULTI_SELECT', 'red'],
    ['MULTI_SELECT', [1]],
  ])('%s refuses %j', (type, value) => {
    expect(codeOf(type, value)).toBe('ATTRIBUTE_TYPE');
  });

  test('an option that is none is told apart', () => {
    expect(codeOf('SELECT', 'pink')).toBe('ATTRIBUTE_OPTION');
    expect(codeOf('MULTI_SELECT', ['red', 'pink'])).toBe('ATTRIBUTE_OPTION');
  });

  test('an indexed text is shorter', () => {
    expect(codeOf('TEXT', 'x'.repeat(MAX_INDEXED_TEXT), { indexed: true })).toBe(null);
    expect(codeOf('TEXT', 'x'.repeat(MAX_INDEXED_TEXT + 1), { indexed: true })).toBe('ATTRIBUTE_TYPE');
  });
});

test('whatever is given: what is kept is JSON, and is kept the same when given again', () => {
  const types = fc.constantFrom<AttributeType>('TEXT', 'NUMBER', 'BOOLEAN', 'DATE', 'DATE_TIME', 'SELECT', 'MULTI_SELECT');
  fc.assert(
    fc.property(types, fc.anything({ withDate: true, withBigInt: true, withNullPrototype: true }), (type, value) => {
      if (value == null) return;
      const checked = checkValue(definition(type), value);
      if ('code' in checked || checked.value === undefined) return;
      expect(JSON.parse(JSON.stringify(checked.value))).toEqual(checked.value);
      expect(checkValue(definition(type), checked.value)).toEqual(checked);
    }),
  );
});
