import fc from 'fast-check';
import sql from 'sql-template-tag';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemViewer } from '../../src/auth/system-viewer.ts';
import type { Viewer } from '../../src/auth/viewer.ts';
import { insertRows } from '../../src/commands/rows.ts';
import { type Database, openDatabase } from '../../src/db/database.ts';
import { newId } from '../../src/lib/typeid.ts';
import type { OrderInput } from '../../src/query/order.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { answer } from '../support/engine.ts';

let server: TestDatabase;
let db: Database;

beforeAll(async () => {
  server = await createTestDatabase();
  db = openDatabase(server.url);
});
afterAll(async () => {
  await db.close();
  await server.drop();
});

type Made = { name: string; created: number; score: number | null };

async function workspaceWith(rows: Made[]): Promise<Viewer> {
  const workspaceId = newId();
  await db.execute(sql`insert into workspaces (id, key, name) values (${workspaceId}, ${workspaceId}, 'Test')`);
  await insertRows(
    db,
    'Customer',
    rows.map((row) => ({
      workspaceId,
      id: newId(),
      kind: 'PERSON' as const,
      displayName: row.name,
      createdAt: new Date(Date.UTC(2026, 0, 1) + row.created),
      attributes: row.score === null ? {} : { score: row.score },
    })) as never,
  );
  return systemViewer(workspaceId);
}

type PageArgs = { first?: number; after?: string; last?: number; before?: string };
type Page = {
  edges: { cursor: string; node: { id: string } }[];
  pageInfo: { hasNextPage: boolean; hasPreviousPage: boolean; startCursor: string | null; endCursor: string | null };
};

const document = `query ($first: Int, $after: String, $last: Int, $before: String, $orderBy: [CustomerOrder!], $filter: CustomerFilter) {
  customers(first: $first, after: $after, last: $last, before: $before, orderBy: $orderBy, filter: $filter) {
    edges { cursor node { id } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}`;

/** A page, or the code of the error in its place. */
async function read(
  viewer: Viewer,
  args: PageArgs,
  orderBy: OrderInput[] | null = null,
  filter: object | null = null,
): Promise<Page | string> {
  const found = await answer({ db }, viewer, { query: document, variables: { ...args, orderBy, filter } });
  return found!.errors[0]?.code ?? (found!.data as { customers: Page }).customers;
}

async function page(...args: Parameters<typeof read>): Promise<Page> {
  const found = await read(...args);
  if (typeof found === 'string') throw new Error(found);
  expect([found.pageInfo.startCursor, found.pageInfo.endCursor]).toEqual([
    found.edges[0]?.cursor ?? null,
    found.edges.at(-1)?.cursor ?? null,
  ]);
  return found;
}

async function walk(viewer: Viewer, order: OrderInput[], size: number, backward: boolean): Promise<string[]> {
  const found: string[][] = [];
  let cursor: string | undefined;
  for (;;) {
    const args: PageArgs = backward ? { last: size, ...(cursor && { before: cursor }) } : { first: size, ...(cursor && { after: cursor }) };
    const { edges, pageInfo } = await page(viewer, args, order);
    found.push(edges.map((edge) => edge.node.id));
    if (!(backward ? pageInfo.hasPreviousPage : pageInfo.hasNextPage)) break;
    cursor = (backward ? pageInfo.startCursor : pageInfo.endCursor)!;
  }
  if (backward) found.reverse();
  return found.flat();
}

const made = fc.record({
  name: fc.constantFrom('', 'a', 'A', 'b', 'ä', 'zz'),
  created: fc.integer({ min: 0, max: 3 }),
  score: fc.option(fc.integer({ min: -2, max: 2 }), { nil: null }),
});
const direction = fc.constantFrom('ASC' as const, 'DESC' as const);
const terms = fc.uniqueArray(
  fc.oneof(
    fc.record({ field: fc.constantFrom('DISPLAY_NAME', 'CREATED_AT'), direction }),
    fc.record({ attribute: fc.constant({ key: 'score', type: 'NUMBER' as const }), direction }),
  ) as fc.Arbitrary<OrderInput>,
  { minLength: 1, maxLength: 3, selector: (term) => term.field ?? term.attribute?.key ?? '' },
);

describe('pages', () => {
  it('walk to the end, either way, gives every row once and in order, with ties and nulls', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(made, { minLength: 1, maxLength: 25 }),
        terms,
        fc.integer({ min: 1, max: 7 }),
        async (rows, order, size) => {
          const viewer = await workspaceWith(rows);
          const whole = await walk(viewer, order, 100, false);
          expect(new Set(whole).size).toBe(rows.length);
          expect(await walk(viewer, order, size, false)).toEqual(whole);
          expect(await walk(viewer, order, size, true)).toEqual(whole);
        },
      ),
      { numRuns: 40 },
    );
  });

  it('goes on although the row of the cursor is gone', async () => {
    const viewer = await workspaceWith([1, 2, 3, 4].map((created) => ({ name: 'x', created, score: null })));
    const first = await page(viewer, { first: 2 });
    await db.execute(
      sql`delete from customers where display_name = 'x' and created_at = ${new Date(Date.UTC(2026, 0, 1) + 2)} and workspace_id = ${viewer.workspaceId}::uuid`,
    );
    const next = await page(viewer, { first: 2, after: first.edges[1]!.cursor });
    expect(next.edges).toHaveLength(2);
    expect(next.pageInfo.hasNextPage).toBe(false);
  });

  it('of no rows tell whether there are any', async () => {
    const viewer = await workspaceWith([{ name: 'x', created: 1, score: null }]);
    const empty = { startCursor: null, endCursor: null };
    expect(await page(viewer, { first: 0 })).toEqual({ edges: [], pageInfo: { hasNextPage: true, hasPreviousPage: false, ...empty } });
    expect(await page(viewer, { last: 0 })).toEqual({ edges: [], pageInfo: { hasNextPage: false, hasPreviousPage: true, ...empty } });
  });

  it('refuse cursors of another filter or order, and garbage', async () => {
    const viewer = await workspaceWith([{ name: 'x', created: 1, score: null }]);
    const { cursor } = (await page(viewer, { first: 1 })).edges[0]!;
    expect(await read(viewer, { first: 1, after: cursor })).toMatchObject({ edges: [] });
    expect(await read(viewer, { first: 1, after: cursor }, null, { kind: { eq: 'PERSON' } })).toBe('CURSOR_MISMATCH');
    expect(await read(viewer, { first: 1, after: cursor }, [{ field: 'DISPLAY_NAME' }])).toBe('CURSOR_MISMATCH');
    for (const garbage of ['', 'x', '!!', 'bm90IGpzb24', Buffer.from('[1]').toString('base64url')])
      expect(await read(viewer, { first: 1, after: garbage })).toBe('CURSOR_INVALID');
    const forged = JSON.parse(Buffer.from(cursor, 'base64url').toString()) as string[];
    forged[1] = "2026-13-45'; drop table customers";
    expect(await read(viewer, { first: 1, after: Buffer.from(JSON.stringify(forged)).toString('base64url') })).toBe('CURSOR_INVALID');
    expect(await read(viewer, { first: 101 })).toBe('PAGE_INVALID');
    expect(await read(viewer, { first: 1, last: 1 })).toBe('PAGE_INVALID');
    expect(await read(viewer, { first: 1, before: cursor })).toBe('PAGE_INVALID');
  });
});
