import { expect, test } from 'vitest';
import type { Database } from '../../../db/database.ts';
import { createOutcomes, type Outcome } from './outcomes.ts';

// What PostgreSQL does with them is tested with the delivery itself; here only when each is written counts.
const database = {
  query: async ({ values }: { values: unknown[] }) => (values[1] as string[]).map((id) => ({ id })),
} as unknown as Database;
const log = { info() {}, warn() {}, error() {} };
const outcome = (id: string, written: (stood: boolean) => void): Outcome => ({
  item: { id, workspaceId: 'w', kind: 'EVENT', messageId: 'm', subjectKey: null, attempts: 0, dueAt: 0, body: null },
  attempt: {
    ...{ startedAt: new Date(), durationMs: 1, statusCode: 204, error: null, retryAfter: null },
    ...{ requestHeaders: {}, responseHeaders: null, responseBody: null },
  },
  status: 'DELIVERED',
  nextAttemptAt: null,
  written,
});

test('an outcome that comes just when all are written is written too', async () => {
  for (let ticks = 0; ticks < 12; ticks++) {
    const outcomes = createOutcomes(database, log);
    const written: string[] = [];
    const noted = (id: string, then: () => void) =>
      outcome(id, () => {
        written.push(id);
        then();
      });
    const both = new Promise<void>((resolve, reject) => {
      const wait = async () => {
        for (let i = 0; i < ticks; i++) await null;
        outcomes.add(noted('b', resolve));
      };
      outcomes.add(noted('a', () => void wait()));
      setTimeout(() => reject(new Error(`it is forgotten after ${ticks} turns`)), 20_000);
    });
    await both;
    expect(written).toEqual(['a', 'b']);
    await outcomes.stop();
  }
});

test('of two outcomes of one delivery that are written together the first stands', async () => {
  const outcomes = createOutcomes(database, log);
  const stood: [string, boolean][] = [];
  const settled = new Promise<void>((resolve) => {
    // The first is on its way alone; the others gather.
    for (const [name, id] of Object.entries({ x: 'x', first: 'a', second: 'a', other: 'b' })) {
      outcomes.add(
        outcome(id, (one) => {
          if (stood.push([name, one]) === 4) resolve();
        }),
      );
    }
  });
  await settled;
  expect(stood).toEqual([
    ['x', true],
    ['first', true],
    ['second', false],
    ['other', true],
  ]);
  await outcomes.stop();
});
