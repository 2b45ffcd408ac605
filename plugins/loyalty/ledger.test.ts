// Points against a model of them: first to expire, first spent, and never more than there are.
import fc from 'fast-check';
import { uuidOf } from 'trato/plugin';
import { createTestHost, type TestHost } from 'trato/plugin/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { plugin } from './index.ts';

let host: TestHost;

beforeAll(async () => {
  host = await createTestHost({ plugins: [{ plugin }] });
});
afterAll(() => host?.stop());

const adjusting = `mutation ($input: LoyaltyPointsAdjustInput!) { done: loyaltyPointsAdjust(input: $input) { points userErrors { code } } }`;
const spending = `mutation ($input: LoyaltyPointsSpendInput!) { done: loyaltyPointsSpend(input: $input) { points userErrors { code } } }`;

async function change(document: string, customerId: string, points: number): Promise<{ points: number | null; codes: string[] }> {
  const { done } = await host.query(document, { input: { customerId, points, reason: 'test' } });
  return { points: done.points, codes: done.userErrors.map(({ code }: { code: string }) => code) };
}

/** Lets time pass for a customer: all dates come nearer. */
const pass = (customer: string, days: number) =>
  host.db.pool.query(`update plugin_loyalty.entries set expires_at = expires_at - $2 * interval '1 day' where customer_id = $1`, [
    customer,
    days,
  ]);

/** Points given last are to expire after so many days instead. */
const expireIn = (customer: string, days: number) =>
  host.db.pool.query(
    `update plugin_loyalty.entries set expires_at = now() + $2 * interval '1 day' - interval '1 hour'
     where customer_id = $1 and position = (select max(position) from plugin_loyalty.entries where customer_id = $1)`,
    [customer, days],
  );

type Step = { give: number; days: number } | { spend: number } | { take: number } | { pass: number };
const amount = fc.integer({ min: 1, max: 60 });
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ give: amount, days: fc.integer({ min: 1, max: 9 }) }),
  fc.record({ spend: amount }),
  fc.record({ take: amount }),
  fc.record({ pass: fc.integer({ min: 1, max: 5 }) }),
);

/** What is left of each gift, in the order in which they were given. */
type Model = { left: number; days: number }[];

function spendFrom(model: Model, points: number): boolean {
  const alive = model.filter(({ days, left }) => days > 0 && left > 0);
  if (alive.reduce((sum, { left }) => sum + left, 0) < points) return false;
  let open = points;
  for (const gift of alive.toSorted((a, b) => a.days - b.days)) {
    const taken = Math.min(open, gift.left);
    gift.left -= taken;
    open -= taken;
  }
  return true;
}

describe('an account', () => {
  it('does what a simple model of it does', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 14 }), async (steps) => {
        const id = await host.makeCustomer();
        await change(adjusting, id, 1);
        const customer = uuidOf(id) as string;
        const model: Model = [{ left: 1, days: 365 }];
        for (const one of steps) {
          if ('give' in one) {
            model.push({ left: one.give, days: one.days });
            await change(adjusting, id, one.give);
            await expireIn(customer, one.days);
          } else if ('pass' in one) {
            for (const gift of model) gift.days -= one.pass;
            await pass(customer, one.pass);
          } else {
            const isSpent = spendFrom(model, 'spend' in one ? one.spend : one.take);
            const { codes } = await ('spend' in one ? change(spending, id, one.spend) : change(adjusting, id, -one.take));
            expect(codes).toEqual(isSpent ? [] : ['LOYALTY_NOT_ENOUGH']);
          }
        }
        const alive = model.filter(({ days }) => days > 0);
        const { customer: seen } = await host.query('query ($id: ID!) { customer(by: { id: $id }) { loyaltyPoints } }', { id });
        expect(seen.loyaltyPoints).toBe(alive.reduce((sum, { left }) => sum + left, 0));
        const { rows } = await host.db.pool.query(
          'select remaining from plugin_loyalty.entries where customer_id = $1 and points > 0 and expires_at > now() order by position',
          [customer],
        );
        expect(rows.map(({ remaining }) => remaining)).toEqual(alive.map(({ left }) => left));
        await expectSums();
      }),
      { numRuns: 15 },
    );
  });

  it('is never overdrawn by spends at the same moment', async () => {
    const id = await host.makeCustomer();
    await change(adjusting, id, 60);
    await change(adjusting, id, 45);
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => change(spending, id, 10)));
    expect(outcomes.filter(({ codes }) => codes.length === 0).map(({ points }) => points)).toHaveLength(10);
    expect(new Set(outcomes.flatMap(({ codes }) => codes))).toEqual(new Set(['LOYALTY_NOT_ENOUGH']));
    expect(await change(spending, id, 5)).toEqual({ points: 0, codes: [] });
    await expectSums();
  });
});

/** A balance is what remains of the entries, and what came less what went. */
async function expectSums(): Promise<void> {
  const { rows } = await host.db.pool.query(`
    select a.customer_id from plugin_loyalty.accounts a left join plugin_loyalty.entries e using (workspace_id, customer_id)
    group by a.customer_id, a.balance having a.balance <> sum(e.remaining) or a.balance <> sum(e.points)`);
  expect(rows).toEqual([]);
}
