// A source of subscription events that a test drives by hand.
import type { FeedEnvelope } from '../../src/graphql/feed-envelope.ts';

export type Source = {
  publish(envelope: FeedEnvelope): void;
  /** Ends every follower with an error. */
  fail(error: Error): void;
  follow(): AsyncIterableIterator<FeedEnvelope>;
  followers(): number;
  /** How many envelopes followers have taken in all. */
  taken(): number;
  /** Something to wait at. */
  gate: { promise: Promise<void>; open(): void; asked(): boolean };
};

type Follower = { queue: FeedEnvelope[]; failure: Error | null; over: boolean; wake: () => void };

/** Makes a source. Each follower gets everything published from then on, in order. */
export function createSource(): Source {
  const followers = new Set<Follower>();
  const opened = Promise.withResolvers<void>();
  let asked = false;
  let taken = 0;

  function follow(): AsyncIterableIterator<FeedEnvelope> {
    const follower: Follower = { queue: [], failure: null, over: false, wake: () => {} };
    followers.add(follower);
    const end = () => {
      follower.over = true;
      followers.delete(follower);
      follower.wake();
    };
    return {
      async next() {
        while (follower.queue.length === 0 && !follower.over && !follower.failure)
          await new Promise<void>((resolve) => (follower.wake = resolve));
        if (follower.failure) throw follower.failure;
        const value = follower.queue.shift();
        if (follower.over || !value) return { value: undefined, done: true };
        taken++;
        return { value, done: false };
      },
      async return() {
        end();
        return { value: undefined, done: true };
      },
      [Symbol.asyncIterator]() {
        return this;
      },
    };
  }

  return {
    publish(envelope) {
      for (const follower of followers) {
        follower.queue.push(envelope);
        follower.wake();
      }
    },
    fail(error) {
      for (const follower of followers) {
        follower.failure = error;
        follower.wake();
      }
    },
    follow,
    followers: () => followers.size,
    taken: () => taken,
    gate: {
      get promise() {
        asked = true;
        return opened.promise;
      },
      open: opened.resolve,
      asked: () => asked,
    },
  };
}
