import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { normaliseEmail } from '../../lib/email.ts';
import { normalisePhone } from '../customers/index.ts';
import { lifecycleStages, partyRoles, relationshipKinds } from '../workspace/defaults.ts';
import { buildDemo, type Demo } from './build.ts';
import type { InteractionRow } from './journal.ts';

const day = new Date('2026-05-14T09:30:00Z');
const demo = buildDemo(day);

const hashOf = (value: Demo) =>
  createHash('sha256')
    .update(JSON.stringify({ ...value, closed: [...value.closed] }))
    .digest('hex');
const customerOf = (row: { customer: { externalId: { value: string } } }) => row.customer.externalId.value;
const byCustomer = (rows: InteractionRow[]) => Map.groupBy(rows, customerOf);

function finalStages({ customers, moves }: Demo): Map<string, string> {
  const stages = new Map(customers.flatMap(({ externalId, stage }) => (stage ? [[externalId.value, stage]] : [])));
  for (const move of moves) stages.set(customerOf(move), move.stage);
  return stages;
}

test('the same day gives the same data, whatever the hour; another day other dates', () => {
  expect(hashOf(buildDemo(new Date('2026-05-14T23:59:59Z')))).toBe(hashOf(demo));
  expect(hashOf(buildDemo(new Date('2026-05-15T00:00:00Z')))).not.toBe(hashOf(demo));
});

test('it has the size of a company', () => {
  expect(demo.customers.length).toBeGreaterThanOrEqual(380);
  expect(demo.customers.length).toBeLessThanOrEqual(420);
  expect(demo.customers.filter(({ kind }) => kind === 'ORGANISATION')).toHaveLength(70);
  expect(demo.interactions.length).toBeGreaterThanOrEqual(3500);
  expect(demo.interactions.length).toBeLessThanOrEqual(4500);
});

test('all kinds of party roles, stages and ties occur', () => {
  expect(new Set(demo.customers.flatMap((row) => (row.partyRoles as string[] | undefined) ?? []))).toEqual(
    new Set(partyRoles.map(({ key }) => key)),
  );
  expect(new Set(finalStages(demo).values())).toEqual(new Set(lifecycleStages.map(({ key }) => key)));
  expect(new Set(demo.ties.map(({ kind }) => kind))).toEqual(new Set(relationshipKinds.map(({ key }) => key)));
});

test('a fifth of the buyers brings most of the value, and none of it alone', () => {
  const orders = demo.interactions.filter(({ kind }) => kind.startsWith('order_'));
  const spent = [...byCustomer(orders).values()]
    .map((rows) => rows.reduce((sum, row) => sum + Number(row.value!.amount), 0))
    .sort((a, b) => b - a);
  const all = spent.reduce((sum, value) => sum + value, 0);
  const share = spent.slice(0, Math.ceil(spent.length / 5)).reduce((sum, value) => sum + value, 0) / all;
  expect(share).toBeGreaterThan(0.6);
  expect(share).toBeLessThan(0.9);
  expect(spent[0]! / all).toBeLessThan(0.1);
});

test('every cancellation takes back the value of its order, after it', () => {
  const orders = new Map(demo.interactions.map((row) => [row.externalRef.value, row]));
  const cancellations = demo.interactions.filter(({ kind }) => kind === 'order_cancelled');
  expect(cancellations.length).toBeGreaterThan(20);
  for (const cancellation of cancellations) {
    const order = orders.get(cancellation.externalRef.value.replace(/-X$/, ''))!;
    expect(order.kind).toBe('order_placed');
    expect(Number(cancellation.value!.amount)).toBe(-Number(order.value!.amount));
    expect(cancellation.occurredAt > order.occurredAt).toBe(true);
    expect(customerOf(cancellation)).toBe(customerOf(order));
  }
});

test('a complaint is unhappy; most are answered in the same conversation, and then it is closed', () => {
  const threads = Map.groupBy(demo.interactions, (row) => row.conversation?.externalId.value);
  const complaints = demo.interactions.filter(({ kind }) => kind === 'complaint');
  expect(complaints.length).toBeGreaterThan(50);
  expect(complaints.every(({ sentiment }) => sentiment! < 0)).toBe(true);
  const resolved = complaints.filter((row) =>
    threads.get(row.conversation!.externalId.value)!.some(({ outcome }) => outcome === 'resolved'),
  );
  expect(resolved.length / complaints.length).toBeGreaterThan(0.7);
  expect(resolved.length).toBeLessThan(complaints.length);
  for (const row of complaints) expect(demo.closed.has(row.conversation!.externalId.value)).toBe(resolved.includes(row));
});

test('it sells by day and hour as a shop does', () => {
  const orders = demo.interactions.filter(({ kind, touchPoint }) => kind === 'order_placed' && touchPoint === 'customer_portal');
  expect(orders.every(({ occurredAt }) => ![0, 6].includes(occurredAt.getUTCDay()))).toBe(true);
  const web = demo.interactions.filter(({ kind, touchPoint }) => kind === 'order_placed' && touchPoint === 'web_shop');
  const share = (from: number, to: number) =>
    web.filter(({ occurredAt }) => occurredAt.getUTCHours() >= from && occurredAt.getUTCHours() < to).length / web.length;
  expect(share(17, 22)).toBeGreaterThan(0.3);
  expect(share(0, 6)).toBe(0);
});

test('texts are varied and without left-over marks', () => {
  const bodies = demo.interactions.map(({ body }) => body);
  expect(bodies.filter((body) => /[{}|]|(^|\s)@|undefined|NaN/.test(body))).toEqual([]);
  expect(demo.interactions.filter(({ subject }) => /[{}|]|(^|\s)@|undefined|NaN/.test(subject))).toEqual([]);
  expect(new Set(bodies).size).toBeGreaterThan(2000);
});

test('addresses and numbers are well-formed, and nobody’s', () => {
  const identities = demo.customers.flatMap((row) => row.identities as { kind: string; value: string }[]);
  const phones = identities.filter(({ kind }) => kind === 'PHONE').map(({ value }) => value);
  const emails = identities.filter(({ kind }) => kind === 'EMAIL').map(({ value }) => value);
  expect(phones.length).toBeGreaterThan(300);
  expect(phones.filter((phone) => normalisePhone(phone, null) !== phone)).toEqual([]);
  expect(emails.filter((email) => normaliseEmail(email) !== email || !email.endsWith('.example'))).toEqual([]);
  const keys = identities.map(({ kind, value }) => `${kind} ${value}`);
  expect(new Set(keys).size).toBe(keys.length);
});

describe.each(['2026-01-01', '2026-03-01', '2026-03-30', '2026-10-26', '2028-02-29', '2030-12-31'])('on %s', (date) => {
  const now = new Date(`${date}T12:00:00Z`);
  const other = buildDemo(now);
  const end = new Date(`${date}T00:00:00Z`);
  const known = new Map(other.customers.map((row) => [row.externalId.value, row.createdAt]));

  test('nothing is in the future or more than a year ago, and something happened yesterday or the day before', () => {
    const times = other.interactions.map(({ occurredAt }) => occurredAt.getTime());
    expect(Math.max(...times)).toBeLessThan(end.getTime());
    expect(Math.max(...times)).toBeGreaterThan(end.getTime() - 2 * 86_400_000);
    expect(Math.min(...times)).toBeGreaterThanOrEqual(end.getTime() - 365 * 86_400_000 - 3_600_000);
    expect(
      [...other.preferences, ...other.needs].every(
        ({ observedAt, metAt }) => observedAt < end && (!metAt || (metAt > observedAt && metAt < end)),
      ),
    ).toBe(true);
  });

  test('nothing happens with customers before they are known', () => {
    expect(other.interactions.filter((row) => row.occurredAt < known.get(customerOf(row))!)).toEqual([]);
    expect([...other.preferences, ...other.needs].filter((row) => row.observedAt < known.get(customerOf(row))!)).toEqual([]);
  });

  test('stages follow behaviour', () => {
    const placed = byCustomer(other.interactions.filter(({ kind }) => kind === 'order_placed'));
    for (const [customer, stage] of finalStages(other)) {
      const count = placed.get(customer)?.length ?? 0;
      if (stage === 'prospect') expect(count).toBe(0);
      if (stage === 'first_purchase') expect(count).toBeLessThanOrEqual(1);
      if (stage === 'repeat') expect(count).toBeLessThan(5);
      if (stage === 'loyal' || stage === 'advocate') expect(count).toBeGreaterThan(1);
    }
  });

  test('moves go forward in time', () => {
    for (const moves of Map.groupBy(other.moves, customerOf).values()) {
      const times = [known.get(customerOf(moves[0]!))!, ...moves.map(({ occurredAt }) => occurredAt)].map(Number);
      expect(times).toEqual(times.toSorted((a, b) => a - b));
      expect(times.at(-1)).toBeLessThan(end.getTime());
    }
  });
});
