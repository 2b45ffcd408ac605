// A private customer's year: orders, and what surrounds them.
import { pounds, storeTeam } from './company.ts';
import { basket, someProduct } from './products.ts';
import type { Random } from './random.ts';
import { ask, complain, giveBack, workshop } from './service-story.ts';
import { after, type Order, reply, type Story } from './story.ts';

/** Tells the year of a person who buys or may buy. */
export function retailYear(story: Story): void {
  const { random, party, calendar, from, to } = story;
  const days = orderDays(story);
  if (days.length === 0 || random.chance(0.3)) browse(story, party.since >= 0 ? from : calendar.pickDay(random, 'leisure', from, to));
  for (const [i, day] of days.entries()) buy(story, day, i);
  around(story);
  if (party.profile === 'advocate') praise(story);
}

function orderDays(story: Story): number[] {
  const { random, party, calendar, from, to } = story;
  const count = orderCount(random, party.profile, party.before);
  const days = Array.from({ length: count }, () => calendar.pickDay(random, 'leisure', Math.min(from + 1, to), to)).sort((a, b) => a - b);
  // One in two comes with the first order, without any contact before it.
  if (party.since >= 0 && count > 0 && random.chance(0.7)) days[0] = from;
  return days;
}

function orderCount(random: Random, profile: string, before: number): number {
  if (profile === 'first_purchase') return before > 0 ? 0 : 1;
  if (profile === 'repeat') return random.int(2, 4);
  if (profile === 'loyal') return random.int(5, 10);
  if (profile === 'advocate') return random.int(6, 13);
  return profile === 'lost' ? random.int(0, 2) : 0;
}

function buy(story: Story, day: number, index: number): void {
  const { random, party, calendar, journal, tell, orders } = story;
  const { text, product, total, items } = basket(random, party.means);
  const number = journal.orderNumber(day);
  const way =
    party.place.country !== 'GB'
      ? 'web'
      : random.weighted([
          ['web', 72],
          ['store', 21],
          ['phone', 7],
        ] as const);
  const at = way === 'web' ? calendar.moment(random, 'leisure', day) : calendar.moment(random, 'store', day);
  const placed = { kind: 'order_placed', at, order: number, value: total, attributes: { items } };
  const values = { order: number, basket: text };
  if (way === 'web') tell({ ...placed, point: 'web_shop', says: 'order', values });
  else
    tell({
      ...placed,
      point: way === 'store' ? 'store' : 'support_phone',
      says: way === 'store' ? 'storeOrder' : 'phoneOrder',
      values,
      user: random.pick(storeTeam),
      ...(way === 'phone' ? { minutes: 7 } : {}),
    });
  const order: Order = { day, at, number, product, total, cancelled: false };
  orders.push(order);
  if (index > 0 && way === 'web' && random.chance(0.08)) cancel(story, order);
  else follow(story, order, way === 'web');
}

function cancel(story: Story, order: Order): void {
  const { random, tell } = story;
  const at = after(order.at, random.int(20, 2200));
  const values = { order: order.number, amount: `£${pounds(order.total).amount}` };
  order.cancelled = tell({
    kind: 'order_cancelled',
    point: 'web_shop',
    at,
    order: `${order.number}-X`,
    value: -order.total,
    says: 'cancelled',
    values,
    outcome: 'refunded',
  });
}

function follow(story: Story, order: Order, sent: boolean): void {
  const { random, party, tell } = story;
  if (sent && random.chance(0.3))
    tell({
      kind: 'reminder',
      point: 'sms_reminder',
      at: reply(story, order.at, random.int(1, 3)),
      says: 'delivery',
      values: { order: order.number, hour: random.int(9, 17) },
      out: true,
      outcome: 'delivered',
    });
  if (sent && random.chance(0.16)) rate(story, order);
  if (random.chance(party.profile === 'lost' ? 0.5 : 0.065)) complain(story, order);
  else if (random.chance(0.06)) giveBack(story, order);
}

function rate(story: Story, order: Order): void {
  const { random, party, tell } = story;
  const rating =
    party.profile === 'lost'
      ? random.int(0, 5)
      : random.weighted([
          [10, 5],
          [9, 6],
          [8, 4],
          [7, 3],
          [6, 1],
          [4, 1],
          [2, 1],
        ] as const);
  tell({
    kind: 'survey_response',
    point: 'satisfaction_survey',
    at: after(order.at, random.int(7, 12) * 1440),
    says: rating > 5 ? 'survey' : 'poorSurvey',
    values: { order: order.number },
    mood: rating / 5 - 1,
    attributes: { rating },
  });
}

function browse(story: Story, day: number): void {
  const { random, party, calendar, tell, from, to } = story;
  const words = () => ({ product: someProduct(random), n: random.int(2, 14), m: random.int(2, 25) });
  if (party.newsletter)
    tell({
      kind: 'signup',
      point: random.chance(0.8) ? 'web_shop' : 'store',
      at: calendar.moment(random, 'store', day),
      says: 'signup',
      mood: 0.2,
    });
  if (!party.newsletter || random.chance(0.6))
    tell({ kind: 'website_visit', point: 'web_shop', at: calendar.moment(random, 'leisure', day), says: 'page', values: words() });
  if (party.profile !== 'prospect') return;
  for (let n = random.int(0, 2); n > 0; n--)
    tell({
      kind: 'website_visit',
      point: 'web_shop',
      at: calendar.moment(random, 'leisure', calendar.pickDay(random, 'leisure', from, to)),
      says: 'page',
      values: words(),
    });
  if (random.chance(0.65)) ask(story, calendar.pickDay(random, 'leisure', from, to));
}

// Occasions of the year, each with how often it comes to somebody who buys once, now and then, or all the time.
function around(story: Story): void {
  const { random, party, calendar, tell, from, to } = story;
  const keen = { prospect: 0.5, first_purchase: 0.5, repeat: 1, loyal: 2, advocate: 2.6 }[party.profile as string] ?? 0.4;
  const local = party.place.country === 'GB' ? 1 : 0;
  const times = (often: number) => Math.floor(often * keen + random.next());
  const someDay = () => calendar.pickDay(random, 'leisure', from, to);
  for (let n = times(0.45); n > 0; n--) ask(story, someDay());
  for (let n = times(0.4 * local); n > 0; n--)
    tell({
      kind: 'visit',
      point: 'store',
      at: calendar.moment(random, 'store', someDay()),
      says: 'visit',
      values: { product: someProduct(random) },
      user: random.pick(storeTeam),
      mood: 0.3,
    });
  if (/cycling|biking|gravel/.test(party.sport)) for (let n = times(0.35 * local); n > 0; n--) workshop(story, someDay());
  for (let n = times(0.14 * local); n > 0; n--)
    tell({
      kind: 'event_attended',
      point: 'trade_fair',
      at: calendar.moment(random, 'store', someDay()),
      says: 'event',
      values: { product: someProduct(random) },
      mood: 0.5,
    });
  if (keen >= 1 && random.chance(0.12))
    tell({
      kind: 'note',
      point: 'store',
      at: calendar.moment(random, 'store', someDay()),
      says: 'note',
      user: random.pick(storeTeam),
      out: true,
    });
  if (keen >= 2)
    for (let n = random.int(1, 2); n > 0; n--)
      tell({
        kind: 'email',
        point: 'club',
        at: calendar.moment(random, 'office', calendar.workday(Math.min(to, someDay()))),
        says: 'club',
        values: { n: party.before + random.int(3, 9) },
        out: true,
        user: 'lindqvist',
        outcome: random.pick(['opened', 'opened', 'delivered']),
      });
  if (keen >= 1 && random.chance(0.1))
    tell({
      kind: 'feedback',
      point: 'social_media',
      at: calendar.moment(random, 'leisure', someDay()),
      says: 'feedback',
      values: { product: someProduct(random), user: 'the staff' },
      mood: 0.5,
    });
  if (party.newsletter && (party.profile === 'lost' || random.chance(0.04)))
    tell({
      kind: 'subscription_cancelled',
      point: 'newsletter',
      at: calendar.moment(random, 'leisure', to),
      says: 'unsubscribe',
      mood: -0.3,
    });
}

function praise(story: Story): void {
  const { random, calendar, tell, to } = story;
  for (let n = random.int(2, 4); n > 0; n--) {
    const at = calendar.moment(random, 'leisure', calendar.pickDay(random, 'leisure', 40, to));
    tell({
      kind: 'feedback',
      point: 'social_media',
      at,
      says: 'feedback',
      values: { product: someProduct(random), user: 'Ffion' },
      mood: 0.75,
    });
    if (!story.praisedAt || at < story.praisedAt) story.praisedAt = at;
  }
}
