// Feeds of one log from two processes that both write it; the long form, with kills, is tests/long/feeds.test.ts.
import { expect, test } from 'vitest';
import { runFeeds } from './feeds-world.ts';

test('every client of either process ends with every event, once and in order, those too that break off at random', {
  timeout: 300_000,
}, async () => {
  const { events, begun } = await runFeeds({
    processes: 2,
    customers: 100,
    events: 5_000,
    writersOfEach: 8,
    clients: [
      { transport: 'ws' },
      { transport: 'sse' },
      { transport: 'ws', breakAfter: 250 },
      { transport: 'sse', breakAfter: 250 },
      { transport: 'sse-single', breakAfter: 250 },
    ],
    kills: 0,
    limitMs: 90_000,
  });
  expect(events).toBeGreaterThan(4_000);
  expect(begun.slice(0, 2)).toEqual([1, 1]);
  for (const times of begun.slice(2)) expect(times).toBeGreaterThan(2);
});
