// What the source of a subscription yields: the root value of one answer, and where it stands in the event log. The
// server executes the selection on `root` and answers `feed` in `extensions.feed`.

/** A place in a feed. `lagged`: the reader was too slow and events before this one were left out or must be read anew. */
export type Feed = { cursor: string; phase: 'BACKFILL' | 'LIVE'; lagged: boolean };

export type FeedEnvelope = { root: unknown; feed?: Feed };

/**
 * Maps a source to envelopes, one by one. Unlike an async generator around the source, it ends the source at once when
 * the subscriber leaves, also while it waits for the next event.
 */
export function mapSource<T>(source: AsyncIterable<T>, map: (item: T) => FeedEnvelope | Promise<FeedEnvelope>): AsyncIterableIterator<FeedEnvelope> {
  const iterator = source[Symbol.asyncIterator]();
  const end = async (): Promise<IteratorResult<FeedEnvelope>> => {
    await iterator.return?.();
    return { value: undefined, done: true };
  };
  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    async next() {
      const item = await iterator.next();
      if (item.done) return { value: undefined, done: true };
      try {
        return { value: await map(item.value), done: false };
      } catch (error) {
        await end();
        throw error;
      }
    },
    return: end,
    async throw(error) {
      await end();
      throw error;
    },
  };
}
