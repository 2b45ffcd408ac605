// For the tests: a shop that records purchases and corrects them, and looks at the points that come of it.
import { uuidOf } from 'trato/plugin';
import type { TestHost } from 'trato/plugin/testing';

let orders = 0;

export const newOrder = () => ({ system: 'shop', value: `order-${++orders}` });
export const daysAgo = (days: number) => new Date(Date.now() - days * 86_400_000).toISOString();

export function createShop(host: TestHost) {
  return {
    /** Records a purchase, or corrects it, and has that taken in unless told otherwise. */
    async put(
      externalRef: object,
      customer: string,
      amount: number | null | undefined,
      { waits = false, ...more }: Record<string, unknown> = {},
    ) {
      const value = amount == null ? amount : { amount: String(amount), currency: 'EUR' };
      await host.recordInteraction({ customer, kind: 'order_placed', externalRef, value, ...more });
      if (!waits) await host.drain();
    },
    async change(what: 'Adjust' | 'Spend', customerId: string, points: number): Promise<void> {
      const document = `mutation ($input: LoyaltyPoints${what}Input!) { done: loyaltyPoints${what}(input: $input) { userErrors { code } } }`;
      const { done } = await host.query(document, { input: { customerId, points, reason: 'Because' } });
      if (done.userErrors.length > 0) throw new Error(JSON.stringify(done.userErrors));
    },
    async read(id: string): Promise<{ points: number | null; total: number; entries: [string, number][] }> {
      const document = 'query ($id: ID!) { customer(by: { id: $id }) { loyaltyPoints loyaltyEntries(first: 20) { kind points } } }';
      const { customer } = await host.query(document, { id });
      const { rows } = await host.db.pool.query('select earned_total from plugin_loyalty.accounts where customer_id = $1', [uuidOf(id)]);
      const entries = (customer.loyaltyEntries ?? []).map((entry: { kind: string; points: number }) => [entry.kind, entry.points]);
      return { points: customer.loyaltyPoints, total: rows[0]?.earned_total ?? 0, entries };
    },
    erase: (id: string) =>
      host.query('mutation ($id: ID!) { customerErase(input: { id: $id, confirm: "erase" }) { userErrors { code } } }', { id }),
    archive: (id: string) => host.query('mutation ($id: ID!) { customerArchive(input: { id: $id }) { userErrors { code } } }', { id }),
    failures: async (): Promise<unknown[]> => (await host.db.pool.query('select error from plugin_failures')).rows,
  };
}
