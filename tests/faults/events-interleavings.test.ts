// Followers under any interleaving of what can happen around them.
import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createEvents, type EventFilter, type Events, type FeedStep, lastSeq, readEvents } from '../../src/events/index.ts';
import { until } from '../support/eventually.ts';
import { addCustomers, changeCustomer, createLogTest, cutFeed, expectGapless, type LogTest } from './events-support.ts';

let world: LogTest;
let events: Events;

beforeEach(async () => {
  world = await createLogTest();
  events = createEvents(world.db, { log: world.log, ringSize: 6 });
  events.start();
});

afterEach(async () => {
  await events.stop();
  await world.drop();
});

// Any interleaving of writes, reads, comings, goings and cut connections, over a ring of a few events. A wake-up that is
// missed shows as a follower that never gets what it waits for.
test('no interleaving of writers and followers loses or repeats an event', { timeout: 300_000 }, async () => {
  const customers = await addCustomers(world.db, 3);
  const workspaces = [randomUUID(), randomUUID()];
  type Open = {
    filter: EventFilter;
    steps: AsyncGenerator<FeedStep, void>;
    seen: bigint[];
    from: bigint;
    upTo: bigint;
    pulling: Promise<void> | null;
  };

  const write = fc.record({
    kind: fc.constant('write' as const),
    workspace: fc.nat(1),
    customer: fc.nat(2),
    count: fc.integer({ min: 1, max: 12 }),
    type: fc.constantFrom('a', 'b'),
  });
  const follow = fc.record({
    kind: fc.constant('follow' as const),
    workspace: fc.nat(1),
    back: fc.option(fc.nat(20)),
    types: fc.option(fc.subarray(['a', 'b'], { minLength: 1 })),
    customer: fc.option(fc.nat(2)),
  });
  const act = fc.record({ kind: fc.constantFrom('pull' as const, 'pull' as const, 'leave' as const), which: fc.nat(5) });
  const quiet = fc.record({ kind: fc.constantFrom('drain' as const, 'cut' as const) });
  const actions = fc.array(
    fc.oneof(
      { weight: 4, arbitrary: write },
      { weight: 2, arbitrary: follow },
      { weight: 6, arbitrary: act },
      { weight: 1, arbitrary: quiet },
    ),
    { minLength: 5, maxLength: 40 },
  );

  function pull(open: Open): Promise<void> {
    open.pulling ??= open.steps.next().then(({ value }) => {
      open.pulling = null;
      if (!value) return;
      if (value.kind === 'events') for (const { seq } of value.events) open.seen.push(seq);
      open.upTo = value.kind === 'events' ? value.events.at(-1)!.seq : value.cursor;
    });
    return open.pulling;
  }

  async function check(open: Open, complete: boolean): Promise<void> {
    const expected = (await readEvents(world.db, { ...open.filter, after: open.from, limit: 100_000 })).map((event) => event.seq);
    const hasAll = () => {
      if (open.seen.length < expected.length) void pull(open);
      return open.seen.length >= expected.length;
    };
    if (complete) await until(hasAll, 'a follower has all');
    expect(open.seen).toEqual(complete ? expected : expected.slice(0, open.seen.length));
  }

  await fc.assert(
    fc.asyncProperty(actions, async (list) => {
      const opened: Open[] = [];
      try {
        for (const action of list) {
          const open = action.kind === 'pull' || action.kind === 'leave' ? opened[action.which % (opened.length || 1)] : undefined;
          if (action.kind === 'write') {
            const target = { db: world.db, workspaceId: workspaces[action.workspace]! };
            await changeCustomer(target, customers[action.customer]!, { events: action.count, type: action.type });
          } else if (action.kind === 'follow') {
            const head = await lastSeq(world.db);
            const after = action.back === null ? undefined : head > BigInt(action.back) ? head - BigInt(action.back) : 0n;
            const filter: EventFilter = {
              workspaceId: workspaces[action.workspace]!,
              types: action.types ?? undefined,
              customerId: action.customer === null ? undefined : customers[action.customer],
            };
            const steps = events.hub.follow({ ...filter, after });
            const next: Open = { filter, steps, seen: [], from: after ?? 0n, upTo: 0n, pulling: null };
            if (after === undefined) {
              await pull(next);
              next.from = next.upTo;
            }
            opened.push(next);
          } else if (action.kind === 'drain') await events.drained();
          else if (action.kind === 'cut') await cutFeed(world.db);
          else if (open && action.kind === 'pull') void pull(open);
          else if (open) {
            opened.splice(opened.indexOf(open), 1);
            await open.steps.return();
            await check(open, false);
          }
        }
        await events.drained();
        for (const open of opened) await check(open, true);
      } finally {
        for (const open of opened) await open.steps.return();
      }
    }),
    { numRuns: process.env.TRATO_LONG === '1' ? 100 : 40 },
  );
  await expectGapless(world.db);
});
