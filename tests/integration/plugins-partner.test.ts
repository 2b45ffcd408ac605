// What the guide says for partners: schedules that tests run when they say so, and arguments that queries refuse.
import { arg, definePlugin, sql, uuidOf, v, z } from 'trato/plugin';
import { createTestHost, type TestHost } from 'trato/plugin/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';

let fails = false;
let kinds: unknown[] = [];
let customer: string | null = null;

const plugin = definePlugin({
  id: 'nightly',
  version: '1.0.0',
  api: '^1.0.0',
  description: 'Counts its runs, and tells of them.',
  config: z.object({}),
  capabilities: ['schema', 'events', 'schedules', 'tables', 'read:customers'],
  scopes: { 'nightly:read': 'See runs.' },
  setup({ schema, events, schedules, tables }) {
    schema.query('after', {
      description: 'What was asked for.',
      value: v.string(),
      scope: 'nightly:read',
      args: { cursor: arg.text('Where to go on.').regex(/^\d+$/, 'No cursor.'), id: z.uuid().meta({ description: 'A run.' }).nullish() },
      resolve: async (_ctx, { cursor, id }) => `${cursor} ${id ?? '-'}`,
    });
    schema.query('total', {
      description: 'How many runs there were.',
      value: v.list(v.int()),
      scope: 'nightly:read',
      resolve: async (ctx) => {
        const [row] = await ctx.sql<{ whole: bigint; part: number; day: string; at: Date; exact: string; both: object }>(sql`
          select count(*) as whole, count(*)::int as part, date '2026-01-02' as day, now() as at, 1.50::numeric as exact, '{}'::jsonb as both
          from runs where workspace_id = ${ctx.workspaceId}`);
        const { whole, part, day, at, exact, both } = row!;
        kinds = [typeof whole, typeof part, day, at instanceof Date, exact, both];
        return [part];
      },
    });
    tables.migrations({
      '001_runs': `create table runs (workspace_id uuid primary key, runs integer not null);
        create table heard (workspace_id uuid, event_id uuid, primary key (workspace_id, event_id))`,
    });
    schedules.every('count', 86_400, async (ctx) => {
      for (const { id } of await ctx.workspaces()) {
        await ctx.inWorkspace(id, async (write) => {
          await write.sql(sql`insert into runs values (${id}, 1) on conflict (workspace_id) do update set runs = runs.runs + 1`);
          if (customer) write.emit({ type: 'counted', subject: { type: 'Customer', id: customer }, customerId: customer });
          if (fails) throw new TypeError('not tonight');
        });
      }
    });
    events.on('hear', ['nightly.counted'], async (ctx, { id }) => {
      await ctx.sql(sql`insert into heard values (${ctx.workspaceId}, ${id})`);
    });
  },
});

let host: TestHost;
beforeAll(async () => {
  host = await createTestHost({ plugins: [{ plugin }] });
});
afterAll(() => host?.stop());

const counts = async () => {
  const [row] = await host.db.query<{ runs: number; heard: number }>({
    text: 'select (select runs from plugin_nightly.runs) as runs, (select count(*)::int from plugin_nightly.heard) as heard',
    values: [],
  });
  return row;
};

test('drain leaves a schedule alone until it is due; runSchedules runs it, and what follows from it', async () => {
  expect(await counts()).toEqual({ runs: 1, heard: 0 }); // at the start
  customer = uuidOf(await host.makeCustomer());
  await host.drain();
  expect(await counts()).toEqual({ runs: 1, heard: 0 });
  await host.runSchedules();
  await host.runSchedules();
  expect(await counts()).toEqual({ runs: 3, heard: 2 });
});

test('a run that fails is told to the test, and has left nothing', async () => {
  fails = true;
  await expect(host.runSchedules()).rejects.toThrow('not tonight');
  fails = false;
  expect(await counts()).toEqual({ runs: 3, heard: 2 });
  const { plugins } = await host.query('{ plugins { schedules { name failure } } }');
  expect(plugins).toEqual([{ schedules: [{ name: 'count', failure: 'TypeError' }] }]);
  await host.runSchedules();
  expect(await counts()).toEqual({ runs: 4, heard: 3 });
});

test('what is wrong with an argument of a query is bad input, and no failure of the plugin', async () => {
  const id = '0190b0f2-7c3e-7a44-8d6b-3f1e2a4b5c6d';
  expect(await host.query(`{ nightlyAfter(cursor: "7", id: "${id}") }`)).toEqual({ nightlyAfter: `7 ${id}` });
  for (const args of ['cursor: "x"', 'cursor: "7", id: "x"']) {
    const { data, errors } = await host.answer(`{ nightlyAfter(${args}) }`);
    expect([data, errors[0]?.extensions.code]).toEqual([{ nightlyAfter: null }, 'BAD_USER_INPUT']);
  }
});

test('rows hold what the guide says', async () => {
  expect(await host.query('{ nightlyTotal }')).toEqual({ nightlyTotal: [1] });
  expect(kinds).toEqual(['bigint', 'number', '2026-01-02', true, '1.50', {}]);
});
