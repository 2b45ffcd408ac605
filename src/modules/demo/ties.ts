// Who belongs to whom: employers, groups, households, recommendations and partners.
import type { Calendar } from './calendar.ts';
import { subsidiaries } from './organisations.ts';
import { type CustomerRef, customerRef, type Party, SYSTEM } from './party.ts';
import { randomFor } from './random.ts';

export type TieRow = {
  kind: string;
  from: CustomerRef;
  to: CustomerRef;
  title?: string;
  since?: string;
  externalRef: { system: string; value: string };
};
type Tie = { kind: string; from: Party; to: Party; title?: string; since?: string };

const between: [kind: string, from: string, to: string, title?: string][] = [
  ['supplies', 'Tregarth Frames', 'Penrith Cycle Works'],
  ['supplies', 'Wool & Weather Mills', 'Lakeland Gear'],
  ['supplies', 'Wool & Weather Mills', 'Northern Peaks Outfitters'],
  ['supplies', 'Vogtland Komponenten', 'Radhaus Nord'],
  ['supplies', 'Pennine Parcel Express', 'Lakeland Gear Online', 'Delivery'],
  ['invests_in', 'Calder Bridge Capital', 'Northern Peaks Outfitters', '18 %'],
  ['invests_in', 'Calder Bridge Capital', 'Highland Holiday Parks', '40 %'],
  ['partner_of', 'Fell Rescue Trust', 'Lakeland Gear', 'Charity of the year'],
  ['partner_of', 'Northern Sportive Series', 'Spoke & Saddle', 'Service stations at the races'],
  ['partner_of', 'Open Trails Alliance', 'Whinlatter Bike Hire'],
  ['partner_of', 'Cycle to Desk Scheme', 'Kestrel Insurance', 'Bike leasing for staff'],
  ['partner_of', 'Cycle to Desk Scheme', 'Brightwater Engineering', 'Bike leasing for staff'],
];

/** Rows of `relationshipsUpsert`. */
export function tieRows(
  calendar: Calendar,
  organisations: readonly Party[],
  people: readonly Party[],
  contacts: readonly Party[],
): TieRow[] {
  const random = randomFor('ties');
  const byName = new Map(organisations.map((party) => [party.calledName, party]));
  const byNumber = new Map([...organisations, ...people].map((party) => [party.number, party]));
  const contactOf = (name: string) => contacts.find(({ employer }) => employer === byName.get(name)!.number)!;
  const someDay = (latest: number) => calendar.date(latest - random.int(30, 2500));
  const ties: Tie[] = [
    ...subsidiaries.map(([name, parent]) => ({ kind: 'subsidiary_of', from: byName.get(name)!, to: byName.get(parent)! })),
    ...between.map(([kind, from, to, title]) => ({
      kind,
      from: byName.get(from)!,
      to: byName.get(to)!,
      ...(title ? { title } : {}),
      since: someDay(200),
    })),
    ...contacts.map((party) => ({
      kind: 'works_at',
      from: party,
      to: byNumber.get(party.employer!)!,
      title: party.jobTitle!,
      since: someDay(party.since),
    })),
    {
      kind: 'advises',
      from: contactOf('Calder Bridge Capital'),
      to: byName.get('Northern Peaks Outfitters')!,
      title: 'Member of the board',
      since: someDay(100),
    },
    {
      kind: 'advises',
      from: contactOf('Honister Guides'),
      to: byName.get('Ullswater Outdoor Centre')!,
      title: 'Safety adviser',
      since: someDay(100),
    },
    {
      kind: 'represents',
      from: contactOf('Radhaus Nord'),
      to: byName.get('Vogtland Komponenten')!,
      title: 'Sales agent for the north',
      since: someDay(100),
    },
    ...people.flatMap((party) => (party.household ? [{ kind: 'same_household', from: party, to: byNumber.get(party.household)! }] : [])),
    ...employees(people, organisations),
    ...recommended(calendar, people),
  ];
  return ties.map(({ from, to, ...tie }, i) => ({
    ...tie,
    from: customerRef(from.number),
    to: customerRef(to.number),
    externalRef: { system: SYSTEM, value: `R-${1001 + i}` },
  }));
}

// Private customers who came through the bike leasing of their employer.
function employees(people: readonly Party[], organisations: readonly Party[]): Tie[] {
  const random = randomFor('employees');
  const employers = organisations.filter(({ sport }) => sport === 'employer');
  const buyers = people.filter(({ profile, details }) => profile === 'repeat' && details.country === 'GB');
  return random
    .shuffled(buyers)
    .slice(0, 9)
    .map((from) => ({ kind: 'works_at', from, to: random.pick(employers) }));
}

function recommended(calendar: Calendar, people: readonly Party[]): Tie[] {
  const random = randomFor('recommended');
  const advocates = people.filter(({ profile }) => profile === 'advocate');
  const later = people.filter(({ profile, since }) => since >= 0 && profile !== 'advocate');
  return random
    .shuffled(later)
    .slice(0, 26)
    .map((from) => ({ kind: 'referred_by', from, to: random.pick(advocates), since: calendar.date(from.since) }));
}
