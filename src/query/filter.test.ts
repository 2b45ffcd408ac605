import fc from 'fast-check';
import sql from 'sql-template-tag';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../tests/support/database.ts';
import { viewerWith } from '../../tests/support/viewers.ts';
import { systemViewer } from '../auth/system-viewer.ts';
import type { Viewer } from '../auth/viewer.ts';
import { insertRows } from '../commands/rows.ts';
import { type Database, openDatabase } from '../db/database.ts';
import { newId } from '../lib/typeid.ts';
import '../modules/access/access.entity.ts';
import { customer } from '../modules/customers/customers.entity.ts';
import { compileFilter, type FilterInput, filterLimits } from './filter.ts';
import { rowPolicy } from './policy.ts';

let server: TestDatabase;
let db: Database;
let viewer: Viewer;

type Row = { name: string; country: string | null; tags: string[]; hour: number; score: number | null };
const rows: Row[] = [];
const names = ['Ada', 'ada_1', '100%', 'B\\o', 'Öl', ''];
for (let i = 0; i < 60; i++) {
  rows.push({
    name: names[i % 6]!,
    country: [null, 'GB', 'DE'][i % 3]!,
    tags: ['x', 'y', 'z'].filter((_, bit) => (i >> bit) & 1),
    hour: i % 5,
    score: i % 4 === 0 ? null : (i % 7) - 3,
  });
}
const at = (hour: number) => new Date(Date.UTC(2026, 0, 1, hour));

beforeAll(async () => {
  server = await createTestDatabase();
  db = openDatabase(server.url);
  const workspaceId = newId();
  viewer = systemViewer(workspaceId);
  await db.execute(sql`insert into workspaces (id, key, name) values (${workspaceId}, 'test', 'Test')`);
  const made = rows.map(({ name, country, tags, hour, score }) => ({
    workspaceId,
    id: newId(),
    kind: 'PERSON' as const,
    displayName: name,
    country,
    tags,
    createdAt: at(hour),
    attributes: score === null ? {} : { score },
  }));
  await insertRows(db, 'Customer', made as never);
});
afterAll(async () => {
  await db?.close();
  await server?.drop();
});

const describeRow = ({ name, country, tags, hour, score }: Row) => JSON.stringify([name, country, tags, hour, score]);

async function found(filter: FilterInput, as: Viewer = viewer): Promise<string[]> {
  const matching = await db.query<{ name: string; country: string | null; tags: string[]; at: Date; score: number | null }>(sql`
    select t.display_name as name, t.country, t.tags, t.created_at as at, (t.attributes ->> 'score')::int as score from customers t
    where ${rowPolicy(as, customer, 't')} and ${compileFilter(as, customer, filter, 't')}`);
  return matching.map((row) => describeRow({ ...row, hour: row.at.getUTCHours() })).sort();
}

type Test = { filter: FilterInput; holds: (row: Row) => boolean };
const leaf = (filter: FilterInput, holds: Test['holds']): Test => ({ filter, holds });
const code = fc.constantFrom('GB', 'DE', 'FR');
const some = fc.subarray(['GB', 'DE', 'FR']);
const label = fc.constantFrom('x', 'y', 'z');
const labels = fc.subarray(['x', 'y', 'z']);
const hours = fc.integer({ min: -1, max: 5 });
const scores = fc.integer({ min: -3, max: 3 });
const part = fc.constantFrom('a', 'A', '_', '%', '\\', 'ö', 'da');
const leaves: fc.Arbitrary<Test>[] = [
  code.map((v) => leaf({ country: { eq: v } }, (row) => row.country === v)),
  code.map((v) => leaf({ country: { ne: v } }, (row) => row.country !== v)),
  some.map((v) => leaf({ country: { in: v } }, (row) => row.country !== null && v.includes(row.country))),
  some.map((v) => leaf({ country: { notIn: v } }, (row) => row.country === null || !v.includes(row.country))),
  fc.boolean().map((v) => leaf({ country: { isNull: v } }, (row) => (row.country === null) === v)),
  label.map((v) => leaf({ tags: { has: v } }, (row) => row.tags.includes(v))),
  labels.map((v) => leaf({ tags: { hasAll: v } }, (row) => v.every((one) => row.tags.includes(one)))),
  labels.map((v) => leaf({ tags: { hasAny: v } }, (row) => v.some((one) => row.tags.includes(one)))),
  fc.boolean().map((v) => leaf({ tags: { isEmpty: v } }, (row) => (row.tags.length === 0) === v)),
  fc.tuple(hours, hours).map(([a, b]) => leaf({ createdAt: { gte: at(a), lt: at(b) } }, (row) => row.hour >= a && row.hour < b)),
  hours.map((v) => leaf({ createdAt: { eq: at(v) } }, (row) => row.hour === v)),
  part.map((v) => leaf({ name: v }, (row) => row.name.toLowerCase().includes(v.toLowerCase()))),
  part.map((v) => leaf({ displayName: { startsWith: v } }, (row) => row.name.startsWith(v))),
  scores.map((v) => leaf({ attributes: [{ key: 'score', number: { gt: v } }] }, (row) => row.score !== null && row.score > v)),
  scores.map((v) => leaf({ attributes: [{ key: 'score', number: { eq: v } }] }, (row) => row.score === v)),
  scores.map((v) => leaf({ attributes: [{ key: 'score', number: { ne: v } }] }, (row) => row.score !== v)),
  fc.boolean().map((v) => leaf({ attributes: [{ key: 'score', isNull: v }] }, (row) => (row.score === null) === v)),
  fc.constant(leaf({}, () => true)),
  fc.constant(leaf({ country: { eq: null }, tags: null }, () => true)),
];
const { tree } = fc.letrec<{ tree: Test }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 3, depthSize: 'small' },
    fc.oneof(...leaves),
    fc
      .array(tie('tree'), { maxLength: 3 })
      .map((tests) => leaf({ and: tests.map((test) => test.filter) }, (row) => tests.every((test) => test.holds(row)))),
    fc
      .array(tie('tree'), { maxLength: 3 })
      .map((tests) => leaf({ or: tests.map((test) => test.filter) }, (row) => tests.some((test) => test.holds(row)))),
    tie('tree').map((test) => leaf({ not: test.filter }, (row) => !test.holds(row))),
  ),
}));

test('any filter finds exactly the rows that it describes, with nulls, wildcards and nesting', async () => {
  await fc.assert(
    fc.asyncProperty(tree, async ({ filter, holds }) => {
      expect(await found(filter)).toEqual(rows.filter(holds).map(describeRow).sort());
    }),
    { numRuns: 200 },
  );
});

describe('a filter', () => {
  const refused = (filter: FilterInput, as: Viewer = viewer) => {
    try {
      compileFilter(as, customer, filter, 't');
      return null;
    } catch (error) {
      return (error as { extensions: { code: string } }).extensions.code;
    }
  };
  const nested = (depth: number): FilterInput => (depth === 1 ? { country: { eq: 'GB' } } : { not: nested(depth - 1) });

  test('has bounds of depth, conditions and values', () => {
    expect([refused(nested(filterLimits.depth)), refused(nested(filterLimits.depth + 1))]).toEqual([null, 'FILTER_TOO_COMPLEX']);
    const many = (count: number) => ({ or: Array.from({ length: count }, () => ({ country: { eq: 'GB' } })) });
    expect([refused(many(filterLimits.conditions)), refused(many(filterLimits.conditions + 1))]).toEqual([null, 'FILTER_TOO_COMPLEX']);
    const values = (count: number) => ({ country: { in: Array(count).fill('GB') } });
    expect([refused(values(filterLimits.values)), refused(values(filterLimits.values + 1))]).toEqual([null, 'FILTER_TOO_COMPLEX']);
  });

  test('names no field that the role hides, by any of the names it has', () => {
    const blind = viewerWith(viewer, {
      permissions: ['customers:read'],
      hiddenFields: ['Customer.displayName', 'Customer.owner', 'Customer.attributes'],
    });
    for (const filter of [
      { displayName: { eq: 'x' } },
      { name: 'x' },
      { owner: { isNull: true } },
      { not: { or: [{ name: 'x' }] } },
      { attributes: [{ key: 'score', isNull: true }] },
    ])
      expect(refused(filter, blind)).toBe('FORBIDDEN');
    expect(refused({ country: { eq: 'GB' } }, blind)).toBeNull();
  });

  test('takes ids of the right type only, and attribute keys of the right form', () => {
    expect(refused({ owner: { eq: 'customer_01h455vb4pex5vsknk084sn02q' } })).toBe('ID_INVALID');
    expect(refused({ owner: { in: ['x'] } })).toBe('ID_INVALID');
    expect(refused({ attributes: [{ key: "x') or true --", isNull: true }] })).toBe('BAD_USER_INPUT');
  });
});
