import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createInterests, type Follower } from './interest.ts';
import { createRing, matches } from './ring.ts';
import type { EventFilter, EventRow } from './types.ts';

function event(seq: bigint, of: { workspace: string; type: string; subject: string; customer: string | null }): EventRow {
  return {
    seq,
    workspaceId: of.workspace,
    id: `id${seq}`,
    type: of.type,
    subjectType: 'Customer',
    subjectId: of.subject,
    customerId: of.customer,
    actorKind: 'SYSTEM',
    actorId: null,
    origin: null,
    requestId: null,
    occurredAt: new Date(0),
    data: {},
  };
}

const anyEvent = fc.record({
  workspace: fc.constantFrom('w1', 'w2'),
  type: fc.constantFrom('a', 'b', 'c'),
  subject: fc.constantFrom('s1', 's2'),
  customer: fc.constantFrom('c1', 'c2', null),
});
const anyFilter: fc.Arbitrary<EventFilter> = fc.record(
  {
    workspaceId: fc.constantFrom('w1', 'w2'),
    types: fc.subarray(['a', 'b', 'c']),
    subjectId: fc.constantFrom('s1', 's2'),
    customerId: fc.constantFrom('c1', 'c2'),
  },
  { requiredKeys: ['workspaceId'] },
);

test('a ring reads like the end of the whole list', () => {
  const scenario = fc.record({
    size: fc.integer({ min: 1, max: 9 }),
    bytes: fc.integer({ min: 10, max: 200 }),
    head: fc.bigInt({ min: 0n, max: 30n }),
    events: fc.array(fc.tuple(anyEvent, fc.integer({ min: 1, max: 40 })), { maxLength: 40 }),
    filter: anyFilter,
    limit: fc.integer({ min: 1, max: 5 }),
  });
  fc.assert(
    fc.property(scenario, ({ size, bytes, head, events, filter, limit }) => {
      const ring = createRing(size, bytes);
      ring.reset(head);
      const all = events.map(([of], i) => event(head + BigInt(i) + 1n, of));
      for (const [i, row] of all.entries()) ring.push(row, events[i]![1]);
      expect(ring.tail()).toBe(head + BigInt(all.length));
      const held = all.filter((row) => row.seq > ring.start());
      expect(held.length).toBeLessThanOrEqual(size);
      const weight = (rows: EventRow[]) => rows.reduce((sum, row) => sum + events[Number(row.seq - head) - 1]![1], 0);
      expect(weight(held)).toBeLessThanOrEqual(bytes);
      // No more is dropped than had to be.
      if (held.length < Math.min(size, all.length)) expect(weight(all.slice(-held.length - 1))).toBeGreaterThan(bytes);
      for (let after = ring.start(); after <= ring.tail(); after++) {
        const found: EventRow[] = [];
        for (let cursor = after; cursor < ring.tail(); ) {
          const page = ring.read(cursor, filter, limit);
          expect(page.events.length).toBeLessThanOrEqual(limit);
          expect(page.cursor).toBeGreaterThan(cursor);
          found.push(...page.events);
          cursor = page.cursor;
        }
        expect(found).toEqual(all.filter((row) => row.seq > after && matches(filter, row)));
      }
    }),
  );
});

test('an event that is not the next one is refused', () => {
  const ring = createRing(3, 100);
  const of = { workspace: 'w', type: 'a', subject: 's', customer: null };
  ring.reset(4n);
  ring.push(event(5n, of), 1);
  expect(() => ring.push(event(7n, of), 1)).toThrow('jumps from 5 to 7');
});

test('exactly those followers are woken whose filter lets an event through, once, at their first', () => {
  fc.assert(
    fc.property(fc.array(anyFilter, { maxLength: 12 }), fc.array(anyEvent, { maxLength: 8 }), fc.nat(11), (filters, made, leaver) => {
      const interests = createInterests();
      const woken = new Map<Follower, number>();
      const followers = filters.map((filter) => {
        const follower: Follower = { filter, next: null, seen: 0n, wake: () => woken.set(follower, (woken.get(follower) ?? 0) + 1) };
        interests.add(follower);
        return follower;
      });
      const gone = followers[leaver];
      if (gone) interests.remove(gone);
      const rows = made.map((of, i) => event(BigInt(i) + 1n, of));
      interests.publish(rows);
      for (const follower of followers) {
        const first = follower === gone ? undefined : rows.find((row) => matches(follower.filter, row));
        expect(follower.next).toBe(first?.seq ?? null);
        expect(woken.get(follower) ?? 0).toBe(first ? 1 : 0);
      }
      for (const follower of followers) interests.remove(follower);
      expect(interests.size()).toBe(0);
    }),
  );
});

test('a redacted customer’s events keep their places and lose their data', () => {
  const ring = createRing(4, 1e6);
  const of = (customer: string, workspace = 'w1') => ({ workspace, type: 'a', subject: 's1', customer });
  ring.push({ ...event(1n, of('c1')), data: { after: { name: 'Ann' } } }, 1);
  ring.push({ ...event(2n, of('c2')), data: { after: { name: 'Bob' } } }, 1);
  ring.push({ ...event(3n, of('c1', 'w2')), data: { after: { name: 'Ann elsewhere' } } }, 1);
  ring.redact('w1', 'c1');
  expect(ring.read(0n, { workspaceId: 'w1' }, 10).events.map((one) => [one.seq, one.data])).toEqual([
    [1n, { erased: true }],
    [2n, { after: { name: 'Bob' } }],
  ]);
  expect(ring.read(0n, { workspaceId: 'w2' }, 10).events[0]!.data).toEqual({ after: { name: 'Ann elsewhere' } });
});
