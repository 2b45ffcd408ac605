// What this process knows of one webhook that is being delivered.
import type { Viewer } from '../../../auth/viewer.ts';
import type { Database, Queryable, Transaction } from '../../../db/database.ts';
import type { WebhookProblem, WebhookRow } from '../../../db/models.ts';
import type { EventFilter, EventRow, EventsLog } from '../../../events/index.ts';
import type { ResolveHost } from '../../../lib/resolve-host.ts';
import { type Breaker, createBreaker } from './breaker.ts';
import { createQueue, type Queue } from './queue.ts';

/** What delivery needs of webhooks themselves: whose rights count, what is told, and how one is stopped. */
export type WebhookPorts = {
  viewerOf(db: Queryable, webhook: WebhookRow): Promise<Viewer | null>;
  /** Throws where the document cannot be followed any more. */
  open(viewer: Viewer, webhook: WebhookRow): { filter: EventFilter; atOnce: number };
  render(db: Queryable, webhook: WebhookRow, viewer: Viewer, events: EventRow[]): Promise<({ event: EventRow; body: string } | null)[]>;
  messageIdOf(webhookId: string, eventId: string): string;
  /** What went wrong with the document, in words; null where the error is another one. */
  problemOf(error: unknown): string | null;
  disable(tx: Transaction, webhook: WebhookRow, problem: WebhookProblem, detail: string): Promise<unknown>;
};

/** What all parts of the delivery share. */
export type Delivery = {
  db: Database;
  log: EventsLog;
  ports: WebhookPorts;
  now(): number;
  /** In place of the system's names. */
  resolve?: ResolveHost;
  /** How many requests may be under way at once, of all webhooks; 2,000 unless told. */
  sockets?: number;
  /** Aborted: requests under way are taken back. */
  signal: AbortSignal;
};

export type Lane = {
  webhook: WebhookRow;
  queue: Queue;
  breaker: Breaker;
  /** Up to where the log was read; `webhook.cursor` is what is stored of it. */
  place: bigint;
  /** How many events were read since the place was stored. */
  unstored: number;
  /** The highest id among its deliveries: later ones get higher ones, whatever the clock says. */
  lastId: string;
  /** Whether everything that is to be sent is in the queue. */
  complete: boolean;
  /** Whether the database may hold deliveries that are not in the queue. */
  stale: boolean;
  /** Ids that were finished while the queue is being read anew; null while it is not. */
  finished: Set<string> | null;
  /** Requests under way. */
  underWay: number;
  /** How many may be under way as the receiver behaves: one after it hung, growing again with each success. */
  allowed: number;
  failingSince: Date | null;
  lastDeliveredAt: Date | null;
  /** How often reading the log failed in a row, or found the row held. */
  failures: number;
  timer?: NodeJS.Timeout | undefined;
  closed: boolean;
};

export function createLane(webhook: WebhookRow): Lane {
  return {
    webhook,
    queue: createQueue(),
    breaker: createBreaker(webhook.restingUntil?.getTime() ?? null),
    place: webhook.cursor,
    unstored: 0,
    lastId: '',
    complete: false,
    stale: true,
    finished: null,
    underWay: 0,
    allowed: webhook.concurrency,
    failingSince: webhook.failingSince,
    lastDeliveredAt: webhook.lastDeliveredAt,
    failures: 0,
    closed: false,
  };
}
