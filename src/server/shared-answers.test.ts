import type { FormattedExecutionResult } from 'graphql';
import { expect, test, vi } from 'vitest';
import { createSharedAnswers } from './shared-answers.ts';

const made = (data: object) => vi.fn(async (): Promise<FormattedExecutionResult> => ({ data: { ...data } }));

test('those who ask for the same at once get one answer, others their own', async () => {
  const answers = createSharedAnswers();
  const [first, second, other] = [made({ n: 1 }), made({ n: 2 }), made({ n: 3 })];
  const got = await Promise.all([answers.get('a', first), answers.get('a', second), answers.get('b', other)]);
  expect(got).toEqual([{ data: { n: 1 } }, { data: { n: 1 } }, { data: { n: 3 } }]);
  expect(second).not.toHaveBeenCalled();
});

test('an answer with errors is nobody else’s', async () => {
  const answers = createSharedAnswers();
  const failed = async (): Promise<FormattedExecutionResult> => ({ data: null, errors: [{ message: 'no' }] });
  const [, second] = await Promise.all([answers.get('a', failed), answers.get('a', made({ n: 2 }))]);
  expect(second).toEqual({ data: { n: 2 } });
});

test('a moment later the answer is made anew', async () => {
  vi.useFakeTimers();
  try {
    const answers = createSharedAnswers();
    await answers.get('a', made({ n: 1 }));
    vi.advanceTimersByTime(1_000);
    expect(await answers.get('a', made({ n: 2 }))).toEqual({ data: { n: 2 } });
  } finally {
    vi.useRealTimers();
  }
});
