import sql from 'sql-template-tag';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../tests/support/database.ts';
import { createAuthenticator } from '../../auth/authenticate.ts';
import { systemViewer } from '../../auth/system-viewer.ts';
import { runCommand } from '../../commands/command.ts';
import { type Database, openDatabase } from '../../db/database.ts';
import { encodeId } from '../../graphql/ids.ts';
import { apiKeyCreate, apiKeyRevoke } from '../access/index.ts';
import { type BootstrapOptions, bootstrapWorkspace, createWorkspace } from './index.ts';

let server: TestDatabase;
let db: Database;
let lines: string[];
beforeEach(async () => {
  server = await createTestDatabase();
  db = openDatabase(server.url, { max: 12 });
  lines = [];
});
afterEach(async () => {
  await db.close();
  await server.drop();
});

const start = (options: Partial<BootstrapOptions> = {}, database = db) =>
  bootstrapWorkspace(database, { log: (line) => lines.push(line), ...options });
const opens = async (key: string) => {
  const { authenticate, close } = createAuthenticator(db);
  const viewer = await authenticate(`Bearer ${key}`, null).catch(() => null);
  close();
  return viewer?.roleName ?? null;
};
const counts = async () => {
  const [row] = await db.query<
    Record<string, number>
  >(sql`select (select count(*)::int from workspaces) as workspaces, (select count(*)::int from roles) as roles,
    (select count(*)::int from channels) as channels, (select count(*)::int from api_keys) as keys`);
  return row!;
};

describe('the first start', () => {
  it('makes a workspace with words, roles and a generated key that opens it', async () => {
    const { apiKey, created, workspaceId } = await start();
    expect(created).toBe(true);
    expect(await opens(apiKey!)).toBe('administrator');
    expect(await db.query(sql`select id, key, currency, country from workspaces`)).toEqual([
      { id: workspaceId, key: 'main', currency: 'GBP', country: 'GB' },
    ]);
    const keys = async (
      table:
        | 'channels'
        | 'interaction_kinds'
        | 'relationship_kinds'
        | 'party_roles'
        | 'lifecycle_stages'
        | 'touch_points'
        | 'roles'
        | 'pipelines'
        | 'pipeline_stages',
    ) =>
      (
        await db.query<{ key: string }>({ ...sql`select key from `, text: `select key from ${table} order by id`, values: [] } as never)
      ).map((row) => row.key);
    expect(await keys('channels')).toEqual(['email', 'phone', 'sms', 'chat', 'web', 'social', 'in_person', 'post', 'fax', 'field_service']);
    expect(await keys('interaction_kinds')).toEqual(
      expect.arrayContaining(['order_placed', 'order_cancelled', 'enquiry', 'complaint', 'note']),
    );
    expect(await keys('relationship_kinds')).toEqual(expect.arrayContaining(['works_at', 'subsidiary_of', 'same_household']));
    expect(await keys('party_roles')).toEqual(['customer', 'prospect', 'partner', 'supplier', 'investor', 'employee']);
    expect(await keys('lifecycle_stages')).toEqual(['prospect', 'first_purchase', 'repeat', 'loyal', 'advocate', 'lost']);
    expect(await keys('roles')).toEqual(['administrator', 'sales', 'marketing', 'service', 'read-only', 'recogniser', 'integration']);
    const [shop] = await db.query(
      sql`select c.key as channel from touch_points t join channels c on c.workspace_id = t.workspace_id and c.id = t.channel_id where t.key = 'web_shop'`,
    );
    expect(shop).toEqual({ channel: 'web' });
    expect(await keys('pipelines')).toEqual(['sales']);
    expect(await keys('pipeline_stages')).toEqual(['prospecting', 'engaging', 'proposing', 'negotiating', 'won', 'lost']);
    const [tie] = await db.query(sql`select acyclic, exclusive from relationship_kinds where key = 'subsidiary_of'`);
    expect(tie).toEqual({ acyclic: true, exclusive: true });
    const [{ events }] = (await db.query<{ events: number }>(
      sql`select count(*)::int as events from event_inbox where actor_kind = 'SYSTEM'`,
    )) as [{ events: number }];
    const [{ rows }] = (await db.query<{
      rows: number;
    }>(sql`select ((select count(*) from channels) + (select count(*) from interaction_kinds) + (select count(*) from relationship_kinds)
      + (select count(*) from party_roles) + (select count(*) from lifecycle_stages) + (select count(*) from touch_points) + (select count(*) from roles)
      + (select count(*) from pipelines) + (select count(*) from pipeline_stages) + (select count(*) from opportunity_roles)
      + (select count(*) from close_reasons) + (select count(*) from lead_sources) + 2)::int as rows`)) as [{ rows: number }];
    expect(events).toBe(rows);
  });

  it('by six callers at once makes one workspace, and answers its key to one of them', async () => {
    const pools = Array.from({ length: 6 }, () => openDatabase(server.url, { max: 1 }));
    try {
      const outcomes = await Promise.all(pools.map((pool) => start({}, pool)));
      expect(outcomes.filter((outcome) => outcome.created)).toHaveLength(1);
      const keys = outcomes.flatMap((outcome) => outcome.apiKey ?? []);
      expect(keys).toHaveLength(1);
      expect(new Set(outcomes.map((outcome) => outcome.workspaceId)).size).toBe(1);
      expect(await counts()).toMatchObject({ workspaces: 1, roles: 7, channels: 10, keys: 1 });
      expect(await opens(keys[0]!)).toBe('administrator');
    } finally {
      await Promise.all(pools.map((pool) => pool.close()));
    }
  });

  it('by six callers with the same given key stores it once', async () => {
    const apiKey = 'a-key-for-development';
    await Promise.all(Array.from({ length: 6 }, () => start({ apiKey })));
    expect(await counts()).toMatchObject({ workspaces: 1, keys: 1 });
    expect(await opens(apiKey)).toBe('administrator');
  });

  it('with an unusable key changes nothing', async () => {
    await expect(start({ apiKey: 'short' })).rejects.toMatchObject({ code: 'API_KEY_UNUSABLE' });
    expect(await counts()).toMatchObject({ workspaces: 0, keys: 0 });
  });
});

describe('a later start', () => {
  it('changes nothing by itself, and adds another given key beside those there were', async () => {
    const first = await start();
    lines = [];
    expect(await start()).toEqual({ workspaceId: first.workspaceId, created: false, apiKey: null });
    expect(lines).toEqual([]);
    const apiKey = 'another-administrator-key';
    expect(await start({ apiKey })).toEqual({ workspaceId: first.workspaceId, created: false, apiKey });
    expect(lines.join()).toContain('is now an administrator key');
    lines = [];
    await start({ apiKey });
    expect(lines).toEqual([]);
    expect(await counts()).toMatchObject({ workspaces: 1, keys: 2 });
    expect([await opens(first.apiKey!), await opens(apiKey)]).toEqual(['administrator', 'administrator']);
  });

  it('says so where the given key will not open the workspace: withdrawn, expired, of another workspace or role', async () => {
    const apiKey = 'a-key-that-is-withdrawn';
    const { workspaceId } = await start({ apiKey });
    const call = { db, viewer: systemViewer(workspaceId), requestId: 'test' };
    await runCommand(call, apiKeyCreate, { name: 'Other', role: 'administrator' });
    const [row] = await db.query<{ id: string }>(sql`select id from api_keys where name = 'Administrator'`);
    await runCommand(call, apiKeyRevoke, { id: encodeId('ApiKey', row!.id) });
    const said = async (key: string) => {
      lines = [];
      await start({ apiKey: key });
      return lines.join();
    };
    expect(await said(apiKey)).toContain('withdrawn');
    expect(await opens(apiKey)).toBeNull();
    await db.execute(sql`update api_keys set revoked_at = null, expires_at = now() - interval '1 second' where id = ${row!.id}::uuid`);
    expect(await said(apiKey)).toContain('expired');
    await db.execute(
      sql`update api_keys set expires_at = null, role_id = (select id from roles where key = 'sales') where id = ${row!.id}::uuid`,
    );
    expect(await said(apiKey)).toContain('role sales');
    await createWorkspace(db, { key: 'second', name: 'Second', apiKey: 'the-key-of-the-second' });
    expect(await said('the-key-of-the-second')).toContain('another workspace');
    expect(lines.join()).not.toContain('the-key-of-the-second');
  });
});
