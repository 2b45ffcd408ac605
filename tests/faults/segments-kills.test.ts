// Segments and the opportunity factory while their server is killed again and again: by chance, and standing in the middle
// of a transaction. Whatever happens meanwhile is taken in once: nobody is missed, no stay and no opportunity comes twice.
import sql from 'sql-template-tag';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { segmentCommands } from '../../src/modules/segments/index.ts';
import '../../src/modules/relationships/index.ts';
import '../../src/modules/sales/index.ts';
import { until } from '../support/eventually.ts';
import { count, expectOneOpportunityEach, expectStaysInLine, expectStaysTold, isSettled, membersOf } from './segments-checks.ts';
import { createSegmentWorld, raiseBarrier, type World } from './segments-world.ts';
import { createWriter, type Writer } from './segments-writer.ts';

const STEPS = 30;
const orders = (gte: number) => ({
  interactions: { where: { kinds: ['order_placed'] }, within: { days: 30 }, count: { gte } },
});
const gold = { field: { tags: { has: 'gold' } } };
const active = { segment: { in: ['active'] } };

let world: World;
let writer: Writer;
let activeId: string;

beforeAll(async () => {
  world = await createSegmentWorld();
  writer = createWriter(world);
  const segment = (key: string, segmentation: string, rule: object) => world.create('segment', { key, name: key, segmentation, rule });
  await world.create('segmentation', { key: 'profiles', name: 'Profiles', kind: 'TACTICAL' });
  activeId = await segment('active', 'profiles', orders(2));
  await segment('golden', 'profiles', { all: [active, gold] });
  await world.create('segmentation', {
    ...{ key: 'value', name: 'Value', kind: 'STRATEGIC' },
    defaultSegment: { key: 'rest', name: 'Everyone else' },
  });
  await segment('top', 'value', orders(4));
  await segment('regular', 'value', active);
  const team = { id: await world.create('team', { name: 'Sales' }) };
  await world.create('opportunityRule', {
    ...{ key: 'welcome', name: 'Welcome', nameTemplate: '{customer}', strategy: 'TEAM', team, periodDays: 30 },
    signal: { segmentEntered: { segment: 'active' } },
  });
});
afterAll(() => world?.stop());

/** Servers start in between. */
const SLOWLY = { timeout: 60_000 };

/** New buyers, whom the server has to take in and to make opportunities for, and then changes by chance. */
async function write(): Promise<void> {
  for (const changing of [false, true, false, true]) await writer.addBuyer({ changing });
  for (let i = 0; i < STEPS; i++) await writer.step();
}

async function settled(): Promise<void> {
  try {
    await until(() => isSettled(world, writer.lastExpiry()), 'the server has taken everything in', SLOWLY);
  } catch (cause) {
    throw new Error(`Not taken in; the servers said: ${world.complaints()}`, { cause });
  }
}

/** Has a segment worked out anew for everyone: beside what is taken in event by event. */
const renew = () => world.run(segmentCommands.update, { id: activeId, rule: orders(2) });

const place = async (name: string) =>
  (await world.db.query<{ seq: bigint }>(sql`select seq from event_consumers where name = ${name}`))[0]!.seq;

/** Kills the server once it has taken in some of what is written meanwhile. */
async function killByChance(name: string): Promise<void> {
  await world.ready();
  // So many come for certain: customers, their orders, and changes of tags among the others.
  const goal = (await place(name)) + 1n + BigInt(Math.floor(Math.random() * 12));
  const writing = write();
  await Promise.all([writing, until(async () => (await place(name)) >= goal, `${name} goes on`, SLOWLY).then(world.killAndRestart)]);
}

/**
 * Kills the server while it stands in the middle of a transaction, before it writes to a table. What brings it there is
 * `first`, which nothing else makes up for: were it not taken in again it would be missing in the end.
 */
async function killBefore(table: string, first: () => Promise<unknown>): Promise<void> {
  await settled();
  const barrier = await raiseBarrier(world, table);
  const writing = first().then(write);
  try {
    await until(barrier.met, `the server comes to ${table}`, SLOWLY);
    await world.killAndRestart();
  } finally {
    await barrier.lift();
  }
  await writing;
}

/** Kills a server that has just begun to start. */
async function killAtStart(): Promise<void> {
  await Promise.all([write(), world.killAndRestart()]);
}

test('SIGKILL at any moment: segments and opportunities are as if nothing had happened', async () => {
  const steady = { changing: false };
  const returning = await writer.addBuyer(steady);
  const [one, other] = [await writer.addBuyer(steady), await writer.addBuyer(steady)];
  await settled();
  await writer.age(returning);
  await settled();
  expect(await membersOf(world, ['active'])).toEqual([one, other].map((customer) => `active ${customer}`).sort());
  await writer.order(returning);

  await killByChance('rules');
  await killBefore('segment_memberships', () => writer.turnGold(one));
  await killByChance('opportunity-factory');
  await killBefore('opportunity_rule_firings', () => writer.addBuyer(steady));
  await killAtStart();
  await killBefore('segment_memberships', () => Promise.all([writer.turnGold(other), renew()]));
  await renew();
  await killByChance('rules');
  await settled();

  const now = Date.now();
  const expected = writer.customers().flatMap((customer) => {
    const n = writer.orders(customer, now);
    const part = n >= 4 ? 'top' : n >= 2 ? 'regular' : 'rest';
    return [...(n >= 2 ? ['active'] : []), ...(n >= 2 && writer.golden(customer) ? ['golden'] : []), part].map(
      (key) => `${key} ${customer}`,
    );
  });
  expect(await membersOf(world, ['active', 'golden', 'top', 'regular', 'rest'])).toEqual(expected.sort());
  expect(await count(world, sql`select from segment_memberships where exclusive and left_at is null`)).toBe(writer.customers().length);
  await expectStaysTold(world);
  await expectStaysInLine(world);
  await expectOneOpportunityEach(world, 'active');
  expect(await count(world, sql`select from opportunities`)).toBeGreaterThanOrEqual(3 + 1 + 7 * 2);
  expect(await count(world, sql`select from segment_memberships where left_at is not null and not exclusive`)).toBeGreaterThan(0);
  expect(await count(world, sql`select from events where type = 'opportunity_rule.failed'`)).toBe(0);
}, 300_000);
