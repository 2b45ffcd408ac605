// What Fellwheel's trade team is selling: products, and the opportunities of the year with shops and hire centres.
import { type Calendar, DAYS } from './calendar.ts';
import { type Money, pounds, type StaffRef, teamRef, tradeTeam, userRef } from './company.ts';
import { type CustomerRef, customerRef, type Party } from './party.ts';
import { catalogue } from './products.ts';
import { type Random, randomFor } from './random.ts';

export type OpportunityRow = {
  externalRef: { system: string; value: string };
  customer: CustomerRef;
  name: string;
  pipeline: string;
  stage: string;
  owner: StaffRef;
  team: StaffRef;
  openedAt: Date;
  closedAt?: Date;
  closeReason?: string;
  expectedCloseOn?: string;
  value?: Money;
  lines?: { product: string; quantity: string; discountPercent: string }[];
  source: string;
};

const keyOf = (name: string) =>
  name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '');
const familyOf = (name: string) =>
  /bike|hardtail/i.test(name)
    ? 'Bicycles'
    : /helmet|tyre|tubes|chain|pump|pannier|light set|bib|gloves/i.test(name)
      ? 'Cycling'
      : 'Outdoor';

/** Rows of `productsUpsert`. */
export const products = catalogue.map(([name, price]) => ({
  key: keyOf(name),
  name: name.charAt(0).toUpperCase() + name.slice(1),
  family: familyOf(name),
  unit: 'piece',
  price: pounds(price),
}));

const matters = ['Spring range', 'Autumn range', 'Hire fleet', 'Christmas stock', 'Workshop parts', 'Shop-in-shop', 'E-bike line'];
const wonBy = ['best_offer', 'trust', 'fit', 'price_won'];
const lostBy = ['price', 'competitor', 'no_budget', 'no_need', 'no_decision', 'timing'];
const open = [
  ['prospecting', 3],
  ['engaging', 4],
  ['proposing', 3],
  ['negotiating', 2],
] as const;

/** Rows of `opportunitiesUpsert`: one to three for each organisation that buys. */
export function opportunities(calendar: Calendar, companies: readonly Party[]): OpportunityRow[] {
  return companies.flatMap((party) => {
    const random = randomFor('opportunities', party.number);
    return Array.from({ length: random.int(1, 3) }, (_, n) => opportunity(calendar, random, party, n));
  });
}

function opportunity(calendar: Calendar, random: Random, party: Party, n: number): OpportunityRow {
  const from = Math.min(DAYS - 10, Math.max(0, party.since));
  const opened = calendar.workday(calendar.pickDay(random, 'office', from, DAYS - 5));
  const closes = opened + random.int(14, 95);
  const closed = closes < DAYS - 1;
  const won = random.chance(party.profile === 'lost' ? 0.25 : 0.62);
  const lines = Array.from({ length: random.int(1, 3) }, () => random.pick(products).key);
  const size = Math.max(1, Math.round(4 * party.means));
  return {
    externalRef: { system: 'fellwheel-crm', value: `OPP-${party.number}-${n + 1}` },
    customer: customerRef(party.number),
    name: `${random.pick(matters)} for ${party.calledName}`,
    pipeline: 'sales',
    stage: closed ? (won ? 'won' : 'lost') : random.weighted(open),
    owner: userRef(party.owner && tradeTeam.includes(party.owner) ? party.owner : random.pick(tradeTeam)),
    team: teamRef('trade'),
    openedAt: calendar.moment(random, 'office', Math.min(opened, DAYS - 2)),
    ...(closed
      ? { closedAt: calendar.moment(random, 'office', Math.min(closes, DAYS - 1)), closeReason: random.pick(won ? wonBy : lostBy) }
      : { expectedCloseOn: calendar.date(Math.max(closes, DAYS + random.int(3, 60))) }),
    lines: [...new Set(lines)].map((product) => ({
      product,
      quantity: String(random.int(1, 6) * size),
      discountPercent: random.pick(['0', '5', '10', '30']),
    })),
    source: random.pick(['trade_fair', 'referral', 'sales_visit', 'website']),
  };
}
