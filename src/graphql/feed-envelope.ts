// What the source of a subscription yields: the root value of one answer, and where it stands in the event log. The
// server executes the selection on `root` and answers `feed` in `extensions.feed`.

import type { GraphQLError } from 'graphql';
import { apiError } from './errors.ts';

/** The event behind an answer, as far as its receiver may know of it. */
export type FeedEvent = { id: string; type: string; origin: string | null; changed: string[] };

/**
 * A place in a feed. `lagged`: the reader was too slow, and the feed went back to reading the log before this answer.
 * `event` is null where the receiver may not see it, but the thing that it is about. `milestone`: nothing happened, this only
 * tells that all up to the cursor was given, or that the reader is `behind` by so many events.
 */
export type Feed = {
  cursor: string;
  phase: 'BACKFILL' | 'LIVE';
  lagged: boolean;
  event?: FeedEvent | null;
  milestone?: 'CAUGHT_UP' | 'LAGGED';
  behind?: number;
};

export type FeedEnvelope = {
  /** What the answer resolves on; absent from a milestone, which has no data. */
  root?: unknown;
  feed?: Feed;
  /** Names a live event: what one subscriber is answered, others with the same operation and policy may be answered too. */
  share?: string;
};

/** Of a subscription whose client resumes by itself: where its feed begins, and who is told where it stands. */
export type FeedPlace = {
  /** The cursor after which the feed begins, whatever its arguments say; null: as they say. */
  after: string | null;
  /** The answer to what the source yields next stands at this cursor. */
  coming(cursor: string): void;
  /** Everything up to this cursor was yielded. */
  passed(cursor: string): void;
};

const gone = new WeakSet<object>();

/** For the resolver of a feed: what the event is about went out of sight since the feed chose it. Feeds skip such an answer. */
export function rowGone(name: string): GraphQLError {
  const error = apiError('FORBIDDEN', `The ${name} went out of sight since the event.`);
  gone.add(error);
  return error;
}

/** Whether an answer has an error of `rowGone`: then it is to be left out. Ask it of the errors as graphql-js gives them. */
export function isRowGone(errors: readonly GraphQLError[] | undefined): boolean {
  return errors?.some((error) => gone.has(error.originalError ?? error)) ?? false;
}
