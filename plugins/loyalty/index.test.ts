// The programme through the API, as its users meet it.
import { createClient } from 'graphql-ws';
import { uuidOf } from 'trato/plugin';
import { createTestHost, type TestHost, type TestWorkspace } from 'trato/plugin/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { plugin } from './index.ts';

let host: TestHost;

beforeAll(async () => {
  host = await createTestHost({ plugins: [{ plugin }] });
});
afterAll(() => host?.stop());

const READ = `query ($id: ID!) { customer(by: { id: $id }) {
  displayName loyaltyPoints loyaltyTier { key name from } loyaltyNextTier { key } loyaltyPointsToNextTier
  loyaltyEntries(first: 10) { kind points remaining reason expiresAt createdAt } } }`;

async function read(id: string, from: Pick<TestWorkspace, 'query'> = host) {
  return (await from.query(READ, { id })).customer;
}

async function buy(customer: string, amount: string, more: object = {}): Promise<string> {
  const kind = amount.startsWith('-') ? 'order_cancelled' : 'order_placed';
  const id = await host.recordInteraction({ customer, kind, value: { amount, currency: 'EUR' }, ...more });
  await host.drain();
  return id;
}

async function change(what: 'Adjust' | 'Spend', customerId: string, points: number, from: Pick<TestWorkspace, 'answer'> = host) {
  const { data, errors } = await from.answer(
    `mutation ($input: LoyaltyPoints${what}Input!) { done: loyaltyPoints${what}(input: $input) { points customer { id } userErrors { code path } } }`,
    { input: { customerId, points, reason: 'Because' } },
  );
  return { ...data?.done, errors: errors.map(({ extensions }) => extensions.code) };
}

const typesOf = async (subjectId: string) => {
  const { events } = await host.query('query ($id: ID!) { events(subjectId: $id, first: 50) { nodes { type data } } }', { id: subjectId });
  return events.nodes.filter(({ type }: { type: string }) => type.startsWith('loyalty.'));
};

describe('earning', () => {
  it('gives a point for each whole unit of value, once', async () => {
    const id = await host.makeCustomer();
    expect(await read(id)).toMatchObject({ loyaltyPoints: null, loyaltyTier: null, loyaltyEntries: null });
    await buy(id, '12.99', { externalRef: { system: 'shop', value: 'order-1' } });
    await buy(id, '12.99', { externalRef: { system: 'shop', value: 'order-1' } });
    await host.recordInteraction({ customer: id });
    await buy(id, '0.50');
    const customer = await read(id);
    expect(customer).toMatchObject({
      loyaltyPoints: 12,
      loyaltyTier: { key: 'bronze', name: 'Bronze', from: 0 },
      loyaltyPointsToNextTier: 488,
    });
    expect(customer.loyaltyEntries).toMatchObject([{ kind: 'EARNED', points: 12, remaining: 12, reason: null }]);
    const [entry] = customer.loyaltyEntries;
    expect(Date.parse(entry.expiresAt) - Date.parse(entry.createdAt)).toBeCloseTo(365 * 86_400_000, -5);
  });

  it('takes points back for a cancellation, as far as they are there', async () => {
    const id = await host.makeCustomer();
    await buy(id, '600');
    await change('Spend', id, 550);
    await buy(id, '-600');
    const customer = await read(id);
    expect(customer).toMatchObject({ loyaltyPoints: 0, loyaltyTier: { key: 'bronze' } });
    expect(customer.loyaltyEntries.map(({ kind, points }: { kind: string; points: number }) => [kind, points])).toEqual([
      ['ADJUSTED', -50],
      ['SPENT', -550],
      ['EARNED', 600],
    ]);
    expect((await typesOf(id)).map(({ type }: { type: string }) => type)).toEqual([
      'loyalty.points_earned',
      'loyalty.tier_changed',
      'loyalty.points_spent',
      'loyalty.points_adjusted',
      'loyalty.tier_changed',
    ]);
  });

  it('of long ago has expired already', async () => {
    const id = await host.makeCustomer();
    await buy(id, '700', { occurredAt: '2020-01-01T00:00:00Z' });
    expect(await read(id)).toMatchObject({ loyaltyPoints: 0, loyaltyTier: { key: 'silver' } });
  });
});

describe('spending and correcting', () => {
  it('refuses what is not there, and changes nothing', async () => {
    const id = await host.makeCustomer();
    await change('Adjust', id, 30);
    expect(await change('Spend', id, 31)).toMatchObject({ points: null, userErrors: [{ code: 'LOYALTY_NOT_ENOUGH', path: ['points'] }] });
    expect(await change('Adjust', id, -31)).toMatchObject({ userErrors: [{ code: 'LOYALTY_NOT_ENOUGH' }] });
    expect(await change('Adjust', id, 0)).toMatchObject({ userErrors: [{ code: 'LOYALTY_NOTHING_TO_DO' }] });
    expect((await change('Spend', id, -5)).userErrors).toHaveLength(1);
    expect(await change('Spend', id, 30)).toMatchObject({ points: 0, customer: { id }, userErrors: [] });
    expect((await read(id)).loyaltyEntries).toHaveLength(2);
  });

  it('needs its scope, and a customer of the workspace', async () => {
    const id = await host.makeCustomer();
    const reader = await host.as(['customers:read', 'loyalty:read']);
    const other = await host.secondWorkspace();
    expect((await change('Adjust', id, 5, reader)).errors).toEqual(['FORBIDDEN']);
    expect(await change('Adjust', id, 5, other)).toMatchObject({
      userErrors: [{ code: 'NOT_FOUND', path: ['customerId'] }],
    });
    await change('Adjust', id, 5);
    const own = await host.as(['customers:read', 'loyalty:*'], { rowScopes: [{ subject: 'customers', scope: 'OWN' }] });
    expect(await change('Adjust', id, 5, own)).toMatchObject({ points: null, userErrors: [{ code: 'NOT_FOUND', path: ['customerId'] }] });
    expect((await read(id, reader)).loyaltyPoints).toBe(5);
    expect((await read(id, await host.as(['customers:read']))).loyaltyPoints).toBeNull();
  });

  it('repeats nothing under the same key', async () => {
    const id = await host.makeCustomer();
    const document = `mutation ($input: LoyaltyPointsAdjustInput!) { loyaltyPointsAdjust(input: $input) @idempotent(key: "${id}") { points } }`;
    const input = { customerId: id, points: 7, reason: 'Welcome' };
    const answers = [await host.query(document, { input }), await host.query(document, { input })];
    expect(answers.map(({ loyaltyPointsAdjust }) => loyaltyPointsAdjust.points)).toEqual([7, 7]);
    expect((await read(id)).loyaltyPoints).toBe(7);
  });
});

describe('expiry', () => {
  afterEach(() => void vi.useRealTimers());

  /** When the schedule is due again. */
  async function anHourLater(): Promise<void> {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 3_600_000 });
    await host.drain();
  }

  it('takes what is left of old points, once', async () => {
    const id = await host.makeCustomer();
    await change('Adjust', id, 40);
    await change('Adjust', id, 25);
    await change('Spend', id, 10);
    await host.db.pool.query(`update plugin_loyalty.entries set expires_at = now() - interval '1 day' where points = 40`);
    expect((await read(id)).loyaltyPoints).toBe(25);
    await anHourLater();
    await anHourLater();
    const customer = await read(id);
    expect(customer.loyaltyPoints).toBe(25);
    expect(customer.loyaltyEntries.map(({ kind, points }: { kind: string; points: number }) => [kind, points])).toEqual([
      ['EXPIRED', -30],
      ['SPENT', -10],
      ['ADJUSTED', 25],
      ['ADJUSTED', 40],
    ]);
    await host.events.drained();
    expect((await typesOf(id)).at(-1)).toMatchObject({
      type: 'loyalty.points_expired',
      data: { before: { points: 55 }, after: { points: 25 } },
    });
  });
});

describe('an erased customer', () => {
  it('leaves no row', async () => {
    const id = await host.makeCustomer();
    await buy(id, '80');
    await host.query('mutation ($id: ID!) { customerErase(input: { id: $id, confirm: "erase" }) { userErrors { code } } }', { id });
    const count = `select (select count(*)::int from plugin_loyalty.accounts a where a.customer_id = $1)
      + (select count(*)::int from plugin_loyalty.entries e where e.customer_id = $1) as n`;
    await host.drain();
    expect((await host.db.pool.query(count, [uuidOf(id)])).rows).toEqual([{ n: 0 }]);
  });
});

describe('loyaltyTierChanged', () => {
  it('tells who came into another tier, also after the fact', async () => {
    const id = await host.makeCustomer();
    const { events } = await host.query('{ events(first: 1) { pageInfo { endCursor } } }');
    await buy(id, '2500');
    const client = createClient({
      url: host.url.replace('http', 'ws'),
      webSocketImpl: WebSocket,
      connectionParams: { Authorization: `Bearer ${host.key}` },
      retryAttempts: 0,
    });
    const query = 'subscription ($after: String) { loyaltyTierChanged(after: $after) { customer { id } before { key } after { key } } }';
    for await (const { data, errors } of client.iterate<{ loyaltyTierChanged: { customer: { id: string } } | null }>({
      query,
      variables: { after: events.pageInfo.endCursor },
    })) {
      expect(errors).toBeUndefined();
      if (data?.loyaltyTierChanged?.customer.id !== id) continue;
      expect(data.loyaltyTierChanged).toEqual({ customer: { id }, before: { key: 'bronze' }, after: { key: 'gold' } });
      break;
    }
    await client.dispose();
  });
});

describe('loyaltyTiers', () => {
  it('lists them', async () => {
    expect((await host.query('{ loyaltyTiers { key from } }')).loyaltyTiers).toEqual([
      { key: 'bronze', from: 0 },
      { key: 'silver', from: 500 },
      { key: 'gold', from: 2_000 },
    ]);
  });
});

describe('the strategy loyalty.engagement', () => {
  it('scores leads by tier', async () => {
    const criterion = {
      key: 'loyal',
      name: 'Loyal',
      points: 40,
      strategy: 'loyalty.engagement',
      rule: { field: { kind: { in: ['PERSON'] } } },
    };
    const made = `mutation ($input: LeadCriterionCreateInput!) { leadCriterionCreate(input: $input) { userErrors { code path } } }`;
    expect((await host.query(made, { input: criterion })).leadCriterionCreate.userErrors).toEqual([]);
    await host.query('mutation { leadSourceCreate(input: { key: "fair", name: "Fair" }) { userErrors { code } } }');
    const capture = `mutation ($input: LeadCaptureInput!) { leadCapture(input: $input) { lead { score } userErrors { code } } }`;
    const scores = [];
    for (const points of [0, 10, 700, 3_000]) {
      const id = await host.makeCustomer();
      if (points > 0) await change('Adjust', id, points);
      scores.push((await host.query(capture, { input: { customer: { id }, source: 'fair' } })).leadCapture.lead.score);
    }
    expect(scores).toEqual([0, 0, 20, 40]);
  });
});
