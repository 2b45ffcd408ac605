// Purchases that are corrected, moved or cancelled: points follow them.
import { uuidOf } from 'trato/plugin';
import { createTestHost, type TestHost } from 'trato/plugin/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { plugin } from './index.ts';
import { createShop, daysAgo, newOrder } from './testing/shop.ts';

let host: TestHost;
let shop: ReturnType<typeof createShop>;

beforeAll(async () => {
  host = await createTestHost({ plugins: [{ plugin, config: { kinds: ['order_placed', 'order_cancelled'] } }] });
  shop = createShop(host);
});
afterAll(() => host?.stop());

describe('a purchase that is corrected', () => {
  it('books the difference, once', async () => {
    const [id, order] = [await host.makeCustomer(), newOrder()];
    await shop.put(order, id, 100);
    await shop.put(order, id, 50);
    await shop.put(order, id, 50);
    expect(await shop.read(id)).toEqual({
      points: 50,
      total: 50,
      entries: [
        ['ADJUSTED', -50],
        ['EARNED', 100],
      ],
    });
    await shop.put(order, id, 80);
    expect(await shop.read(id)).toMatchObject({ points: 80, total: 80 });
  });

  it('moves no points where only words are corrected', async () => {
    const [id, order] = [await host.makeCustomer(), newOrder()];
    await shop.put(order, id, 100);
    await shop.put(order, id, undefined, { subject: 'Two lamps', value: { amount: '100', currency: 'CHF' } });
    expect((await shop.read(id)).entries).toEqual([['EARNED', 100]]);
  });

  it.each([
    ['nothing', null, {}],
    ['zero', 0, {}],
    ['a kind that does not earn', undefined, { kind: 'enquiry' }],
  ])('to %s takes its points, and gives them when it is corrected back', async (_to, amount, more) => {
    const [id, order] = [await host.makeCustomer(), newOrder()];
    await shop.put(order, id, 100);
    await shop.put(order, id, amount, more);
    expect(await shop.read(id)).toMatchObject({ points: 0, total: 0 });
    await shop.put(order, id, 100);
    expect(await shop.read(id)).toMatchObject({ points: 100, total: 100 });
  });

  it('earns from when it has a value', async () => {
    const [id, order] = [await host.makeCustomer(), newOrder()];
    await shop.put(order, id, undefined);
    expect((await shop.read(id)).points).toBeNull();
    await shop.put(order, id, 30);
    expect((await shop.read(id)).entries).toEqual([['EARNED', 30]]);
  });

  it('several times before it is taken in counts as it is then', async () => {
    const [id, order] = [await host.makeCustomer(), newOrder()];
    for (const amount of [100, 0, 70, 40]) await shop.put(order, id, amount, { waits: true });
    await host.drain();
    expect(await shop.read(id)).toMatchObject({ points: 40, total: 40 });
    for (const amount of [0, 60, 25]) await shop.put(order, id, amount, { waits: true });
    await host.drain();
    expect(await shop.read(id)).toMatchObject({ points: 25, total: 25 });
  });

  it('takes what is there where points were spent, and gives back no more than it took', async () => {
    const [id, order] = [await host.makeCustomer(), newOrder()];
    await shop.put(order, id, 100);
    await shop.change('Spend', id, 80);
    await shop.put(order, id, 50);
    expect(await shop.read(id)).toMatchObject({ points: 0, total: 50 });
    await shop.put(order, id, 100);
    expect(await shop.read(id)).toMatchObject({ points: 20, total: 100 });
  });

  it('takes no newer points for its own that have expired', async () => {
    const [id, order] = [await host.makeCustomer(), newOrder()];
    await shop.put(order, id, 100, { occurredAt: daysAgo(400) });
    await shop.change('Adjust', id, 70);
    await shop.put(order, id, 40);
    expect(await shop.read(id)).toMatchObject({ points: 70, total: 110 });
  });

  it('takes its own points first', async () => {
    const [id, order] = [await host.makeCustomer(), newOrder()];
    await shop.put(newOrder(), id, 30, { occurredAt: daysAgo(360) });
    await shop.put(order, id, 100);
    await shop.put(order, id, 90);
    const { rows } = await host.db.pool.query(
      'select remaining from plugin_loyalty.entries where customer_id = $1 and points > 0 order by position',
      [uuidOf(id)],
    );
    expect(rows.map(({ remaining }) => remaining)).toEqual([30, 90]);
  });

  it('to another day lets its points expire by that', async () => {
    const [id, order] = [await host.makeCustomer(), newOrder()];
    await shop.put(order, id, 100, { occurredAt: daysAgo(3_650) });
    expect(await shop.read(id)).toMatchObject({ points: 0, total: 100 });
    await shop.put(order, id, undefined, { occurredAt: daysAgo(1) });
    expect(await shop.read(id)).toMatchObject({ points: 100, total: 100 });
    await shop.put(order, id, undefined, { occurredAt: daysAgo(366) });
    expect(await shop.read(id)).toMatchObject({ points: 0, total: 100 });
  });
});

describe('a purchase that is moved', () => {
  it('takes its points along, there and back', async () => {
    const [a, b, order] = [await host.makeCustomer(), await host.makeCustomer(), newOrder()];
    await shop.put(order, a, 100);
    await shop.put(order, b, 60);
    expect([await shop.read(a), await shop.read(b)]).toMatchObject([
      { points: 0, total: 0 },
      { points: 60, total: 60, entries: [['EARNED', 60]] },
    ]);
    await shop.put(order, a, undefined);
    expect([await shop.read(a), await shop.read(b)]).toMatchObject([
      { points: 60, total: 60 },
      { points: 0, total: 0 },
    ]);
  });

  it('from a customer who was erased at once reaches the other, and fails nothing', async () => {
    const [a, b, order] = [await host.makeCustomer(), await host.makeCustomer(), newOrder()];
    await shop.put(order, a, 100);
    await shop.put(order, b, undefined, { waits: true });
    await shop.erase(a);
    await host.drain();
    expect(await shop.read(b)).toMatchObject({ points: 100, total: 100 });
    expect(await shop.failures()).toEqual([]);
    const { rows } = await host.db.pool.query('select 1 from plugin_loyalty.purchases where customer_id = $1', [uuidOf(a)]);
    expect(rows).toEqual([]);
  });

  it('to a customer who is erased before it is taken in leaves nothing', async () => {
    const [a, b, order] = [await host.makeCustomer(), await host.makeCustomer(), newOrder()];
    await shop.put(order, a, 100);
    await shop.put(order, b, 50, { waits: true });
    await shop.erase(b);
    await host.drain();
    expect(await shop.failures()).toEqual([]);
    const { rows } = await host.db.pool.query('select 1 from plugin_loyalty.accounts where customer_id = $1', [uuidOf(b)]);
    expect(rows).toEqual([]);
  });

  it('of an archived customer is corrected like any other', async () => {
    const [a, b, order] = [await host.makeCustomer(), await host.makeCustomer(), newOrder()];
    await shop.put(order, a, 100);
    await shop.put(order, b, 50, { waits: true });
    for (const id of [a, b]) await shop.archive(id);
    await host.drain();
    const { rows } = await host.db.pool.query('select balance from plugin_loyalty.accounts where customer_id = any($1) order by 1', [
      [uuidOf(a), uuidOf(b)],
    ]);
    expect(rows).toEqual([{ balance: 0 }, { balance: 50 }]);
  });
});

describe('a cancellation', () => {
  const cancel = (id: string, amount: number, occurredAt: string, ref = newOrder()) =>
    shop.put(ref, id, -amount, { kind: 'order_cancelled', occurredAt });

  it('that was recorded before its purchase takes its points all the same', async () => {
    const id = await host.makeCustomer();
    await cancel(id, 100, daysAgo(1));
    await shop.put(newOrder(), id, 100, { occurredAt: daysAgo(3) });
    expect(await shop.read(id)).toMatchObject({ points: 0, total: 0 });
    // It is settled, and takes nothing of another purchase, nor of one that came after it.
    await shop.put(newOrder(), id, 40, { occurredAt: daysAgo(2) });
    expect(await shop.read(id)).toMatchObject({ points: 40, total: 40 });
  });

  it('is paid before those that came after it, each as much as it lacks', async () => {
    const id = await host.makeCustomer();
    await cancel(id, 70, daysAgo(1));
    await cancel(id, 60, daysAgo(2));
    await shop.put(newOrder(), id, 100, { occurredAt: daysAgo(3) });
    const { points, total, entries } = await shop.read(id);
    expect({ points, total }).toEqual({ points: 0, total: 0 });
    expect(entries.slice(0, 3)).toEqual([
      ['ADJUSTED', -40],
      ['ADJUSTED', -60],
      ['EARNED', 100],
    ]);
    await shop.put(newOrder(), id, 50, { occurredAt: daysAgo(3) });
    expect(await shop.read(id)).toMatchObject({ points: 20, total: 20 });
  });

  it('takes nothing of a purchase that came after it', async () => {
    const id = await host.makeCustomer();
    await cancel(id, 100, daysAgo(3));
    await shop.put(newOrder(), id, 100, { occurredAt: daysAgo(1) });
    expect(await shop.read(id)).toMatchObject({ points: 100, total: 100 });
  });

  it('that turns out to be a purchase earns all of it', async () => {
    const [id, ref] = [await host.makeCustomer(), newOrder()];
    await shop.put(ref, id, -30);
    await shop.put(ref, id, 30);
    expect(await shop.read(id)).toMatchObject({ points: 30, total: 30 });
  });

  it('that is corrected gives back what it took too much', async () => {
    const [id, ref] = [await host.makeCustomer(), newOrder()];
    await shop.put(newOrder(), id, 100, { occurredAt: daysAgo(3) });
    await cancel(id, 600, daysAgo(2), ref);
    expect(await shop.read(id)).toMatchObject({ points: 0, total: 0 });
    await cancel(id, 100, daysAgo(2), ref);
    expect(await shop.read(id)).toMatchObject({ points: 0, total: 0 });
    await cancel(id, 30, daysAgo(2), ref);
    expect(await shop.read(id)).toMatchObject({ points: 70, total: 70 });
  });
});

describe('what was recorded before this', () => {
  /** As version 1.0 left it, or as it is where the programme had not begun. */
  const forgetPurchases = (id: string) => host.db.pool.query('delete from plugin_loyalty.purchases where customer_id = $1', [uuidOf(id)]);

  it('by version 1.0 is corrected from what that has booked', async () => {
    const [id, order] = [await host.makeCustomer(), newOrder()];
    await shop.put(order, id, 100);
    await forgetPurchases(id);
    await host.db.pool.query('update plugin_loyalty.entries set purchase = null where customer_id = $1', [uuidOf(id)]);
    await shop.put(order, id, 40);
    expect(await shop.read(id)).toMatchObject({ points: 40, total: 40 });
  });

  it('before the programme began earned nothing, and its correction changes nothing', async () => {
    const [a, b, order] = [await host.makeCustomer(), await host.makeCustomer(), newOrder()];
    await shop.put(order, a, 100);
    await host.db.pool.query('delete from plugin_loyalty.accounts where customer_id = $1', [uuidOf(a)]);
    await shop.put(order, a, 150);
    await shop.put(order, b, 20);
    expect([(await shop.read(a)).points, (await shop.read(b)).points]).toEqual([null, null]);
  });
});
