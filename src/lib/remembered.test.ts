import { expect, test } from 'vitest';
import { remembered } from './remembered.ts';

test('makes once for an object and a key, and few for one object', () => {
  const made: string[] = [];
  const of = remembered<string>(2);
  const [one, other] = [{}, {}];
  const ask = (owner: object, key: string, keep?: boolean) => of(owner, key, () => `${made.push(key)}`, keep);
  expect([ask(one, 'a'), ask(one, 'a'), ask(other, 'a'), ask(one, 'b'), ask(one, 'a')]).toEqual(['1', '1', '2', '3', '1']);
  expect([ask(one, 'c'), ask(one, 'a'), ask(one, 'c')]).toEqual(['4', '5', '4']);
  expect([ask(other, 'x', false), ask(other, 'x', false)]).toEqual(['6', '7']);
});
