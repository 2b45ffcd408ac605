import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { failure } from '../failure.ts';
import { sendAll } from './pipeline.ts';

async function* numbers(count: number): AsyncGenerator<number> {
  for (let number = 0; number < count; number++) yield number;
}
type Waiting = { number: number; answer: (value: number) => void; fail: (error: Error) => void; stop: AbortSignal };

function pipeline(count: number, concurrency: number) {
  const waiting: Waiting[] = [];
  const acknowledged: number[] = [];
  const interrupt = new AbortController();
  const send = (number: number, stop: AbortSignal): Promise<number> =>
    new Promise((answer, fail) => {
      waiting.push({ number, answer, fail, stop });
    });
  const end = sendAll(
    numbers(count),
    send,
    (number) => {
      acknowledged.push(number);
    },
    { concurrency, interrupt: interrupt.signal },
  );
  const settle = async (): Promise<void> => {
    for (let round = 0; round < 5; round++) await turn();
  };
  return { waiting, acknowledged, interrupt, end, settle };
}

describe('sendAll', () => {
  it('keeps so many under way and acknowledges in order', async () => {
    const { waiting, acknowledged, end, settle } = pipeline(4, 2);
    await settle();
    expect(waiting.map(({ number }) => number)).toEqual([0, 1]);
    waiting[1]?.answer(1);
    await settle();
    expect(acknowledged).toEqual([]);
    waiting[0]?.answer(0);
    await settle();
    expect(acknowledged).toEqual([0, 1]);
    expect(waiting.map(({ number }) => number)).toEqual([0, 1, 2, 3]);
    waiting[2]?.answer(2);
    await settle();
    waiting[3]?.answer(3);
    expect(await end).toBe('done');
    expect(acknowledged).toEqual([0, 1, 2, 3]);
  });
  it('finishes what is under way when interrupted and sends nothing more', async () => {
    const { waiting, acknowledged, interrupt, end, settle } = pipeline(9, 2);
    await settle();
    interrupt.abort();
    for (const { answer, number } of waiting) answer(number);
    expect(await end).toBe('interrupted');
    expect(acknowledged).toEqual([0, 1]);
    expect(waiting).toHaveLength(2);
  });
  it('acknowledges nothing behind a failure and stops the others', async () => {
    const { waiting, acknowledged, end, settle } = pipeline(9, 3);
    await settle();
    waiting[2]?.answer(2);
    waiting[0]?.fail(failure('BROKEN', 'broken'));
    await settle();
    expect(waiting[1]?.stop.aborted).toBe(true);
    waiting[1]?.fail(failure('STOPPED', 'stopped'));
    await expect(end).rejects.toMatchObject({ code: 'BROKEN' });
    expect(acknowledged).toEqual([]);
  });
});
