// The shapes of the event log, without its storage.
import type { ActorKind } from '../auth/viewer.ts';

/** What changed. JSON values only: a Date is written as ISO text, a BigInt cannot be written. */
export type EventData = {
  /** The changed fields as they were; null or absent when the subject is new. */
  before?: Record<string, unknown> | null;
  /** The changed fields as they are; null or absent when the subject is gone. */
  after?: Record<string, unknown> | null;
  [more: string]: unknown;
};

/** An event as a command hands it over. Ids are plain UUIDs. */
export type NewEvent = {
  /** `<entity>.<past participle>`, for example `customer.created`. */
  type: string;
  /** Type of the thing that changed, for example `Customer`. */
  subjectType: string;
  subjectId: string;
  /** The customer whom it concerns, if one. */
  customerId: string | null;
  occurredAt: Date;
  data: EventData;
};

/** Who and what caused a command's events. */
export type EventSource = {
  workspaceId: string;
  actor: { kind: ActorKind; id: string | null };
  /** Which integration called, from `x-trato-origin`. */
  origin: string | null;
  requestId: string | null;
};

/** An event as it stands in the log. */
export type EventRow = {
  /** Place in the log: gapless, from 1, the cursor of every feed. */
  seq: bigint;
  workspaceId: string;
  id: string;
  type: string;
  subjectType: string;
  subjectId: string;
  customerId: string | null;
  actorKind: ActorKind;
  actorId: string | null;
  origin: string | null;
  requestId: string | null;
  occurredAt: Date;
  data: EventData;
};

/** Which events a reader wants; every given part must hold. */
export type EventFilter = {
  workspaceId: string;
  /** One of these types; an empty list matches nothing, absent matches all. */
  types?: readonly string[];
  subjectId?: string;
  customerId?: string;
  /** Those that changed one of these fields: the keys of `before` and `after`. */
  changed?: readonly string[];
  /** Not those that one of these integrations caused. */
  notOrigins?: readonly string[];
};

/** The part of a pino logger that the log's machinery uses; it never passes event data. */
export type EventsLog = {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
};
