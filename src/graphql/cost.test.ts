import { buildSchema as fromSdl, type GraphQLObjectType, getIntrospectionQuery, getOperationAST, parse, validate } from 'graphql';
import { describe, expect, test } from 'vitest';
import { compileCost, costOf, INTROSPECTION_COST } from './cost.ts';
import { buildSchema } from './schema.ts';

const schema = fromSdl(`
  type Query {
    item(id: ID): Item
    items(first: Int, last: Int): ItemConnection!
    nodes(ids: [ID!]!): [Node]!
    node(id: ID): Node
    things: [Thing!]!
    grid: [[Item!]!]!
    heavy: Item
    price: Int
    several(count: Int = 4): [Item!]!
  }
  type Mutation { itemCreate(input: ItemInput!): ItemPayload!  itemsUpsert(input: ItemsInput!): ItemsPayload! }
  type Subscription { changed: Item! }
  interface Node { id: ID! }
  union Thing = Item | Tag
  type Item implements Node { id: ID! name: String json: String tag: Tag items(first: Int, last: Int): ItemConnection! }
  type Tag implements Node { id: ID! word: String item: Item }
  type ItemConnection { edges: [ItemEdge!]! nodes: [Item!]! pageInfo: PageInfo! totalCount(upTo: Int! = 1000): Count! sum(field: String!): Money }
  type ItemEdge { node: Item! cursor: String! }
  type PageInfo { endCursor: String }
  type Count { value: Int! }
  type Money { amount: String! }
  input ItemInput { name: String }
  input ItemsInput { rows: [ItemInput!]! }
  interface UserError { code: String! }
  type DuplicateError implements UserError { code: String! existing: Node }
  type PlainError implements UserError { code: String! }
  type ItemPayload { item: Item userErrors: [UserError!]! }
  type ItemsPayload { results: [Result!]! created: Int userErrors: [UserError!]! }
  type Result { index: Int! userErrors: [UserError!]! }
`);
const fields = (schema.getType('Query') as GraphQLObjectType).getFields();
fields.heavy!.extensions = { cost: { complexity: 5 } };
fields.price!.extensions = { cost: { complexity: 3 } };
fields.several!.extensions = { cost: { size: 'count' } };

function prepare(text: string, over = schema) {
  const document = parse(text);
  expect(validate(over, document)).toEqual([]);
  const fragments = new Map(document.definitions.flatMap((part) => (part.kind === 'FragmentDefinition' ? [[part.name.value, part]] : [])));
  return { operation: getOperationAST(document)!, fragment: (name: string) => fragments.get(name) };
}

function cost(text: string, variables: Record<string, unknown> = {}, over = schema) {
  const { operation, fragment } = prepare(text, over);
  return compileCost(over, operation, fragment)(variables);
}
const requested = (text: string, variables: Record<string, unknown> = {}) => cost(text, variables).requested;

describe('objects', () => {
  test.for<[string, string, number]>([
    ['the answer itself', '{ __typename }', 1],
    ['one object', '{ item { id name } }', 2],
    ['an object in an object', '{ item { tag { word } } }', 3],
    ['the default page', '{ items { nodes { id } } }', 1 + 1 + 25],
    ['a page by first', '{ items(first: 3) { nodes { id } } }', 1 + 1 + 3],
    ['a page by last', '{ items(last: 4) { nodes { id } } }', 1 + 1 + 4],
    ['a page of null', '{ items(first: null) { nodes { id } } }', 1 + 1 + 25],
    ['an empty page', '{ items(first: 0) { nodes { id } } }', 1 + 1],
    ['a page that will be refused', '{ items(first: 2000000000) { nodes { id } } }', 1 + 1 + 100],
    ['edges and their nodes', '{ items(first: 3) { edges { cursor node { id } } pageInfo { endCursor } } }', 1 + 1 + 3 * 2 + 1],
    ['both nodes and edges', '{ items(first: 3) { nodes { id } edges { cursor } } }', 1 + 1 + 3 + 3],
    ['pages in pages', '{ items(first: 20) { nodes { items(first: 5) { nodes { tag { id } } } } } }', 1 + 1 + 20 * (1 + 1 + 5 * 2)],
    ['a list by ids', '{ nodes(ids: ["a", "b", "c"]) { id } }', 1 + 3],
    ['a list by one id', '{ nodes(ids: "a") { id } }', 1 + 1],
    ['a list of unknown length', '{ things { __typename } }', 1 + 10],
    ['a list of lists', '{ grid { id } }', 1 + 100],
    ['a declared size, by default', '{ several { id } }', 1 + 4],
    ['a declared size', '{ several(count: 7) { id } }', 1 + 7],
    ['an alias', '{ a: item { id } b: item { id } }', 3],
    ['a field that merges', '{ item { id } item { name tag { id } } }', 3],
  ])('%s', ([, text, points]) => {
    expect(cost(text)).toEqual({ requested: points, work: 0 });
  });
});

describe('work that is no object', () => {
  test.for<[string, string, number, number]>([
    ['a count', '{ items(first: 1) { totalCount { value } } }', 1 + 1 + 2, 1],
    ['a long count', '{ items(first: 1) { totalCount(upTo: 2500) { value } } }', 1 + 1 + 4, 3],
    ['a count for each row', '{ items(first: 5) { nodes { items { totalCount { value } } } } }', 1 + 1 + 5 * (1 + 1 + 2), 5],
    ['a sum', '{ items(first: 1) { sum(field: "x") { amount } } }', 1 + 1 + 10, 9],
    ['a declared object', '{ heavy { id } }', 1 + 5, 4],
    ['a declared scalar', '{ price }', 1 + 3, 3],
    ['a mutation', 'mutation { itemCreate(input: {}) { item { id } userErrors { code } } }', 1 + 10 + 1, 9],
    [
      'a bulk mutation',
      'mutation { itemsUpsert(input: { rows: [{}, {}, {}] }) { created results { index userErrors { code } } } }',
      1 + 11,
      10,
    ],
  ])('%s', ([, text, points, work]) => {
    expect(cost(text)).toEqual({ requested: points, work });
  });

  test('a bulk mutation costs by the rows in its variables', () => {
    const text = 'mutation ($input: ItemsInput!) { itemsUpsert(input: $input) { results { index } } }';
    expect(requested(text, { input: { rows: new Array(500).fill({}) } })).toBe(1 + 10 + 50);
    expect(requested(text, { input: { rows: {} } })).toBe(1 + 10 + 1);
    const rows = 'mutation ($rows: [ItemInput!]!) { itemsUpsert(input: { rows: $rows }) { created } }';
    expect(requested(rows, { rows: new Array(11).fill({}) })).toBe(1 + 10 + 2);
  });

  test('what is read of the records that rows meet is charged', () => {
    const text = `mutation ($rows: [ItemInput!]!) { itemsUpsert(input: { rows: $rows }) { results { userErrors {
      ... on DuplicateError { existing { ... on Item { items(first: 10) { nodes { id } } } } } } } } }`;
    expect(requested(text, { rows: new Array(20).fill({}) })).toBe(1 + 12 + 20 * (1 + 1 + 10));
  });
});

describe('variables', () => {
  test('by value, by default, and where nothing is known', () => {
    const text = 'query ($n: Int = 7) { items(first: $n) { nodes { id } } }';
    expect(requested(text, { n: 3 })).toBe(5);
    expect(requested(text)).toBe(9);
    expect(requested(text, { n: null })).toBe(27);
    expect(requested('query ($n: Int) { items(first: $n) { nodes { id } } }')).toBe(27);
    expect(requested('query ($n: Int) { items(first: $n) { nodes { id } } }', { n: 'many' })).toBe(27);
    expect(requested('query ($n: Int) { several(count: $n) { id } }')).toBe(5);
    expect(requested('query ($ids: [ID!]!) { nodes(ids: $ids) { id } }', { ids: ['a', 'b'] })).toBe(3);
    expect(requested('query ($a: ID!, $b: ID!) { nodes(ids: [$a, $b]) { id } }', { a: 'a', b: 'b' })).toBe(3);
  });

  test('@include and @skip', () => {
    const text = 'query ($yes: Boolean!) { item { id tag @include(if: $yes) { item @skip(if: $yes) { id } } } }';
    expect(requested(text, { yes: true })).toBe(3);
    expect(requested(text, { yes: false })).toBe(2);
    expect(requested('{ item { tag @include(if: false) { id } } a: item @skip(if: true) { id } }')).toBe(2);
    const merged = 'query ($yes: Boolean!) { item @include(if: $yes) { tag { id } } item @skip(if: $yes) { id } }';
    expect(requested(merged, { yes: true })).toBe(3);
    expect(requested(merged, { yes: false })).toBe(2);
    const spread = 'query ($yes: Boolean!) { item { ...T @include(if: $yes) ...T } } fragment T on Item { tag { id } }';
    expect(requested(spread, { yes: false })).toBe(3);
  });
});

describe('fragments and kinds', () => {
  test('a fragment costs where it is spread, once for each place', () => {
    expect(requested('{ item { ...F ...F } b: item { ...F } } fragment F on Item { tag { id } }')).toBe(5);
  });

  test('the most expensive kind counts', () => {
    expect(requested('{ node { ... on Item { tag { id } } ... on Tag { word } } }')).toBe(3);
    expect(requested('{ things { ... on Item { items(first: 2) { nodes { id } } } ... on Tag { item { tag { id } } } } }')).toBe(
      1 + 10 * (1 + 3),
    );
    expect(
      requested('query ($n: Int) { node { ... on Item { items(first: $n) { nodes { id } } } ... on Tag { item { tag { id } } } } }', {
        n: 1,
      }),
    ).toBe(4);
    expect(
      requested('query ($n: Int) { node { ... on Item { items(first: $n) { nodes { id } } } ... on Tag { item { tag { id } } } } }', {
        n: 9,
      }),
    ).toBe(12);
    expect(requested('{ node { ... on Node { ... on Item { tag { id } } } } }')).toBe(3);
  });
});

describe('of the whole API', () => {
  const api = buildSchema();
  test('the page that the API is measured by', () => {
    expect(cost('{ customers(first: 20) { nodes { displayName interactions(first: 5) { nodes { id } } } } }', {}, api)).toEqual({
      requested: 1 + 1 + 20 * 7,
      work: 0,
    });
  });

  test('questions about the schema are bounded', () => {
    expect(cost(getIntrospectionQuery(), {}, api).requested).toBe(1 + INTROSPECTION_COST);
    expect(cost('{ __type(name: "Query") { name } }', {}, api).requested).toBe(2);
  });

  test('a subscription costs what one answer costs', () => {
    expect(cost('subscription { changed { tag { id } } }').requested).toBe(3);
  });

  test('the numbers stay numbers', () => {
    const text = `{ ${'items(first: 100) { nodes { '.repeat(14)} id ${'} }'.repeat(14)} }`;
    expect(Number.isSafeInteger(requested(text))).toBe(true);
  });
});

test('a document is walked once', () => {
  const { operation, fragment } = prepare('query ($n: Int) { items(first: $n) { nodes { id } } }');
  const first = costOf(schema, operation, fragment);
  expect(costOf(schema, operation, fragment)).toBe(first);
  expect(first({ n: 2 }).requested).toBe(4);
});
