// What bounds handlers of plugins: what is kept of their failures and for how long, what they leave behind, what they cost.
import sql from 'sql-template-tag';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import { newId } from '../../src/lib/typeid.ts';
import '../../src/modules/all.ts';
import { DEAD_DAYS, deleteDeadFailures } from '../../src/modules/plugins/index.ts';
import type { PluginEvent, WriteContext } from '../../src/plugin/contexts.ts';
import { definePlugin } from '../../src/plugin/definition.ts';
import { type Handler, handlerTurn } from '../../src/plugin/handlers/index.ts';
import { countStatements } from '../support/counting.ts';
import { createTestDomain, type TestDomain } from '../support/domain.ts';
import { takePlugin } from '../support/plugins.ts';

let handle: (ctx: WriteContext, event: PluginEvent) => Promise<void> = async () => undefined;

const { plugin, prepare } = takePlugin(
  definePlugin({
    id: 'bounded',
    version: '1.0.0',
    api: '^1.0.0',
    description: 'Writes what it hears.',
    config: z.object({}),
    capabilities: ['tables'],
    scopes: {},
    setup: ({ tables }) =>
      tables.migrations({
        '001_heard': `create table heard (workspace_id uuid, place bigint generated always as identity, subject uuid, primary key (workspace_id, place))`,
      }),
  }),
);
const handler: Handler = { plugin, name: 'hear', types: ['test.happened'], handle: (ctx, event) => handle(ctx, event) };

let domain: TestDomain;
beforeAll(async () => {
  domain = await createTestDomain();
  await prepare(domain.db);
  await work(); // it begins at the end of the log
});
afterAll(() => domain.stop());
beforeEach(async () => {
  await domain.db.execute(sql`delete from plugin_bounded.heard`);
});

/** Something happens to each of these subjects, in this order. */
const happen = (subjects: readonly string[]) =>
  domain.db.execute(sql`
    insert into events (seq, workspace_id, id, type, subject_type, subject_id, actor_kind, occurred_at, data)
    select (select coalesce(max(seq), 0) from events) + e.n, ${domain.workspaceId}::uuid, e.id, 'test.happened', 'Customer', e.subject, 'SYSTEM', now(), '{}'
    from unnest(${subjects.map(() => newId())}::uuid[], ${[...subjects]}::uuid[]) with ordinality as e (id, subject, n)`);
async function work(): Promise<void> {
  for (let left: unknown = 'more'; left === 'more'; ) left = await handlerTurn(domain.db, handler);
}
const endPauses = () => domain.db.execute(sql`update plugin_failures set next_attempt_at = now() where dead_at is null`);
const failures = () =>
  domain.db.query<{ error: string | null; attempts: number }>(sql`select error, attempts from plugin_failures order by event_seq`);
const hear = (ctx: WriteContext, { subjectId }: PluginEvent) =>
  ctx.sql(sql`insert into heard (workspace_id, subject) values (${ctx.workspaceId}::uuid, ${subjectId}::uuid)`);
const heard = async () =>
  (await domain.db.query<{ subject: string }>(sql`select subject from plugin_bounded.heard order by place`)).map(({ subject }) => subject);

test('whatever a handler throws can be kept and shown, and holds up nobody', async () => {
  const breaking = new Proxy(new Error('x'), {
    get() {
      throw new Error('no');
    },
    getPrototypeOf() {
      throw new Error('no');
    },
  });
  const odd: [unknown, string][] = [
    [new Error(`a\0b\u0001\u001b[31m\ud83d${'😀'.repeat(1_000)}`), 'Error: ab\u0001\u001b[31m\ufffd😀'],
    [null, 'null'],
    [undefined, 'undefined'],
    [Object.create(null), 'no text'],
    [Object.assign(new Error(), { message: Symbol('s') }), 'no text'],
    [breaking, 'no text'],
    [Object.assign(new Error('mine'), { code: '40001', stack: 7 }), 'Error: mine'],
  ];
  for (const [thrown, text] of odd) {
    await happen([newId()]);
    handle = () => Promise.reject(thrown);
    await work();
    const [failure] = await failures();
    expect(failure!.error).toContain(text);
    expect(failure!.error!.length).toBeLessThanOrEqual(500);
    handle = async () => undefined;
    await endPauses();
    await work();
    expect(await failures()).toEqual([]);
  }
});

test('what was set aside is kept for so many days, and what waits for as long as it takes', async () => {
  const subject = newId();
  await happen([subject, subject, subject]);
  handle = () => Promise.reject(new Error('no'));
  await work();
  await domain.db.execute(sql`update plugin_failures set dead_at = now(), next_attempt_at = null where error is not null`);
  const after = (days: number) => deleteDeadFailures(domain.db, new Date(Date.now() + days * 86_400_000));
  expect(await after(DEAD_DAYS - 1)).toBe(0);
  expect(await after(DEAD_DAYS + 1)).toBe(1);
  expect(await failures()).toEqual([
    { error: null, attempts: 0 },
    { error: null, attempts: 0 },
  ]);
  expect(await after(1_000)).toBe(0);
  handle = async () => undefined;
  await endPauses();
  await work();
  expect(await failures()).toEqual([]);
});

test('what it left behind when its function ended fails its own event and no other', async () => {
  const [first, second, third] = [newId(), newId(), newId()];
  await happen([first, second, third]);
  let careless = true;
  handle = async (ctx, event) => {
    await hear(ctx, event);
    // Nobody waits for it: it fails when the function has ended.
    if (careless && event.subjectId === second) ctx.sql(sql`select 1 / 0 from pg_sleep(0.05)`).catch(() => undefined);
  };
  await work();
  expect(await heard()).toEqual([first, third]);
  expect(await failures()).toMatchObject([{ error: 'error: division by zero' }]);
  careless = false;
  await endPauses();
  await work();
  expect(await heard()).toEqual([first, third, second]);
});

test('of many events each costs what its handler asks for and one statement more', async () => {
  const subjects = Array.from({ length: 20 }, newId);
  await happen(subjects);
  const { db, count } = countStatements(domain.db);
  handle = async (ctx, event) => void (await hear(ctx, event));
  expect(await handlerTurn(db, handler)).toBe('more');
  expect(await heard()).toEqual(subjects);
  expect(count()).toBeLessThan(20 * 2 + 12);
});
