import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { newId } from '../../lib/typeid.ts';
import { changeOfPath, type PathChange, type PlacedStage, type Standing, type Step, type Verdict } from './stage-path.ts';

const names = ['prospect', 'first', 'repeat', 'loyal', 'lost'];
const returnable = new Set(['repeat', 'loyal']);
const stages = new Map<string, PlacedStage>(names.map((id, rank) => [id, { id, key: id, name: id, rank, returnable: returnable.has(id) }]));
const NOW = 1_000;

type Rule = [stage: string, since: number | null, exact?: boolean];
const holding = (...rules: Rule[]): Verdict[] => rules.map(([stageId, since, exact = true]) => ({ stageId, since, exact }));
/** Entries as `stage@moment`, those of persons with an exclamation mark. */
function history(...entries: string[]): Step[] {
  let fromId: string | null = null;
  return entries.map((entry) => {
    const [, toId, at, mark] = /^(\w+)@(\d+)(!?)$/.exec(entry)!;
    const step = { id: newId(), fromId, toId: toId!, at: Number(at), automatic: mark !== '!' };
    fromId = toId!;
    return step;
  });
}
function standing(steps: Step[], verdicts: Verdict[]): Standing {
  return { history: steps, stageId: steps.at(-1)?.toId ?? null, stageSince: steps.at(-1)?.at ?? null, verdicts };
}
/** What the history is after a change. */
function applied(before: Standing, change: PathChange): Standing {
  const updated = new Map(change.updated.map((step) => [step.id, step]));
  const steps = [...before.history.map((step) => updated.get(step.id) ?? step), ...change.inserted];
  steps.sort((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1));
  return { ...before, history: steps, stageId: change.stageId, stageSince: change.stageSince };
}
const shown = ({ history }: Standing) => history.map(({ toId, at, automatic }) => `${toId}@${at}${automatic ? '' : '!'}`);
function way(steps: Step[], ...rules: Rule[]): string[] | null {
  const before = standing(steps, holding(...rules));
  const change = changeOfPath(stages, before, NOW);
  return change && shown(applied(before, change));
}

describe('forward', () => {
  test('passes through every stage whose rule holds, each at its own moment', () => {
    expect(way([], ['first', 10], ['repeat', 20])).toEqual(['first@10', 'repeat@20']);
    expect(way(history('prospect@5!'), ['first', 10], ['loyal', 30])).toEqual(['prospect@5!', 'first@10', 'loyal@30']);
  });
  test('never before the move of a person, nor in the future; now where nothing is known', () => {
    expect(way(history('prospect@15!'), ['first', 10], ['repeat', 20])).toEqual(['prospect@15!', 'first@15', 'repeat@20']);
    expect(way([], ['first', 5_000])).toEqual(['first@1000']);
    expect(way([], ['first', null])).toEqual(['first@1000']);
    expect(way([], ['first', null], ['repeat', 20])).toEqual(['first@20', 'repeat@20']);
  });
  test('whoever stands higher has passed the lower ones by then', () => {
    expect(way([], ['first', 40], ['repeat', 20])).toEqual(['first@20', 'repeat@20']);
  });
  test('nothing holds, nothing changes; nor where all is as it should be', () => {
    expect(way(history('first@10', 'repeat@20'))).toBe(null);
    expect(way(history('first@10', 'repeat@20'), ['first', 10])).toBe(null);
    expect(way(history('loyal@10!'), ['first', 10], ['repeat', 20])).toBe(null);
  });
});

describe('backward', () => {
  test('only to a stage that may be come back to', () => {
    expect(way(history('first@10', 'lost@50'), ['first', 10])).toBe(null);
    expect(way(history('repeat@20', 'lost@50'), ['repeat', 20])).toEqual(['repeat@20', 'lost@50', 'repeat@1000']);
    expect(way(history('repeat@20', 'lost@50'), ['repeat', 70, false])).toEqual(['repeat@20', 'lost@50', 'repeat@70']);
  });
  test('never from where a person put the customer', () => {
    expect(way(history('repeat@20', 'lost@50!'), ['repeat', 20])).toBe(null);
    expect(way(history('repeat@20', 'lost@50!'), ['loyal', 60])).toBe(null);
  });
  test('a person who takes a customer back is not overruled by what was known', () => {
    expect(way(history('first@10', 'loyal@20', 'prospect@50!'), ['first', 10], ['loyal', 20])).toBe(null);
    expect(way(history('first@10', 'loyal@20', 'prospect@50!'), ['first', 10], ['loyal', 60])).toEqual([
      'first@10',
      'loyal@20',
      'prospect@50!',
      'loyal@60',
    ]);
  });
  test('after having come back the way goes on upwards', () => {
    const steps = history('repeat@20', 'lost@50', 'repeat@70');
    expect(way(steps, ['repeat', 20], ['loyal', 90, false])).toEqual(['repeat@20', 'lost@50', 'repeat@70', 'loyal@90']);
    expect(way(steps, ['repeat', 20], ['lost', 500, false])).toEqual(['repeat@20', 'lost@50', 'repeat@70', 'lost@500']);
  });
});

describe('repair', () => {
  test('moves entries to where the facts put them', () => {
    expect(way(history('first@10', 'repeat@20'), ['first', 5], ['repeat', 10])).toEqual(['first@5', 'repeat@10']);
    expect(way(history('first@10', 'repeat@20'), ['first', 15], ['repeat', 20])).toEqual(['first@15', 'repeat@20']);
    expect(way(history('first@10'), ['first', 15, false])).toBe(null);
  });
  test('puts in what lies between, and keeps the ids in the order of the moments', () => {
    expect(way(history('prospect@1!', 'loyal@30'), ['repeat', 20], ['loyal', 30])).toEqual(['prospect@1!', 'repeat@20', 'loyal@30']);
    expect(way(history('prospect@25!', 'loyal@30'), ['repeat', 20], ['loyal', 25])).toEqual(['prospect@25!', 'repeat@25', 'loyal@25']);
    expect(way(history('loyal@30'), ['repeat', null], ['loyal', 30])).toBe(null);
  });
  test('what a person did stands, and what lies before it stays before it', () => {
    expect(way(history('first@10', 'loyal@20!'), ['first', 5], ['repeat', 3])).toEqual(['first@5', 'loyal@20!']);
    expect(way(history('first@10', 'loyal@20!'), ['first', 30])).toBe(null);
  });
  test('tells before and after', () => {
    const before = standing(history('first@10'), holding(['first', 5], ['repeat', 30]));
    const change = changeOfPath(stages, before, NOW)!;
    expect(change.repair!.before.map(({ at }) => at)).toEqual([10]);
    expect(change.repair!.after.map(({ at }) => at)).toEqual([5]);
    expect(change.moves).toEqual([{ fromId: 'first', fromSince: 5, toId: 'repeat', at: 30 }]);
    expect([change.stageId, change.stageSince]).toEqual(['repeat', 30]);
  });
});

describe('in any case', () => {
  const moment = fc.integer({ min: 1, max: 999 });
  const verdicts = fc
    .uniqueArray(fc.tuple(fc.constantFrom(...names), fc.option(moment), fc.boolean()), { selector: ([stage]) => stage })
    .map((rules) => holding(...(rules as Rule[])));
  // Evaluations in a row, some after a person moved the customer.
  const turns = fc.array(fc.record({ verdicts, person: fc.option(fc.constantFrom(...names), { freq: 3 }) }), {
    minLength: 1,
    maxLength: 6,
  });

  test('the way is whole, in order, stands when looked at again, and no move of a person is touched', () => {
    fc.assert(
      fc.property(turns, (list) => {
        let at: Standing = standing([], []);
        for (const [turn, { verdicts, person }] of list.entries()) {
          const now = NOW * (turn + 1);
          if (person && person !== at.stageId) {
            const step = { id: newId(), fromId: at.stageId, toId: person, at: now - 500, automatic: false };
            const last = at.history.at(-1)?.at ?? 0;
            if (last <= step.at) at = { ...at, history: [...at.history, step], stageId: person, stageSince: step.at };
          }
          const byPersons = at.history.filter(({ automatic }) => !automatic);
          at = { ...at, verdicts };
          const change = changeOfPath(stages, at, now);
          if (change) at = applied(at, change);
          expect(at.history.filter(({ automatic }) => !automatic)).toEqual(byPersons);
          let from: string | null = null;
          for (const [i, step] of at.history.entries()) {
            expect(step.fromId).toBe(from);
            expect(step.at).toBeGreaterThanOrEqual(at.history[i - 1]?.at ?? 0);
            expect(step.at).toBeLessThanOrEqual(now);
            from = step.toId;
          }
          expect([at.stageId, at.stageSince]).toEqual([from, at.history.at(-1)?.at ?? null]);
          expect(changeOfPath(stages, at, now)).toBe(null);
        }
      }),
      { numRuns: 2_000 },
    );
  });
});
