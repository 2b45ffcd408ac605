import fc from 'fast-check';
import { expect, test } from 'vitest';
import { canonical, decodeCursor, encodeCursor, fingerprint, fitsType } from './cursor.ts';

const code = (fn: () => unknown) => {
  try {
    fn();
    return null;
  } catch (error) {
    return (error as { extensions: { code: string } }).extensions.code;
  }
};

test('what is written is read again', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.option(
          fc.string().filter((text) => !text.includes('\0')),
          { nil: null },
        ),
      ),
      (values) => {
        expect(
          decodeCursor(
            encodeCursor('print', values),
            'print',
            values.map(() => fitsType('text', true)),
          ),
        ).toEqual(values);
      },
    ),
  );
});

test('equal filters have equal fingerprints, however they are written; others differ', () => {
  expect(fingerprint([{ a: 1, b: { c: [1, 2], d: null } }])).toBe(fingerprint([{ b: { c: [1, 2] }, a: 1 }]));
  expect(fingerprint([{ a: [1, 2] }])).not.toBe(fingerprint([{ a: [2, 1] }]));
  expect(fingerprint([{ a: '1' }])).not.toBe(fingerprint([{ a: 1 }]));
  expect(fingerprint([{ a: new Date(0) }])).not.toBe(fingerprint([{ a: new Date(1) }]));
  expect(canonical({ at: new Date(0), n: 5n })).toBe('{"at":"1970-01-01T00:00:00.000Z","n":"5"}');
});

test('whatever arrives is either read or refused with a code', () => {
  const junk = fc.oneof(
    fc.string(),
    fc.json().map((text) => Buffer.from(text).toString('base64url')),
    fc.base64String(),
  );
  fc.assert(
    fc.property(junk, (cursor) => {
      expect(['CURSOR_INVALID', 'CURSOR_MISMATCH']).toContain(code(() => decodeCursor(cursor, 'print', [fitsType('uuid')])));
    }),
  );
});

test.each([
  ['uuid', ['01890a5d-ac96-774b-bcce-b302099a8057'], ['01890A5D', "' or true", '']],
  ['timestamptz', ['2026-01-31 09:30:00+00', '2026-01-31 09:30:00.123+00'], ['2026-13-01 00:00:00+00', 'now', '2026-01-31 09:30:00+05']],
  ['date', ['2026-01-31'], ['2026-02-40', 'today']],
  ['int4', ['-5', '2147483647'], ['2147483648', '1.5', '']],
  ['numeric', ['-1.5', '1e10', '12'], ['NaN', 'x', '1e9999', '--1']],
  ['text', ['', 'anything'], ['nul\0']],
])('a value of type %s', (type, good, bad) => {
  for (const value of good) expect([value, fitsType(type)(value)]).toEqual([value, true]);
  for (const value of bad) expect([value, fitsType(type)(value)]).toEqual([value, false]);
});
