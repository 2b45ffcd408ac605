// What the functions of a plugin are given. All ids are plain UUIDs, those of the plugin's own tables too; the API writes
// and reads TypeIDs.
import type { Statement } from '../db/database.ts';

/** A line of the log; never put secrets or personal data into `fields`. */
export type PluginLog = {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
};

/** Who is asking. */
export type Caller = {
  kind: 'USER' | 'API_KEY' | 'SYSTEM';
  /** Id of the user or the API key; null for Trato itself. */
  id: string | null;
  userId: string | null;
  /** Which integration is calling, from `x-trato-origin`. */
  origin: string | null;
  /** Whether the caller's role grants a permission, of the core or of a plugin. */
  can(permission: string): boolean;
};

/** What reads get. Every statement and every read belongs to this workspace. */
export type ReadContext = {
  workspaceId: string;
  now: Date;
  log: PluginLog;
  /** Aborted when the answer comes too late. */
  signal: AbortSignal;
  /**
   * Rows of a statement on the plugin's own tables (capability `tables`); write it with the tag `sql`. It sees no other
   * schema. Say `where workspace_id = ${ctx.workspaceId}` wherever you name a table.
   */
  sql<Row extends object = Record<string, unknown>>(statement: Statement): Promise<Row[]>;
  /**
   * The data of a GraphQL query as the plugin itself, with the permissions that it declared as `read:<subject>`, over all
   * rows. Throws the first error. Ids in it are TypeIDs: see `typeId` and `uuidOf`.
   */
  // biome-ignore lint/suspicious/noExplicitAny: data have the shape of the query
  query<Data = any>(document: string, variables?: Record<string, unknown>): Promise<Data>;
};

/** What answers to a caller get beside. */
export type CallContext = ReadContext & { caller: Caller };

/** An event that a plugin writes about a core record. */
export type PluginEventInput = {
  /** Without the plugin's id: `points_earned` becomes `loyalty.points_earned`. */
  type: string;
  /** The core record that it is about: it decides who sees the event. */
  subject: { type: string; id: string };
  /** The customer whom it concerns, if one. */
  customerId: string | null;
  before?: Record<string, unknown> | null;
  after?: Record<string, unknown> | null;
};

/** What writes get: one transaction, in which everything happens or nothing. */
export type WriteContext = ReadContext & {
  /**
   * Locks a core record until the end, so that it is not erased meanwhile and events about it keep the order of their commits.
   * Refuses with NOT_FOUND at `path` where there is none, or the caller of a mutation may not touch it. Lock it before rows of
   * the plugin's own.
   */
  lock(type: string, id: string, path?: string[]): Promise<void>;
  /**
   * Writes an event about a record of the workspace that the plugin may read or write (`read:<subject>` or `write:<subject>`).
   * Lock or write its subject's row first, so that events of one subject keep the order of their commits. About a record that
   * is not there the whole call fails, when its function is over.
   */
  emit(event: PluginEventInput): void;
  /** Refuses: nothing is changed, and the caller gets a user error. `code` is prefixed: `LIMIT` becomes `LOYALTY_LIMIT`. */
  reject(code: string, message: string, path?: (string | number)[]): never;
  /**
   * Runs a core command such as `interactionRecord` in this transaction as the plugin itself, with the permissions that it
   * declared as `write:<subject>`; its events say the origin `plugin.<id>`. Input as in the API. Its user errors reject.
   */
  command<Result = { id: string }>(name: string, input: unknown): Promise<Result>;
};

export type WriteCallContext = WriteContext & { caller: Caller };

/**
 * An event of the log. Its data hold what the log holds, property names and plain UUIDs, where the plugin declared
 * `read:<subject>` for what it is about or wrote it itself; else they are empty. Those of whom was erased since have neither
 * `before` nor `after`.
 */
export type PluginEvent = {
  /** Stable id. */
  id: string;
  /** Place in the log. */
  seq: bigint;
  type: string;
  subjectType: string;
  subjectId: string;
  customerId: string | null;
  origin: string | null;
  occurredAt: Date;
  data: { before?: Record<string, unknown> | null; after?: Record<string, unknown> | null; [more: string]: unknown };
};

/** What schedules and HTTP routes begin with: no workspace yet. */
export type JobContext = {
  now: Date;
  log: PluginLog;
  /** Aborted when it has taken too long, or the server stops. */
  signal: AbortSignal;
  /** All workspaces. */
  workspaces(): Promise<{ id: string; key: string }[]>;
  /** Runs `work` in one transaction of a workspace. */
  inWorkspace<T>(workspaceId: string, work: (ctx: WriteContext) => Promise<T>): Promise<T>;
};
