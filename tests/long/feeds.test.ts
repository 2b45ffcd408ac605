// 100,000 events by several processes at once, some of them killed, and clients that break off at random.
import { expect, test } from 'vitest';
import { runFeeds } from '../faults/feeds-world.ts';

test('100,000 events reach every client that breaks off and resumes, once and in order', { timeout: 1_800_000 }, async () => {
  const transports = ['ws', 'ws', 'ws', 'sse', 'sse', 'sse-single'] as const;
  const report = await runFeeds({
    processes: 3,
    customers: 500,
    events: 105_000,
    writersOfEach: 8,
    clients: transports.map((transport) => ({ transport, breakAfter: 2_000 })),
    kills: 3,
    limitMs: 1_200_000,
  });
  console.info(report);
  expect(report.events).toBeGreaterThan(100_000);
});
