// A programme that is configured otherwise; a process loads a plugin with one configuration, so it has a file of its own.
import { createTestHost, type TestHost } from 'trato/plugin/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { plugin } from './index.ts';

let host: TestHost;

beforeAll(async () => {
  const tiers = [{ key: 'member', name: 'Member', from: 0 }];
  const config = { pointsPerUnit: '2.5', kinds: ['order_placed', 'order_cancelled'], expireAfterDays: 10, tiers };
  host = await createTestHost({ plugins: [{ plugin, config }] });
});
afterAll(() => host?.stop());

describe('a programme of its own', () => {
  it('earns by the kinds that it names, at its rate, and has its tiers', async () => {
    const customer = await host.makeCustomer();
    const daysAgo = (days: number) => new Date(Date.now() - days * 86_400_000).toISOString();
    const value = (amount: string) => ({ amount, currency: 'EUR' });
    await host.recordInteraction({ customer, kind: 'order_placed', value: value('10.50'), occurredAt: daysAgo(9) });
    await host.recordInteraction({ customer, kind: 'order_placed', value: value('4'), occurredAt: daysAgo(11) });
    await host.recordInteraction({ customer, kind: 'payment', value: value('1000') });
    await host.recordInteraction({ customer, kind: 'order_cancelled', value: value('-4') });
    await host.drain();
    const { customer: seen } = await host.query(
      `query ($id: ID!) { customer(by: { id: $id }) { loyaltyPoints loyaltyTier { key } loyaltyNextTier { key } loyaltyPointsToNextTier } }`,
      { id: customer },
    );
    // 26 for the first; the 10 of the second had expired, so the 10 for its cancellation are taken from the first.
    expect(seen).toEqual({ loyaltyPoints: 16, loyaltyTier: { key: 'member' }, loyaltyNextTier: null, loyaltyPointsToNextTier: null });
  });
});
