// How the company and an organisation talk to each other.
import { mechanic, pounds, serviceTeam, userRef } from './company.ts';
import { customerRef, type Party } from './party.ts';
import { someProduct, tradeBasket } from './products.ts';
import { reply, type Story } from './story.ts';

/** Somebody who acts for the organisation. */
export const someone = ({ random, contacts }: Story): Party => random.pick(contacts);

/** A call, a mail or a visit. */
export function talk(story: Story, day: number): void {
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

/** A meeting with all who act for the organisation. */
export function meet(story: Story, day: number, point: 'sales_visit' | 'trade_fair'): void {
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

/** A quote and, mostly, what they say to it. */
export function offer(story: Story, day: number): void {
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

/** The mechanic at a hire centre. */
export function fleet(story: Story, day: number): void {
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
