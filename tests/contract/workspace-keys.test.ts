// What the database itself guarantees of workspaces.
import sql from 'sql-template-tag';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Database, openDatabase } from '../../src/db/database.ts';
import { buildSchema } from '../../src/graphql/schema.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { richWorkspace } from './rich-workspace.ts';
import { workspaceTables } from './sandbox.ts';

// Documents of webhooks are checked against it.
buildSchema();

let test: TestDatabase;
let db: Database;
beforeAll(async () => {
  test = await createTestDatabase();
  db = openDatabase(test.url, { max: 2 });
});
afterAll(async () => {
  await db?.close();
  await test?.drop();
});

describe('the database', () => {
  /** Tables that are no part of a workspace. */
  const global = ['_prisma_migrations', 'event_consumers', 'event_head', 'plugin_installations', 'plugin_migrations', 'workspaces'];
  /** Tables in the order of something else: the log is read in the order of its places, over all workspaces. */
  const byPlace = ['event_inbox', 'events'];

  it('has workspace_id in every table but the global ones', async () => {
    const tables = await db.query<{ name: string }>(
      sql`select relname as name from pg_class where relkind in ('r', 'p') and relnamespace = 'public'::regnamespace`,
    );
    const of = new Set(await workspaceTables(db));
    expect(
      tables
        .map(({ name }) => name)
        .filter((name) => !of.has(name) || name === 'workspaces')
        .sort(),
    ).toEqual(global);
  });

  it('has it first in every primary key, unique constraint and foreign key', async () => {
    const keys = await db.query<{ table: string; kind: string; columns: string[]; target: string[] | null; name: string }>(sql`
      select c.conrelid::regclass::text as table, c.contype as kind, c.conname as name,
        array(select a.attname::text from unnest(c.conkey) with ordinality k(n, i) join pg_attribute a on a.attrelid = c.conrelid and a.attnum = k.n order by k.i) as columns,
        array(select a.attname::text from unnest(c.confkey) with ordinality k(n, i) join pg_attribute a on a.attrelid = c.confrelid and a.attnum = k.n order by k.i) as target
      from pg_constraint c where c.connamespace = 'public'::regnamespace and c.contype in ('p', 'f', 'u')`);
    const wrong = keys.filter(({ table, kind, columns, target }) => {
      if (global.includes(table) || (kind === 'p' && byPlace.includes(table))) return false;
      return columns[0] !== 'workspace_id' || (kind === 'f' && target![0] !== 'workspace_id');
    });
    expect(wrong).toEqual([]);
    expect(keys.filter((key) => key.kind === 'f').length).toBeGreaterThan(20);
  });

  it('has a foreign key for every column that names a row of an entity', async () => {
    const columns = await db.query<{ name: string }>(sql`
      select c.relname || '.' || a.attname as name from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
      where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace and a.atttypid = 'uuid'::regtype and a.attname not in ('id', 'workspace_id')
        and not exists (select from pg_constraint k where k.conrelid = c.oid and k.contype = 'f' and a.attnum = any(k.conkey)) order by 1`);
    // Actors and subjects of events may be gone, or be of several types; they are looked up in the caller's workspace.
    expect(columns.map(({ name }) => name)).toEqual([
      'credential_budgets.credential_id',
      'event_inbox.actor_id',
      'event_inbox.customer_id',
      'event_inbox.subject_id',
      'events.actor_id',
      'events.customer_id',
      'events.subject_id',
      'idempotency_records.credential_id',
      'interactions.actor_id',
      'lifecycle_transitions.actor_id',
      'opportunity_transitions.actor_id',
      'plugin_failures.event_id',
      'plugin_failures.subject_key',
      'rule_checks.customer_id',
      'rule_checks.unit_id',
      'webhook_deliveries.event_id',
      'webhook_deliveries.subject_key',
    ]);
  });

  it('refuses a reference to a row of another workspace', async () => {
    const own = await richWorkspace(db, { key: 'marker_a', word: 'okapi', phone: '+442079460958' });
    const foreign = await richWorkspace(db, { key: 'marker_b', word: 'ouzel', phone: '+442079460959' });
    const [row] = await db.query<{ id: string }>(sql`select id from channels where workspace_id = ${foreign.workspaceId}::uuid limit 1`);
    const update = db.execute(sql`update interactions set channel_id = ${row!.id}::uuid where workspace_id = ${own.workspaceId}::uuid`);
    await expect(update).rejects.toMatchObject({ code: '23503' });
  });
});
