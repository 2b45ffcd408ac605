// Subscription fields over the event log. Said once what a field follows and what it tells of an event, it is served
// live with a cursor, and by webhooks that deliver its answers.
import type { GraphQLField } from 'graphql';
import type { Viewer } from '../auth/viewer.ts';
import { decodeCursor, EventCursorError, type EventFilter, type EventRow, encodeCursor, type FeedStep } from '../events/index.ts';
import type { Reader } from '../query/reader.ts';
import { type Context, readerOf } from './context.ts';
import { apiError } from './errors.ts';
import type { Feed, FeedEnvelope, FeedEvent } from './feed-envelope.ts';

/** What a subscription follows, for one viewer and its arguments. */
export type FeedSelection = {
  /** The events of the log that may concern it; those of other workspaces never come. */
  filter: EventFilter;
  /**
   * For each event of a batch, in its order: what the field resolves on, or null where the subscriber is not told of it.
   * One statement for the batch, whatever its size. Asked with the reader of the moment: rights are those of now.
   */
  select(reader: Reader, events: EventRow[]): Promise<readonly (object | null)[]>;
  /** What answers say of their event in `extensions.feed.event`; null where the viewer may not know. */
  tell?(viewer: Viewer, event: EventRow): FeedEvent | null;
};

/** Opens a selection. Throws errors of the catalogue for arguments that are no good and for what the viewer may not follow. */
export type OpenFeed<Args = Record<string, unknown>> = (viewer: Viewer, args: Args) => FeedSelection;

/** Where the feed stands, for feeds that say so in their items: typed feeds say it in `extensions.feed`, alone if asked for. */
export type Milestone = { kind: 'caughtUp'; cursor: string } | { kind: 'lagged'; cursor: string; behind: number };

export type FeedOptions = {
  /** Whether `Milestone`s are sent as items; else lag is told with the next item. */
  milestones?: boolean;
};

/** The options of a subscription field: `extensions.feed` for webhooks, `subscribe` for live connections. Its arguments include `after`. */
export function feed<Args extends { after?: string | null }>(open: OpenFeed<Args>, options: FeedOptions = {}) {
  return {
    extensions: { feed: open },
    subscribe: (_root: unknown, args: object, ctx: Context) => {
      const reader = readerOf(ctx);
      const after = cursorOf(ctx.feedPlace?.after ?? (args as Args).after);
      const selection = open(reader.viewer, args as Args);
      return endable((signal) => envelopes(ctx, selection, after, options, signal)) as never;
    },
  };
}

/** How a subscription field is opened; undefined for one that does not follow the log. */
export function openFeedOf(field: GraphQLField<unknown, unknown>): OpenFeed | undefined {
  return field.extensions.feed as OpenFeed | undefined;
}

function cursorOf(after: string | null | undefined): bigint | undefined {
  try {
    return after == null ? undefined : decodeCursor(after);
  } catch (error) {
    throw toApiError(error);
  }
}

function toApiError(error: unknown): unknown {
  return error instanceof EventCursorError ? apiError(error.code, error.message) : error;
}

async function* envelopes(
  ctx: Context,
  { filter, select, tell }: FeedSelection,
  after: bigint | undefined,
  { milestones = false }: FeedOptions,
  signal: AbortSignal,
): AsyncGenerator<FeedEnvelope> {
  const reader = readerOf(ctx);
  let lagged = false;
  for await (const step of follow(ctx, filter, after, signal)) {
    if (step.kind !== 'events') {
      const milestone = milestoneOf(step);
      if (milestones) {
        ctx.feedPlace?.coming(milestone.cursor);
        yield { root: milestone };
      } else if (ctx.feedMilestones) {
        ctx.feedPlace?.coming(milestone.cursor);
        yield { feed: placeOf(milestone) };
        if (step.kind === 'lagged') lagged = true;
      } else {
        ctx.feedPlace?.passed(milestone.cursor);
        if (step.kind === 'lagged') lagged = true;
      }
      continue;
    }
    const roots = await select(reader, step.events);
    for (const [i, event] of step.events.entries()) {
      const root = roots[i];
      if (!root) continue;
      const cursor = encodeCursor(event.seq);
      ctx.feedPlace?.coming(cursor);
      yield {
        root,
        ...(!milestones && {
          feed: {
            cursor,
            phase: step.phase,
            lagged,
            ...(tell && { event: tell(reader.viewer, event) }),
          },
        }),
        // Live subscribers get an event at the same moment; one that reads old events must not be given what another saw then.
        ...(step.phase === 'LIVE' && { share: String(event.seq) }),
      };
      lagged = false;
    }
  }
}

async function* follow(ctx: Context, filter: EventFilter, after: bigint | undefined, signal: AbortSignal): AsyncGenerator<FeedStep> {
  try {
    for await (const step of ctx.hub.follow({ ...filter, signal, ...(after === undefined ? {} : { after }) })) yield step;
  } catch (error) {
    throw toApiError(error);
  }
}

function milestoneOf(step: Exclude<FeedStep, { kind: 'events' }>): Milestone {
  const cursor = encodeCursor(step.cursor);
  return step.kind === 'lagged' ? { kind: 'lagged', cursor, behind: step.behind } : { kind: 'caughtUp', cursor };
}

function placeOf(milestone: Milestone): Feed {
  return milestone.kind === 'lagged'
    ? { cursor: milestone.cursor, phase: 'BACKFILL', lagged: true, milestone: 'LAGGED', behind: milestone.behind }
    : { cursor: milestone.cursor, phase: 'LIVE', lagged: false, milestone: 'CAUGHT_UP' };
}

/** A generator that ends at once when the subscriber leaves, also while it waits for the next event. */
function endable<T>(make: (signal: AbortSignal) => AsyncGenerator<T>): AsyncGenerator<T> {
  const leaving = new AbortController();
  const generator = make(leaving.signal);
  return {
    next: () => generator.next(),
    return(value) {
      leaving.abort();
      return generator.return(value);
    },
    throw(error) {
      leaving.abort();
      return generator.throw(error);
    },
    [Symbol.asyncIterator]() {
      return this;
    },
    async [Symbol.asyncDispose]() {
      await this.return(undefined);
    },
  };
}
