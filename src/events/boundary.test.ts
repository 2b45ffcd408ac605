// The sequencer's boundary against a model of transactions: whatever the interleaving, no visible row lies behind it.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { advance, type Boundary, remember, type Survey, unknownBoundary, widen } from './boundary.ts';

type Tx = { xid: bigint; positions: bigint[]; state: 'open' | 'committed' | 'aborted' };

type Action =
  | { kind: 'append'; tx: number; count: number }
  | { kind: 'end'; tx: number; commit: boolean }
  | { kind: 'sequence'; survey: boolean };

const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('append' as const), tx: fc.nat(4), count: fc.integer({ min: 1, max: 4 }) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('end' as const), tx: fc.nat(4), commit: fc.boolean() }) },
  // The sequencer's next part: the counter, the holders, the move; each may have others' actions between.
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('sequence' as const), survey: fc.boolean() }) },
);

function run(list: Action[], batch: number): void {
  const txs: Tx[] = [];
  const slots: (Tx | undefined)[] = [];
  let position = 0n;
  let xid = 100n;
  let boundary: Boundary = unknownBoundary();
  let found: Survey | null = null;
  let phase: 'start' | 'counted' | 'surveyed' = 'start';
  const moved = new Set<bigint>();
  const visible = () =>
    txs
      .filter((tx) => tx.state === 'committed')
      .flatMap((tx) => tx.positions)
      .filter((at) => !moved.has(at))
      .sort((a, b) => (a < b ? -1 : 1));

  function move(): void {
    const ended = [...boundary.pending.keys()].filter((id) => txs.some((tx) => tx.xid === id && tx.state !== 'open'));
    const start = ended.map((id) => boundary.pending.get(id)!).reduce((low, at) => (at < low ? at : low), boundary.settled);
    const rows = visible();
    expect(rows.filter((at) => at <= start)).toEqual([]);
    const taken = rows.slice(0, batch);
    for (const at of taken) moved.add(at);
    boundary = advance(boundary, { end: taken.at(-1) ?? null, drained: taken.length < batch, ended }, found);
    found = null;
    phase = 'start';
  }

  function sequence(survey: boolean): void {
    if (phase === 'start' && survey) {
      found = { last: position, holders: [] };
      phase = 'counted';
    } else if (phase === 'counted') {
      found!.holders = txs.filter((tx) => tx.state === 'open').map((tx) => tx.xid);
      boundary = remember(boundary, found!);
      phase = 'surveyed';
    } else move();
  }

  for (const step of list) {
    if (step.kind === 'append') {
      let tx = slots[step.tx];
      if (!tx) {
        tx = slots[step.tx] = { xid: ++xid, positions: [], state: 'open' };
        txs.push(tx);
      }
      for (let i = 0; i < step.count; i++) tx.positions.push(++position);
    } else if (step.kind === 'end') {
      const tx = slots[step.tx];
      if (tx) tx.state = step.commit ? 'committed' : 'aborted';
      slots[step.tx] = undefined;
    } else sequence(step.survey);
  }
  // Once all have ended, the sequencer gets everything.
  for (const tx of txs) if (tx.state === 'open') tx.state = 'committed';
  for (let i = 0; i < 3 || visible().length > 0; i++) {
    sequence(true);
    if (i > 10_000) expect.fail('rows are left behind');
  }
}

test('no interleaving leaves a visible row behind the boundary', () => {
  fc.assert(
    fc.property(fc.array(action, { maxLength: 150, size: 'max' }), fc.integer({ min: 1, max: 6 }), (list, batch) => run(list, batch)),
    { numRuns: 2_000 },
  );
});

test('the boundary follows, so that what was moved is not scanned again, also past a transaction left open', () => {
  let boundary = unknownBoundary();
  for (let last = 10n; last <= 50n; last += 10n) {
    const found = { last, holders: [7n, 1_000n + last] };
    boundary = advance(remember(boundary, found), { end: last, drained: true, ended: [1_000n + last - 10n] }, found);
    expect(boundary.settled).toBe(last);
  }
  expect([...boundary.pending]).toEqual([
    [7n, 0n],
    [1_050n, 40n],
  ]);
});

test('transaction ids are widened across a wrap of their 32 bits, whether earlier or later than now', () => {
  const epoch = 2n ** 32n;
  expect(widen(5n, 9n)).toBe(5n);
  expect(widen(12n, 9n)).toBe(12n);
  expect(widen(5n, 3n * epoch + 9n)).toBe(3n * epoch + 5n);
  expect(widen(epoch - 2n, 3n * epoch + 9n)).toBe(3n * epoch - 2n);
  expect(widen(4n, 3n * epoch - 3n)).toBe(3n * epoch + 4n);
});
