// Everything the demo consists of, as rows of commands. Nothing but the day decides what it is.
import { type Calendar, calendarBefore, DAYS } from './calendar.ts';
import { sendCampaigns } from './campaigns.ts';
import { createJournal, type InteractionRow, type Journal } from './journal.ts';
import { healthOf, journeyOf, type Move } from './journey.ts';
import { type Known, knowledge } from './knowledge.ts';
import { addressBook } from './names.ts';
import { organisations } from './organisations.ts';
import { type CustomerRow, customerRow, isBuyer, type Party } from './party.ts';
import { contactPeople, privatePeople } from './people.ts';
import { phoneBook } from './places.ts';
import { randomFor } from './random.ts';
import { retailYear } from './retail-story.ts';
import { type OpportunityRow, opportunities } from './selling.ts';
import { type Story, storyOf } from './story.ts';
import { leads, targets } from './strategy.ts';
import { type TieRow, tieRows } from './ties.ts';
import { tradeYear } from './trade-story.ts';
import { partnerYear } from './trade-talks.ts';

export type Demo = {
  customers: CustomerRow[];
  ties: TieRow[];
  interactions: InteractionRow[];
  /** External ids of the conversations in which nothing is left to do. */
  closed: Set<string>;
  /** Of each customer in the order of time. */
  moves: Move[];
  preferences: Known[];
  needs: Known[];
  opportunities: OpportunityRow[];
  /** Inputs of `leadCapture`. */
  leads: object[];
  /** Rows of `salesTargetsUpsert`. */
  targets: object[];
};

/** The demo of the year before the UTC day of `now`. The same day gives the same rows. */
export function buildDemo(now: Date): Demo {
  const calendar = calendarBefore(now);
  const journal = createJournal(calendar);
  const books = { calendar, phones: phoneBook(), addresses: addressBook() };
  const companies = organisations(calendar, books.phones);
  const contacts = contactPeople(books, companies);
  const people = privatePeople(books);
  const byEmployer = Map.groupBy(contacts, (contact) => contact.employer!);
  const stories = [...companies, ...people].map((party) => tellYear(calendar, journal, party, byEmployer.get(party.number) ?? []));
  sendCampaigns(calendar, journal, stories);
  const journeys = new Map(
    stories.filter(({ party }) => isBuyer(party)).map((story) => [story.party, { ...journeyOf(story), health: healthOf(story) }]),
  );
  return {
    customers: [...companies, ...people, ...contacts].map((party) =>
      customerRow(calendar, party, journeys.get(party)?.initial ?? null, journeys.get(party)?.health ?? 'UNKNOWN'),
    ),
    ties: tieRows(calendar, companies, people, contacts),
    interactions: journal.rows(),
    closed: journal.closed,
    moves: [...journeys.values()].flatMap(({ moves }) => moves),
    ...knowledge(calendar, [...companies, ...people]),
    opportunities: opportunities(calendar, companies.filter(isBuyer)),
    leads: leads(calendar, [...companies, ...people]),
    targets: targets(calendar),
  };
}

function tellYear(calendar: Calendar, journal: Journal, party: Party, contacts: Party[]): Story {
  // Who is lost was last heard of long ago.
  const to = party.profile === 'lost' ? randomFor('lost', party.number).int(50, 165) : DAYS - 1;
  const story = storyOf(calendar, journal, party, Math.max(0, party.since), to, contacts);
  if (!isBuyer(party)) partnerYear(story);
  else if (party.kind === 'ORGANISATION') tradeYear(story);
  else retailYear(story);
  return story;
}
