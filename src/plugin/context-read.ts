// What plugins read with.
import { hasPermission } from '../auth/permissions.ts';
import type { Viewer } from '../auth/viewer.ts';
import type { Queryable } from '../db/database.ts';
import type { CallContext, Caller, ReadContext } from './contexts.ts';
import type { LoadedPlugin } from './loaded.ts';
import { ownQuery } from './own-query.ts';
import { ownSql } from './own-tables/own-sql.ts';
import { currentLimit } from './timeouts.ts';

export type ReadFrom = {
  /** The database, or a transaction that is under way. */
  db: Queryable;
  workspaceId: string;
  now?: Date;
  /** That of `withTimeout` unless told. */
  signal?: AbortSignal;
};

/** A context for reads of one workspace. It ends with its signal: what comes later touches nothing. */
export function readContext(plugin: LoadedPlugin, { db, workspaceId, now = new Date(), signal }: ReadFrom): ReadContext {
  const limit = currentLimit();
  const until = signal ?? limit.signal;
  const check = () => assertInTime(plugin, until);
  return {
    workspaceId,
    now,
    log: plugin.log,
    signal: until,
    async sql(statement) {
      return ownSql(plugin, db, statement, { timeoutMs: limit.timeoutMs, check });
    },
    async query(document, variables) {
      check();
      return ownQuery({ plugin, db, workspaceId, check }, document, variables);
    },
  };
}

/** The same for an answer to a caller. */
export function callContext(
  plugin: LoadedPlugin,
  { viewer, ...from }: Omit<ReadFrom, 'workspaceId'> & { workspaceId?: string; viewer: Viewer },
): CallContext {
  return { ...readContext(plugin, { workspaceId: viewer.workspaceId, ...from }), caller: callerOf(viewer) };
}

export function callerOf(viewer: Viewer): Caller {
  const { actor, userId, origin, role } = viewer;
  return { kind: actor.kind, id: actor.id, userId, origin, can: (permission) => hasPermission(role, permission) };
}

/** Throws where the function that got the context is over: its transaction may be, and its connection another's. */
export function assertInTime({ id }: LoadedPlugin, signal: AbortSignal): void {
  if (signal.aborted) throw new Error(`${id}: the context is used after its function has ended or took too long`);
}
