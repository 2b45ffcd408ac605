import fc from 'fast-check';
import { expect, inject, test } from 'vitest';
import { seedOfRun } from './seed.ts';

test('properties draw from the seed of the run, which is told and can be repeated', () => {
  expect(fc.readConfigureGlobal().seed).toBe(inject('seed'));
  expect(fc.sample(fc.integer(), 20)).toEqual(fc.sample(fc.integer(), { seed: inject('seed'), numRuns: 20 }));
  expect(seedOfRun({ TRATO_SEED: '42' })).toBe(42);
});

test('one committed state has one seed, and long tests draw anew', () => {
  const drawn = new Set([...Array(20)].map(() => seedOfRun({ TRATO_LONG: '1' })));
  expect(drawn.size).toBeGreaterThan(15);
  for (const seed of [seedOfRun({}), ...drawn]) expect(Number.isSafeInteger(seed) && seed >= 0 && seed < 2 ** 31).toBe(true);
});
