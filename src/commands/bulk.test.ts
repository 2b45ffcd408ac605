import fc from 'fast-check';
import { expect, test } from 'vitest';
import { wavesOf } from './bulk.ts';

test('waves hold no two rows of one key, lose none, and keep the order of rows with a common key', () => {
  const row = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'e'), { maxLength: 3 });
  fc.assert(
    fc.property(fc.array(row, { maxLength: 20 }), (rows) => {
      const waves = wavesOf(
        rows.map((value, index) => ({ index, value })),
        (keys) => keys,
      );
      const waveOf = new Map(waves.flatMap((wave, n) => wave.map((one) => [one.index, n])));
      expect([...waveOf.keys()].sort((a, b) => a - b)).toEqual(rows.map((_row, index) => index));
      for (const wave of waves) {
        const keys = wave.flatMap((one) => one.value);
        expect(new Set(keys).size).toBe(keys.length);
        expect(wave.length).toBeGreaterThan(0);
      }
      rows.forEach((keys, later) => {
        for (let earlier = 0; earlier < later; earlier++) {
          if (rows[earlier]!.some((key) => keys.includes(key))) expect(waveOf.get(earlier)!).toBeLessThan(waveOf.get(later)!);
        }
      });
    }),
  );
});
