// Whatever happens to purchases, and however often it is told: points against a naive model of them.
import fc from 'fast-check';
import { uuidOf } from 'trato/plugin';
import { createTestHost, type TestHost } from 'trato/plugin/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { plugin } from './index.ts';
import { createModel, DAY, LASTS_DAYS, type Order } from './testing/naive-model.ts';

const HOUR = 3_600_000;

let host: TestHost;
let runs = 0;

beforeAll(async () => {
  const config = { kinds: ['order_placed', 'order_cancelled'], expireAfterDays: LASTS_DAYS };
  host = await createTestHost({ plugins: [{ plugin, config }] });
});
afterAll(() => host?.stop());

type Put = { order: number; who: number; amount: number; earns: boolean; daysAgo: number | null; waits: boolean };
type Step = Put | { spend: number; who: number } | { give: number; who: number } | { pass: number } | 'again';

const who = fc.integer({ min: 0, max: 1 });
const putting = (min: number): fc.Arbitrary<Put> =>
  fc.record({
    order: fc.integer({ min: 0, max: 2 }),
    who,
    amount: fc.integer({ min, max: 60 }),
    earns: fc.oneof({ weight: 5, arbitrary: fc.constant(true) }, fc.constant(false)),
    daysAgo: fc.option(fc.integer({ min: 0, max: 8 })),
    waits: fc.boolean(),
  });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: putting(-60) },
  { weight: 2, arbitrary: fc.record({ spend: fc.integer({ min: 1, max: 50 }), who }) },
  fc.record({ give: fc.integer({ min: 1, max: 30 }), who }),
  fc.record({ pass: fc.integer({ min: 1, max: 5 }) }),
  fc.constant('again' as const),
);

/** Customers and orders of one run in the programme itself. */
async function createRun() {
  const run = ++runs;
  const ids = [await host.makeCustomer(), await host.makeCustomer()];
  const customers = ids.map((id) => uuidOf(id));
  await host.drain();
  const { rows } = await host.db.pool.query(`select seq from event_consumers where name = 'plugin.loyalty.earning'`);
  const change = async (what: string, n: number, points: number): Promise<boolean> => {
    const document = `mutation ($input: LoyaltyPoints${what}Input!) { done: loyaltyPoints${what}(input: $input) { userErrors { code } } }`;
    return (await host.query(document, { input: { customerId: ids[n], points, reason: 'test' } })).done.userErrors.length === 0;
  };
  return {
    change,
    put: (order: number, { who: n, amount, earns, at }: Order) =>
      host.recordInteraction({
        customer: ids[n]!,
        kind: earns ? 'order_placed' : 'enquiry',
        externalRef: { system: 'shop', value: `${run}-${order}` },
        value: { amount: String(amount), currency: 'EUR' },
        occurredAt: new Date(at).toISOString(),
      }),
    async pass(days: number): Promise<void> {
      const by = `$2 * interval '24 hours' where`;
      for (const statement of [
        `update plugin_loyalty.entries set expires_at = expires_at - ${by} customer_id = any($1)`,
        `update plugin_loyalty.purchases set occurred_at = occurred_at - ${by} customer_id = any($1)`,
        `update interactions set occurred_at = occurred_at - ${by} customer_id = any($1)`,
      ])
        await host.db.pool.query(statement, [customers, days]);
    },
    /** Has the handler take in everything of this run again, and keep it. */
    async again(): Promise<void> {
      await host.db.pool.query(`update event_consumers set seq = $1 where name = 'plugin.loyalty.earning'`, [rows[0]!.seq]);
      await host.drain();
    },
    async read(): Promise<{ balance: number; total: number }[]> {
      const known = await host.db.pool.query('select customer_id, earned_total from plugin_loyalty.accounts where customer_id = any($1)', [
        customers,
      ]);
      const document = 'query ($id: ID!) { customer(by: { id: $id }) { loyaltyPoints } }';
      const points = await Promise.all(ids.map(async (id) => (await host.query(document, { id })).customer.loyaltyPoints ?? 0));
      const totalOf = (id: string | null) => known.rows.find(({ customer_id }) => customer_id === id)?.earned_total ?? 0;
      return customers.map((id, n) => ({ balance: points[n], total: totalOf(id) }));
    },
    async entries(): Promise<unknown[]> {
      const found = await host.db.pool.query(
        'select * from plugin_loyalty.entries where customer_id = any($1) order by customer_id, position',
        [customers],
      );
      return found.rows;
    },
  };
}

/** A balance is what remains of the entries, and what came less what went. */
async function expectSums(): Promise<void> {
  const { rows } = await host.db.pool.query(`
    select a.customer_id from plugin_loyalty.accounts a left join plugin_loyalty.entries e using (workspace_id, customer_id)
    group by a.customer_id, a.balance having a.balance <> sum(e.remaining) or a.balance <> sum(e.points)`);
  expect(rows).toEqual([]);
  expect((await host.db.pool.query('select error from plugin_failures')).rows).toEqual([]);
}

describe('points', () => {
  it('are what a naive model gives, also where every event comes again', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 12 }), async (steps) => {
        const [run, model] = [await createRun(), createModel()];
        const orders = new Map<number, Order>();
        const pending: number[] = [];
        const takeIn = async () => {
          await host.drain();
          for (const order of pending.splice(0)) model.follow(order, orders.get(order)!);
        };
        for (const one of steps) {
          if (one !== 'again' && 'order' in one) {
            const known = orders.get(one.order);
            const at = one.daysAgo === null ? (known?.at ?? Date.now() - HOUR) : Date.now() - one.daysAgo * DAY - HOUR;
            orders.set(one.order, { who: one.who, amount: one.amount, earns: one.earns, at });
            pending.push(one.order);
            await run.put(one.order, orders.get(one.order)!);
            if (!one.waits) await takeIn();
            continue;
          }
          await takeIn();
          model.expire();
          if (one === 'again') await run.again();
          else if ('pass' in one) {
            model.pass(one.pass);
            for (const order of orders.values()) order.at -= one.pass * DAY;
            await run.pass(one.pass);
          } else if ('give' in one) {
            expect(await run.change('Adjust', one.who, one.give)).toBe(true);
            model.give(one.who, one.give);
          } else expect(await run.change('Spend', one.who, one.spend)).toBe(model.spend(one.who, one.spend));
        }
        await takeIn();
        model.expire();
        const expected = [0, 1].map((n) => ({ balance: model.balance(n), total: model.accounts[n]!.total }));
        expect(await run.read()).toEqual(expected);
        const entries = await run.entries();
        await run.again();
        expect(await run.entries()).toEqual(entries);
        expect(await run.read()).toEqual(expected);
        await expectSums();
      }),
      { numRuns: 10 },
    );
  });

  it('are the worth of the purchases that there are, where none were spent or cancelled', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(putting(0), { minLength: 2, maxLength: 10 }), async (puts) => {
        const run = await createRun();
        const orders = new Map<number, Order>();
        for (const { order, daysAgo, waits, ...is } of puts) {
          orders.set(order, { ...is, at: Date.now() - (daysAgo ?? 0) * DAY });
          await run.put(order, orders.get(order)!);
          if (!waits) await host.drain();
        }
        await run.again();
        const worth = [0, 1].map((n) =>
          [...orders.values()].filter((is) => is.earns && is.who === n).reduce((sum, { amount }) => sum + amount, 0),
        );
        expect(await run.read()).toEqual(worth.map((points) => ({ balance: points, total: points })));
      }),
      { numRuns: 5 },
    );
  });
});
