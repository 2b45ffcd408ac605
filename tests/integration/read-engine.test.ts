// What the generated documents of the fuzzer do not look for: names and texts at the edges of what SQL and JSON can hold.
import { GraphQLError } from 'graphql';
import sql from 'sql-template-tag';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { insertRows } from '../../src/commands/rows.ts';
import { newId } from '../../src/lib/typeid.ts';
import { createTestDomain, type TestDomain } from '../support/domain.ts';
import { answer, contextOf } from '../support/engine.ts';
import { viewerWith } from '../support/viewers.ts';

let world: TestDomain;
const hostile = ['"~0":"', '{"~!":0}', '\\"~1\\":', '\u0001\u001f', '☃ 💣 "quoted" \\ back', "it's", '$1 %s :x', '</script>', '\u2028'];

beforeAll(async () => {
  world = await createTestDomain();
  await insertRows(
    world.db,
    'Customer',
    hostile.map((displayName, i) => ({
      workspaceId: world.workspaceId,
      id: newId(),
      kind: 'PERSON' as const,
      displayName,
      tags: [displayName, ''],
      createdAt: new Date(Date.UTC(2026, 0, 1 + i)),
      attributes: { '~0': displayName, '~!': 0, nested: { '~1': [displayName] } },
    })) as never,
  );
});
afterAll(() => world.stop());

/** The answer, which SQL alone and graphql-js must give alike, to the order of its keys. */
// biome-ignore lint/suspicious/noExplicitAny: tests look into answers of any shape
async function both(query: string, variables: Record<string, unknown> = {}): Promise<any> {
  const direct = await answer(world, world.viewer, { query, variables }, 'direct');
  const exec = await answer(world, world.viewer, { query, variables }, 'exec');
  expect(exec!.errors).toEqual([]);
  expect(JSON.stringify(direct?.data)).toBe(JSON.stringify(exec!.data));
  return direct!.data;
}

describe('the read engine', () => {
  test('answers texts that look like its own marks as they are', async () => {
    const { customers } = await both('{ customers { nodes { id displayName tags attributes } edges { cursor node { displayName } } } }');
    const nodes: { displayName: string; tags: string[]; attributes: object }[] = customers.nodes;
    expect(nodes.map((one) => one.displayName)).toEqual(hostile);
    expect(nodes.map((one) => one.tags)).toEqual(hostile.map((text) => [text, '']));
    expect(nodes.map((one) => one.attributes)).toEqual(hostile.map((text) => ({ '~0': text, '~!': 0, nested: { '~1': [text] } })));
  });

  test('pages by such texts, there and back', async () => {
    const query = `query ($after: String, $before: String, $first: Int, $last: Int) {
      customers(first: $first, after: $after, last: $last, before: $before, orderBy: [{ field: DISPLAY_NAME }]) { edges { cursor node { displayName } } } }`;
    type Edges = { edges: { cursor: string; node: { displayName: string } }[] };
    const all = ((await both(query, { first: 100 })).customers as Edges).edges;
    for (const [i, { cursor }] of all.entries()) {
      const after = ((await both(query, { first: 100, after: cursor })).customers as Edges).edges;
      const before = ((await both(query, { last: 100, before: cursor })).customers as Edges).edges;
      expect([...before, all[i], ...after]).toEqual(all);
    }
  });

  test('keeps response names longer than a name in SQL', async () => {
    const long = (letter: string) => letter.repeat(80);
    const { [long('q')]: list } = await both(`{ ${long('q')}: customers(first: 1) { ${long('c')}: totalCount { ${long('v')}: value }
      ${long('e')}: edges { ${long('n')}: node { ${long('i')}: id ${long('d')}: displayName ${long('o')}: owner { id } ${long('l')}: identities { nodes { id } } } } } }`);
    expect(Object.keys(list!)).toEqual([long('c'), long('e')]);
  });

  test('answers a field under many names', async () => {
    const times = (n: number, make: (i: number) => string) => Array.from({ length: n }, (_, i) => make(i)).join(' ');
    const { customers } = await both(`{ customers(first: 2) { ${times(60, (i) => `t${i}: totalCount(upTo: ${i + 1}) { value }`)}
      pageInfo { ${times(60, (i) => `p${i}: hasNextPage`)} } edges { ${times(60, (i) => `c${i}: cursor`)} node { ${times(120, (i) => `n${i}: displayName`)} } } } }`);
    expect(customers.t59).toEqual({ value: hostile.length });
    expect(Object.keys(customers.pageInfo)).toHaveLength(60);
  });

  test('answers objects of which nothing is left', async () => {
    expect(
      await both(
        'query ($no: Boolean!) { customers(first: 1) { nodes { displayName @include(if: $no) } totalCount { value @skip(if: true) } } }',
        { no: false },
      ),
    ).toEqual({
      customers: { nodes: [{}], totalCount: {} },
    });
  });

  test('keeps no argument of one request for the next', async () => {
    const query =
      'query ($name: String, $first: Int) { customers(first: $first, filter: { displayName: { eq: $name } }) { nodes { displayName } } }';
    for (const name of [...hostile, ...hostile]) {
      expect(await both(query, { name, first: 3 })).toEqual({ customers: { nodes: [{ displayName: name }] } });
    }
    const other = { ...world.viewer, workspaceId: newId() };
    expect((await answer(world, other, { query, variables: { name: hostile[0] } }))!.data).toEqual({ customers: { nodes: [] } });
  });

  test('leaves no failed promise behind where rows of a list fail at once and later', async () => {
    const [customer] = await world.db.query<{ id: string }>(sql`select id from customers limit 1`);
    const [point] = await world.db.query<{ id: string; channel: string }>(sql`select id, channel_id as channel from touch_points limit 1`);
    const [kind] = await world.db.query<{ id: string }>(sql`select id from interaction_kinds limit 1`);
    for (const touchPointId of [point!.id, null]) {
      await world.db.execute(sql`insert into interactions (workspace_id, id, customer_id, channel_id, kind_id, touch_point_id, direction, occurred_at, actor_kind)
        values (${world.workspaceId}, ${newId()}, ${customer!.id}, ${point!.channel}, ${kind!.id}, ${touchPointId}, 'INBOUND', ${touchPointId ? '2026-02-02' : '2026-01-01'}, 'SYSTEM')`);
    }
    // The first row waits for its figures before its customer's moves are refused, the second has nothing to wait for.
    const query = '{ interactions { nodes { touchPoint { figures { volume } } customer { transitions { nodes { id } } } } } }';
    const viewer = viewerWith(world.viewer, { permissions: ['customers:read', 'interactions:read', 'touch-points:read'] });
    const unhandled: unknown[] = [];
    const listen = (error: unknown) => unhandled.push(error);
    process.on('unhandledRejection', listen);
    const found = await answer(world, viewer, { query });
    await new Promise((resolve) => setImmediate(resolve));
    await world.db.query(sql`select 1`);
    process.off('unhandledRejection', listen);
    expect(unhandled).toEqual([]);
    expect(found).toMatchObject({ data: null, errors: [{ code: 'FORBIDDEN' }] });
  });

  test('lets an error of the database through, and no error of its own making hide one', async () => {
    const ctx = contextOf(world.db, world.viewer);
    const broken = { ...ctx, reader: { ...ctx.reader!, db: { ...world.db, query: () => world.db.query(sql`select 1/0`) } } };
    const { answerQuery } = await import('../../src/server/answer.ts');
    const { buildSchema } = await import('../../src/graphql/schema.ts');
    const { getOperationAST, parse } = await import('graphql');
    const document = parse('{ customers { nodes { id } } }');
    const failure = answerQuery(broken as never, { schema: buildSchema(), document, operation: getOperationAST(document)!, variables: {} });
    await expect(failure).rejects.toThrow('division by zero');
    await expect(failure).rejects.not.toBeInstanceOf(GraphQLError);
  });
});
