// Handlers of plugins over the log of a server: once, in order, tried again, set aside, and what people can do about it.
import sql from 'sql-template-tag';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { allWorkers, type Left } from '../../src/jobs/index.ts';
import '../../src/modules/all.ts';
import '../../src/modules/plugins/failures.schema.ts';
import { createWorkspace } from '../../src/modules/workspace/index.ts';
import type { PluginEvent, WriteContext } from '../../src/plugin/contexts.ts';
import { definePlugin } from '../../src/plugin/definition.ts';
import { handlerTurn } from '../../src/plugin/handlers/index.ts';
import { codesOf, done, keyOfRole, makeCustomer, mutate } from '../support/core.ts';
import { takePlugin } from '../support/plugins.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

type Handle = (ctx: WriteContext, event: PluginEvent) => Promise<void>;
let handleUpdates: Handle = async () => undefined;
let handleBroken: Handle = async () => undefined;
let handleNew: Handle = async () => undefined;

const { plugin, lines, prepare } = takePlugin(
  definePlugin({
    id: 'listener',
    version: '1.0.0',
    api: '^1.0.0',
    description: 'Listens.',
    config: z.object({}),
    capabilities: ['events', 'tables', 'read:customers', 'write:customers'],
    scopes: {},
    setup({ events, tables }) {
      tables.migrations({
        '001_heard': `create table heard (workspace_id uuid, place bigint generated always as identity, handler text, name text, primary key (workspace_id, place))`,
      });
      events.on('updates', ['customer.updated'], (ctx, event) => handleUpdates(ctx, event));
      events.on('broken', ['customer.updated'], (ctx, event) => handleBroken(ctx, event));
      events.on('new', ['customer.created'], (ctx, event) => handleNew(ctx, event));
    },
  }),
);

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ poolSize: 8 });
  await prepare(server.db);
});
afterAll(() => server.stop());

const hear = (ctx: WriteContext, handler: string, name: unknown) =>
  ctx.sql(sql`insert into heard (workspace_id, handler, name) values (${ctx.workspaceId}::uuid, ${handler}, ${String(name)})`);
const heard = async (handler: string) =>
  (await server.db.query<{ name: string }>(sql`select name from plugin_listener.heard where handler = ${handler} order by place`)).map(
    ({ name }) => name,
  );
const nameOf = ({ data }: PluginEvent) => data.after?.displayName;

/** Lets a handler work until it has nothing to do at once. */
async function work(handler: string): Promise<Left> {
  await server.events.drained();
  const worker = allWorkers().find(({ name }) => name === `plugin.listener.${handler}`)!;
  for (;;) {
    const left = await worker.work(server.db);
    if (left !== 'more') return left;
  }
}
const pauseIsOver = () => server.db.execute(sql`update plugin_failures set next_attempt_at = now() where dead_at is null`);
const rename = (id: string, displayName: string) => done(server, 'customerUpdate', { id, displayName }, 'customer { id }');

type Failure = { id: string; handler: string; status: string; attempts: number; error: string | null; eventType: string };
async function failures(filter: object = {}): Promise<Failure[]> {
  const { data, errors } = await server.query(
    `query ($filter: PluginFailureFilter) { pluginFailures(filter: $filter, orderBy: [{ field: CREATED_AT, direction: ASC }]) {
      nodes { id plugin handler status attempts error eventType eventId nextAttemptAt deadAt } } }`,
    { filter },
  );
  expect(errors).toEqual([]);
  return data.pluginFailures.nodes;
}

test('an event is handled once, with what it changes in the core', async () => {
  handleNew = async (ctx, event) => {
    await hear(ctx, 'new', nameOf(event));
    if (event.origin === 'plugin.listener') return;
    await ctx.command('customerCreate', { kind: 'PERSON', displayName: `Friend of ${nameOf(event)}` });
    ctx.emit({ type: 'befriended', subject: { type: 'Customer', id: event.subjectId }, customerId: event.customerId });
  };
  await makeCustomer(server, { kind: 'PERSON', displayName: 'Ana' });
  expect(await work('new')).toBeNull();
  await work('new');
  expect(await heard('new')).toEqual(['Ana', 'Friend of Ana']);
  await server.events.drained();
  const rows = await server.db.query(
    sql`select type, origin, actor_kind as actor from events where origin = 'plugin.listener' order by seq`,
  );
  expect(rows).toEqual([
    { type: 'customer.created', origin: 'plugin.listener', actor: 'SYSTEM' },
    { type: 'listener.befriended', origin: 'plugin.listener', actor: 'SYSTEM' },
  ]);
});

test('a handler that fails stops no other handler, and no other customer', async () => {
  const [one, two] = [
    await makeCustomer(server, { kind: 'PERSON', displayName: 'One' }),
    await makeCustomer(server, { kind: 'PERSON', displayName: 'Two' }),
  ];
  for (const step of ['a', 'b']) for (const id of [one, two]) await rename(id, `${id === one ? 'One' : 'Two'} ${step}`);
  handleUpdates = async (ctx, event) => void (await hear(ctx, 'updates', nameOf(event)));
  handleBroken = async (ctx, event) => {
    await hear(ctx, 'broken', nameOf(event));
    if (nameOf(event) === 'One a') throw new Error('cannot take bob@example.com in');
  };
  expect(await work('updates')).toBeNull();
  expect(await work('broken')).toBeInstanceOf(Date);
  expect(await heard('updates')).toEqual(['One a', 'Two a', 'One b', 'Two b']);
  expect(await heard('broken')).toEqual(['Two a', 'Two b']);
  expect(await failures()).toMatchObject([
    {
      plugin: 'listener',
      handler: 'broken',
      status: 'WAITING',
      attempts: 1,
      error: 'Error: cannot take bob@example.com in',
      eventType: 'customer.updated',
      deadAt: null,
    },
    { plugin: 'listener', handler: 'broken', status: 'WAITING', attempts: 0, error: null },
  ]);
  // Texts of errors are data of the workspace, not of the log of the server.
  expect(JSON.stringify(lines)).toContain('a handler of a plugin failed');
  expect(JSON.stringify(lines)).not.toContain('bob@example.com');
});

test('what waits follows in order once it goes well', async () => {
  await pauseIsOver();
  await work('broken');
  expect(await failures()).toMatchObject([{ attempts: 2 }, { attempts: 0 }]);
  handleBroken = async (ctx, event) => void (await hear(ctx, 'broken', nameOf(event)));
  await pauseIsOver();
  expect(await work('broken')).toBeNull();
  expect(await heard('broken')).toEqual(['Two a', 'Two b', 'One a', 'One b']);
  expect(await failures()).toEqual([]);
});

test('after seven attempts an event is set aside, those behind it go on, and people try it again or give it up', async () => {
  const id = await makeCustomer(server, { kind: 'PERSON', displayName: 'Sue' });
  for (const step of ['1', '2', '3']) await rename(id, `Sue ${step}`);
  handleBroken = async (ctx, event) => {
    if (nameOf(event) !== 'Sue 3') throw new Error('no');
    await hear(ctx, 'broken', nameOf(event));
  };
  for (let i = 0; i < 14; i++) {
    await work('broken');
    await pauseIsOver();
  }
  expect(await failures({ plugin: { eq: 'listener' }, deadAt: { isNull: false } })).toMatchObject([
    { status: 'DEAD', attempts: 7, nextAttemptAt: null },
    { status: 'DEAD', attempts: 7 },
  ]);
  expect((await heard('broken')).at(-1)).toBe('Sue 3');
  await server.events.drained();
  const told = () => server.db.query<{ type: string }>(sql`select type from events where subject_type = 'PluginFailure' order by seq`);
  expect((await told()).map(({ type }) => type)).toEqual(['plugin_failure.set_aside', 'plugin_failure.set_aside']);

  const [first, second] = await failures();
  handleBroken = async (ctx, event) => void (await hear(ctx, 'broken', nameOf(event)));
  const retried = await mutate(server, 'pluginFailureRetry', { id: first!.id }, 'pluginFailure { status attempts deadAt }');
  expect(retried).toMatchObject({ pluginFailure: { status: 'WAITING', attempts: 0, deadAt: null }, userErrors: [] });
  await work('broken');
  expect((await heard('broken')).at(-1)).toBe('Sue 1');
  expect(await mutate(server, 'pluginFailureDiscard', { id: second!.id }, '')).toMatchObject({ userErrors: [] });
  expect(await failures()).toEqual([]);
  expect(await mutate(server, 'pluginFailureRetry', { id: second!.id }, '')).toMatchObject({
    userErrors: [{ code: 'NOT_FOUND', path: ['id'] }],
  });
  await server.events.drained();
  expect((await told()).map(({ type }) => type).slice(2)).toEqual(['plugin_failure.retried', 'plugin_failure.discarded']);
});

test('all that was set aside is tried again or given up at once, of one handler and one workspace', async () => {
  const ids = [
    await makeCustomer(server, { kind: 'PERSON', displayName: 'Ulf' }),
    await makeCustomer(server, { kind: 'PERSON', displayName: 'Una' }),
  ];
  for (const [i, id] of ids.entries()) await rename(id, `U ${i}`);
  handleBroken = async () => {
    throw new Error('no');
  };
  await work('broken');
  const setAside = () =>
    server.db.execute(sql`update plugin_failures set dead_at = now(), next_attempt_at = null, attempts = 7 where plugin = 'listener'`);
  await setAside();
  const many = (name: string, input: object) => mutate(server, name, input, 'count hasMore');
  const none = { count: 0, hasMore: false, userErrors: [] };
  expect(await many('pluginFailuresRetry', { plugin: 'listener', handler: 'new' })).toEqual(none);
  expect(await many('pluginFailuresRetry', { plugin: 'nobody' })).toEqual(none);
  expect(await many('pluginFailuresRetry', { plugin: ' ' })).toMatchObject({
    count: null,
    hasMore: null,
    userErrors: [{ path: ['plugin'] }],
  });
  const { apiKey: key } = await createWorkspace(server.db, { key: 'elsewhere', name: 'Elsewhere' });
  expect(await mutate(server, 'pluginFailuresRetry', { plugin: 'listener' }, 'count hasMore', { key })).toEqual(none);
  await server.events.drained();
  const [last] = await server.db.query<{ seq: bigint }>(sql`select max(seq) as seq from events`);
  expect(await many('pluginFailuresRetry', { plugin: 'listener', handler: 'broken' })).toEqual({ ...none, count: 2 });
  expect(await failures()).toMatchObject([
    { status: 'WAITING', attempts: 0 },
    { status: 'WAITING', attempts: 0 },
  ]);
  // What waits is not given up with what was set aside.
  expect(await many('pluginFailuresDiscard', { plugin: 'listener' })).toEqual(none);
  await work('broken');
  await setAside();
  expect(await many('pluginFailuresDiscard', { plugin: 'listener' })).toEqual({ ...none, count: 2 });
  expect(await failures()).toEqual([]);
  await server.events.drained();
  const told = await server.db.query<{ type: string }>(
    sql`select type from events where subject_type = 'PluginFailure' and seq > ${last!.seq} order by seq`,
  );
  expect(told.map(({ type }) => type)).toEqual([...Array(2).fill('plugin_failure.retried'), ...Array(2).fill('plugin_failure.discarded')]);
});

test('what is given up lets those behind it go on', async () => {
  const id = await makeCustomer(server, { kind: 'PERSON', displayName: 'Tim' });
  for (const step of ['1', '2']) await rename(id, `Tim ${step}`);
  handleBroken = async (ctx, event) => {
    if (nameOf(event) === 'Tim 1') throw new Error('no');
    await hear(ctx, 'broken', nameOf(event));
  };
  await work('broken');
  const [head] = await failures();
  await mutate(server, 'pluginFailureDiscard', { id: head!.id }, '');
  await work('broken');
  expect((await heard('broken')).at(-1)).toBe('Tim 2');
  expect(await failures()).toEqual([]);
});

test('one that hangs is cut off, and writes nothing any more', async () => {
  const id = await makeCustomer(server, { kind: 'PERSON', displayName: 'Hal' });
  await rename(id, 'Hal 1');
  await server.events.drained();
  const ended = Promise.withResolvers<unknown>();
  const hanging: Handle = async (ctx, event) => {
    await new Promise((resolve) => ctx.signal.addEventListener('abort', resolve));
    await hear(ctx, 'late', nameOf(event)).catch(ended.resolve);
  };
  const handler = { plugin, name: 'broken', types: ['customer.updated'], handle: hanging };
  expect(await handlerTurn(server.db, handler, { timeoutMs: 30 })).toBe('more');
  expect(String(await ended.promise)).toContain('after its function has ended');
  expect(await failures()).toMatchObject([{ attempts: 1, error: 'TooLate: no answer within 30 ms' }]);
  expect(await heard('late')).toEqual([]);
  handleBroken = async () => undefined;
  await pauseIsOver();
  await work('broken');
  expect(await failures()).toEqual([]);
});

test('only one process works for a handler at a time', async () => {
  const [entered, leave] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const id = await makeCustomer(server, { kind: 'PERSON', displayName: 'Uma' });
  await work('updates');
  handleUpdates = async () => {
    entered.resolve();
    await leave.promise;
  };
  await rename(id, 'Uma 1');
  const working = work('updates');
  await entered.promise;
  const worker = allWorkers().find(({ name }) => name === 'plugin.listener.updates')!;
  expect(await worker.work(server.db)).toBeInstanceOf(Date);
  leave.resolve();
  expect(await working).toBeNull();
});

test('failures are seen and changed with the permissions of plugins only', async () => {
  const reader = await keyOfRole(server, { permissions: ['plugins:read'] });
  const nobody = await keyOfRole(server, { permissions: ['customers:read'] });
  const list = '{ pluginFailures { nodes { id } } }';
  for (const name of ['pluginFailuresRetry', 'pluginFailuresDiscard'])
    expect(await codesOf(server, `mutation { ${name}(input: { plugin: "listener" }) { count } }`, {}, reader)).toEqual(['FORBIDDEN']);
  const retry = 'mutation { pluginFailureRetry(input: { id: "pluginfailure_01h455vb4pex5vsknk084sn02q" }) { userErrors { code } } }';
  expect(await codesOf(server, list, {}, reader)).toEqual([]);
  expect(await codesOf(server, list, {}, nobody)).toEqual(['FORBIDDEN']);
  expect(await codesOf(server, retry, {}, reader)).toEqual(['FORBIDDEN']);
});
