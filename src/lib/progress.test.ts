import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { withProgress } from './progress.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }));
afterEach(() => void vi.useRealTimers());

test('says nothing about what is quick, and gives its result', async () => {
  const lines: string[] = [];
  expect(await withProgress('Quick', Promise.resolve(7), { log: (line) => lines.push(line) })).toBe(7);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(lines).toEqual([]);
});

test('speaks after a second, then every few seconds with the time, and at the end', async () => {
  const lines: string[] = [];
  const work = Promise.withResolvers<string>();
  const done = withProgress('Slow', work.promise, { log: (line) => lines.push(line) });
  await vi.advanceTimersByTimeAsync(999);
  expect(lines).toEqual([]);
  await vi.advanceTimersByTimeAsync(1);
  expect(lines).toEqual(['Slow …']);
  await vi.advanceTimersByTimeAsync(6000);
  expect(lines).toEqual(['Slow …', 'Slow … 4.0 s', 'Slow … 7.0 s']);
  work.resolve('ok');
  expect(await done).toBe('ok');
  expect(lines.at(-1)).toBe('Slow: done in 7.0 s');
});

test('passes a failure on, and says that it failed', async () => {
  const lines: string[] = [];
  const work = Promise.withResolvers<never>();
  const done = withProgress('Doomed', work.promise, { log: (line) => lines.push(line), afterMs: 10 });
  const failure = expect(done).rejects.toThrow('no luck');
  await vi.advanceTimersByTimeAsync(20);
  work.reject(new Error('no luck'));
  await failure;
  expect(lines).toEqual(['Doomed …', 'Doomed: failed after 0.0 s']);
});
