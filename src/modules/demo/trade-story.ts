// An organisation's year: calls, visits, quotes, orders and invoices, with those who act for it.
import { mechanic, pounds, serviceTeam, userRef } from './company.ts';
import { customerRef } from './party.ts';
import { someProduct, tradeBasket } from './products.ts';
import { complain } from './service-story.ts';
import { after, type Order, reply, type Story } from './story.ts';

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

const someone = ({ random, contacts }: Story) => random.pick(contacts);

function talk(story: Story, day: number): void {
  const { random, party, calendar, tell } = story;
  const owner = party.owner!;
  const contact = someone(story);
  const words = {
    contact: contact.calledName,
    name: contact.calledName,
    product: someProduct(random),
    order: story.orders.at(-1)?.number ?? 'our last order',
  };
  const at = calendar.moment(random, 'office', day);
  const participants = [{ role: 'caller', customer: customerRef(contact.number) }];
  const way = random.weighted([
    ['out', 5],
    ['in', 3],
    ['missed', 1.5],
    ['mail', 3],
    ['visit', 2],
  ] as const);
  if (way === 'out')
    tell({
      kind: 'call',
      point: 'sales_call',
      at,
      says: 'callOut',
      values: words,
      out: true,
      user: owner,
      minutes: 8,
      mood: 0.2,
      outcome: random.pick(['reached', 'reached', 'call back', 'interested']),
      participants: [{ role: 'called', customer: customerRef(contact.number) }],
    });
  else if (way === 'in')
    tell({
      kind: 'call',
      point: 'sales_call',
      at,
      says: 'callIn',
      values: words,
      user: owner,
      minutes: 6,
      mood: 0.1,
      outcome: 'answered',
      participants,
    });
  else if (way === 'missed')
    tell({ kind: 'call', point: 'sales_call', at, says: 'noAnswer', out: true, user: owner, minutes: 0.5, outcome: 'not reached' });
  else if (way === 'mail')
    tell({
      kind: 'email',
      point: 'support_email',
      at,
      says: 'tradeMail',
      values: words,
      mood: 0.05,
      participants: [{ role: 'sender', customer: customerRef(contact.number) }],
    });
  else meet(story, day, 'sales_visit');
}

function meet(story: Story, day: number, point: 'sales_visit' | 'trade_fair'): void {
  const { random, party, calendar, contacts, tell } = story;
  const owner = party.owner!;
  const colleague = random.pick(['hollis', 'okafor', 'lindqvist']);
  const participants = [
    ...contacts.map(({ number }) => ({ role: 'attendee', customer: customerRef(number) })),
    ...(colleague !== owner && random.chance(0.4) ? [{ role: 'attendee', user: userRef(colleague) }] : []),
  ];
  const values = { contact: contacts.map((contact) => contact.calledName).join(' and '), product: someProduct(random) };
  tell({
    kind: 'meeting',
    point,
    at: calendar.moment(random, 'office', day),
    says: 'meeting',
    values,
    out: point === 'sales_visit',
    user: owner,
    minutes: 65,
    mood: 0.3,
    participants,
    outcome: random.pick(['next steps agreed', 'quote wanted', 'friendly, nothing concrete']),
  });
}

function offer(story: Story, day: number): void {
  const { random, party, calendar, journal, tell } = story;
  const owner = party.owner!;
  const contact = someone(story);
  const { text, total } = tradeBasket(random, party.means);
  const thread = journal.thread();
  const what = text.split(', ')[0]!.replace(' × ', ' of the ');
  const words = { name: contact.calledName, what, number: Number(thread.slice(2)) + 4000, amount: `£${pounds(total).amount}` };
  const at = calendar.moment(random, 'office', day);
  tell({
    kind: 'quote_sent',
    point: 'sales_call',
    at,
    says: 'quote',
    values: words,
    thread,
    user: owner,
    out: true,
    participants: [{ role: 'recipient', customer: customerRef(contact.number) }],
  });
  const outcomes = ['accepted', 'declined', 'thinking about it'];
  const variant = random.pick([0, 0, 1, 2]);
  const answered =
    random.chance(0.85) &&
    tell({
      kind: 'email',
      point: 'support_email',
      at: reply(story, at, random.int(2, 9)),
      says: 'quoteReply',
      variant,
      values: words,
      thread,
      mood: [0.4, -0.2, 0][variant]!,
      outcome: outcomes[variant]!,
      user: owner,
    });
  if (answered && variant < 2) journal.close(thread);
}

function order(story: Story, day: number): void {
  const { random, party, calendar, journal, tell, orders } = story;
  const contact = someone(story);
  const { text, total, items } = tradeBasket(random, party.means);
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
  const placed: Order = { day, at, number, product: text.split(', ')[0]!.replace(/^\d+ × /, ''), total, cancelled: false };
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

function fleet(story: Story, day: number): void {
  const { random, calendar, tell } = story;
  tell({
    kind: 'service_request',
    point: 'technician_visit',
    at: calendar.moment(random, 'office', day),
    says: 'fleet',
    values: { n: random.int(12, 60), m: random.int(2, 9), contact: someone(story).calledName },
    user: mechanic,
    out: true,
    minutes: 150,
    outcome: 'signed off',
  });
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

/** Tells the year of a supplier, partner or investor. */
export function partnerYear(story: Story): void {
  const { random, calendar, tell, from, to } = story;
  for (let n = random.int(5, 10); n > 0; n--) {
    const contact = someone(story);
    const at = calendar.moment(random, 'office', Math.min(to, calendar.workday(calendar.pickDay(random, 'office', from, to))));
    const user = random.pick(['hollis', 'okafor', 'marchetti', random.pick(serviceTeam)]);
    const words = { name: contact.calledName, contact: contact.calledName, product: someProduct(random) };
    const participants = [{ role: 'contact', customer: customerRef(contact.number) }];
    if (random.chance(0.6))
      tell({ kind: 'email', point: 'support_email', at, says: 'supplierMail', values: words, user, participants, mood: 0 });
    else
      tell({
        kind: 'call',
        point: 'sales_call',
        at,
        says: 'supplierCall',
        values: words,
        user,
        participants,
        minutes: 12,
        outcome: 'agreed',
        out: random.chance(0.5),
      });
  }
}
