// An organisation's year: calls, visits, quotes, orders and invoices, with those who act for it.
import { pounds } from './company.ts';
import { customerRef } from './party.ts';
import { someProduct, tradeBasket } from './products.ts';
import { complain } from './service-story.ts';
import { after, type Order, reply, type Story } from './story.ts';
import { fleet, meet, offer, someone, talk } from './trade-talks.ts';

/** Tells the year of an organisation that buys or may buy. */
export function tradeYear(story: Story): void {
  const { random, party, calendar, from, to } = story;
  const [orders, talks] = plan(story);
  const workday = () => Math.min(to, calendar.workday(calendar.pickDay(random, 'office', from, to)));
  if (party.since >= 0) meet(story, from, 'trade_fair');
  for (let n = talks; n > 0; n--) talk(story, workday());
  const days = Array.from({ length: orders }, workday).sort((a, b) => a - b);
  for (const day of days) order(story, Math.max(day, from + 2));
  for (let n = party.profile === 'prospect' ? 1 : Math.round(orders / 7); n > 0; n--) offer(story, workday());
  if (party.sport === 'hire centre' && party.profile !== 'lost') for (let n = random.int(2, 3); n > 0; n--) fleet(story, workday());
  if (party.profile === 'advocate') recommend(story, workday());
}

function plan({ random, party }: Story): [orders: number, talks: number] {
  if (party.profile === 'prospect') return [0, random.int(2, 4)];
  if (party.profile === 'first_purchase') return [1, random.int(2, 4)];
  if (party.profile === 'repeat') return [random.int(2, 4), random.int(4, 7)];
  if (party.profile === 'lost') return [random.int(1, 2), random.int(2, 3)];
  return [random.int(6, 13), random.int(8, 14)];
}

function order(story: Story, day: number): void {
  const { random, party, calendar, journal, tell, orders } = story;
  const contact = someone(story);
  const { text, product, total, items } = tradeBasket(random, party.means);
  const number = journal.orderNumber(day);
  const at = calendar.moment(random, 'office', day);
  const byFax = party.sport === 'outdoor centre' || party.sport === 'school';
  const point = byFax
    ? 'order_fax'
    : random.weighted([
        ['customer_portal', 7],
        ['sales_call', 2],
        ['sales_visit', 1],
      ] as const);
  const acting = point === 'customer_portal' ? {} : { user: party.owner! };
  tell({
    kind: 'order_placed',
    point,
    at,
    order: number,
    value: total,
    says: 'tradeOrder',
    values: { order: number, basket: text },
    attributes: { items },
    ...acting,
    ...(point === 'sales_call' ? { minutes: 9 } : {}),
    participants: [{ role: 'buyer', customer: customerRef(contact.number) }],
  });
  const placed: Order = { day, at, number, product, total, cancelled: false };
  orders.push(placed);
  if (orders.length > 1 && random.chance(0.05)) {
    const values = { order: number, amount: `£${pounds(total).amount}` };
    placed.cancelled = tell({
      kind: 'order_cancelled',
      point: 'customer_portal',
      at: after(at, random.int(60, 2000)),
      order: `${number}-X`,
      value: -total,
      says: 'cancelled',
      values,
      outcome: 'credit note',
    });
  } else invoice(story, placed, contact.calledName);
}

function invoice(story: Story, { at, number, total }: Order, name: string): void {
  const { random, tell } = story;
  const late = random.chance(0.12);
  if (late)
    tell({
      kind: 'reminder',
      point: 'letter',
      at: reply(story, at, 40),
      says: 'dunning',
      values: { order: number, name, amount: `£${pounds(total).amount}` },
      out: true,
      outcome: 'sent',
    });
  if (random.chance(0.75))
    tell({
      kind: 'payment',
      point: 'customer_portal',
      at: reply(story, at, late ? 48 : random.int(10, 32)),
      says: 'payment',
      values: { order: number },
      outcome: 'paid',
    });
  if (random.chance(story.party.profile === 'lost' ? 0.8 : 0.09)) complain(story, story.orders.at(-1)!, { name });
}

function recommend(story: Story, day: number): void {
  const { random, calendar, tell } = story;
  story.praisedAt = calendar.moment(random, 'office', day);
  tell({
    kind: 'feedback',
    point: 'social_media',
    at: story.praisedAt,
    says: 'feedback',
    values: { product: someProduct(random), user: 'your team' },
    mood: 0.8,
  });
}
