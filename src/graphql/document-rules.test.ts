import { getIntrospectionQuery, parse } from 'graphql';
import { describe, expect, test } from 'vitest';
import { documentProblem } from './document-rules.ts';
import { defaultLimits } from './limits.ts';

const limits = { ...defaultLimits, depth: 4, aliases: 3, directives: 3, rootFields: 3, repeats: 2, selections: 10 };
const problem = (text: string) => {
  const { code, limit, value, maximum } = documentProblem(parse(text), limits)?.extensions ?? {};
  return code ? { code, limit, value, maximum } : null;
};
const broken = (limit: string, value: number, maximum: number) => ({ code: 'GRAPHQL_VALIDATION_FAILED', limit, value, maximum });

describe('a document', () => {
  test.for<[string, string, ReturnType<typeof problem>]>([
    ['as deep as allowed', '{ a { b { c { d } } } }', null],
    ['too deep', '{ a { b { c { d { e } } } } }', broken('depth', 5, 4)],
    [
      'too deep through fragments',
      '{ a { ...F } } fragment F on X { b { ... on Y { c { ...G } } } } fragment G on Z { d { e } }',
      broken('depth', 5, 4),
    ],
    ['as many aliases as allowed', '{ a: x b: x { c: y } }', null],
    ['too many aliases', '{ a: x b: x c: x { d: y } }', broken('aliases', 4, 3)],
    ['aliases that fragments multiply', '{ x { ...F } y { ...F } } fragment F on X { a: x b: x }', broken('aliases', 4, 3)],
    ['too many directives', '{ x @a @b y @a @b }', broken('directives', 4, 3)],
    ['too many directives of one field', '{ x @a @a @a @a @a }', broken('directives', 5, 3)],
    [
      'directives of fragments and operations',
      'query A ($v: Int @a) @a { ...F @a ... @a { x } } fragment F on X { x }',
      broken('directives', 4, 3),
    ],
    ['as many root fields as allowed', '{ a b c }', null],
    ['too many root fields', '{ a b ...F } fragment F on Query { c ... on Query { d } }', broken('rootFields', 4, 3)],
    ['one field over and over', '{ x { y y y } }', broken('repeats', 3, 2)],
    ['too many fields', '{ x { a b c d e } y { a b c d } }', broken('selections', 11, 10)],
    ['a circle of fragments', '{ ...F } fragment F on X { ...G } fragment G on X { ...F }', null],
    ['a fragment that is not there', '{ ...F }', null],
    ['a fragment that is not used', '{ x } fragment F on X { a { b { c { d { e } } } } }', broken('depth', 5, 4)],
    ['the second of two operations', 'query A { x } query B { a { b { c { d { e } } } } }', broken('depth', 5, 4)],
  ])('%s', ([, text, expected]) => {
    expect(problem(text)).toEqual(expected);
  });

  test('a circle through the schema, within the standard question', () => {
    const within = (text: string) => documentProblem(parse(text), defaultLimits)?.extensions ?? null;
    expect(within(getIntrospectionQuery({ inputValueDeprecation: true, specifiedByUrl: true }))).toBeNull();
    expect(within('{ __schema { types { fields { type { fields { type { fields { name } } } } } } } }')).toMatchObject(
      broken('introspectionDepth', 3, 2),
    );
  });

  test('fragments that double are counted without unfolding them', () => {
    const bomb = Array.from({ length: 300 }, (_, i) => `fragment F${i} on Q { ...F${i + 1} ... on Q { ...F${i + 1} } }`).join(' ');
    expect(problem(`{ ...F0 } ${bomb} fragment F300 on Q { x }`)).toMatchObject({ limit: 'selections', maximum: 10 });
  });
});
