import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Denial, type LeasedAccount, localAccount, openAccount } from './account.ts';
import type { Ledger } from './ledger.ts';

const rate = { capacity: 1_000, restore: 100 };

/** A shared budget in memory, with a clock that the test turns; `broken` makes every call fail. */
function world() {
  let level = rate.capacity;
  let at = 0;
  const state = { now: 0, broken: false, calls: 0, log: [] as string[] };
  const current = () => {
    level = Math.min(rate.capacity, level + (rate.restore * (state.now - at)) / 1000);
    at = state.now;
    return level;
  };
  const call = <T>(name: string, work: () => T) => {
    state.calls++;
    state.log.push(name);
    return Promise.resolve().then(() => {
      if (state.broken) throw new Error('the database is gone');
      return work();
    });
  };
  const ledger: Ledger = {
    draw: (points) =>
      call('draw', () => {
        if (current() < points) return null;
        level -= points;
        return level;
      }),
    level: () => call('level', current),
    giveBack: (points) =>
      call('giveBack', () => {
        level = Math.min(rate.capacity, current() + points);
      }),
  };
  const open = (more: object = {}): LeasedAccount => openAccount({ ...rate, ledger, slice: 100, now: () => state.now, ...more });
  return { state, open, level: () => current() };
}

describe('an account', () => {
  test('leases a slice once and spends it without asking', async () => {
    const { state, open, level } = world();
    const account = open();
    expect(await account.take(10)).toBe(true);
    for (let i = 0; i < 9; i++) expect(account.take(10)).toBe(true);
    expect(state.log).toEqual(['draw']);
    expect(level()).toBe(900);
    expect(account.remaining()).toBe(900);
  });

  test('who comes together is leased for together', async () => {
    const { state, open } = world();
    const account = open();
    expect(await Promise.all(Array.from({ length: 50 }, () => account.take(10)))).toEqual(Array(50).fill(true));
    expect(state.log.length).toBeLessThanOrEqual(2);
    expect(account.remaining()).toBe(500);
  });

  test('takes the last points, then tells how long to wait, and does not ask again before', async () => {
    const { state, open } = world();
    const account = open();
    expect(await account.take(950)).toBe(true);
    const denied = (await account.take(200)) as Denial;
    expect(denied).toEqual({ remaining: 50, retryAfter: 2 });
    const { calls } = state;
    expect(account.take(200)).toEqual(denied);
    expect(state.calls).toBe(calls);
    expect(await account.take(40)).toBe(true); // less is still there
    state.now += denied.retryAfter * 1000;
    expect(await account.take(200)).toBe(true);
  });

  test('what is put back is spent again, and beyond a slice handed back at once', async () => {
    const { open, level } = world();
    const account = open();
    await account.take(500);
    account.refund(450);
    await expect.poll(level).toBe(850);
    expect(account.take(100)).toBe(true);
  });

  test('a closed account has handed back everything, also what comes later', async () => {
    const { open, level, state } = world();
    const account = open();
    await account.take(30);
    expect(account.idleSince(1_000)).toBe(false);
    state.now += 0.001;
    await account.close();
    expect(level()).toBeCloseTo(970, 2);
    account.refund(30);
    await expect.poll(level).toBeCloseTo(1_000, 2);
  });

  test('while the budget cannot be asked, lends a slice for each time that restores one', async () => {
    const { state, open } = world();
    const faults: unknown[] = [];
    const account = open({ onFault: (error: unknown) => faults.push(error) });
    state.broken = true;
    expect(await account.take(100)).toBe(true);
    expect(await account.take(60)).toMatchObject({ retryAfter: 1 });
    expect(faults).toHaveLength(2);
    state.now += 1_000;
    expect(await account.take(60)).toBe(true);
    state.broken = false;
    expect(await account.take(100)).toBe(true);
    expect(state.log.at(-1)).toBe('draw');
  });
});

describe('many processes', () => {
  const act = fc.oneof(
    { weight: 6, arbitrary: fc.record({ do: fc.constant('take' as const), who: fc.nat(2), points: fc.integer({ min: 1, max: 400 }) }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('refund' as const), who: fc.nat(2), points: fc.integer({ min: 1, max: 400 }) }) },
    {
      weight: 2,
      arbitrary: fc.record({ do: fc.constant('wait' as const), who: fc.constant(0), points: fc.integer({ min: 1, max: 4_000 }) }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('close' as const), who: fc.nat(2), points: fc.constant(0) }) },
  );

  test('never spend more than the capacity, what time restored, and one slice each', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(act, { minLength: 1, maxLength: 60 }), fc.boolean(), async (acts, together) => {
        const { state, open } = world();
        const accounts = [open(), open(), open()];
        const taken = [0, 0, 0];
        const pending: Promise<unknown>[] = [];
        const spent = () => taken.reduce((sum, points) => sum + points, 0);
        for (const { do: what, who, points } of acts) {
          if (what === 'wait') state.now += points;
          else if (what === 'close') {
            await Promise.all(pending.splice(0));
            await accounts[who]!.close();
            accounts[who] = open();
          } else if (what === 'refund') {
            const back = Math.min(points, taken[who]!);
            taken[who]! -= back;
            accounts[who]!.refund(back);
          } else {
            const taking = Promise.resolve(accounts[who]!.take(points)).then((outcome) => {
              if (outcome === true) taken[who]! += points;
              else expect(outcome.retryAfter).toBeGreaterThanOrEqual(1);
            });
            pending.push(taking);
            if (!together) await taking;
          }
          expect(spent()).toBeLessThanOrEqual(rate.capacity + (rate.restore * state.now) / 1000 + 3 * 100 + 1e-6);
        }
        await Promise.all(pending);
        expect(spent()).toBeLessThanOrEqual(rate.capacity + (rate.restore * state.now) / 1000 + 3 * 100 + 1e-6);
      }),
      { numRuns: 300 },
    );
  });
});

test('an account of one process alone restores by time', () => {
  let now = 0;
  const account = localAccount(rate, () => now);
  expect(account.take(1_000)).toBe(true);
  expect(account.take(50)).toEqual({ remaining: 0, retryAfter: 1 });
  now += 500;
  expect(account.take(50)).toBe(true);
  account.refund(5_000);
  expect(account.remaining()).toBe(1_000);
});
