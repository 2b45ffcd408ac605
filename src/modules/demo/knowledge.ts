// What some customers like and lack, with where and since when it is known.
import type { Calendar } from './calendar.ts';
import { type CustomerRef, customerRef, isBuyer, type Party } from './party.ts';
import { someProduct } from './products.ts';
import { randomFor } from './random.ts';

export type Known = {
  customer: CustomerRef;
  topic: string;
  value: string;
  basis: 'STATED' | 'INFERRED';
  source: string;
  observedAt: Date;
  metAt?: Date;
};

const likes: [topic: string, values: string[]][] = [
  ['contact_time', ['after 18:00', 'mornings', 'weekends', 'lunch time']],
  ['contact_channel', ['email', 'phone', 'sms', 'chat']],
  ['size', ['S', 'M', 'L', 'XL', 'shoe size 42', 'shoe size 38']],
  ['colour', ['black', 'forest green', 'anything bright', 'blue']],
  ['delivery', ['collect in store', 'to the office', 'leave with a neighbour']],
  ['material', ['merino wool', 'recycled fibres', 'no down']],
];
const tradeLikes: [topic: string, values: string[]][] = [
  ['contact_time', ['before 10:00', 'Mondays', 'not on Fridays']],
  ['payment', ['30 days net', 'direct debit', 'early payment discount']],
  ['delivery', ['one delivery a month', 'split over two branches', 'call an hour before']],
  ['offer', ['exclusive colours', 'small minimum quantities', 'display material with every season']],
];
const lacks: [topic: string, values: string[]][] = [
  [
    'product',
    [
      'a lighter tent for two',
      'winter boots that take crampons',
      'a bike for the commute',
      'panniers that fit an e-bike',
      "a child's first mountain bike",
    ],
  ],
  ['service', ['a bike fitting', 'a spare bike during repairs', 'help with tubeless tyres', 'faster delivery before holidays']],
  ['advice', ['how to plan a first bikepacking trip', 'which layers for winter in Scotland', 'how to train for a sportive']],
];
const tradeLacks: [topic: string, values: string[]][] = [
  ['product', ['hire bikes in small frame sizes', 'helmets in school sets', 'own-label rucksacks', 'e-bikes for deliveries']],
  ['service', ['stock figures in the portal', 'staff training on e-bikes', 'repairs on site', 'longer payment terms before the season']],
];
const stated = ['sales call', 'store visit', 'chat', 'support call', 'survey'];
const inferred = ['order history', 'web shop visits', 'returns'];

/** Preferences and needs, of some two in ten buyers. */
export function knowledge(calendar: Calendar, parties: readonly Party[]): { preferences: Known[]; needs: Known[] } {
  const buyers = parties.filter(isBuyer);
  return {
    preferences: buyers.flatMap((party) => about(calendar, party, 'preference', party.kind === 'PERSON' ? likes : tradeLikes, 0.16)),
    needs: buyers.flatMap((party) => about(calendar, party, 'need', party.kind === 'PERSON' ? lacks : tradeLacks, 0.1)),
  };
}

function about(calendar: Calendar, party: Party, what: string, topics: [string, string[]][], share: number): Known[] {
  const random = randomFor(what, party.number);
  if (!random.chance(party.kind === 'PERSON' ? share : share * 1.6)) return [];
  const count = random.weighted([
    [1, 3],
    [2, 1],
  ]);
  return random
    .shuffled(topics)
    .slice(0, count)
    .map(([topic, values]) => {
      const basis = random.chance(0.65) ? 'STATED' : 'INFERRED';
      const day = random.int(Math.max(0, party.since), 364);
      const observedAt = calendar.moment(random, 'office', day);
      const metAt = calendar.moment(random, 'office', Math.min(364, day + random.int(5, 60)));
      const met = what === 'need' && random.chance(0.4) && metAt > observedAt;
      const value =
        topic === 'product' && random.chance(0.3) ? `looks for a good offer on the ${someProduct(random)}` : random.pick(values);
      return {
        customer: customerRef(party.number),
        topic,
        value,
        basis,
        source: random.pick(basis === 'STATED' ? stated : inferred),
        observedAt,
        ...(met ? { metAt } : {}),
      };
    });
}
