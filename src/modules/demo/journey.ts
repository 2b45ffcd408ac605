// Where a customer stands in the lifecycle, as its orders of the year make it.
import { type CustomerRef, customerRef, sinceMoment } from './party.ts';
import { reply, type Story } from './story.ts';

export type Move = { customer: CustomerRef; stage: string; occurredAt: Date; reason: string };
export type Journey = { initial: string; moves: Move[] };

const LOST_AFTER_DAYS = 180;

function stageAfter(orders: number): string {
  return orders === 0 ? 'prospect' : orders === 1 ? 'first_purchase' : orders < 5 ? 'repeat' : 'loyal';
}

const reasons: Record<string, string> = { first_purchase: 'First order', repeat: 'Ordered again', loyal: 'Fifth order' };

/** The stage at which a buyer begins, and every move after that. */
export function journeyOf(story: Story): Journey {
  const { party, calendar, random } = story;
  const orders = [...story.orders].sort((a, b) => a.at.getTime() - b.at.getTime());
  const boughtAtOnce = party.since >= 0 && orders[0]?.day === party.since;
  const wasLost = party.profile === 'repeat' && party.since < -300 && random.chance(0.4);
  const initial = wasLost ? 'lost' : stageAfter(party.before + (boughtAtOnce ? 1 : 0));
  let stage = initial;
  const moves: Move[] = [];
  const move = (to: string, occurredAt: Date, reason: string) => {
    stage = to;
    moves.push({ customer: customerRef(party.number), stage: to, occurredAt, reason });
  };
  for (const [i, order] of orders.entries()) {
    const next = stageAfter(party.before + i + 1);
    if (next !== stage) move(next, order.at, `${stage === 'lost' ? 'Came back' : reasons[next]}, ${order.number}`);
  }
  if (story.praisedAt) {
    const last = moves.at(-1)?.occurredAt ?? sinceMoment(calendar, party);
    move('advocate', story.praisedAt > last ? story.praisedAt : reply(story, last, 3), 'Recommends us in public');
  }
  if (party.profile === 'lost')
    move('lost', calendar.moment(random, 'office', calendar.workday(story.to + LOST_AFTER_DAYS)), `No order for ${LOST_AFTER_DAYS} days`);
  return { initial, moves: moves.filter(({ occurredAt }) => occurredAt < calendar.end) };
}

const SILENT_DAYS = 150;

/** Whether a buyer may be lost: after a complaint that nobody resolved, or long silence of somebody who used to buy. */
export function healthOf({ party, orders, unhappy }: Story): 'UNKNOWN' | 'HEALTHY' | 'AT_RISK' {
  const bought = party.before + orders.length;
  if (bought === 0) return 'UNKNOWN';
  const silent = 365 - (orders.at(-1)?.day ?? 0);
  if (unhappy || party.profile === 'lost' || (bought > 1 && silent > SILENT_DAYS)) return 'AT_RISK';
  return bought > 1 ? 'HEALTHY' : 'UNKNOWN';
}
