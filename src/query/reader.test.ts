import { expect, test } from 'vitest';
import { createReader } from './reader.ts';

const reader = () => createReader(null as never, null as never);

test('what is asked in one tick under one name is loaded at once, in order, and nothing is kept', async () => {
  const calls: (readonly number[])[] = [];
  const load = async (keys: readonly number[]) => {
    calls.push([...keys]);
    return keys.map((key) => key * 2);
  };
  const { batch } = reader();
  expect(await Promise.all([1, 2, 1].map((key) => batch('a', key, load)))).toEqual([2, 4, 2]);
  expect(await batch('a', 1, load)).toBe(2);
  expect(calls).toEqual([[1, 2, 1], [1]]);
});

test('different names are loaded apart; no batch is larger than 500', async () => {
  const sizes: Record<string, number[]> = { a: [], b: [] };
  const loadAs = (name: string) => async (keys: readonly number[]) => {
    sizes[name]!.push(keys.length);
    return [...keys];
  };
  const { batch } = reader();
  await Promise.all(Array.from({ length: 1200 }, (_, key) => batch(key % 3 ? 'a' : 'b', key, loadAs(key % 3 ? 'a' : 'b'))));
  expect(sizes).toEqual({ a: [500, 300], b: [400] });
});

test('a failed load fails those who asked, and no others', async () => {
  const { batch } = reader();
  const broken = async () => {
    throw new Error('no');
  };
  await expect(batch('a', 1, broken)).rejects.toThrow('no');
  expect(await batch('b', 1, async (keys) => [...keys])).toBe(1);
});
