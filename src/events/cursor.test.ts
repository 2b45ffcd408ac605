import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeCursor, encodeCursor } from './cursor.ts';

test('a cursor gives back its place', () => {
  fc.assert(fc.property(fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }), (seq) => decodeCursor(encodeCursor(seq)) === seq));
});

test('anything else is refused with a code', () => {
  const made = [0n, -1n, 2n ** 63n].map(encodeCursor).slice(1);
  const text = (value: string) => Buffer.from(value).toString('base64url');
  for (const bad of ['', '1', 'event:1', text('event:01'), text('event:1 '), text('Event:1'), `${encodeCursor(1n)}=`, ' ', '💥', ...made]) {
    expect(() => decodeCursor(bad), bad).toThrow(expect.objectContaining({ code: 'CURSOR_INVALID' }));
  }
  fc.assert(
    fc.property(fc.string(), (garbage) => {
      try {
        return encodeCursor(decodeCursor(garbage)) === garbage;
      } catch (error) {
        return (error as { code: string }).code === 'CURSOR_INVALID';
      }
    }),
  );
});
