import { buildSchema } from 'graphql';
import { expect, it } from 'vitest';
import { type Case, shrink } from './shrink.ts';
import type { NamedViewer } from './viewers.ts';

const schema = buildSchema(`type Query { item(id: ID, filter: Filter): Item }
  input Filter { a: Int b: Int } type Item { id: ID! name: String item(id: ID): Item }`);
const viewer = {} as NamedViewer;

async function shrunk(query: string, bad: RegExp, operationName?: string): Promise<string> {
  const whole: Case = { viewer, asked: { query, variables: {}, operationName } };
  const small = await shrink(schema, whole, async (one) => (bad.test(one.asked.query) ? one : null));
  return small.asked.query.replace(/\s+/g, ' ').trim();
}

it('takes out all fields, arguments, variables and fragments that make no difference', async () => {
  const query = `query A($x: ID, $y: Int) { item(id: $x, filter: { a: $y, b: 2 }) { ...F name item { id item(id: "bad") { name id } } } }
    fragment F on Item { name ...G } fragment G on Item { id }`;
  expect(await shrunk(query, /"bad"/)).toMatch(/^(query A )?\{ item \{ item \{ item\(id: "bad"\) \{ (name|id) \} \} \} \}$/);
});

it('keeps the operation that is asked for and only documents that fit the schema', async () => {
  expect(await shrunk('query A { __typename item { id } } query B { item { name } }', /query A/, 'A')).toMatch(
    /^query A \{ (__typename|item \{ id \}) \}$/,
  );
});

it('keeps what cannot be made smaller', async () => {
  expect(await shrunk('{ item { id } }', /item \{\s+id/)).toBe('{ item { id } }');
});
