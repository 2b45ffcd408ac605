import { describe, expect, it } from 'vitest';
import { createViewerCache } from './viewer-cache.ts';

type Value = { name: string; expiresAt: Date | null };

function setUp({ capacity = 3 } = {}) {
  let time = 1_000;
  const loads: string[] = [];
  const cache = createViewerCache<Value>({ ttlMs: 100, capacity, now: () => time });
  const load =
    (name: string, expiresAt: Date | null = null) =>
    async () => {
      loads.push(name);
      return { name, expiresAt };
    };
  const get = (name: string, expiresAt: Date | null = null) => cache.get(name, load(name, expiresAt));
  return { cache, loads, get, pass: (ms: number) => (time += ms) };
}

describe('the viewer cache', () => {
  it('loads once for everyone who asks at the same moment, and again after the time is up', async () => {
    const { get, loads, pass } = setUp();
    await Promise.all([get('a'), get('a'), get('a')]);
    pass(99);
    await get('a');
    expect(loads).toEqual(['a']);
    pass(1);
    await get('a');
    expect(loads).toEqual(['a', 'a']);
  });

  it('keeps nothing beyond its own end', async () => {
    const { get, loads, pass } = setUp();
    await get('a', new Date(1_050));
    pass(50);
    await get('a');
    expect(loads).toEqual(['a', 'a']);
  });

  it('lets go of what was not asked for the longest', async () => {
    const { cache, get, loads } = setUp();
    for (const name of ['a', 'b', 'c', 'a', 'd', 'a', 'b']) await get(name);
    expect(loads).toEqual(['a', 'b', 'c', 'd', 'b']);
    expect(cache.size()).toBe(3);
  });

  it('remembers no failure, and shares it among those who wait', async () => {
    const { cache, get } = setUp();
    let calls = 0;
    const fail = async () => {
      calls++;
      throw new Error('no');
    };
    const both = await Promise.allSettled([cache.get('a', fail), cache.get('a', fail)]);
    expect(both.map((one) => one.status)).toEqual(['rejected', 'rejected']);
    expect([calls, cache.size()]).toEqual([1, 0]);
    expect((await get('a')).name).toBe('a');
  });

  it('does not remember what was being looked up when it was told to forget', async () => {
    const { cache, get, loads } = setUp();
    const { promise, resolve } = Promise.withResolvers<Value>();
    const before = cache.get('a', () => promise);
    cache.clear();
    expect((await get('a')).name).toBe('a');
    resolve({ name: 'old', expiresAt: null });
    expect((await before).name).toBe('old');
    expect((await get('a')).name).toBe('a');
    expect(loads).toEqual(['a']);
  });
});
