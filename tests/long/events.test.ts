// The long form of the event log's fault tests: many kills at any moment, beside 20 writers.
import sql from 'sql-template-tag';
import { expect, test } from 'vitest';
import { lastSeq, readEvents } from '../../src/events/index.ts';
import { expectedReport, holder, type LogProcess, sessionsOf, startLogProcess } from '../faults/events-processes.ts';
import { addCustomers, createLogTest, expectAllChanges, expectGapless, runWriters } from '../faults/events-support.ts';
import { until } from '../support/eventually.ts';

const KILLS = 40;

test('40 kills of sequencers, at any moment of their work, lose and double nothing', { timeout: 300_000 }, async () => {
  const world = await createLogTest();
  let running: LogProcess[] = [];
  try {
    const customers = await addCustomers(world.db, 30);
    running = await Promise.all([1, 2, 3].map(() => startLogProcess(world)));
    let writing = true;
    const writers = (async () => {
      while (writing) await runWriters(world, { customers, writers: 20, changes: 500, pauseMs: 3 });
    })();
    for (let kill = 0; kill < KILLS; kill++) {
      const more = (await lastSeq(world.db)) + BigInt(50 + Math.floor(Math.random() * 400));
      await until(async () => (await lastSeq(world.db)) >= more, 'the log has grown');
      await until(async () => (await holder(world)) !== undefined, 'a sequencer is at work');
      const session = await holder(world);
      if (kill % 2) {
        await world.db.query(sql`select pg_terminate_backend(${session?.backend ?? 0}::int)`);
        for (const feed of await sessionsOf(world, 'events')) await world.db.query(sql`select pg_terminate_backend(${feed.backend}::int)`);
      } else {
        const victim = running.find((process) => process.pid === session?.process) ?? running[0]!;
        await victim.kill();
        running = running.filter((process) => process !== victim);
        running.push(await startLogProcess(world));
      }
    }
    writing = false;
    await writers;
    await until(async () => (await world.db.query(sql`select from event_inbox limit 1`)).length === 0, 'the inbox is empty');
    const last = await expectGapless(world.db);
    await expectAllChanges(world.db, await readEvents(world.db, { workspaceId: world.workspaceId, limit: 10_000_000 }));
    const expected = await expectedReport(world);
    for (const process of running) expect(await process.report(last)).toMatchObject(expected);
  } finally {
    for (const process of running) await process.kill();
    await world.drop();
  }
});
