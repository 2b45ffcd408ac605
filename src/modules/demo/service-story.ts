// Questions, complaints and the workshop: what customer service does all year, for people and organisations alike.
import { mechanic, pounds, serviceTeam } from './company.ts';
import { someProduct } from './products.ts';
import { after, type Order, reply, type Story } from './story.ts';

const money = (amount: number) => `£${pounds(amount).amount}`;

/** A question by mail or chat, and its answer. Recent ones may still wait for theirs. */
export function ask(story: Story, day: number, values: { name?: string } = {}): void {
  const { random, calendar, journal, tell } = story;
  const user = random.pick(serviceTeam);
  const at = calendar.moment(random, 'leisure', day);
  const words = { ...values, product: someProduct(random), height: random.int(55, 96) };
  if (random.chance(0.35)) {
    const variant = random.int(0, 4);
    tell({ kind: 'message', point: 'live_chat', at, says: 'chat', variant, values: words, mood: 0.1, minutes: random.int(2, 12) });
    tell({
      kind: 'message',
      point: 'live_chat',
      at: after(at, random.int(1, 5)),
      says: 'chatReply',
      variant,
      values: words,
      user,
      out: true,
      outcome: 'answered',
    });
  } else if (random.chance(0.3)) {
    tell({
      kind: 'call',
      point: 'support_phone',
      at: calendar.moment(random, 'office', calendar.workday(day)),
      says: 'enquiry',
      values: words,
      user,
      mood: 0.15,
      minutes: 5,
      outcome: random.pick(['answered', 'answered', 'put through to the store', 'will call again']),
    });
  } else {
    const thread = journal.thread();
    tell({ kind: 'enquiry', point: 'support_email', at, says: 'enquiry', values: words, thread, mood: 0.1 });
    if (
      tell({
        kind: 'email',
        point: 'support_email',
        at: reply(story, at, random.int(0, 1)),
        says: 'enquiryReply',
        values: words,
        thread,
        user,
        out: true,
        outcome: 'answered',
      })
    )
      journal.close(thread);
  }
}

/** A complaint about an order, the apology and, unless it is too fresh or forgotten, the resolution. */
export function complain(story: Story, order: Order, values: { name?: string } = {}): void {
  const { random, journal, tell } = story;
  const user = random.pick(serviceTeam);
  const thread = journal.thread();
  const words = { ...values, order: order.number, product: order.product, amount: money(order.total) };
  const at = reply(story, order.at, random.int(3, 12));
  const variant = random.int(0, 3);
  const byPhone = random.chance(0.3);
  const point = random.chance(0.12) ? 'social_media' : byPhone ? 'support_phone' : 'support_email';
  if (
    !tell({
      kind: 'complaint',
      point,
      at,
      says: 'complaint',
      variant,
      values: words,
      thread,
      mood: -0.65,
      ...(byPhone ? { minutes: 9, user } : {}),
    })
  )
    return;
  story.unhappy = true;
  const answered = reply(story, at, 0);
  tell({ kind: 'email', point: 'support_email', at: answered, says: 'apology', variant, values: words, thread, user, out: true });
  if (story.party.profile === 'lost' && random.chance(0.5)) return;
  const resolved = reply(story, answered, random.int(1, 3));
  if (
    !tell({
      kind: 'email',
      point: 'support_email',
      at: resolved,
      says: 'resolution',
      variant,
      values: words,
      thread,
      user,
      out: true,
      outcome: 'resolved',
    })
  )
    return;
  story.unhappy = false;
  journal.close(thread);
  if (random.chance(0.45))
    tell({
      kind: 'message',
      point: 'support_email',
      at: after(resolved, random.int(30, 900)),
      says: 'thanks',
      values: { ...words, user: 'all' },
      thread,
      mood: 0.6,
    });
}

/** A bike in the workshop, and the message that it is ready. */
export function workshop(story: Story, day: number): void {
  const { random, calendar, tell } = story;
  const at = calendar.moment(random, 'store', day);
  const price = random.int(4, 18) * 10;
  tell({
    kind: 'service_request',
    point: 'workshop',
    at,
    says: 'workshop',
    values: { price },
    user: mechanic,
    outcome: random.pick(['repaired', 'repaired', 'serviced', 'parts ordered']),
  });
  tell({
    kind: 'reminder',
    point: 'sms_reminder',
    at: reply(story, at, random.int(1, 3)),
    says: 'workshopReady',
    values: { amount: money(price) },
    out: true,
    outcome: 'delivered',
  });
}

/** An order sent back in part. */
export function giveBack(story: Story, order: Order): void {
  const { random, tell } = story;
  tell({
    kind: 'return',
    point: random.chance(0.3) ? 'store' : 'web_shop',
    at: reply(story, order.at, random.int(5, 20)),
    says: 'return',
    values: { order: order.number, product: order.product },
    mood: -0.1,
    outcome: random.pick(['refunded', 'refunded', 'exchanged']),
  });
}
