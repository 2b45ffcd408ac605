import { expect, it } from 'vitest';
import type { OracleAnswer } from '../support/oracle/index.ts';
import { differenceOf } from './compare.ts';

const refused: OracleAnswer = {
  data: { list: null, other: 1 },
  errors: [
    { code: 'FORBIDDEN', path: ['list', 'nodes', 0, 'name'], nulled: ['list'] },
    { code: 'FORBIDDEN', path: ['list', 'nodes', 1, 'name'], nulled: ['list'] },
    { code: 'ID_INVALID', path: ['list', 'nodes', 1, 'owner'], nulled: ['list', 'nodes', 1, 'owner'] },
  ],
};
const told = (...errors: [code: string, path: string][]) => errors.map(([code, path]) => ({ code, path }));

it('sees values, missing and further keys, and another order of keys', () => {
  const expected = { data: { a: { b: 1, c: [1, 2] } }, errors: [] };
  const against = (data: unknown) => differenceOf(expected, { data, errors: [] });
  expect(against({ a: { b: 1, c: [1, 2] } })).toBeNull();
  expect(against({ a: { b: 1, c: [1, 3] } })).toContain('data.a.c.1');
  expect(against({ a: { b: 1 } })).toContain('expected the keys b,c');
  expect(against({ a: { c: [1, 2], b: 1 } })).toContain('expected the keys b,c, found c,b');
  expect(against({ a: { b: 1, c: [1, 2], d: null } })).toContain('found b,c,d');
  expect(against(null)).toContain('found null');
});

it('leaves open which of the errors that take away the same part is told', () => {
  const against = (...errors: [string, string][]) => differenceOf(refused, { data: refused.data, errors: told(...errors) });
  expect(against(['FORBIDDEN', 'list.nodes.0.name'])).toBeNull();
  expect(against(['FORBIDDEN', 'list.nodes.1.name'], ['ID_INVALID', 'list.nodes.1.owner'])).toBeNull();
});

it('asks for one error of each part that is missing, and for none that there is not', () => {
  const against = (...errors: [string, string][]) => differenceOf(refused, { data: refused.data, errors: told(...errors) });
  expect(against()).toContain('not told: FORBIDDEN at list.nodes.0.name');
  expect(against(['ID_INVALID', 'list.nodes.1.owner'])).toContain('not told: FORBIDDEN');
  expect(against(['FORBIDDEN', 'list.nodes.0.name'], ['FORBIDDEN', 'other'])).toContain('none: FORBIDDEN at other');
  expect(against(['INTERNAL_SERVER_ERROR', 'list.nodes.0.name'])).toContain('INTERNAL_SERVER_ERROR');
});
