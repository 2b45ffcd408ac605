// The people: private customers, and those who act for the organisations.
import type { Calendar } from './calendar.ts';
import { sports, storeTeam } from './company.ts';
import { type addressBook, type Name, nameIn, slug } from './names.ts';
import { domainOf } from './organisations.ts';
import { addressColumns, type IdentityRow, type Party, type Profile } from './party.ts';
import { type Address, addressAt, type phoneBook, placeIn } from './places.ts';
import { type Random, randomFor } from './random.ts';

const privateCustomers: [Profile, number][] = [
  ['prospect', 48],
  ['first_purchase', 54],
  ['repeat', 72],
  ['loyal', 44],
  ['advocate', 13],
  ['lost', 19],
];
const countries = [
  ['GB', 78],
  ['IE', 6],
  ['DE', 5],
  ['FR', 4],
  ['SE', 2],
  ['US', 3],
  ['AU', 2],
] as const;
const titles = [
  'Managing director',
  'Buyer',
  'Head of purchasing',
  'Shop manager',
  'Owner',
  'Finance manager',
  'Operations manager',
  'Fleet coordinator',
];
const branchTitles: Record<string, string[]> = {
  school: ['Head of PE', 'Bursar', 'Outdoor education lead'],
  'public body': ['Active travel officer', 'Procurement officer', 'Programme manager'],
  employer: ['HR manager', 'Facilities manager', 'Head of people'],
};
const tags = ['club member', 'commuter', 'student', 'family', 'bargain hunter', 'gift buyer', 'early adopter', 'racer', 'weekend walker'];

export type Books = { calendar: Calendar; phones: ReturnType<typeof phoneBook>; addresses: ReturnType<typeof addressBook> };

/** Those who buy for themselves. */
export function privatePeople(books: Books): Party[] {
  const profiles = privateCustomers.flatMap(([profile, count]) => Array.from({ length: count }, () => profile));
  const people: Party[] = [];
  for (const [index, profile] of randomFor('profiles').shuffled(profiles).entries()) {
    // Every 15th shares a home with the one before.
    const before = people.at(-1);
    const partner = index % 15 === 7 && before?.details.familyName ? before : null;
    people.push(privatePerson(books, profile, `C-${10_001 + index}`, partner));
  }
  return people;
}

function privatePerson({ calendar, phones, addresses }: Books, profile: Profile, number: string, partner: Party | null): Party {
  const random = randomFor('person', number);
  const place = partner?.place ?? placeIn(random, random.weighted(countries));
  const name = nameIn(random, place.country);
  if (partner) name.familyName = partner.details.familyName as string;
  const sport = random.pick(sports);
  const since = sinceDay(calendar, random, profile);
  const newsletter = random.chance({ prospect: 0.75, loyal: 0.75, advocate: 0.9, lost: 0.4 }[profile as string] ?? 0.55);
  const known = profile === 'loyal' || profile === 'advocate';
  // Who only left an address for the newsletter has no name yet.
  const nameless = profile === 'prospect' && random.chance(0.15);
  return {
    number,
    kind: 'PERSON',
    profile,
    calledName: nameless ? 'there' : name.givenName,
    place,
    since,
    before: since >= 0 ? 0 : ordersBefore(random, profile),
    means: random.factor(0.45) * (known ? 1.25 : 1),
    sport,
    newsletter,
    ...(partner ? { household: partner.number } : {}),
    owner: known ? random.pick(storeTeam) : null,
    team: profile === 'prospect' ? 'marketing' : 'retail',
    details: {
      ...(nameless
        ? { ...locationOnly(place) }
        : {
            ...who(random, calendar, name),
            ...addressColumns(partner ? (partner.details as unknown as Address) : addressAt(random, place)),
          }),
      partyRoles: profile === 'prospect' ? ['prospect'] : random.chance(0.012) ? ['customer', 'employee'] : ['customer'],
      tags:
        profile === 'advocate'
          ? ['club member', 'ambassador']
          : random.shuffled(tags).slice(
              0,
              random.weighted([
                [0, 5],
                [1, 4],
                [2, 2],
              ]),
            ),
      attributes: {
        newsletter,
        ...(random.chance(0.7) ? { favourite_sport: sport } : {}),
        ...(known ? { member_since: calendar.date(since + 30) } : {}),
      },
      identities: identities(
        random,
        name,
        addresses(random, name),
        random.chance(0.82) && !nameless ? phones(random.chance(0.85) ? place.mobile : place.landline) : null,
      ),
    },
  };
}

const locationOnly = ({ country, timeZone, language }: { country: string; timeZone: string; language: string }) => ({
  country,
  timeZone,
  language,
});

function sinceDay(calendar: Calendar, random: Random, profile: Profile): number {
  const early = -random.int(20, 1300);
  if (profile === 'prospect') return calendar.pickDay(random, 'leisure', 20, 355);
  if (profile === 'first_purchase') return random.chance(0.15) ? early : calendar.pickDay(random, 'leisure', 15, 330);
  if (profile === 'repeat') return random.chance(0.55) ? early : calendar.pickDay(random, 'leisure', 0, 240);
  if (profile === 'loyal') return random.chance(0.8) ? early : calendar.pickDay(random, 'leisure', 0, 110);
  return early;
}

function ordersBefore(random: Random, profile: Profile): number {
  if (profile === 'repeat') return random.chance(0.75) ? 2 : 1;
  if (profile === 'loyal') return random.chance(0.75) ? random.int(5, 14) : random.int(2, 4);
  if (profile === 'advocate') return random.int(6, 20);
  return profile === 'lost' ? random.int(1, 3) : 0;
}

function who(random: Random, calendar: Calendar, { givenName, familyName, gender }: Name): Record<string, unknown> {
  const year = Number(calendar.date(364).slice(0, 4)) - random.int(19, 74);
  const birthDate = `${year}-${String(random.int(1, 12)).padStart(2, '0')}-${String(random.int(1, 28)).padStart(2, '0')}`;
  return {
    givenName,
    familyName,
    displayName: `${givenName} ${familyName}`,
    ...(random.chance(0.75) ? { gender: random.chance(0.02) ? 'non-binary' : gender } : {}),
    ...(random.chance(0.7) ? { birthDate } : {}),
  };
}

function identities(random: Random, name: Name, email: string, phone: string | null): IdentityRow[] {
  const handle = `${slug(name.givenName, '')}.${slug(name.familyName, '')}.${email.length}${random.int(100, 999)}`;
  return [
    { kind: 'EMAIL', value: email, verified: random.chance(0.8), primary: true },
    ...(phone ? [{ kind: 'PHONE' as const, value: phone, verified: random.chance(0.5), primary: true }] : []),
    ...(random.chance(0.12) ? [{ kind: 'SOCIAL' as const, system: random.pick(['instagram', 'strava']), value: handle }] : []),
    ...(random.chance(0.25)
      ? [{ kind: 'WEB_VISITOR' as const, system: 'fellwheel.example', value: `v-${random.int(100_000_000, 999_999_999)}-${email.length}` }]
      : []),
  ];
}

/** Those who act for organisations: one or two each. */
export function contactPeople({ calendar, phones }: Books, organisations: readonly Party[]): Party[] {
  let serial = 5000;
  return organisations.flatMap((organisation) => {
    const random = randomFor('contacts', organisation.number);
    const count = organisation.means >= 1 && random.chance(0.25) ? 2 : 1;
    const jobs = random.shuffled(branchTitles[organisation.sport] ?? titles);
    return Array.from({ length: count }, (_, n) => contactPerson(calendar, phones, organisation, jobs[n]!, random, `P-${++serial}`));
  });
}

function contactPerson(
  calendar: Calendar,
  phones: Books['phones'],
  organisation: Party,
  jobTitle: string,
  random: Random,
  number: string,
): Party {
  const { place } = organisation;
  const name = nameIn(random, place.country);
  const email = `${slug(name.givenName, '')}.${slug(name.familyName, '')}@${domainOf(organisation.calledName)}`;
  const { city, country, region, timeZone, language } = place;
  return {
    number,
    kind: 'PERSON',
    profile: 'contact',
    calledName: name.givenName,
    place,
    since: organisation.since,
    before: 0,
    means: 1,
    sport: random.pick(sports),
    newsletter: false,
    owner: organisation.owner,
    team: 'trade',
    employer: organisation.number,
    jobTitle,
    details: {
      ...who(random, calendar, name),
      birthDate: null,
      ...{ city, country, region, timeZone, language },
      tags: ['trade contact', ...(jobTitle.includes('director') || jobTitle === 'Owner' ? ['decision maker'] : [])],
      identities: [
        { kind: 'EMAIL', value: email, verified: true, primary: true },
        { kind: 'PHONE', value: phones(place.mobile), primary: true },
      ],
    },
  };
}
