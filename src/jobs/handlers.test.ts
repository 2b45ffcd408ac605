import sql from 'sql-template-tag';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDomain, type TestDomain } from '../../tests/support/domain.ts';
import { type Database, openDatabase } from '../db/database.ts';
import { type EventRow, startSequencer } from '../events/index.ts';
import { channelCommands } from '../modules/vocabularies/index.ts';
import { allWorkers, defineEventHandler, defineWorker, markLongWork, startJobs } from './index.ts';

const quiet = { info() {}, warn() {}, error() {} };
const seen: string[] = [];
let failures = 0;

defineEventHandler({
  name: 'test-notes',
  types: ['channel.created'],
  async handle(tx, events) {
    for (const event of events) {
      seen.push(event.id);
      await tx.execute(sql`insert into handled (event_id, n) values (${event.id}::uuid, ${events.indexOf(event)})`);
    }
    if (failures > 0) {
      failures--;
      throw new Error('not this time');
    }
  },
});

let endless = false;
let began = false;
defineWorker({
  name: 'test-endless',
  work: (db) =>
    db.transaction(async (tx) => {
      if (!endless) return null;
      await markLongWork(tx);
      await tx.execute(sql`insert into handled (event_id, n) values (gen_random_uuid(), -1)`);
      began = true;
      await tx.query(sql`select pg_sleep(1000)`);
      return null;
    }),
});

let domain: TestDomain;
let stopSequencer: () => Promise<void>;
let drained: () => Promise<void>;
beforeAll(async () => {
  domain = await createTestDomain();
  await domain.db.execute(sql`create table handled (event_id uuid primary key, n int not null)`);
  const sequencer = startSequencer(domain.db, { log: quiet });
  stopSequencer = sequencer.stop;
  drained = sequencer.drained;
});
afterAll(async () => {
  await stopSequencer();
  await domain.stop();
});

const work = (db: Database) =>
  allWorkers()
    .find(({ name }) => name === 'test-notes')!
    .work(db);
const handled = async () => (await domain.db.query<{ id: string }>(sql`select event_id as id from handled`)).map(({ id }) => id).sort();
const made = async () =>
  (await domain.db.query<EventRow>(sql`select id from events where type = 'channel.created' order by seq`)).map(({ id }) => id);
let channels = 0;
async function happen(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await domain.done(channelCommands.create, { key: `channel_${++channels}`, name: 'Channel' });
  await drained();
}

describe('a handler of events', () => {
  it('begins at the end of the log, and takes in each later event once, however many work at it', async () => {
    await happen(1);
    const before = await made();
    expect(await work(domain.db)).toBeNull();
    await happen(20);
    const others = Array.from({ length: 4 }, () => openDatabase(domain.db.url, { max: 1 }));
    try {
      // Another that has the place works; a primary key refuses what would come twice.
      for (let busy = true; busy; ) busy = (await Promise.all(others.map(work))).includes('more');
    } finally {
      await Promise.all(others.map((db) => db.close()));
    }
    expect(await handled()).toEqual((await made()).filter((id) => !before.includes(id)).sort());
  });

  it('gets them again when it throws, and leaves nothing of the failed time', async () => {
    const before = await handled();
    await happen(2);
    failures = 1;
    seen.length = 0;
    await expect(work(domain.db)).rejects.toThrow('not this time');
    expect(await handled()).toEqual(before);
    await work(domain.db);
    expect(seen).toHaveLength(4);
    expect((await handled()).length).toBe(before.length + 2);
  });

  it('is woken by what is written, goes on after failures, and hands over to another process', async () => {
    const one = startJobs(domain.db, { log: quiet });
    const other = startJobs(domain.db, { log: quiet });
    try {
      failures = 2;
      const before = (await handled()).length;
      await happen(3);
      await expect.poll(async () => (await handled()).length).toBe(before + 3);
      await one.stop();
      await happen(1);
      await expect.poll(async () => (await handled()).length).toBe(before + 4);
    } finally {
      await Promise.all([one.stop(), other.stop()]);
    }
  });

  it('is taken back when the server stops, if it takes long', async () => {
    endless = true;
    const jobs = startJobs(domain.db, { log: quiet });
    await expect.poll(() => began).toBe(true);
    await jobs.stop();
    endless = false;
    expect(await domain.db.query(sql`select 1 from handled where n = -1`)).toEqual([]);
  });
});
