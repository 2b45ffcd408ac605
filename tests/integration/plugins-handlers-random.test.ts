// Handlers under everything at once: events that fail for a while or for ever in every way, transactions that are cut off
// before their commit, and two workers. Whatever happens, each event is applied once, in order, unless it was set aside.
import { setImmediate } from 'node:timers/promises';
import fc from 'fast-check';
import sql from 'sql-template-tag';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import type { Database } from '../../src/db/database.ts';
import { buildSchema } from '../../src/graphql/schema.ts';
import { newId } from '../../src/lib/typeid.ts';
import '../../src/modules/all.ts';
import type { PluginEvent, WriteContext } from '../../src/plugin/contexts.ts';
import { definePlugin } from '../../src/plugin/definition.ts';
import { type Handler, handlerTurn } from '../../src/plugin/handlers/index.ts';
import { createTestDomain, type TestDomain } from '../support/domain.ts';
import { takePlugin } from '../support/plugins.ts';

const TIMEOUT_MS = 50;
const ways = [
  'throw',
  'write, then throw',
  'ask the core, then throw',
  'fail in sql',
  'fail in sql and hide it',
  'leave behind sql that fails',
  'leave behind a slow query of the core',
  'hang',
  'hang, then write',
] as const;
/** `mixed`: it asks the core and writes events too, so that the turn goes to and fro. */
type Fate = { subject: number; way: (typeof ways)[number]; times: number; mixed: boolean };

const { plugin, prepare } = takePlugin(
  definePlugin({
    id: 'random-handler',
    version: '1.0.0',
    api: '^1.0.0',
    description: 'Fails at random.',
    config: z.object({}),
    capabilities: ['tables', 'read:customers'],
    scopes: {},
    setup: ({ tables }) =>
      tables.migrations({
        '001_applied': `create table applied (workspace_id uuid, place bigint generated always as identity, run text not null,
          subject uuid not null, seq int8 not null, primary key (workspace_id, place))`,
      }),
  }),
);

let domain: TestDomain;
beforeAll(async () => {
  buildSchema();
  domain = await createTestDomain();
  await prepare(domain.db);
});
afterAll(() => domain.stop());

/** The core looks for a row that is not there. */
const askCore = (ctx: WriteContext, { subjectId }: PluginEvent) => ctx.lock('Customer', subjectId).catch(() => undefined);
const write = (ctx: WriteContext, run: string, { subjectId, seq }: PluginEvent) =>
  ctx.sql(sql`insert into applied (workspace_id, run, subject, seq) values (${ctx.workspaceId}::uuid, ${run}, ${subjectId}::uuid, ${seq})`);

/** A handler that fails at each event as often as its fate says. */
function handlerOf(run: string, fates: Map<bigint, Fate>): Handler {
  const left = new Map([...fates].map(([seq, { times }]) => [seq, times]));
  async function handle(ctx: WriteContext, event: PluginEvent): Promise<void> {
    const failures = left.get(event.seq)!;
    const { way, mixed } = fates.get(event.seq)!;
    if (failures <= 0) {
      if (mixed && event.seq % 2n === 0n) await askCore(ctx, event);
      await write(ctx, run, event);
      if (mixed) ctx.emit({ type: 'wrote', subject: { type: 'Customer', id: event.subjectId }, customerId: null });
      return;
    }
    left.set(event.seq, failures - 1);
    if (mixed) await write(ctx, run, event);
    if (way === 'ask the core, then throw') {
      await askCore(ctx, event);
      throw new Error('it failed');
    }
    if (way === 'leave behind sql that fails') {
      // Where the role is the plugin's already, what follows is sent before the function has ended.
      await write(ctx, run, event);
      ctx.sql(sql`select 1 / 0 from pg_sleep(0.002)`).catch(() => undefined);
      return;
    }
    if (way === 'leave behind a slow query of the core') {
      ctx.query('{ customers { nodes { id } } }').catch(() => undefined);
      ctx.lock('Customer', event.subjectId).catch(() => undefined);
      throw new Error('it failed');
    }
    if (way === 'throw') throw new Error('it failed');
    if (way === 'fail in sql') await ctx.sql(sql`select 1 / 0`);
    if (way === 'fail in sql and hide it') return void (await ctx.sql(sql`select 1 / 0`).catch(() => undefined));
    if (way === 'write, then throw') {
      await write(ctx, run, event);
      ctx.emit({ type: 'never', subject: { type: 'Customer', id: event.subjectId }, customerId: null });
      throw new Error('it failed');
    }
    if (way === 'hang') return new Promise(() => undefined);
    await new Promise<void>((resolve) => ctx.signal.addEventListener('abort', () => resolve()));
    // Late enough that the transaction has gone on without it.
    for (let i = 0; i < 5; i++) await setImmediate();
    await write(ctx, run, event);
  }
  return { plugin, name: run, types: ['test.happened'], handle };
}

async function writeLog(subjects: readonly string[], fates: readonly Fate[]): Promise<Map<bigint, Fate>> {
  const rows = await domain.db.query<{ seq: bigint }>(sql`
    insert into events (seq, workspace_id, id, type, subject_type, subject_id, actor_kind, occurred_at, data)
    select (select coalesce(max(seq), 0) from events) + e.n, ${domain.workspaceId}::uuid, e.id, 'test.happened', 'Customer', e.subject, 'SYSTEM', now(), '{}'
    from unnest(${fates.map(() => newId())}::uuid[], ${fates.map(({ subject }) => subjects[subject]!)}::uuid[]) with ordinality as e (id, subject, n)
    returning seq`);
  return new Map(rows.map(({ seq }, index) => [seq, fates[index]!]));
}

/** A database whose transactions are cut off before their commit, as often as the list says. */
function cutting(db: Database, cuts: boolean[]): Database {
  return {
    ...db,
    transaction: (work) =>
      db.transaction(async (tx) => {
        const result = await work(tx);
        if (cuts.pop()) throw new Error('the process was killed');
        return result;
      }),
  };
}

/** Works until nothing is left to do; the pauses between attempts are over at once. */
async function workUntilDone(handler: Handler, db: Database): Promise<void> {
  for (let round = 0; round < 500; round++) {
    const turns = await Promise.allSettled([1, 2].map(() => handlerTurn(db, handler, { timeoutMs: TIMEOUT_MS, batch: 4, turnMs: 200 })));
    // Whatever fails does so because it was told to, never because it ran as somebody else.
    const errors = await domain.db.query<{ error: string }>(
      sql`select distinct error from plugin_failures where handler = ${handler.name} and error is not null`,
    );
    for (const { error } of errors) expect(error).toMatch(/it failed|division by zero|no answer within/);
    for (const turn of turns) if (turn.status === 'rejected') expect(String(turn.reason)).toContain('killed');
    const waiting = await domain.db.execute(
      sql`update plugin_failures set next_attempt_at = now() where handler = ${handler.name} and dead_at is null`,
    );
    const [place] = await domain.db.query<{ behind: boolean }>(
      sql`select seq < (select max(seq) from events) as behind from event_consumers where name = ${`plugin.${plugin.id}.${handler.name}`}`,
    );
    if (waiting === 0 && place && !place.behind) return;
  }
  throw new Error('it never came to an end');
}

const fate = fc.record({
  subject: fc.nat({ max: 3 }),
  way: fc.constantFrom(...ways),
  // Most go well; some fail for a while, and some for ever.
  times: fc.oneof(
    { weight: 6, arbitrary: fc.constant(0) },
    { weight: 3, arbitrary: fc.nat({ max: 3 }) },
    { weight: 1, arbitrary: fc.constant(Number.POSITIVE_INFINITY) },
  ),
  mixed: fc.boolean(),
});

test('each event is applied once, in order of its subject, unless it was set aside', async () => {
  let runs = 0;
  let failed = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(fate, { minLength: 5, maxLength: 25 }), fc.array(fc.boolean(), { maxLength: 12 }), async (fates, cuts) => {
      const run = `run-${++runs}`;
      const subjects = [newId(), newId(), newId(), newId()];
      await handlerTurn(domain.db, handlerOf(run, new Map()));
      const log = await writeLog(subjects, fates);
      await workUntilDone(handlerOf(run, log), cutting(domain.db, cuts));

      const expected = (wanted: (times: number) => boolean) =>
        subjects.map((_id, subject) => [...log].flatMap(([seq, one]) => (one.subject === subject && wanted(one.times) ? [seq] : [])));
      const bySubject = (rows: { subject: string; seq: bigint }[]) =>
        subjects.map((id) => rows.flatMap(({ subject, seq }) => (subject === id ? [seq] : [])));
      const applied = await domain.db.query<{ subject: string; seq: bigint }>(
        sql`select subject, seq from plugin_random_handler.applied where run = ${run} order by place`,
      );
      expect(bySubject(applied)).toEqual(expected(Number.isFinite));
      const dead = await domain.db.query<{ subject: string; seq: bigint; attempts: number }>(
        sql`select subject_key as subject, event_seq as seq, attempts from plugin_failures where handler = ${run} order by event_seq`,
      );
      expect(bySubject(dead)).toEqual(expected((times) => !Number.isFinite(times)));
      expect(dead.every(({ attempts }) => attempts === 7)).toBe(true);
      failed += fates.filter(({ times }) => times > 0).length;
    }),
    { numRuns: 8 },
  );
  expect(failed).toBeGreaterThan(3);
  const told = await domain.db.query<{ type: string }>(sql`select distinct type from event_inbox where origin = 'plugin.random-handler'`);
  expect(told.map(({ type }) => type)).not.toContain('random_handler.never');
});
