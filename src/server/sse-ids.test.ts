// Ids of messages against the order of answers: whatever id a client has, it has all answers up to it, and ids never go back.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createMessageIds } from './sse-ids.ts';

/** A body as graphql-sse makes it: what is pushed, in order, and ended at once by `return`. */
function queueBody() {
  const waiting: string[] = [];
  let over = false;
  let wake = () => {};
  const body = {
    async next(): Promise<IteratorResult<string, void>> {
      while (waiting.length === 0 && !over) await new Promise<void>((resolve) => (wake = resolve));
      return waiting.length > 0 ? { value: waiting.shift()!, done: false } : { value: undefined, done: true };
    },
    async return(): Promise<IteratorResult<string, void>> {
      over = true;
      wake();
      return { value: undefined, done: true };
    },
    [Symbol.asyncIterator]: () => body as never,
  };
  return {
    body,
    push(text: string) {
      waiting.push(text);
      wake();
    },
  };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

test('an id is never ahead of the answers before it, and never goes back', async () => {
  const step = fc.constantFrom('answer', 'skip', 'passed', 'comment', 'write');
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
      const ids = createMessageIds(undefined);
      const { body, push } = queueBody();
      const numbered = ids.numbered(body);
      const written: string[] = [];
      const pump = (async () => {
        for await (const text of numbered) written.push(text);
      })();
      let seq = 0;
      let known = 0;
      for (const kind of steps) {
        if (kind === 'answer' || kind === 'skip') ids.coming(String(++seq));
        if (kind === 'answer') {
          ids.answered({ data: {} });
          push(`event: next\ndata: {"seq":${seq}}\n\n`);
        }
        if (kind === 'passed') ids.passed(String(seq));
        if (kind === 'answer' || kind === 'passed') known = seq;
        if (kind === 'comment') push(':\n\n');
        if (kind === 'write') await settled();
      }
      ids.answered({ errors: [] });
      push('event: next\ndata: {"errors":[]}\n\n');
      await settled();
      await numbered.return();
      await pump;

      let last = 0;
      const missing = steps.flatMap((kind, i) =>
        kind === 'answer' ? [steps.slice(0, i + 1).filter((one) => /answer|skip/.test(one)).length] : [],
      );
      for (const text of written.slice(1)) {
        const answer = /"seq":(\d+)/.exec(text)?.[1];
        const id = /^id: (\d+)$/m.exec(text)?.[1];
        if (answer) expect([missing.shift(), id]).toEqual([Number(answer), answer]);
        if (text.includes('errors')) expect(id).toBeUndefined();
        if (id === undefined) continue;
        expect(Number(id)).toBeGreaterThanOrEqual(last);
        last = Number(id);
        expect(missing[0] ?? Number.POSITIVE_INFINITY).toBeGreaterThan(last);
      }
      expect([missing, last]).toEqual([[], known]);
    }),
    { numRuns: 300 },
  );
});

test('a body that waits is ended at once', async () => {
  const { body } = queueBody();
  const numbered = createMessageIds('').numbered(body);
  expect((await numbered.next()).value).toMatch(/^retry: [123]\d{3}\n\n$/);
  const waiting = numbered.next();
  await numbered.return();
  expect(await waiting).toEqual({ value: undefined, done: true });
});

test('how far a quiet feed is, is told at once', async () => {
  const ids = createMessageIds('');
  const numbered = ids.numbered(queueBody().body);
  await numbered.next();
  const waiting = numbered.next();
  await settled();
  ids.passed('7');
  expect(await waiting).toEqual({ value: 'id: 7\n\n', done: false });
});
