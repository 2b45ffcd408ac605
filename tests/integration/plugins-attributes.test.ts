// Attributes of plugins belong to all workspaces: what one of them does to its own must harm no other, and no start.
import sql from 'sql-template-tag';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { createEvents } from '../../src/events/index.ts';
import { allWorkers } from '../../src/jobs/index.ts';
import { encodeTypeId } from '../../src/lib/typeid.ts';
import '../../src/modules/all.ts';
import { attributeDefinitionCommands } from '../../src/modules/attributes/index.ts';
import { createWorkspace } from '../../src/modules/workspace/index.ts';
import { definePlugin } from '../../src/plugin/definition.ts';
import { createTestDomain, type TestDomain } from '../support/domain.ts';
import { takePlugin } from '../support/plugins.ts';

const { lines, prepare } = takePlugin(
  definePlugin({
    id: 'dunning',
    version: '1.1.0',
    api: '^1.0.0',
    description: 'Asks for what is owed.',
    config: z.object({}),
    capabilities: ['attributes'],
    scopes: {},
    setup: ({ attributes }) =>
      attributes.define('Customer', {
        key: 'step',
        name: 'Step',
        description: 'How far.',
        type: 'OPTION',
        options: ['mild', 'firm', 'hard'],
      }),
  }),
);

let domain: TestDomain;
beforeAll(async () => {
  domain = await createTestDomain();
  await prepare(domain.db);
});
afterAll(() => domain.stop());

const { update, upsert, archive } = attributeDefinitionCommands;
const found = async (workspaceId = domain.workspaceId) => {
  const [row] = await domain.db.query<{ id: string; type: string; options: string[]; archived: boolean }>(sql`
    select id, type::text, options, archived_at is not null as archived from attribute_definitions
    where workspace_id = ${workspaceId}::uuid and key = 'dunning_step'`);
  return row!;
};
const idOf = async () => encodeTypeId('attributedefinition', (await found()).id);

test('options that a workspace took away, or an older version lacked, are there again at the next start, beside its own', async () => {
  await domain.done(update, { id: await idOf(), options: ['court', 'mild'] });
  await prepare(domain.db);
  expect((await found()).options).toEqual(['court', 'mild', 'firm', 'hard']);
  await prepare(domain.db);
  expect((await found()).options).toEqual(['court', 'mild', 'firm', 'hard']);
});

test('a workspace does not change the type while the plugin is there', async () => {
  const refused = { userErrors: [{ code: 'DUNNING_ATTRIBUTE_TYPE', path: ['type'] }] };
  expect(await domain.run(update, { id: await idOf(), type: 'TEXT', options: [] })).toMatchObject(refused);
  const rows = [
    { entity: 'CUSTOMER', key: 'other', name: 'Other', type: 'TEXT' },
    { entity: 'CUSTOMER', key: 'dunning_step', name: 'Step', type: 'TEXT', options: [] },
  ];
  expect(await domain.run(upsert, { rows })).toMatchObject({
    userErrors: [{ code: 'DUNNING_ATTRIBUTE_TYPE', path: ['rows', '1', 'type'] }],
  });
  expect((await found()).type).toBe('SELECT');
  await domain.done(update, { id: await idOf(), name: 'Stage', type: 'SELECT' });
  await domain.done(upsert, { rows: [{ ...rows[1], type: 'SELECT', options: ['mild', 'firm', 'hard'] }, 'no row'], onError: 'SKIP' });
});

test('options that one workspace has no room for are told in the log, and stop neither a start nor another workspace', async () => {
  const full = Array.from({ length: 500 }, (_, n) => `own ${n}`);
  await domain.done(update, { id: await idOf(), options: full });
  lines.length = 0;
  await prepare(domain.db);
  expect((await found()).options).toEqual(full);
  expect(lines).toMatchObject([{ level: 'warn', fields: { attribute: 'dunning_step', workspace: 'test' } }]);

  const log = { info() {}, warn() {}, error() {} };
  const events = createEvents(domain.db, { log });
  const worker = allWorkers().find(({ name }) => name === 'plugin.dunning.attributes.workspaces')!;
  while ((await worker.work(domain.db)) === 'more');
  events.start();
  const { workspaceId } = await createWorkspace(domain.db, { key: 'later', name: 'Later' });
  await events.drained();
  await events.stop();
  while ((await worker.work(domain.db)) === 'more');
  expect((await found(workspaceId)).options).toEqual(['mild', 'firm', 'hard']);
});

test('one that a workspace has archived stays as it is', async () => {
  await domain.done(update, { id: await idOf(), options: ['mild'] });
  await domain.done(archive, { id: await idOf() });
  await prepare(domain.db);
  expect(await found()).toMatchObject({ options: ['mild'], archived: true });
});

test('what is there as something else from before the plugin came is told with its workspace', async () => {
  await domain.db.execute(sql`update attribute_definitions set type = 'TEXT', options = '{}', archived_at = null
    where workspace_id = ${domain.workspaceId}::uuid and key = 'dunning_step'`);
  await expect(prepare(domain.db)).rejects.toThrow(/dunning_step of Customer is TEXT in the workspace test and cannot become SELECT/);
});
