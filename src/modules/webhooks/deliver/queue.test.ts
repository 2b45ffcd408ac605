import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createQueue, type Pending } from './queue.ts';

const item = (n: number, subjectKey: string | null, dueAt = 0): Pending => ({
  id: String(n).padStart(6, '0'),
  workspaceId: 'w',
  kind: 'EVENT',
  messageId: `m${n}`,
  subjectKey,
  attempts: 0,
  dueAt,
  body: '{}',
});

test('one of a subject at a time; others beside it; those without a subject wait for nobody', () => {
  const queue = createQueue();
  const [a1, a2, b1, free1, free2] = [item(1, 'a'), item(2, 'a'), item(3, 'b'), item(4, null), item(5, null)];
  queue.add([a1, a2, b1, free1, free2]);
  expect([1, 2, 3, 4, 5].map(() => queue.take(0))).toEqual([a1, b1, free1, free2, null]);
  queue.settle(a1, 50);
  expect([queue.take(49), queue.dueAt(), queue.take(50)]).toEqual([null, 50, a1]);
  queue.settle(a1, null);
  expect([queue.dueAt(), queue.take(50), queue.take(50)]).toEqual([0, a2, null]);
});

test('what is found later but is older goes first, unless the later one is under way', () => {
  const queue = createQueue();
  queue.add([item(2, 'a'), item(5, 'b')]);
  const five = queue.take(0);
  queue.add([item(1, 'a'), item(4, 'b'), item(2, 'a')]);
  expect(five?.id).toBe('000002');
  expect(queue.size()).toBe(4);
});

test('those that wait for one that has failed are not free, and keep no bodies; what was given up is dropped', () => {
  const queue = createQueue();
  const [a1, a2, a3, b1, b2] = [item(1, 'a'), item(2, 'a'), item(3, 'a'), item(4, 'b'), item(5, 'b')];
  queue.add([a1, a2, b1]);
  expect([queue.take(0), queue.take(0)]).toEqual([a1, b1]);
  a1.attempts = 1;
  queue.settle(a1, 50);
  queue.add([a3, b2]);
  expect([queue.free(), queue.size()]).toEqual([2, 5]);
  expect([a1, a2, a3, b1, b2].map(({ body }) => body)).toEqual([null, null, null, '{}', '{}']);
  queue.retain(new Set([a2.id, a3.id]));
  // The one under way stays.
  expect([queue.free(), queue.size()]).toEqual([3, 3]);
  queue.settle(b1, null);
  expect([queue.take(1), queue.take(1)]).toEqual([a2, null]);
  a2.attempts = 1;
  queue.settle(a2, null);
  expect([queue.free(), queue.take(1), queue.take(1)]).toEqual([1, a3, null]);
});

test('by chance: nobody is lost, none comes twice, each subject is in order and alone', () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant('add' as const), subject: fc.constantFrom('a', 'b', 'c', null) }),
    fc.record({ kind: fc.constant('take' as const) }),
    fc.record({ kind: fc.constant('settle' as const), which: fc.nat(), again: fc.boolean() }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200, size: 'max' }), (steps) => {
      const queue = createQueue();
      const busy: Pending[] = [];
      const finished: Pending[] = [];
      const all: Pending[] = [];
      let made = 0;
      let now = 0;
      const take = () => {
        const taken = queue.take(now);
        if (!taken) return false;
        expect(busy.some((one) => one.id === taken.id || (taken.subjectKey !== null && one.subjectKey === taken.subjectKey))).toBe(false);
        busy.push(taken);
        return true;
      };
      const settle = (which: number, again: boolean) => {
        const [one] = busy.splice(which % busy.length, 1);
        one!.attempts++;
        queue.settle(one!, again ? now + 5 : null);
        const left = all.filter((each) => !finished.includes(each) && (each !== one || again));
        const subjects = Map.groupBy(left, (each) => each.subjectKey ?? each.id);
        expect(queue.free()).toBe([...subjects.values()].filter(([first]) => first!.attempts === 0).flat().length);
        if (!again) finished.push(one!);
      };
      for (const one of steps) {
        now++;
        if (one.kind === 'add') {
          all.push(item(made++, one.subject, now + (made % 3)));
          queue.add(all.slice(-1));
        } else if (one.kind === 'take') take();
        else if (busy.length > 0) settle(one.which, one.again);
      }
      for (let i = 0; finished.length < made; i++) {
        now += 10;
        while (take());
        while (busy.length > 0) settle(0, false);
        if (i > made) expect.fail('some are never sent');
      }
      expect(queue.size()).toBe(0);
      expect(queue.dueAt()).toBeNull();
      for (const subject of ['a', 'b', 'c']) {
        const ids = finished.filter((one) => one.subjectKey === subject).map((one) => one.id);
        expect(ids).toEqual(ids.toSorted());
      }
      expect(new Set(finished).size).toBe(made);
    }),
  );
});
