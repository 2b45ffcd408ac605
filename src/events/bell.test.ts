import { expect, test } from 'vitest';
import { createBell } from './bell.ts';

const LONG = 60_000;

test('a ring ends the wait under way', async () => {
  const bell = createBell();
  const waiting = bell.wait(LONG);
  bell.ring();
  expect(await waiting).toBe(true);
});

test('a ring that comes while nobody waits is kept for the next wait, and only for that', async () => {
  const bell = createBell();
  bell.ring();
  bell.ring();
  expect(await bell.wait(LONG)).toBe(true);
  expect(await bell.wait(1)).toBe(false);
});

test('a wait that ran out leaves nothing behind', async () => {
  const bell = createBell();
  expect(await bell.wait(1)).toBe(false);
  bell.ring();
  expect(await bell.wait(LONG)).toBe(true);
});
