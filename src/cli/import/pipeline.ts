// Keeps a few batches under way at once and acknowledges them in the order of the file, so that what is acknowledged is
// always everything up to one point.
import { isFailure } from '../failure.ts';

/** How the batches of a pass ended: all of them, or as many as were under way when the user interrupted. */
export type PassEnd = 'done' | 'interrupted';

/**
 * Sends every batch, at most `concurrency` at a time, and calls `acknowledge` with each result in order. After
 * `interrupt` no further batch is sent and those under way are finished. The first failure is thrown, the others'
 * retries stopped.
 */
export async function sendAll<Batch, Result>(
  batches: AsyncIterable<Batch>,
  send: (batch: Batch, stop: AbortSignal) => Promise<Result>,
  acknowledge: (batch: Batch, result: Result) => void,
  { concurrency, interrupt }: { concurrency: number; interrupt: AbortSignal },
): Promise<PassEnd> {
  const failed = new AbortController();
  const stop = AbortSignal.any([interrupt, failed.signal]);
  const underWay: { batch: Batch; result: Promise<Result> }[] = [];
  const settleOldest = async (): Promise<void> => {
    const oldest = underWay.shift();
    if (oldest) acknowledge(oldest.batch, await oldest.result);
  };
  try {
    for await (const batch of batches) {
      while (underWay.length >= concurrency && !interrupt.aborted) await settleOldest();
      if (interrupt.aborted) break;
      const result = send(batch, stop);
      result.catch(() => undefined); // awaited in its turn
      underWay.push({ batch, result });
    }
    while (underWay.length > 0) await settleOldest();
    return interrupt.aborted ? 'interrupted' : 'done';
  } catch (error) {
    failed.abort();
    await Promise.allSettled(underWay.map(({ result }) => result));
    if (interrupt.aborted && isFailure(error) && error.code === 'STOPPED') return 'interrupted';
    throw error;
  }
}
