// Message ids of an event stream that is one feed's own: each answer says where it stands in the event log. A client
// such as a browser's EventSource that comes again sends the last one in `Last-Event-ID`, and so resumes by itself.
import { randomInt } from 'node:crypto';
import type { FormattedExecutionResult } from 'graphql';
import type { FeedPlace } from '../graphql/feed-envelope.ts';

/** What is written to a client. `return` ends it at once, also while the next text is waited for. */
export type StreamBody = Pick<AsyncGenerator<string, void, undefined>, 'next' | 'return' | typeof Symbol.asyncIterator>;

export type MessageIds = FeedPlace & {
  /** An answer is handed over to be written. */
  answered(result: FormattedExecutionResult): void;
  /** The body with ids. */
  numbered(body: StreamBody): StreamBody;
};

/** How long clients that come again by themselves wait: not all the same, so that a restart does not bring them at once. */
const RETRY_MS = { least: 1_000, most: 3_000 };
const NEXT = 'event: next\n';

/** Ids for a new stream; `lastEventId` is what its client sent. */
export function createMessageIds(lastEventId: string | undefined): MessageIds {
  /** Where the answer stands that is being made. */
  let coming: string | null = null;
  /** Where the feed stands, if that is further than its last answer. */
  let passed: string | null = null;
  /** Of answers that are handed over and not yet written. */
  const ids: (string | null)[] = [];
  let wake: (() => void) | undefined;

  function withId(text: string): string {
    if (!text.startsWith(NEXT)) return text;
    const id = ids.shift() ?? null;
    return id === null ? text : `${NEXT}id: ${id}\n${text.slice(NEXT.length)}`;
  }

  return {
    after: lastEventId || null,
    coming(cursor) {
      coming = cursor;
    },
    passed(cursor) {
      passed = cursor;
      wake?.();
    },
    answered(result) {
      // An error that ends the feed stands nowhere.
      const id = result.data === undefined ? null : coming;
      if (id !== null) passed = null;
      ids.push(id);
      coming = null;
    },
    numbered(body) {
      let begun = false;
      let asked: ReturnType<StreamBody['next']> | null = null;

      async function next(): Promise<IteratorResult<string, void>> {
        if (!begun) {
          begun = true;
          return told(`retry: ${randomInt(RETRY_MS.least, RETRY_MS.most + 1)}\n\n`);
        }
        for (;;) {
          // Not before the answers on the way: a client that has the id must have them.
          if (passed !== null && ids.length === 0) {
            const id = passed;
            passed = null;
            return told(`id: ${id}\n\n`);
          }
          asked ??= body.next();
          const woken = new Promise<null>((resolve) => {
            wake = () => resolve(null);
          });
          const step = await Promise.race([asked, woken]);
          if (!step) continue;
          asked = null;
          return step.done ? step : told(withId(step.value));
        }
      }

      const numbered: StreamBody = { next, return: (value) => body.return(value), [Symbol.asyncIterator]: () => numbered as never };
      return numbered;
    },
  };
}

const told = (value: string): IteratorResult<string, void> => ({ value, done: false });
