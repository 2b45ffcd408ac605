// How much one call of a plugin can put into an answer, and what lists cost.
import { expect, test } from 'vitest';
import { v } from '../../values.ts';
import { costOf } from './options.ts';
import { type OwnTypes, requireValue } from './types.ts';
import { checkedValue, newRoom } from './values.ts';

const own: OwnTypes = new Map([['PNote', { kind: 'object', ref: null, fields: { text: { description: 'T.', value: v.string() } } }]]);
const note = { type: 'PNote' };
const check = (value: Parameters<typeof checkedValue>[1], given: unknown, room = newRoom()) => checkedValue(own, value, given, 'x', room);
const long = 'a'.repeat(100_000);

test('texts and JSON have at most 100,000 characters', () => {
  expect(check(v.string(), long)).toBe(long);
  expect(() => check(v.string(), `${long}a`)).toThrow('x has more than 100000 characters');
  expect(() => check(v.list(v.string()), ['', `${long}a`])).toThrow('x[1] has more than 100000 characters');
  expect(() => check(v.list(note), [{ text: `${long}a` }])).toThrow('x[0].text has more than');
  expect(check(v.json(), { a: long.slice(10) })).toEqual({ a: long.slice(10) });
  expect(() => check(v.json(), { a: long })).toThrow('x has more than 100000 characters');
});

test('lists have at most 1,000 values, or as many as they say', () => {
  expect(check(v.list(v.int()), Array(1_000).fill(1))).toHaveLength(1_000);
  expect(() => check(v.list(v.int()), Array(1_001).fill(1))).toThrow('x has more than 1000 values');
  expect(check(v.list(v.int(), 3), [1, 2, 3])).toEqual([1, 2, 3]);
  expect(() => check(v.list(v.int(), 3), [1, 2, 3, 4])).toThrow('x has more than 3 values');
  for (const most of [0, 1.5, 1_001]) expect(() => requireValue(own, v.list(v.int(), most), 'x')).toThrow('from 1 to 1000');
});

test('all that one call gives has at most 10,000,000 characters, however it is nested', () => {
  const room = newRoom();
  for (let i = 0; i < 9; i++) check(v.list(note), Array(11).fill({ text: long }), room);
  expect(() => check(v.list(note), Array(11).fill({ text: long }), room)).toThrow('more than 10000000 characters');
  const other = newRoom();
  for (let i = 0; i < 99; i++) check(v.json(), long.slice(2), other);
  expect(() => check(v.list(v.json()), [long.slice(2), long.slice(2)], other)).toThrow('more than 10000000 characters');
});

test('a list costs points', () => {
  const points = (value: Parameters<typeof checkedValue>[1], cost?: number) => costOf('x', cost, value);
  expect(points(v.string())).toEqual({});
  expect(points(v.string(), 3)).toEqual({ cost: { complexity: 3 } });
  expect(points(v.list(v.string()))).toEqual({ cost: { complexity: 1 } });
  expect(points(v.list(v.string(), 95))).toEqual({ cost: { complexity: 10 } });
  expect(points(v.list(v.string()), 7)).toEqual({ cost: { complexity: 7 } });
  expect(points(v.list(note))).toEqual({ cost: {} });
  expect(points(v.list(note, 40), 2)).toEqual({ cost: { complexity: 2, size: 40 } });
  expect(() => points(v.list(note), -1)).toThrow('cost must be');
});
