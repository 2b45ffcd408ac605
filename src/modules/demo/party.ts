// A customer as the demo thinks of it, and the row of `customersUpsert` it becomes.
import type { Calendar } from './calendar.ts';
import { type StaffRef, teamRef, userRef } from './company.ts';
import type { Address, Place } from './places.ts';

/** The part somebody plays in the year: where a buyer stands at its end, or what else it is to the company. */
export type Profile =
  | 'prospect'
  | 'first_purchase'
  | 'repeat'
  | 'loyal'
  | 'advocate'
  | 'lost'
  | 'contact'
  | 'supplier'
  | 'partner'
  | 'investor';

export type IdentityRow = {
  kind: 'EMAIL' | 'PHONE' | 'SOCIAL' | 'WEB_VISITOR';
  system?: string;
  value: string;
  verified?: boolean;
  primary?: boolean;
};

export type Party = {
  /** Number in the company's own system. */
  number: string;
  kind: 'PERSON' | 'ORGANISATION';
  profile: Profile;
  /** How texts call it: a first name, or the name of the organisation. */
  calledName: string;
  place: Place;
  /** Day on which it was first known; negative before the year told. */
  since: number;
  /** Orders before the year told. */
  before: number;
  /** How much it buys compared with others: around 1. */
  means: number;
  /** Sizes and habits that the stories draw on. */
  sport: string;
  newsletter: boolean;
  owner: string | null;
  team: string | null;
  /** Number of the organisation somebody works at. */
  employer?: string;
  jobTitle?: string;
  /** Number of somebody who lives at the same address. */
  household?: string;
  /** The rest of the row: names, address, tags … */
  details: Record<string, unknown> & { identities: IdentityRow[] };
};

export const SYSTEM = 'fellwheel-crm';
export type CustomerRef = { externalId: { system: string; value: string } };
export const customerRef = (number: string): CustomerRef => ({ externalId: { system: SYSTEM, value: number } });

export type CustomerRow = CustomerRef & { stage?: string; health: string; owner?: StaffRef; team?: StaffRef; createdAt: Date } & Record<
    string,
    unknown
  >;

export const isBuyer = ({ profile }: Party): boolean =>
  ['prospect', 'first_purchase', 'repeat', 'loyal', 'advocate', 'lost'].includes(profile);

/** The columns of an address. */
export function addressColumns({ country, city, region, timeZone, language, postalCode, addressLine }: Address): Record<string, string> {
  return { country, city, region, timeZone, language, postalCode, addressLine };
}

/** The row of a party that enters the customer base at `stage`. */
export function customerRow(calendar: Calendar, party: Party, stage: string | null, health: string): CustomerRow {
  return {
    ...customerRef(party.number),
    kind: party.kind,
    ...party.details,
    health,
    ...(stage ? { stage } : {}),
    ...(party.owner ? { owner: userRef(party.owner) } : {}),
    ...(party.team ? { team: teamRef(party.team) } : {}),
    createdAt: sinceMoment(calendar, party),
  };
}

/** When a party was first known: before opening time, so that nothing of its first day comes earlier. */
export function sinceMoment(calendar: Calendar, { since, number }: Party): Date {
  return calendar.at(since, 361 + (Number(number.slice(-4)) % 50), Number(number.slice(-2)) % 60);
}
