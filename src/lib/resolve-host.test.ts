import { expect, test } from 'vitest';
import { inTurn } from './resolve-host.ts';

test('names are looked up one after the other, equal ones together, and not more of them than can be', async () => {
  const begun: string[] = [];
  const hanging = new Map<string, (found: string[]) => void>();
  const look = inTurn((host) => {
    begun.push(host);
    if (host === 'wrong') return Promise.reject(new Error('no such name'));
    return new Promise((resolve) => hanging.set(host, resolve));
  });
  const [first, wrong, second, again] = ['first', 'wrong', 'second', 'first'].map(look);
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  await turn();
  expect(begun).toEqual(['first']);
  hanging.get('first')!(['1.2.3.4']);
  expect(await Promise.all([first, again])).toEqual([['1.2.3.4'], ['1.2.3.4']]);
  await expect(wrong).rejects.toThrow('no such name');
  await turn();
  expect(begun).toEqual(['first', 'wrong', 'second']);
  for (let i = 0; i < 199; i++) void look(`name ${i}`);
  await expect(look('one too many')).rejects.toThrow('too many names');
  hanging.get('second')!([]);
  expect(await second).toEqual([]);
});
