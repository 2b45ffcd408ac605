// Guards of plugins: in the transaction of the command, with a veto, and closed where they do not answer.
import sql from 'sql-template-tag';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import '../../src/modules/all.ts';
import type { WriteCallContext } from '../../src/plugin/contexts.ts';
import { definePlugin } from '../../src/plugin/definition.ts';
import { done, mutate } from '../support/core.ts';
import { takePlugin } from '../support/plugins.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

type Check = (ctx: WriteCallContext, input: Record<string, unknown>) => Promise<void>;
const pass: Check = async () => undefined;
let onCreate: Check = pass;
let onUpdate: Check = pass;

const { plugin, lines, prepare } = takePlugin(
  definePlugin({
    id: 'door-keeper',
    version: '1.0.0',
    api: '^1.0.0',
    description: 'Looks at customers.',
    config: z.object({}),
    capabilities: ['guards', 'tables', 'write:customers', 'read:customers'],
    scopes: {},
    setup({ guards, tables }) {
      tables.migrations({
        '001_seen':
          'create table seen (workspace_id uuid, id uuid default pg_catalog.gen_random_uuid(), name text, primary key (workspace_id, id))',
      });
      guards.before('customerCreate', (ctx, input) => onCreate(ctx, input));
      guards.before('customerUpdate', (ctx, input) => onUpdate(ctx, input));
    },
  }),
);
const missing = takePlugin(
  definePlugin({
    id: 'lost-keeper',
    version: '1.0.0',
    api: '^1.0.0',
    description: 'Guards what is not there.',
    config: z.object({}),
    capabilities: ['guards'],
    scopes: {},
    setup: ({ guards }) => guards.before('customerCreat', pass),
  }),
);

const curious = takePlugin(
  definePlugin({
    id: 'curious-keeper',
    version: '1.0.0',
    api: '^1.0.0',
    description: 'Guards what it may not know.',
    config: z.object({}),
    capabilities: ['guards'],
    scopes: {},
    setup: ({ guards }) => guards.before('customerRestore', pass),
  }),
);

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
  await prepare(server.db);
});
afterAll(() => server.stop());
beforeEach(() => {
  onCreate = pass;
  onUpdate = pass;
});

const see = (ctx: WriteCallContext, name: unknown) =>
  ctx.sql(sql`insert into seen (workspace_id, name) values (${ctx.workspaceId}::uuid, ${String(name)})`);
const seen = async () =>
  (await server.db.query<{ name: string }>(sql`select name from plugin_door_keeper.seen order by name`)).map(({ name }) => name);
const names = async () =>
  (await server.db.query<{ name: string }>(sql`select display_name as name from customers order by 1`)).map(({ name }) => name);
const create = (displayName: string, idempotent?: string) =>
  mutate(server, 'customerCreate', { kind: 'PERSON', displayName }, 'customer { id displayName }', idempotent ? { idempotent } : {});

test('what a guard writes commits with the command, once', async () => {
  onCreate = async (ctx, input) => {
    expect(input).toMatchObject({ kind: 'PERSON' });
    expect(ctx.caller).toMatchObject({ kind: 'API_KEY' });
    expect([ctx.caller.can('customers:write'), ctx.caller.can('door-keeper:read')]).toEqual([true, true]);
    await see(ctx, input.displayName);
    input.displayName = 'Changed';
  };
  const first = await create('Ana', 'key-1');
  expect(first).toMatchObject({ customer: { displayName: 'Ana' }, userErrors: [] });
  expect(await create('Ana', 'key-1')).toEqual(first);
  expect([await seen(), await names()]).toEqual([['Ana'], ['Ana']]);
});

test('a veto undoes everything and is a user error', async () => {
  onCreate = async (ctx, input) => {
    await see(ctx, input.displayName);
    await ctx.command('customerCreate', { kind: 'PERSON', displayName: 'Beside' }).catch(() => undefined);
    ctx.emit({ type: 'refused', subject: { type: 'Customer', id: ctx.workspaceId }, customerId: null });
    ctx.reject('TOO_MANY', 'There are too many.', ['displayName']);
  };
  expect(await create('Bo')).toMatchObject({ customer: null, userErrors: [{ code: 'DOOR_KEEPER_TOO_MANY', path: ['displayName'] }] });
  expect([await seen(), await names()]).toEqual([['Ana'], ['Ana']]);
  expect(await server.db.query(sql`select 1 from events where type = 'door_keeper.refused'`)).toEqual([]);
});

const broken: [string, Check][] = [
  ['throws', async () => Promise.reject(new Error('secret@example.com broke it'))],
  ['throws nothing', async () => Promise.reject(undefined)],
  ['hangs', () => new Promise(() => undefined)],
  ['hangs in sql', async (ctx) => void (await ctx.sql(sql`select pg_catalog.pg_sleep(60)::text`))],
  ['fails in sql', async (ctx) => void (await ctx.sql(sql`select 1 / 0`))],
  ['fails in sql and hides it', async (ctx) => void (await ctx.sql(sql`select 1 / 0`).catch(() => undefined))],
  ['reads the core', async (ctx) => void (await ctx.sql(sql`select * from public.api_keys`))],
  ['runs what it has not declared', async (ctx) => void (await ctx.command('interactionRecord', {}))],
];

test.each(broken)('one that %s refuses with PLUGIN_UNAVAILABLE, and nothing is changed', async (_how, check) => {
  onCreate = async (ctx, input) => {
    await see(ctx, input.displayName);
    await check(ctx, input);
  };
  const { data, errors } = await server.query(
    'mutation { customerCreate(input: { kind: PERSON, displayName: "Cy" }) { customer { id } userErrors { code } } }',
  );
  expect(data).toBeNull();
  expect(errors).toMatchObject([{ path: ['customerCreate'], extensions: { code: 'PLUGIN_UNAVAILABLE', plugin: 'door-keeper' } }]);
  expect([await seen(), await names()]).toEqual([['Ana'], ['Ana']]);
  expect(JSON.stringify(lines)).toContain('a plugin failed');
  expect(JSON.stringify([lines, errors])).not.toContain('secret@example.com');
  onCreate = pass;
  // The connections are as good as before.
  for (let i = 0; i < 6; i++) expect((await server.query('{ viewer { workspace { id } } }')).errors).toEqual([]);
});

test('a guard changes the core by its commands, which have guards as well, and end somewhere', async () => {
  onUpdate = async (ctx, { id }) =>
    void (await ctx.command('customerCreate', { kind: 'PERSON', displayName: `Child of ${String(id).length}` }));
  const { customer } = await create('Parent');
  await done(server, 'customerUpdate', { id: customer.id, displayName: 'Parent 2' }, 'customer { id }');
  expect(await names()).toEqual(['Ana', 'Child of 36', 'Parent 2']);
  await server.events.drained();
  const [event] = await server.db.query(
    sql`select origin, actor_kind as actor from events where data->'after'->>'displayName' = 'Child of 36'`,
  );
  expect(event).toEqual({ origin: 'plugin.door-keeper', actor: 'SYSTEM' });

  onCreate = async (ctx) => void (await ctx.command('customerCreate', { kind: 'PERSON', displayName: 'For ever' }));
  const { errors } = await server.query('mutation { customerCreate(input: { kind: PERSON }) { userErrors { code } } }');
  expect(errors[0]!.extensions.code).toBe('PLUGIN_UNAVAILABLE');
  expect(await names()).toHaveLength(3);
});

test('user errors of a command that a guard runs are those of the call', async () => {
  onCreate = async (ctx) => void (await ctx.command('customerUpdate', { id: 'nobody' }));
  expect(await create('Dee')).toMatchObject({ customer: null, userErrors: [{ code: 'ID_INVALID', path: ['id'] }] });
});

test('a guard of what the plugin may neither read nor write stops the start', async () => {
  await expect(curious.prepare(server.db)).rejects.toThrow('read:customers or write:customers');
});

test('a guard of a command that there is not stops the start', async () => {
  await expect(missing.prepare(server.db)).rejects.toThrow('customerCreat, which there is not');
  expect(plugin.added).toContainEqual({ kind: 'GUARD', name: 'customerCreate' });
});
