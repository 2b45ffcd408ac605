import fc from 'fast-check';
import sql from 'sql-template-tag';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../tests/support/database.ts';
import { systemViewer } from '../auth/system-viewer.ts';
import type { Viewer } from '../auth/viewer.ts';
import { insertRows } from '../commands/rows.ts';
import { type Database, openDatabase } from '../db/database.ts';
import { newId } from '../lib/typeid.ts';
import '../modules/access/access.entity.ts';
import { customer } from '../modules/customers/customers.entity.ts';
import type { OrderInput } from './order.ts';
import { type EntityRow, type PageArgs, pageWindow, readPage, readPages } from './page.ts';

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

async function walk(viewer: Viewer, order: OrderInput[], size: number, backward: boolean): Promise<string[]> {
  const spec = { entity: customer };
  const found: EntityRow[][] = [];
  let cursor: string | undefined;
  for (;;) {
    const args: PageArgs = backward
      ? { last: size, ...(cursor ? { before: cursor } : {}) }
      : { first: size, ...(cursor ? { after: cursor } : {}) };
    const page = await readPage(db, viewer, spec, pageWindow(viewer, spec, args, order));
    found.push(page.rows);
    if (!(backward ? page.hasPreviousPage : page.hasNextPage)) break;
    cursor = backward ? page.cursors[0] : page.cursors.at(-1);
  }
  if (backward) found.reverse();
  return found.flat().map((row) => row.id);
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
    const spec = { entity: customer };
    const page = await readPage(db, viewer, spec, pageWindow(viewer, spec, { first: 2 }, null));
    await db.execute(sql`delete from customers where id = ${page.rows[1]!.id}::uuid`);
    const next = await readPage(db, viewer, spec, pageWindow(viewer, spec, { first: 2, after: page.cursors[1]! }, null));
    expect(next.rows).toHaveLength(2);
    expect(next.hasNextPage).toBe(false);
  });

  it('refuses cursors of another filter or order, and garbage', async () => {
    const viewer = await workspaceWith([{ name: 'x', created: 1, score: null }]);
    const spec = { entity: customer };
    const { cursors } = await readPage(db, viewer, spec, pageWindow(viewer, spec, { first: 1 }, null));
    const refused = (args: PageArgs, filter: object | null, order: OrderInput[] | null) => {
      try {
        pageWindow(viewer, { entity: customer, filter: filter as never }, args, order);
        return null;
      } catch (error) {
        return (error as { extensions: { code: string } }).extensions.code;
      }
    };
    expect(refused({ first: 1, after: cursors[0]! }, null, null)).toBe(null);
    expect(refused({ first: 1, after: cursors[0]! }, { kind: { eq: 'PERSON' } }, null)).toBe('CURSOR_MISMATCH');
    expect(refused({ first: 1, after: cursors[0]! }, null, [{ field: 'DISPLAY_NAME' }])).toBe('CURSOR_MISMATCH');
    for (const garbage of ['', 'x', '!!', 'bm90IGpzb24', Buffer.from('[1]').toString('base64url')])
      expect(refused({ first: 1, after: garbage }, null, null)).toBe('CURSOR_INVALID');
    const forged = JSON.parse(Buffer.from(cursors[0]!, 'base64url').toString()) as string[];
    forged[1] = "2026-13-45'; drop table customers";
    expect(refused({ first: 1, after: Buffer.from(JSON.stringify(forged)).toString('base64url') }, null, null)).toBe('CURSOR_INVALID');
    expect(refused({ first: 101 }, null, null)).toBe('PAGE_INVALID');
    expect(refused({ first: 1, last: 1 }, null, null)).toBe('PAGE_INVALID');
    expect(refused({ first: 1, before: cursors[0]! }, null, null)).toBe('PAGE_INVALID');
  });

  it('reads many parents’ lists in one statement, each cut in SQL', async () => {
    const viewer = await workspaceWith(Array.from({ length: 6 }, (_, created) => ({ name: `n${created % 2}`, created, score: null })));
    const spec = { entity: customer, link: (c: (name: string) => never) => sql`${c('workspaceId')} is not null` };
    const statements: string[] = [];
    const spy = {
      query(statement: { text: string; values: unknown[] }) {
        statements.push(statement.text);
        return db.query(statement as never);
      },
      execute: db.execute,
    };
    const parents = [newId(), newId(), newId()];
    const pages = await readPages(spy as never, viewer, spec as never, pageWindow(viewer, spec as never, { first: 2 }, null), parents);
    expect(statements).toHaveLength(1);
    expect(statements[0]).toContain('limit 3');
    expect(pages.map((page) => page.rows.length)).toEqual([2, 2, 2]);
  });
});
