import { parse } from 'graphql';
import { expect, test } from 'vitest';
import { createKnownQueries, type KnownQuery } from './known-queries.ts';

const query = (text: string): KnownQuery => {
  const document = parse(text);
  return { document, operation: document.definitions[0] as never };
};

test('a query is known by its text and operation name', () => {
  const known = createKnownQueries();
  const one = query('query A { channels { nodes { key } } }');
  known.remember('text', 'A', one);
  expect(known.find('text', 'A')).toBe(one);
  expect(known.find('text', null)).toBeUndefined();
  expect(known.find('text', 'B')).toBeUndefined();
  expect(known.find('A\ntext', null)).toBe(one); // no document begins with a bare name, so nobody can send this one
});

test('the oldest make room, by number and by length', () => {
  const known = createKnownQueries();
  const one = query('{ __typename }');
  for (let i = 0; i < 2_001; i++) known.remember(`text ${i}`, null, one);
  expect([known.find('text 0', null), known.find('text 1', null), known.find('text 2000', null)]).toEqual([undefined, one, one]);
  known.remember('x'.repeat(20_001), null, one);
  expect(known.find('x'.repeat(20_001), null)).toBeUndefined();
  for (let i = 0; i < 300; i++) known.remember(`${i}${'y'.repeat(19_000)}`, null, one);
  expect(known.find('text 2000', null)).toBeUndefined();
  expect(known.find(`299${'y'.repeat(19_000)}`, null)).toBe(one);
});
