// A plugin that hangs, or asks for itself, harms nobody else: neither the core nor other plugins.
import sql from 'sql-template-tag';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { defineWorker, startJobs } from '../../src/jobs/index.ts';
import { decodeTypeId } from '../../src/lib/typeid.ts';
import { jobContext } from '../../src/plugin/context.ts';
import { type CallContext, definePlugin, v, type WriteContext, z } from '../../src/plugin/index.ts';
import { TooLate, within } from '../../src/plugin/timeouts.ts';
import { ask, codesOf, done, makeCustomer } from '../support/core.ts';
import { until } from '../support/eventually.ts';
import { takePlugin } from '../support/plugins.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

const quiet = { info() {}, warn() {}, error() {} };
const described = { description: 'For the test.' };
const base = { version: '1.0.0', api: '^1.0.0', ...described, config: z.object({}) } as const;
const capabilities = ['schema', 'events', 'http', 'tables', 'read:customers', 'write:customers'] as const;
const migrations = {
  '001_notes':
    'create table notes (workspace_id uuid, place bigint generated always as identity, text text not null, primary key (workspace_id, place))',
};
const forever = new Promise<never>(() => undefined);

let load: (ctx: CallContext) => Promise<unknown>;
let hold: Promise<void>;
let run: (ctx: WriteContext) => Promise<void>;
const hanging: AbortSignal[] = [];
let mostHanging = 0;
let heard = 0;
const HANDLERS = 12;

const slow = takePlugin(
  definePlugin({
    ...base,
    id: 'slow',
    capabilities,
    scopes: { 'slow:write': 'Be slow.' },
    setup({ schema, events, http, tables }) {
      tables.migrations(migrations);
      http.route('POST', 'hang', {
        verify: async () => ({ workspaceId: server.workspaceId }),
        handle: (ctx) => ctx.inWorkspace(ctx.workspaceId, () => hold.then(() => ({ status: 204 }))),
      });
      schema.field('Customer', 'deep', { ...described, value: v.int(), load: (ctx) => load(ctx) as never });
      schema.mutation('work', {
        ...described,
        scope: 'slow:write',
        input: { note: z.string().max(20).describe('Anything.') },
        gives: { done: { ...described, value: v.int() } },
        run: async (ctx) => {
          await run(ctx);
          return { done: 1 };
        },
      });
      for (let n = 0; n < HANDLERS; n++) {
        events.on(`h${n}`, ['customer.created'], async ({ signal }) => {
          hanging.push(signal);
          mostHanging = Math.max(mostHanging, hanging.filter(({ aborted }) => !aborted).length);
          await forever;
        });
      }
    },
  }),
);
const other = takePlugin(
  definePlugin({
    ...base,
    id: 'other',
    capabilities,
    scopes: {},
    setup({ schema, events, tables }) {
      tables.migrations(migrations);
      schema.field('Customer', 'deep', { ...described, value: v.int(), load: (ctx) => load(ctx) as never });
      events.on('hear', ['customer.created'], async () => void heard++);
    },
  }),
);
let looks = 0;
defineWorker({
  name: 'test-core-work',
  work: async (db) => {
    await db.transaction((tx) => tx.query(sql`select 1`));
    looks++;
    return new Date(Date.now() + 20);
  },
});

let server: TestServer;
let customer: string;
beforeAll(async () => {
  server = await startTestServer({ poolSize: 8 });
  await slow.prepare(server.db);
  await other.prepare(server.db);
  customer = await makeCustomer(server, { kind: 'PERSON', givenName: 'Ada' });
});
afterAll(() => server?.stop());
beforeEach(() => {
  slow.lines.length = 0;
  other.lines.length = 0;
});

const openTransactions = async () =>
  (await server.db.query(sql`select 1 from pg_stat_activity where datname = current_database() and state = 'idle in transaction'`)).length;

describe('a transaction of a plugin that hangs', () => {
  it('ends with the limit of its function: its locks and its connection are free, and it can do no more', async () => {
    const id = decodeTypeId(customer)!.uuid;
    const held = Promise.withResolvers<WriteContext>();
    const asked = within(500, (signal) => {
      const job = jobContext(slow.plugin, { db: server.db, signal });
      return job.inWorkspace(server.workspaceId, async (ctx) => {
        await ctx.lock('Customer', id);
        await ctx.sql(sql`insert into notes (workspace_id, text) values (${ctx.workspaceId}::uuid, 'late')`);
        held.resolve(ctx);
        return forever;
      });
    });
    const ctx = await held.promise;
    await expect(asked).rejects.toThrow(TooLate);
    const { customer: changed } = await done(server, 'customerUpdate', { id: customer, city: 'Rome' }, 'customer { city }');
    expect(changed.city).toBe('Rome');
    const late = [
      ctx.sql(sql`insert into notes (workspace_id, text) values (${ctx.workspaceId}::uuid, 'later')`),
      ctx.query('{ customers(first: 1) { nodes { id } } }'),
      ctx.lock('Customer', id),
      ctx.command('customerUpdate', { id, city: 'Oslo' }),
    ];
    for (const { status } of await Promise.allSettled(late)) expect(status).toBe('rejected');
    expect(await server.db.query(sql`select text from plugin_slow.notes`)).toEqual([]);
    await until(async () => (await openTransactions()) === 0, 'no transaction is left open');
  });

  it('leaves the connections to others while it hangs, and further requests are told to come later', async () => {
    const release = Promise.withResolvers<void>();
    hold = release.promise;
    const asked = Array.from({ length: 12 }, () => fetch(`${server.origin}/plugins/slow/hang`, { method: 'POST' }));
    await until(async () => (await openTransactions()) === 2, 'both places are taken');
    expect(await codesOf(server, '{ customers(first: 1) { nodes { id } } }')).toEqual([]);
    const refused = await Promise.race(asked);
    expect(refused.status).toBe(503);
    expect(await refused.json()).toMatchObject({ errors: [{ extensions: { code: 'OVERLOADED', plugin: 'slow' } }] });
    release.resolve();
    const statuses = (await Promise.all(asked)).map(({ status }) => status);
    expect(statuses.filter((status) => status === 204).length).toBeGreaterThanOrEqual(2);
    expect(new Set(statuses)).toEqual(new Set([204, 503]));
  });
});

it('mutations that hang leave the core its connections, and are refused beyond a few', async () => {
  const release = Promise.withResolvers<void>();
  let running = 0;
  run = async (ctx) => {
    running++;
    await ctx.sql(sql`insert into notes (workspace_id, text) values (${ctx.workspaceId}::uuid, 'done')`);
    await release.promise;
  };
  const document = 'mutation { slowWork(input: { note: "x" }) { done userErrors { code } } }';
  const asked = Array.from({ length: 12 }, () => codesOf(server, document));
  await until(() => running === 2, 'both places are taken');
  for (let n = 0; n < 10; n++) await done(server, 'customerUpdate', { id: customer, city: `C${n}` }, 'customer { id }');
  expect(await Promise.race(asked)).toEqual(['OVERLOADED']);
  release.resolve();
  const codes = (await Promise.all(asked)).flat();
  expect(codes).toEqual(Array.from({ length: codes.length }, () => 'OVERLOADED'));
  expect(running).toBe(12 - codes.length);
  expect(await server.db.query(sql`select text from plugin_slow.notes`)).toHaveLength(running);
});

describe('a field that asks for itself', () => {
  const again = (field: string) => async (ctx: CallContext) => {
    await ctx.query(`{ customers(first: 1) { nodes { ${field} } } }`);
    return new Map();
  };
  const read = (field: string) => server.query(`{ customers(first: 1) { nodes { id ${field} } } }`);

  it('is told so, and is null with an error', async () => {
    let calls = 0;
    load = (ctx) => {
      calls++;
      return again('slowDeep')(ctx);
    };
    const { data, errors } = await read('slowDeep');
    expect(data.customers.nodes).toEqual([{ id: customer, slowDeep: null }]);
    expect(errors.map(({ extensions }) => extensions.code)).toEqual(['PLUGIN_UNAVAILABLE']);
    expect(calls).toBe(6);
    expect(slow.lines[0]!.fields.reason).toMatch(/^slow: .* more than 5 deep: a query$/);
  });

  it('is found through another plugin, too', async () => {
    let calls = 0;
    load = (ctx) => again(calls++ % 2 === 0 ? 'otherDeep' : 'slowDeep')(ctx);
    const { data, errors } = await read('slowDeep');
    expect(data.customers.nodes).toEqual([{ id: customer, slowDeep: null }]);
    expect(errors.map(({ extensions }) => extensions.code)).toEqual(['PLUGIN_UNAVAILABLE']);
    expect(calls).toBe(6);
    expect(other.lines[0]!.fields.reason).toContain('more than 5 deep');
  });
});

it('handlers that hang hold up neither those of another plugin nor the core, and let the server stop', async () => {
  const jobs = startJobs(server.db, { log: quiet });
  try {
    for (let n = 1; n <= 6; n++) {
      await until(() => heard === n, 'the other plugin hears');
      await makeCustomer(server, { kind: 'PERSON', givenName: `C${n}` });
      if (n === 1) await until(() => mostHanging === 2, 'both places hang');
      const before = looks;
      await until(() => looks > before, 'the core works');
    }
    expect(mostHanging).toBe(2);
    expect(await ask(server, '{ customers(first: 10) { nodes { id } } }')).toMatchObject({ customers: { nodes: { length: 7 } } });
  } finally {
    await jobs.stop();
  }
  // That the server stopped is no failure of an event.
  expect(await server.db.query(sql`select error from plugin_failures where error not like 'TooLate%'`)).toEqual([]);
  await until(async () => (await openTransactions()) === 0, 'no transaction is left open');
});
