// All that a handler has set aside, where it is thousands: as many statements as for one, but that their events are written in
// a few portions, and no more than a call may do.
import sql from 'sql-template-tag';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { runCommand } from '../../src/commands/command.ts';
import '../../src/modules/all.ts';
import { MOST_AT_ONCE, pluginFailuresDiscard, pluginFailuresRetry } from '../../src/modules/plugins/failures.bulk.commands.ts';
import { countStatements } from '../support/counting.ts';
import { createTestDomain } from '../support/domain.ts';

/** In which ten thousand events are written, beside the first. */
const PORTIONS = 3;

const domain = await createTestDomain();
const { db, viewer, workspaceId } = domain;
afterAll(() => domain.stop());
beforeEach(() => db.execute(sql`delete from plugin_failures`));

/** Sets events aside, numbered from 1. */
const setAside = (handler: string, count: number) =>
  db.execute(sql`insert into plugin_failures
      (workspace_id, id, plugin, handler, event_seq, event_id, event_type, subject_key, attempts, dead_at, error, updated_at)
    select ${workspaceId}::uuid, gen_random_uuid(), 'listener', ${handler}, n, gen_random_uuid(), 'customer.updated', gen_random_uuid(), 7, now(), 'no', now()
    -- Stored in another order than that of the log.
    from generate_series(1, ${count}::int) n order by md5(n::text)`);

type Many = typeof pluginFailuresRetry;

async function counted(command: Many, input: { plugin: string; handler?: string }) {
  const counting = countStatements(db);
  const { result, userErrors } = await runCommand({ db: counting.db, viewer, requestId: 'test' }, command, input);
  expect(userErrors).toEqual([]);
  return { ...result, statements: counting.count() };
}

type Rows = { handler: string; dead: number; waiting: number; firstDead: bigint | null };
const rows = () =>
  db.query<Rows>(sql`select handler, count(dead_at)::int as dead, count(next_attempt_at)::int as waiting,
      min(event_seq) filter (where dead_at is not null) as "firstDead" from plugin_failures group by handler order by handler`);
const told = async (type: string) =>
  (
    await db.query<{ n: number }>(
      sql`select count(distinct subject_id)::int as n from (
        select type, subject_id from event_inbox union all select type, subject_id from events) e where type = ${type}`,
    )
  )[0]!.n;

test('thousands are tried again in the statements of one, the earliest first, and the rest by another call', async () => {
  await setAside('one', 1);
  const one = await counted(pluginFailuresRetry, { plugin: 'listener' });
  expect(one).toMatchObject({ count: 1, hasMore: false });
  await setAside('many', MOST_AT_ONCE + 7);
  await setAside('other', 3);
  const before = await told('plugin_failure.retried');
  const many = await counted(pluginFailuresRetry, { plugin: 'listener', handler: 'many' });
  expect(many).toMatchObject({ count: MOST_AT_ONCE, hasMore: true });
  expect(many.statements).toBeLessThanOrEqual(one.statements + PORTIONS);
  expect(await rows()).toEqual([
    { handler: 'many', dead: 7, waiting: MOST_AT_ONCE, firstDead: BigInt(MOST_AT_ONCE + 1) },
    { handler: 'one', dead: 0, waiting: 1, firstDead: null },
    { handler: 'other', dead: 3, waiting: 0, firstDead: 1n },
  ]);
  expect((await told('plugin_failure.retried')) - before).toBe(MOST_AT_ONCE);
  expect(await counted(pluginFailuresRetry, { plugin: 'listener' })).toMatchObject({ count: 10, hasMore: false });
  expect((await rows()).map(({ dead }) => dead)).toEqual([0, 0, 0]);
});

test('thousands are given up in the statements of one, and what waits stays', async () => {
  await setAside('one', 1);
  const one = await counted(pluginFailuresDiscard, { plugin: 'listener' });
  await setAside('many', 3_000);
  await db.execute(sql`update plugin_failures set dead_at = null, next_attempt_at = now() where event_seq <= 5`);
  const many = await counted(pluginFailuresDiscard, { plugin: 'listener' });
  expect(many).toMatchObject({ count: 2_995, hasMore: false });
  expect(many.statements).toBeLessThanOrEqual(one.statements + PORTIONS);
  expect(await rows()).toEqual([{ handler: 'many', dead: 0, waiting: 5, firstDead: null }]);
});

test('two calls at the same moment do everything once', async () => {
  await setAside('many', 3_000);
  const before = await told('plugin_failure.retried');
  const input = { plugin: 'listener', handler: 'many' };
  const both = await Promise.all([counted(pluginFailuresRetry, input), counted(pluginFailuresRetry, input)]);
  expect(both.reduce((sum, { count = 0 }) => sum + count, 0)).toBe(3_000);
  expect((await told('plugin_failure.retried')) - before).toBe(3_000);
});
