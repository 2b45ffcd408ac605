import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { config, nextTierOf, pointsFor, shareOf, tierOf } from './config.ts';

const chosen = config.parse({});

describe('points for a value', () => {
  it.each([
    ['1', '12.5000', 12n],
    ['1', '-12.5000', -12n],
    ['1', '0.9900', 0n],
    ['1', '-0.9900', 0n],
    ['0.5', '12.5000', 6n],
    ['0.1', '10.0000', 1n],
    ['1.5', '999999999999999.9999', 1_499_999_999_999_999n],
  ])('at %s a unit, %s gives %s', (pointsPerUnit, value, points) => {
    expect(pointsFor({ ...chosen, pointsPerUnit }, value)).toBe(points);
  });

  it('never gives more for a purchase than its cancellation takes', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 10n ** 12n }), fc.bigInt({ min: 1n, max: 10n ** 6n }), (value, rate) => {
        const decimal = (n: bigint) => `${n / 10_000n}.${(n % 10_000n).toString().padStart(4, '0')}`;
        const its = { ...chosen, pointsPerUnit: decimal(rate) };
        expect(pointsFor(its, `-${decimal(value)}`)).toBe(-pointsFor(its, decimal(value)));
      }),
    );
  });
});

describe('tiers', () => {
  it('are found by what was earned in all', () => {
    expect([0, 499, 500, 1_999, 2_000, 9_999].map((total) => tierOf(chosen, total).key)).toEqual([
      'bronze',
      'bronze',
      'silver',
      'silver',
      'gold',
      'gold',
    ]);
    expect([0, 500, 2_000].map((total) => nextTierOf(chosen, total)?.key)).toEqual(['silver', 'gold', undefined]);
    expect([0, 500, 2_000].map((total) => shareOf(chosen, total))).toEqual([0, 0.5, 1]);
  });
});

describe('the configuration', () => {
  it('is complete without a word', () => {
    expect(chosen).toMatchObject({
      pointsPerUnit: '1',
      kinds: [],
      expireAfterDays: 365,
      tiers: [{ from: 0 }, { from: 500 }, { from: 2_000 }],
    });
    expect(config.parse({ pointsPerUnit: 0.5 }).pointsPerUnit).toBe('0.5');
  });

  const tier = (key: string, from: number) => ({ key, name: key, from });
  it.each([
    ['no tiers', { tiers: [] }],
    ['a first tier above 0', { tiers: [tier('a', 1)] }],
    ['tiers that do not rise', { tiers: [tier('a', 0), tier('b', 5), tier('c', 5)] }],
    ['two tiers of one key', { tiers: [tier('a', 0), tier('a', 5)] }],
    ['a rate that is no number', { pointsPerUnit: 'much' }],
    ['a rate below 0', { pointsPerUnit: '-1' }],
    ['a misspelt setting', { expireAfterDay: 3 }],
  ])('refuses %s', (_name, given) => {
    expect(config.safeParse(given).success).toBe(false);
  });
});
