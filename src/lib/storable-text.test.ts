import { expect, test } from 'vitest';
import { faultOf, storable } from './storable-text.ts';

test('the beginning of any text can be kept', () => {
  expect(storable('short', 10)).toBe('short');
  expect(storable('a\0b\0c', 2)).toBe('ab');
  // The cut falls into the middle of an emoji; a half that came so is replaced, too.
  for (const text of ['abc😀', '\ud83d alone', 'abc\ude00']) expect(faultOf(storable(text, 4))).toBeNull();
  expect(storable('abc😀', 5)).toBe('abc😀');
});
