// Tables of plugins: what their statements reach, migrations, and what is left when a plugin goes.
import sql, { raw } from 'sql-template-tag';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { defineCommand } from '../../src/commands/command.ts';
import { inWorkspace } from '../../src/commands/system.ts';
import { type Database, openDatabase } from '../../src/db/database.ts';
import { buildSchema } from '../../src/graphql/schema.ts';
import { newId } from '../../src/lib/typeid.ts';
import { createWorkspace } from '../../src/modules/workspace/index.ts';
import { jobContext, readContext, within, withTimeout, writeContext } from '../../src/plugin/context.ts';
import type { WriteContext } from '../../src/plugin/contexts.ts';
import { definePlugin } from '../../src/plugin/definition.ts';
import { applyMigrations, isolationOf, prepareSchema, uninstallPlugin } from '../../src/plugin/own-tables/index.ts';
import { underPluginLock } from '../../src/plugin/prepare-lock.ts';
import { createTestDatabase } from '../support/database.ts';
import { createTestDomain, type TestDomain } from '../support/domain.ts';
import { takePlugin } from '../support/plugins.ts';

const points = `create table points (workspace_id uuid not null, customer_id uuid not null, points int8 not null check (points >= 0),
  primary key (workspace_id, customer_id))`;

const owner = takePlugin(
  definePlugin({
    id: 'own-points',
    version: '1.0.0',
    api: '^1.0.0',
    description: 'Keeps points.',
    config: z.object({}),
    capabilities: ['tables', 'read:customers', 'write:customers'],
    scopes: {},
    setup: ({ tables }) => tables.migrations({ '001_points': points }),
  }),
);
const poor = takePlugin(
  definePlugin({
    id: 'no-tables',
    version: '1.0.0',
    api: '^1.0.0',
    description: 'Has nothing.',
    config: z.object({}),
    capabilities: [],
    scopes: {},
    setup() {},
  }),
);
const racer = takePlugin(
  definePlugin({
    id: 'racer',
    version: '1.0.0',
    api: '^1.0.0',
    description: 'Races.',
    config: z.object({}),
    capabilities: ['tables'],
    scopes: {},
    setup: ({ tables }) => tables.migrations({ '001_points': points, '002_more': 'alter table points add more text' }),
  }),
);
const guest = takePlugin(
  definePlugin({
    id: 'own-user',
    version: '1.0.0',
    api: '^1.0.0',
    description: 'Lives with whatever the user may.',
    config: z.object({}),
    capabilities: ['tables'],
    scopes: {},
    setup() {},
  }),
);
const { plugin } = owner;

let domain: TestDomain;

beforeAll(async () => {
  buildSchema();
  domain = await createTestDomain();
  await owner.prepare(domain.db);
});
afterAll(() => domain.stop());

function writing<T>(work: (ctx: WriteContext) => Promise<T>): Promise<T> {
  return domain.db.transaction((tx) => inWorkspace(tx, domain.workspaceId, (ctx) => work(writeContext(plugin, ctx))));
}
const reading = () => readContext(plugin, { db: domain.db, workspaceId: domain.workspaceId });
const add = (workspaceId: string, number: number) =>
  sql`insert into points values (${workspaceId}::uuid, ${newId()}::uuid, ${number}) returning points`;
const denied = { code: '42501' };

describe('statements', () => {
  test('read and write the own tables, in a transaction and outside', async () => {
    expect(isolationOf(plugin)).toBe('ROLE');
    expect(await writing((ctx) => ctx.sql(add(ctx.workspaceId, 7)))).toEqual([{ points: 7n }]);
    expect(await reading().sql(sql`select points from points where points = 7`)).toEqual([{ points: 7n }]);
  });

  test('do not reach the tables of the core, or of another schema', async () => {
    const core = sql`select count(*) from public.customers`;
    await expect(reading().sql(core)).rejects.toMatchObject(denied);
    await expect(writing((ctx) => ctx.sql(core))).rejects.toMatchObject(denied);
    await expect(reading().sql(sql`select * from customers`)).rejects.toMatchObject({ code: '42P01' });
    await expect(writing((ctx) => ctx.sql(sql`delete from public.plugin_migrations`))).rejects.toMatchObject(denied);
  });

  test.each([
    'reset role',
    'set role postgres',
    'begin',
    'commit',
    'rollback',
    'listen x',
    'create table x (id int)',
    'do $$ begin end $$',
    '/* select */ reset role',
    '-- select\nset role none',
    'select 1; reset role',
    "select set_config('role', 'none', false)",
    "select SET_CONFIG('role', 'none', false)",
    `select U&"\\0073et_config"('role', 'none', false)`,
    "update pg_settings set setting = 'none' where name = 'role'",
  ])('are refused where they could leave their role: %s', async (text) => {
    await expect(reading().sql({ text, values: [] })).rejects.toThrow(/ctx\.sql/);
  });

  test.each([
    'select pg_try_advisory_lock(72707370)',
    'select PG_ADVISORY_XACT_LOCK(1, 2)',
    'with a as (select "pg_advisory_unlock_all"()) select 1 from a',
  ])('are refused where they lock what the core may: %s', async (text) => {
    await expect(reading().sql({ text, values: [] })).rejects.toThrow('no advisory locks');
    await expect(writing((ctx) => ctx.sql({ text, values: [] }))).rejects.toThrow('no advisory locks');
  });

  test('may begin with a comment or a bracket and end with a semicolon', async () => {
    const texts = ['-- how many\nselect 1 as n;', '/* a */ (select 1 as n)', 'with a as (select 1 as n) select n from a'];
    for (const text of texts) expect(await reading().sql({ text, values: [] })).toEqual([{ n: 1 }]);
  });

  test('of the core in the same transaction run as the core, however they are mixed', async () => {
    const seen = await domain.db.transaction((tx) =>
      inWorkspace(tx, domain.workspaceId, async (core) => {
        const ctx = writeContext(plugin, core);
        const who = sql`select current_user::text as who`;
        const asCore = () => core.tx.query<{ who: string }>(who);
        const asPlugin = () => ctx.sql<{ who: string }>(who);
        const first = await asCore();
        const mixed = await Promise.all([asPlugin(), asCore(), asPlugin(), asPlugin(), asCore()]);
        return [first, ...mixed, await asCore()].map(([row]) => row!.who === 'trato_plugin_own_points');
      }),
    );
    expect(seen).toEqual([false, true, false, true, true, false, false]);
    const [left] = await domain.db.query<{ path: string }>(sql`select current_setting('search_path') as path`);
    expect(left!.path).not.toContain('plugin_');
  });

  test('roll back with the transaction, and one that failed cannot be forgotten', async () => {
    const before = await reading().sql(sql`select count(*) as n from points`);
    await expect(
      writing(async (ctx) => {
        await ctx.sql(add(ctx.workspaceId, 1));
        throw new Error('no');
      }),
    ).rejects.toThrow('no');
    const job = jobContext(plugin, { db: domain.db });
    await expect(
      job.inWorkspace(domain.workspaceId, async (ctx) => {
        await ctx.sql(add(ctx.workspaceId, 1));
        await ctx.sql(add(ctx.workspaceId, -1)).catch(() => undefined);
      }),
    ).rejects.toMatchObject({ code: '23514' });
    expect(await reading().sql(sql`select count(*) as n from points`)).toEqual(before);
  });

  test('need the capability', async () => {
    const ctx = readContext(poor.plugin, { db: domain.db, workspaceId: domain.workspaceId });
    await expect(ctx.sql(sql`select 1`)).rejects.toMatchObject({
      code: 'PLUGIN_CAPABILITY_MISSING',
      message: expect.stringContaining("'tables'"),
    });
  });

  test('of a function that is over are refused, and touch nobody else', async () => {
    let late: WriteContext | undefined;
    const hanging = domain.db.transaction((tx) =>
      inWorkspace(tx, domain.workspaceId, (core) =>
        withTimeout(plugin, 20, (signal) => {
          late = writeContext(plugin, core, { signal });
          return new Promise<never>(() => undefined);
        }),
      ),
    );
    await expect(hanging).rejects.toMatchObject({ extensions: { code: 'PLUGIN_UNAVAILABLE', plugin: 'own-points' } });
    await expect(late!.sql(sql`select 1`)).rejects.toThrow('after its function has ended');
    await expect(late!.command('customerCreate', { kind: 'PERSON' })).rejects.toThrow('after its function has ended');
  });

  test('that take too long are stopped with their function', async () => {
    const slow = domain.db.transaction((tx) =>
      inWorkspace(tx, domain.workspaceId, (core) =>
        within(50, (signal) => writeContext(plugin, core, { signal }).sql(sql`select pg_catalog.pg_sleep(30)::text`)),
      ),
    );
    await expect(slow).rejects.toThrow();
    expect(
      await domain.db.query(
        sql`select 1 from pg_stat_activity where state = 'active' and query like '%pg_sleep(30)%' and pid <> pg_backend_pid()`,
      ),
    ).toEqual([]);
  });
});

describe('queries and commands', () => {
  test('have the permissions that were declared, and no others', async () => {
    const { id } = await writing((ctx) => ctx.command('customerCreate', { kind: 'PERSON', displayName: 'Ana' }));
    const found = await reading().query('{ customers(first: 1) { nodes { id displayName } } }');
    expect(found.customers.nodes).toEqual([{ id: expect.stringMatching(/^customer_/), displayName: 'Ana' }]);
    expect(id).toMatch(/^[0-9a-f-]{36}$/);
    await expect(reading().query('{ interactions(first: 1) { nodes { id } } }')).rejects.toMatchObject({
      extensions: { code: 'FORBIDDEN' },
    });
    await expect(reading().query('mutation { __typename }')).rejects.toThrow('ctx.command');
    await expect(writing((ctx) => ctx.command('interactionRecord', {}))).rejects.toMatchObject({
      code: 'PLUGIN_CAPABILITY_MISSING',
      message: expect.stringContaining("'write:interactions'"),
    });
    await expect(writing((ctx) => ctx.command('nothing', {}))).rejects.toThrow('no command nothing');
  });

  test('see what the transaction has written, and their events say the origin in their order', async () => {
    const seen = await writing(async (ctx) => {
      const { id } = await ctx.command('customerCreate', { kind: 'PERSON', displayName: 'Bo' });
      ctx.emit({ type: 'noticed', subject: { type: 'Customer', id }, customerId: id, after: { points: 1 } });
      await ctx.command('customerCreate', { kind: 'PERSON', displayName: 'Cy' });
      return ctx.query('{ customers { nodes { displayName } } }');
    });
    expect(seen.customers.nodes.map((node: { displayName: string }) => node.displayName)).toContain('Bo');
    const rows = await domain.db.query<{ type: string; origin: string }>(
      sql`select type, origin from event_inbox order by position desc limit 3`,
    );
    expect(rows.map(({ type }) => type)).toEqual(['customer.created', 'own_points.noticed', 'customer.created']);
    expect(rows.every(({ origin }) => origin === 'plugin.own-points')).toBe(true);
  });

  test('tell events only of records that are there, and that the plugin may read or write', async () => {
    const job = jobContext(plugin, { db: domain.db });
    const about = (type: string, id: string, customerId: string | null = null) =>
      job.inWorkspace(domain.workspaceId, async (ctx) => ctx.emit({ type: 'seen', subject: { type, id }, customerId }));
    const { id } = await writing((ctx) => ctx.command('customerCreate', { kind: 'PERSON', displayName: 'Dot' }));
    const { workspaceId } = await createWorkspace(domain.db, { key: 'far', name: 'Far' });
    const foreign = newId();
    await domain.db.execute(
      sql`insert into customers (workspace_id, id, kind, display_name) values (${workspaceId}::uuid, ${foreign}::uuid, 'PERSON', 'Far')`,
    );
    const told = async () => (await domain.db.query(sql`select 1 from event_inbox where type = 'own_points.seen'`)).length;
    const lacking = { code: 'PLUGIN_CAPABILITY_MISSING' };
    await expect(about('User', newId())).rejects.toMatchObject({ ...lacking, message: expect.stringContaining("'read:users'") });
    await expect(about('ApiKey', newId())).rejects.toMatchObject(lacking);
    await expect(about('Nothing', newId())).rejects.toThrow('Nothing is none');
    for (const nobody of [newId(), foreign]) {
      await expect(about('Customer', nobody)).rejects.toThrow('that the workspace does not have');
      await expect(about('Customer', id, nobody)).rejects.toThrow('that the workspace does not have');
    }
    expect(await told()).toBe(0);
    await about('Customer', id, id);
    expect(await told()).toBe(1);
  });

  test('of plugins are not run by ctx.command', async () => {
    const run = () => writing((ctx) => ctx.command('ownPointsAdd', {}));
    defineCommand({
      name: 'ownPointsAdd',
      description: 'Adds.',
      permission: 'own-points:write',
      input: z.object({}),
      run: async () => ({}),
    });
    await expect(run()).rejects.toThrow('share the function that it runs');
  });

  test('that refuse have changed nothing, also where the plugin goes on', async () => {
    const bulk = { rows: [{ kind: 'PERSON', displayName: 'Half' }, { kind: 'NOBODY' }] };
    await writing(async (ctx) => {
      await expect(ctx.command('customersUpsert', bulk)).rejects.toMatchObject({
        errors: expect.arrayContaining([expect.objectContaining({ path: ['rows', '1', 'kind'] })]),
      });
      await ctx.sql(add(ctx.workspaceId, 11));
    });
    const { customers } = await reading().query('{ customers { nodes { displayName } } }');
    expect(customers.nodes.map((node: { displayName: string }) => node.displayName)).not.toContain('Half');
    expect(await reading().sql(sql`select 1 from points where points = 11`)).toHaveLength(1);
  });
});

describe('migrations', () => {
  const apply = (migrations: Record<string, string>) => applyMigrations(domain.db, plugin, new Map(Object.entries(migrations)));
  const tables = async () =>
    (await domain.db.query<{ t: string }>(sql`select tablename as t from pg_tables where schemaname = 'plugin_own_points' order by 1`)).map(
      ({ t }) => t,
    );

  test('that were applied must stay as they are', async () => {
    await expect(apply({ '001_points': `${points} ` })).rejects.toThrow('001_points was applied to this database and has changed');
    await expect(apply({})).rejects.toThrow('001_points was applied to this database and is missing');
    await expect(apply({ '000_before': 'select 1', '001_points': points })).rejects.toThrow('000_before comes before');
    await apply({ '001_points': points });
  });

  test('that fail leave nothing, and the name of the table that is wrong is told', async () => {
    const half = 'create table half (workspace_id uuid, id uuid, primary key (workspace_id, id)); select 1 / 0';
    await expect(apply({ '001_points': points, '002_half': half })).rejects.toThrow(/002_half failed.*division by zero/);
    const bare = 'create table bare (id uuid primary key)';
    await expect(apply({ '001_points': points, '002_bare': bare })).rejects.toThrow(/002_bare failed.*table bare/);
    await expect(apply({ '001_points': points, '002_core': 'drop table public.customers' })).rejects.toThrow(/002_core failed.*owner/);
    expect(await tables()).toEqual(['points']);
  });

  test('are applied once by many servers that start at once, on one database and on several of a cluster', async () => {
    const databases = await Promise.all([createTestDatabase(), createTestDatabase(), createTestDatabase()]);
    const servers = databases.flatMap(({ url }) => [openDatabase(url, { max: 3 }), openDatabase(url, { max: 3 })]);
    await Promise.all(servers.map((db) => racer.prepare(db)));
    for (const db of servers) expect(await db.query(sql`select name from plugin_migrations`)).toHaveLength(2);
    await Promise.all(servers.map((db) => uninstallPlugin(db, 'racer')));
    await Promise.all(servers.map((db) => db.close()));
    await Promise.all(databases.map((database) => database.drop()));
  });

  test('bring tables back to the role after a dump was restored by another', async () => {
    await domain.db.execute(sql`alter table plugin_own_points.points owner to current_user`);
    await domain.db.execute(sql`alter schema plugin_own_points owner to current_user`);
    await expect(reading().sql(sql`select 1 from points`)).rejects.toMatchObject({ code: expect.any(String) });
    await underPluginLock(domain.db, plugin.log, () => prepareSchema(domain.db, plugin));
    await expect(reading().sql(sql`select 1 from points limit 1`)).resolves.toBeDefined();
  });
});

describe('a database user', () => {
  async function asUser(rights: string, work: (db: Database) => Promise<void>): Promise<void> {
    const user = `trato_test_user_${newId().slice(-12)}`;
    const [own] = await domain.db.query<{ name: string }>(sql`select current_database() as name`);
    await domain.db.execute(raw(`create role ${user} login password 'x' ${rights}`));
    await domain.db.execute(raw(`grant create on database "${own!.name}" to ${user}`));
    const url = new URL(domain.db.url);
    url.username = user;
    url.password = 'x';
    const db = openDatabase(url.href, { max: 2 });
    try {
      await work(db);
    } finally {
      await db.close();
      await domain.db.execute(raw('drop schema if exists plugin_own_user cascade'));
      await domain.db.execute(raw(`drop owned by ${user}`));
      await domain.db.execute(raw('drop role if exists trato_plugin_own_user'));
      await domain.db.execute(raw(`drop role ${user}`));
    }
  }
  const installed = async (db: Database) => {
    await prepareSchema(db, guest.plugin);
    const who = sql`select current_user::text as who, current_schema()::text as schema`;
    const ctx = readContext(guest.plugin, { db, workspaceId: domain.workspaceId });
    const outside = await ctx.sql<{ who: string; schema: string }>(who);
    const inside = await db.transaction((tx) => readContext(guest.plugin, { db: tx, workspaceId: domain.workspaceId }).sql(who));
    expect(inside).toEqual(outside);
    return outside[0]!;
  };

  test('that may make roles needs to be no superuser', () =>
    asUser('createrole', async (db) => {
      expect(await installed(db)).toEqual({ who: 'trato_plugin_own_user', schema: 'plugin_own_user' });
      expect(isolationOf(guest.plugin)).toBe('ROLE');
    }));

  test('that may not make roles leaves the plugin with the search path, and the log says so', () =>
    asUser('', async (db) => {
      expect(await installed(db)).toEqual({ who: expect.stringContaining('trato_test_user_'), schema: 'plugin_own_user' });
      expect(isolationOf(guest.plugin)).toBe('SEARCH_PATH');
      expect(guest.lines).toMatchObject([{ level: 'warn', message: expect.stringContaining('may not create roles') }]);
    }));
});

test('a plugin that goes takes its tables along', async () => {
  expect(await uninstallPlugin(domain.db, 'own-points')).toMatchObject({ found: true, tables: ['points'], migrations: 1 });
  expect(await domain.db.query(sql`select 1 from pg_namespace where nspname = 'plugin_own_points'`)).toEqual([]);
  expect(await uninstallPlugin(domain.db, 'own-points')).toMatchObject({ found: false });
});
