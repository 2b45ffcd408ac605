// What the source of a subscription yields: the root value of one answer, and where it stands in the event log. The
// server executes the selection on `root` and answers `feed` in `extensions.feed`.

/** A place in a feed. `lagged`: the reader was too slow and events before this one were left out or must be read anew. */
export type Feed = { cursor: string; phase: 'BACKFILL' | 'LIVE'; lagged: boolean };

export type FeedEnvelope = {
  root: unknown;
  feed?: Feed;
  /** Names a live event: what one subscriber is answered, others with the same operation and policy may be answered too. */
  share?: string;
};
