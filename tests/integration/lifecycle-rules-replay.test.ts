// The history that rules write is the one that a naive replay of the facts writes.
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { inWorkspace } from '../../src/commands/system.ts';
import { defaultStageRules, resolveDefaultStageRules, lifecycleStageCommands as stages } from '../../src/modules/lifecycle/index.ts';
import { createStageWorld, DAY, day, type Fact, type StageWorld, usualRules } from '../support/stage-world.ts';

let world: StageWorld;
let customer: string;

beforeAll(async () => {
  world = await createStageWorld();
});
afterAll(() => world?.domain.stop());
beforeEach(async () => {
  customer = await world.make();
});

const drain = () => world.drain();
const record = (...facts: (Omit<Fact, 'of'> & { of?: string })[]) => world.record(...facts.map((fact) => ({ of: customer, ...fact })));
const present = (id = customer) => world.present(id);

test('whatever happens, the history is that of a naive replay', async () => {
  const fact = fc.record({
    who: fc.nat({ max: 7 }),
    ref: fc.nat({ max: 7 }),
    day: fc.integer({ min: 0, max: 300 }),
    kind: fc.constantFrom('order_placed', 'order_placed', 'enquiry'),
  });
  const rounds = fc.array(fc.array(fact, { minLength: 1, maxLength: 25 }), { minLength: 1, maxLength: 5 });
  const needs = { first_purchase: 1, repeat: 2, loyal: 4 };
  await fc.assert(
    fc.asyncProperty(rounds, async (list) => {
      const people = await Promise.all(Array.from({ length: 8 }, world.make));
      const facts = people.map(() => new Map<number, { day: number; kind: string }>());
      const reached = people.map(() => new Map<string, number>());
      for (const round of list) {
        await record(
          ...round.map((one) => ({ of: people[one.who]!, at: day(one.day), ref: `${people[one.who]}-${one.ref}`, kind: one.kind })),
        );
        await drain();
        for (const one of round) facts[one.who]!.set(one.ref, one);
        for (const [who, entries] of reached.entries()) {
          const placed = [...facts[who]!.values()].filter(({ kind }) => kind === 'order_placed').map((one) => one.day);
          placed.sort((a, b) => a - b);
          let latest = Number.POSITIVE_INFINITY;
          for (const [stage, count] of Object.entries(needs).reverse()) {
            const at = placed[count - 1] ?? entries.get(stage);
            if (at === undefined) continue;
            latest = Math.min(latest, at);
            entries.set(stage, latest);
          }
        }
      }
      const entries = Map.groupBy(await world.entriesOf(people), (entry) => entry.customer_id);
      for (const [who, id] of people.entries()) {
        const expected = Object.keys(needs).flatMap((stage) => (reached[who]!.has(stage) ? [[stage, day(reached[who]!.get(stage)!)]] : []));
        expect((entries.get(id) ?? []).map(({ key, at }) => [key, at])).toEqual(expected);
        expect(await present(id)).toMatchObject({ stage: expected.at(-1)?.[0] ?? null, since: expected.at(-1)?.[1] ?? null });
      }
    }),
    { numRuns: 8 },
  );
});

test('the default rules fit a new workspace', async () => {
  const resolved = await world.domain.db.transaction((tx) => inWorkspace(tx, world.domain.workspaceId, resolveDefaultStageRules));
  expect(Object.keys(resolved)).toEqual(['first_purchase', 'repeat', 'loyal', 'lost']);
  const rows = Object.entries(defaultStageRules).map(([key, stage]) => ({ key, name: key, ...stage }));
  await world.domain.done(stages.upsert, { rows });
  const at = (ago: number) => new Date(Date.now() - ago * DAY);
  await record({ at: at(1000) });
  const [once, thrice, often] = [customer, await world.make(), await world.make()];
  await record(
    ...[900, 800, 30].map((ago) => ({ of: thrice, at: at(ago) })),
    ...[50, 40, 30, 20, 10].map((ago) => ({ of: often, at: at(ago) })),
  );
  await drain();
  expect(await Promise.all([once, thrice, often].map(async (id) => (await present(id)).stage))).toEqual(['lost', 'repeat', 'loyal']);
  await world.setRules(usualRules);
  await drain();
});
