// Moves, changes and imports of one opportunity at the same moment: none is lost, and its history is one gapless chain.
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { encodeId } from '../../src/graphql/ids.ts';
import {
  exchangeRatesUpsert,
  opportunitiesUpsert,
  opportunityCreate,
  opportunityLinesSet,
  opportunityMove,
  opportunityUpdate,
} from '../../src/modules/sales/index.ts';
import { type SalesWorld, salesWorld } from '../support/sales-world.ts';

let world: SalesWorld;
beforeAll(async () => {
  world = await salesWorld({ connections: 8 });
});
afterAll(() => world?.stop());

const stages = ['prospecting', 'engaging', 'proposing', 'negotiating', 'won', 'lost'];
const actions = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.record({ do: fc.constant('move' as const), stage: fc.constantFrom(...stages) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('bring' as const), stage: fc.constantFrom(...stages) }) },
    {
      weight: 1,
      arbitrary: fc.record({ do: fc.constantFrom('rename' as const, 'lines' as const, 'rates' as const), stage: fc.constant('') }),
    },
  ),
  { minLength: 2, maxLength: 12 },
);

let opportunities = 0;

it('keep one gapless chain of transitions that ends where the opportunity stands', async () => {
  await fc.assert(
    fc.asyncProperty(actions, async (asked) => {
      const ref = { system: 'concurrent', value: String(++opportunities) };
      const { id } = await world.done(opportunityCreate, {
        name: 'Contested',
        externalRef: ref,
        value: { amount: '10.0000', currency: 'USD' },
      });
      const target = encodeId('Opportunity', id);
      const outcomes = await Promise.all(asked.map((action, i) => world.run(...commandOf(action, i, target, ref))));
      expect(outcomes.flatMap(({ userErrors }) => userErrors)).toEqual([]);

      const row = await world.opportunity(id);
      const passages = await world.history(id);
      expect(passages[0]).toMatchObject({ from: null, to: 'prospecting', occurredAt: row.openedAt });
      passages.slice(1).forEach((passage, i) => {
        expect(passage.from).toBe(passages[i]!.to);
        expect(passages[i]!.leftAt).toEqual(passage.occurredAt);
        expect(passage.occurredAt.getTime()).toBeGreaterThanOrEqual(passages[i]!.occurredAt.getTime());
      });
      expect(passages.at(-1)).toMatchObject({ to: row.stage, leftAt: null, occurredAt: row.stageSince });
      expect(row.closedAt).toEqual(row.status === 'OPEN' ? null : row.stageSince);
      const moves = (await world.eventsOf(id)).filter(({ type }) => type === 'opportunity.moved');
      expect(moves).toHaveLength(passages.length - 1);
      expect(moves.map(({ data }) => (data.after as { stageSince: string }).stageSince)).toEqual(
        passages.slice(1).map(({ occurredAt }) => occurredAt.toISOString()),
      );
    }),
    { numRuns: 40 },
  );
});

type Asked = { do: 'move' | 'bring' | 'rename' | 'lines' | 'rates'; stage: string };

// biome-ignore lint/suspicious/noExplicitAny: commands of different inputs
function commandOf(action: Asked, i: number, id: string, externalRef: object): [command: any, input: object] {
  switch (action.do) {
    case 'move':
      return [opportunityMove, { id, stage: action.stage }];
    case 'bring':
      return [opportunitiesUpsert, { rows: [{ externalRef, name: 'Contested', stage: action.stage }] }];
    case 'rename':
      return [opportunityUpdate, { id, name: `Contested by ${i}` }];
    case 'lines':
      return [opportunityLinesSet, { opportunity: id, lines: [{ product: 'anvil', unitAmount: `${i}.0000` }] }];
    case 'rates':
      return [exchangeRatesUpsert, { rows: [{ currency: 'USD', validFrom: '2020-01-01', rate: `0.${i + 1}` }] }];
  }
}

it('a value in another currency never keeps a rate that was changed meanwhile', async () => {
  for (let round = 1; round <= 10; round++) {
    const rate = (n: number) => ({ rows: [{ currency: 'CHF', validFrom: '2020-01-01', rate: `${round}.${n}` }] });
    const made = await Promise.all([
      world.done(opportunityCreate, { name: 'Swiss', value: { amount: '10.0000', currency: 'CHF' } }),
      world.done(exchangeRatesUpsert, rate(1)),
      world.done(opportunityCreate, { name: 'Swiss', value: { amount: '10.0000', currency: 'CHF' } }),
      world.done(exchangeRatesUpsert, rate(2)),
      world.done(opportunityCreate, { name: 'Swiss', value: { amount: '10.0000', currency: 'CHF' } }),
    ]);
    const amounts = await Promise.all([0, 2, 4].map(async (i) => (await world.opportunity((made[i] as { id: string }).id)).baseAmount));
    expect(new Set(amounts).size, amounts.join()).toBe(1);
  }
});
