import sql, { raw } from 'sql-template-tag';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../tests/support/database.ts';
import { systemViewer } from '../../auth/system-viewer.ts';
import type { Viewer } from '../../auth/viewer.ts';
import { type Database, openDatabase } from '../../db/database.ts';
import { createWorkspace } from '../workspace/index.ts';
import { seedDemo } from './index.ts';

let testDatabase: TestDatabase;
let db: Database;
let viewer: Viewer;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  db = openDatabase(testDatabase.url);
  viewer = systemViewer(
    (await createWorkspace(db, { key: 'demo', name: 'Demo', currency: 'GBP', timeZone: 'Europe/London', country: 'GB' })).workspaceId,
  );
});
afterAll(async () => {
  await db?.close();
  await testDatabase?.drop();
});

const written = [
  'teams',
  'users',
  'team_members',
  'customers',
  'identities',
  'relationships',
  'interactions',
  'interaction_participants',
  'conversations',
  'lifecycle_transitions',
  'preferences',
  'needs',
  'attribute_definitions',
  'touch_points',
  'products',
  'opportunities',
  'opportunity_lines',
  'leads',
  'segments',
  'sales_targets',
  'event_inbox',
];

async function counts(): Promise<Record<string, number>> {
  const all: Record<string, number> = {};
  for (const table of written) {
    const [row] = await db.query<{ count: number }>(
      sql`select count(*)::int as count from ${raw(table)} where workspace_id = ${viewer.workspaceId}::uuid`,
    );
    all[table] = row!.count;
  }
  return all;
}

async function unused(table: string, column: string, by = 'interactions'): Promise<string[]> {
  const rows = await db.query<{ key: string }>(sql`select v.key from ${raw(table)} v where workspace_id = ${viewer.workspaceId}::uuid
    and not exists (select from ${raw(by)} i where i.workspace_id = v.workspace_id and i.${raw(column)} = v.id)`);
  return rows.map(({ key }) => key);
}

test('a seeding that fails near its end leaves nothing behind', async () => {
  const before = await counts();
  await db.execute(sql`update relationship_kinds set archived_at = now() where key = 'represents'`);
  await expect(seedDemo(db, viewer)).rejects.toThrow('represents');
  await db.execute(sql`update relationship_kinds set archived_at = null`);
  expect(await counts()).toEqual(before);
  expect(db.pool.totalCount).toBe(db.pool.idleCount);
});

test('of two that start at once, one makes the demo', async () => {
  const lines: string[] = [];
  const started = performance.now();
  const made = await Promise.all([
    seedDemo(db, viewer, { log: (line) => lines.push(line) }),
    seedDemo(db, viewer, { log: (line) => lines.push(line) }),
  ]);
  console.log(`seeding took ${Math.round(performance.now() - started)} ms`);
  const [one, other] = made.toSorted((a, b) => b.customers - a.customers);
  expect(other).toEqual({ customers: 0, interactions: 0 });
  expect(one!.customers).toBeGreaterThan(380);
  expect(one!.interactions).toBeGreaterThan(3500);
  expect(lines).toHaveLength(1);
  expect(await counts()).toMatchObject({
    teams: 5,
    users: 12,
    customers: one!.customers,
    interactions: one!.interactions,
    attribute_definitions: 6,
  });
});

test('every word of the workspace is in use', async () => {
  expect(await unused('channels', 'channel_id')).toEqual([]);
  expect(await unused('interaction_kinds', 'kind_id')).toEqual([]);
  expect(await unused('touch_points', 'touch_point_id')).toEqual([]);
  expect(await unused('lifecycle_stages', 'stage_id', 'customers')).toEqual([]);
  expect(await unused('relationship_kinds', 'kind_id', 'relationships')).toEqual([]);
});

test('money is in one currency, some conversations are open and most closed', async () => {
  const currencies = await db.query(sql`select distinct coalesce(value_currency, 'GBP') as value, cost_currency as cost from interactions`);
  expect(currencies).toEqual([{ value: 'GBP', cost: 'GBP' }]);
  const threads = await db.query<{
    status: string;
    count: number;
    alone: number;
  }>(sql`select status::text as status, count(*)::int as count,
    count(*) filter (where not exists (select from interactions i where i.workspace_id = c.workspace_id and i.conversation_id = c.id))::int as alone from conversations c group by 1 order by 1`);
  expect(threads.map(({ status, alone }) => [status, alone])).toEqual([
    ['CLOSED', 0],
    ['OPEN', 0],
  ]);
  expect(threads[1]!.count).toBeGreaterThan(5);
  expect(threads[0]!.count).toBeGreaterThan(threads[1]!.count);
});

test('a conversation begins with its first contact', async () => {
  const wrong = await db.query(
    sql`select from conversations c where created_at <> (select min(occurred_at) from interactions i where i.workspace_id = c.workspace_id and i.conversation_id = c.id)`,
  );
  expect(wrong).toEqual([]);
});

test('something is sold: opportunities in every stage, won by products of the shop, and leads with scores', async () => {
  expect(await unused('pipeline_stages', 'stage_id', 'opportunities')).toEqual([]);
  const [sold] = await db.query<{
    won: number;
    lost: number;
    unvalued: number;
  }>(sql`select count(*) filter (where status = 'WON')::int as won,
    count(*) filter (where status = 'LOST')::int as lost, count(*) filter (where base_amount is null or base_amount <= 0)::int as unvalued from opportunities`);
  expect(sold!.won).toBeGreaterThan(20);
  expect(sold!.lost).toBeGreaterThan(10);
  expect(sold!.unvalued).toBe(0);
  const [leads] = await db.query<{ count: number; scored: number }>(
    sql`select count(*)::int as count, count(*) filter (where score <> 0)::int as scored from leads`,
  );
  expect(leads!.count).toBeGreaterThan(5);
  expect(leads!.scored).toBeGreaterThan(0);
});

test('everything is in the log', async () => {
  const types = await db.query<{ type: string; count: number }>(
    sql`select type, count(*)::int as count from event_inbox where workspace_id = ${viewer.workspaceId}::uuid group by 1`,
  );
  const log = Object.fromEntries(types.map(({ type, count }) => [type, count]));
  const now = await counts();
  expect(log).toMatchObject({
    'interaction.recorded': now.interactions,
    'customer.created': now.customers,
    'relationship.created': now.relationships,
    'preference.added': now.preferences,
    'need.added': now.needs,
    'user.created': 12,
    'team.created': 5,
  });
  const entered = await db.query(sql`select from customers where stage_id is not null`);
  expect(log['customer.stage_changed']).toBe(now.lifecycle_transitions! - entered.length);
});

test('running again changes nothing, also on another day', async () => {
  const before = await counts();
  expect(await seedDemo(db, viewer)).toEqual({ customers: 0, interactions: 0 });
  expect(await seedDemo(db, viewer, { now: new Date(Date.now() + 40 * 86_400_000) })).toEqual({ customers: 0, interactions: 0 });
  expect(await counts()).toEqual(before);
});

test('a workspace with a customer of its own stays as it is', async () => {
  const { workspaceId } = await createWorkspace(db, { key: 'own', name: 'Own' });
  await db.execute(
    sql`insert into customers (workspace_id, id, kind, display_name) values (${workspaceId}, ${workspaceId}, 'PERSON', 'Ada')`,
  );
  expect(await seedDemo(db, systemViewer(workspaceId))).toEqual({ customers: 0, interactions: 0 });
});
