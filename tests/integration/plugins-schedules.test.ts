// Schedules and attributes of plugins.
import sql from 'sql-template-tag';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { createEvents } from '../../src/events/index.ts';
import { allWorkers, startJobs } from '../../src/jobs/index.ts';
import '../../src/modules/all.ts';
import { createWorkspace } from '../../src/modules/workspace/index.ts';
import type { JobContext } from '../../src/plugin/contexts.ts';
import { definePlugin } from '../../src/plugin/definition.ts';
import { createTestDomain, type TestDomain } from '../support/domain.ts';
import { eventually } from '../support/eventually.ts';
import { takePlugin } from '../support/plugins.ts';

let run: (ctx: JobContext) => Promise<void> = async () => undefined;

const { lines, prepare } = takePlugin(
  definePlugin({
    id: 'clock-work',
    version: '1.0.0',
    api: '^1.0.0',
    description: 'Works by the clock.',
    config: z.object({}),
    capabilities: ['schedules', 'tables', 'attributes'],
    scopes: {},
    setup({ schedules, tables, attributes }) {
      tables.migrations({ '001_runs': 'create table runs (workspace_id uuid, n int8, primary key (workspace_id, n))' });
      schedules.every('tick', 3600, (ctx) => run(ctx));
      attributes.define('Customer', { key: 'tier', name: 'Tier', description: 'How loyal.', type: 'OPTION', options: ['gold', 'tin'] });
      attributes.define('Interaction', { key: 'points', name: 'Points', description: 'Earned.', type: 'INTEGER', indexed: true });
    },
  }),
);
const other = takePlugin(
  definePlugin({
    id: 'clock',
    version: '1.0.0',
    api: '^1.0.0',
    description: 'Wants another type for the same key.',
    config: z.object({}),
    capabilities: ['attributes'],
    scopes: {},
    setup: ({ attributes }) => attributes.define('Customer', { key: 'work_tier', name: 'T', description: 'T', type: 'TEXT' }),
  }),
);

let domain: TestDomain;
beforeAll(async () => {
  domain = await createTestDomain();
  await createWorkspace(domain.db, { key: 'second', name: 'Second' });
});
afterAll(() => domain.stop());

const definitions = () =>
  domain.db.query<{ workspace: string; key: string; type: string; options: string[] }>(sql`
    select w.key as workspace, d.key, d.type::text as type, d.options from attribute_definitions d join workspaces w on w.id = d.workspace_id order by 1, 2`);

test('every workspace gets the attributes, also one that is made later', async () => {
  await prepare(domain.db);
  await prepare(domain.db);
  const both = (workspace: string) => [
    { workspace, key: 'clock_work_points', type: 'NUMBER', options: [] },
    { workspace, key: 'clock_work_tier', type: 'SELECT', options: ['gold', 'tin'] },
  ];
  expect(await definitions()).toEqual([...both('second'), ...both('test')]);
  const names = new Set(['plugin.clock-work.attributes.workspaces']);
  const work = async () => {
    for (const worker of allWorkers()) if (names.has(worker.name)) while ((await worker.work(domain.db)) === 'more');
  };
  await work();
  const events = createEvents(domain.db, { log: { info() {}, warn() {}, error() {} } });
  events.start();
  await createWorkspace(domain.db, { key: 'third', name: 'Third' });
  await events.drained();
  await events.stop();
  await work();
  expect(await definitions()).toEqual([...both('second'), ...both('test'), ...both('third')]);
});

test('an attribute that is there as something else stops the start; what a workspace added stays', async () => {
  await expect(other.prepare(domain.db)).rejects.toThrow(/clock_work_tier of Customer is SELECT .* cannot become TEXT/);
  const [{ id }] = (await domain.db.query<{ id: string }>(sql`select id from attribute_definitions
    where workspace_id = ${domain.workspaceId}::uuid and key = 'clock_work_tier'`)) as [{ id: string }];
  const change = (options: string[]) =>
    domain.db.execute(
      sql`update attribute_definitions set options = ${options} where workspace_id = ${domain.workspaceId}::uuid and id = ${id}::uuid`,
    );
  await change(['gold', 'tin', 'lead']);
  await expect(prepare(domain.db)).resolves.toBeUndefined();
  await change(['gold', 'tin']);
});

test('a schedule runs, is tried again when it fails, and one that hangs does not hold up a server that stops', async () => {
  let runs = 0;
  const hangs = Promise.withResolvers<AbortSignal>();
  run = async (ctx) => {
    runs++;
    if (runs === 1) {
      await ctx.inWorkspace(domain.workspaceId, async (inside) => {
        await inside.sql(sql`insert into runs values (${inside.workspaceId}::uuid, ${runs})`);
        throw new Error('not yet');
      });
    }
    for (const { id } of await ctx.workspaces()) {
      await ctx.inWorkspace(
        id,
        async (inside) => void (await inside.sql(sql`insert into runs values (${inside.workspaceId}::uuid, ${runs})`)),
      );
    }
    hangs.resolve(ctx.signal);
    return new Promise(() => undefined);
  };
  const jobs = startJobs(domain.db, { log: { info() {}, warn() {}, error() {} } });
  const signal = await hangs.promise;
  await jobs.stop();
  expect(signal.aborted).toBe(true);
  expect(runs).toBe(2);
  expect(await domain.db.query(sql`select n from plugin_clock_work.runs`)).toEqual([{ n: 2n }, { n: 2n }, { n: 2n }]);
  expect(lines.map(({ message }) => message)).toContain('a schedule of a plugin failed');
  await eventually(async () =>
    expect(
      await domain.db.query(sql`select 1 from pg_stat_activity where state = 'idle in transaction' and datname = current_database()`),
    ).toEqual([]),
  );
});
