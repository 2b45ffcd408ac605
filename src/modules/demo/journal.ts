// What happened, gathered from all stories: one row of `interactionsRecord` for each contact.
import type { Calendar } from './calendar.ts';
import { type Money, type PointKey, points, pounds, type StaffRef, userRef, users } from './company.ts';
import { type CustomerRef, customerRef, type Party } from './party.ts';
import type { Random } from './random.ts';
import { type Occasion, templatesFor, write } from './texts.ts';

export const SHOP = 'fellwheel-shop';
export const DESK = 'fellwheel-desk';
export const LOG = 'fellwheel-log';

export type InteractionRow = {
  customer: CustomerRef;
  kind: string;
  touchPoint: string;
  direction: 'INBOUND' | 'OUTBOUND';
  occurredAt: Date;
  externalRef: { system: string; value: string };
  subject: string;
  body: string;
  value?: Money;
  cost?: Money;
  outcome?: string;
  sentiment?: number;
  duration?: number;
  user?: StaffRef;
  conversation?: { externalId: { system: string; value: string } };
  participants?: ({ role: string } & ({ customer: CustomerRef } | { user: StaffRef }))[];
  attributes?: Record<string, number>;
};

export type Contact = {
  kind: string;
  point: PointKey;
  at: Date;
  says: Occasion;
  /** Which of the texts of the occasion; any unless told. */
  variant?: number;
  values?: Record<string, string | number>;
  out?: boolean;
  /** Number of the order that the contact is. */
  order?: string;
  value?: number;
  outcome?: string;
  /** Between -1 and 1; left out where nobody could tell. */
  mood?: number;
  minutes?: number;
  user?: string;
  thread?: string;
  participants?: InteractionRow['participants'];
  attributes?: Record<string, number>;
};

export type Journal = {
  /** Notes a contact; false when it would lie in the future, and so has not happened. */
  add(random: Random, party: Party, contact: Contact): boolean;
  /** The number of an order placed on that day. */
  orderNumber(day: number): string;
  /** A number for a new conversation. */
  thread(): string;
  /** Says that nothing is left to do in a conversation. */
  close(thread: string): void;
  /** All rows in the order of time, those of a conversation together. */
  rows(): InteractionRow[];
  closed: Set<string>;
};

const names = new Map(users.map((user) => [user.externalId.value, user.name.split(' ')[0]!]));

/** The first name of a user. */
export function userName(key: string): string {
  return names.get(`U-${key}`)!;
}

export function createJournal(calendar: Calendar): Journal {
  const rows: InteractionRow[] = [];
  const ordersOn = new Map<number, number>();
  const closed = new Set<string>();
  let threads = 0;
  return {
    closed,
    add: (random, party, contact) => {
      if (contact.at >= calendar.end) return false;
      rows.push(toRow(random, party, contact));
      return true;
    },
    orderNumber: (day) => {
      const n = (ordersOn.get(day) ?? 0) + 1;
      ordersOn.set(day, n);
      return `SO-${40_000 + day * 50 + n}`;
    },
    thread: () => `T-${3001 + threads++}`,
    close: (thread) => closed.add(thread),
    rows: () => numbered(inOrder(rows)),
  };
}

function toRow(random: Random, party: Party, contact: Contact): InteractionRow {
  const values = {
    name: party.calledName,
    city: party.place.city,
    sport: party.sport,
    user: contact.user ? userName(contact.user) : 'the team',
    ...contact.values,
  };
  const [subject, body] = templatesFor(random, contact.says, contact.variant);
  const planned = (points[contact.point] as { cost?: number }).cost ?? 0;
  return {
    customer: customerRef(party.number),
    kind: contact.kind,
    touchPoint: contact.point,
    direction: contact.out ? 'OUTBOUND' : 'INBOUND',
    occurredAt: contact.at,
    externalRef: { system: contact.order ? SHOP : LOG, value: contact.order ?? '' },
    subject: write(random, subject, values),
    body: write(random, body, values),
    ...(contact.value === undefined ? {} : { value: pounds(contact.value) }),
    cost: pounds(planned < 0.1 ? planned : planned * (0.7 + 0.7 * random.next())),
    ...(contact.outcome ? { outcome: contact.outcome } : {}),
    ...(contact.mood === undefined
      ? {}
      : { sentiment: Math.round(Math.max(-1, Math.min(1, contact.mood + (random.next() - 0.5) * 0.4)) * 100) / 100 }),
    ...(contact.minutes ? { duration: Math.max(20, Math.round(contact.minutes * 60 * random.factor(0.5))) } : {}),
    ...(contact.user ? { user: userRef(contact.user) } : {}),
    ...(contact.thread ? { conversation: { externalId: { system: DESK, value: contact.thread } } } : {}),
    ...(contact.participants ? { participants: contact.participants } : {}),
    ...(contact.attributes ? { attributes: contact.attributes } : {}),
  };
}

const threadOf = (row: InteractionRow) => row.conversation?.externalId.value ?? '';

function inOrder(rows: InteractionRow[]): InteractionRow[] {
  const began = new Map<string, number>();
  for (const row of rows) began.set(threadOf(row), Math.min(began.get(threadOf(row)) ?? Infinity, row.occurredAt.getTime()));
  const place = (row: InteractionRow) => (row.conversation ? began.get(threadOf(row))! : row.occurredAt.getTime());
  const compare = (a: InteractionRow, b: InteractionRow) =>
    place(a) - place(b) ||
    (threadOf(a) < threadOf(b) ? -1 : threadOf(a) > threadOf(b) ? 1 : a.occurredAt.getTime() - b.occurredAt.getTime());
  return [...rows].sort(compare);
}

function numbered(rows: InteractionRow[]): InteractionRow[] {
  let n = 100_000;
  for (const { externalRef } of rows) if (externalRef.system === LOG) externalRef.value = `L-${++n}`;
  return rows;
}
