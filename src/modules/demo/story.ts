// What a story is told with.
import type { Calendar } from './calendar.ts';
import type { Contact, Journal } from './journal.ts';
import type { Party } from './party.ts';
import { type Random, randomFor } from './random.ts';

export type Order = { day: number; at: Date; number: string; product: string; total: number; cancelled: boolean };

export type Story = {
  calendar: Calendar;
  random: Random;
  party: Party;
  /** First and last day on which the party has something to do with the company. */
  from: number;
  to: number;
  /** First names and references of those who act for an organisation. */
  contacts: Party[];
  tell(contact: Contact): boolean;
  journal: Journal;
  /** Orders so far, oldest first. */
  orders: Order[];
  /** When a party recommended the company, if it did. */
  praisedAt?: Date;
  /** Whether a complaint was left unresolved. */
  unhappy: boolean;
};

/** Begins the story of a party. */
export function storyOf(calendar: Calendar, journal: Journal, party: Party, from: number, to: number, contacts: Party[] = []): Story {
  const random = randomFor('story', party.number);
  return {
    calendar,
    random,
    party,
    from,
    to,
    contacts,
    journal,
    orders: [],
    unhappy: false,
    tell: (contact) => journal.add(random, party, contact),
  };
}

/** So many minutes later. */
export function after(moment: Date, minutes: number): Date {
  return new Date(moment.getTime() + minutes * 60_000);
}

/** A moment of the working day `days` working days later, and after `moment`. */
export function reply(story: Story, moment: Date, days = 1): Date {
  const { calendar, random } = story;
  const due = calendar.dayOf(moment) + days;
  const monday = calendar.workday(due);
  // What comes in at the weekend is not all done on Monday.
  const day =
    monday === due
      ? due
      : monday +
        random.weighted([
          [0, 3],
          [1, 2],
          [2, 1],
        ]);
  const at = calendar.moment(random, 'office', day);
  return at > moment ? at : after(moment, random.int(20, 200));
}
