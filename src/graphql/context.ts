// What every resolver gets: who asks, and how to read and write for them.
import type { Logger } from 'pino';
import type { Viewer } from '../auth/viewer.ts';
import type { Database } from '../db/database.ts';
import type { EventHub } from '../events/hub.ts';
import type { Reader } from '../query/reader.ts';
import { apiError } from './errors.ts';
import type { FeedPlace } from './feed-envelope.ts';

export type Context = {
  requestId: string;
  /** Null: no credential was sent. */
  viewer: Viewer | null;
  db: Database;
  /** Reads of the viewer; absent without one. */
  reader: Reader | null;
  hub: EventHub;
  log: Logger;
  /** Of a subscription whose client resumes by itself. Only what begins it has this, not what resolves its answers. */
  feedPlace?: FeedPlace;
  /** Of a subscription that asked to be told where its feed stands. Only what begins it has this. */
  feedMilestones?: boolean;
};

/** The viewer, or UNAUTHENTICATED. */
export function viewerOf(ctx: Context): Viewer {
  if (!ctx.viewer) throw apiError('UNAUTHENTICATED');
  return ctx.viewer;
}

/** The reader of the viewer, or UNAUTHENTICATED. */
export function readerOf(ctx: Context): Reader {
  if (!ctx.reader) throw apiError('UNAUTHENTICATED');
  return ctx.reader;
}
