import { expect, test } from 'vitest';
import { defaultLimits } from '../../graphql/limits.ts';
import { RawData } from '../raw-data.ts';
import { localAccount } from './account.ts';
import { charge, objectsIn, settle } from './charge.ts';
import { rateLimitHeaders } from './headers.ts';

const data = {
  customers: {
    nodes: [
      { id: 'a', owner: null, tags: ['x', 'y'] },
      { id: 'b', owner: { id: 'c' } },
    ],
    pageInfo: { end: null },
  },
};

test.for<[string, unknown, number]>([
  ['an object', data, 6],
  ['JSON text', new RawData(JSON.stringify(data)), 6],
  ['JSON text as PostgreSQL spaces it', new RawData('{"a" : {"b" : [{"c" : 1}, {"c" : 2}]}}'), 4],
  ['JSON text with braces in texts', new RawData(JSON.stringify({ a: '{', b: '{"c":{}}', c: { d: '{{ {' }, e: ['{', '{'] })), 2],
  ['JSON text with nothing in lists', new RawData('{"a":[],"b":null}'), 1],
  ['no answer', null, 0],
  ['an answer that never came', undefined, 0],
])('objects are counted in %s', ([, value, count]) => {
  expect(objectsIn(value)).toBe(count);
});

test('what the answer did not need is given back, and never more than was taken', async () => {
  const account = localAccount({ capacity: 1_000, restore: 1 }, () => 0);
  const charged = await charge(account, defaultLimits, 'query', { requested: 100, work: 10 });
  expect(account.remaining()).toBe(900);
  expect(settle(charged, data)).toEqual({ requested: 100, actual: 16, remaining: 984, restoreRate: 1 });
  const small = await charge(account, defaultLimits, 'query', { requested: 3, work: 0 });
  expect(settle(small, data)).toMatchObject({ requested: 3, actual: 3, remaining: 981 });
  expect(settle(await charge(account, defaultLimits, 'query', { requested: 9, work: 0 }), undefined)).toMatchObject({ actual: 1 });
});

test('headers tell the budget, what is left, and when all of it is there again', () => {
  const account = localAccount({ capacity: 1_000, restore: 300 }, () => 0);
  expect(rateLimitHeaders(account)).toEqual({ 'ratelimit-policy': '"cost";q=1000;qu="points";w=4', ratelimit: '"cost";r=1000;t=0' });
  account.take(1_000);
  expect(rateLimitHeaders(account).ratelimit).toBe('"cost";r=0;t=4');
});
