// What every part of a server shares.
import type { GraphQLSchema } from 'graphql';
import type { Logger } from 'pino';
import type { Viewer } from '../auth/viewer.ts';
import type { Database } from '../db/database.ts';
import type { EventHub } from '../events/hub.ts';
import type { Context } from '../graphql/context.ts';
import type { Limits, WithLimits } from '../graphql/limits.ts';
import { createReader, type Reader } from '../query/reader.ts';
import type { DocumentGate } from './documents/admit.ts';
import type { KnownQueries } from './known-queries.ts';
import type { Budgets } from './limits/budgets.ts';
import type { Metrics } from './metrics.ts';
import type { RequestScope } from './request-scope.ts';

/** Tells who sent a request; see `createAuthenticator`. */
export type Authenticate = (authorization: string | undefined, origin: string | null) => Promise<Viewer | null>;

export type Services = {
  schema: GraphQLSchema;
  db: Database;
  hub: EventHub;
  authenticate: Authenticate;
  log: Logger;
  metrics: Metrics;
  introspection: boolean;
  /** Whether every signed-in caller is told the statements behind an answer. */
  explain: boolean;
  limits: Limits;
  budgets: Budgets;
  /** Queries that go straight to the read engine when they come again. */
  known: KnownQueries;
  /** Trusted documents; without, every caller may send any document and none is trusted. */
  documents?: DocumentGate | undefined;
  /** Whether the server is stopping. */
  draining(): boolean;
};

/** What the resolvers of one operation get. */
export function contextFor(services: Services, scope: RequestScope, viewer: Viewer | null, reader?: Reader): Context & WithLimits {
  return {
    requestId: scope.requestId,
    viewer,
    db: services.db,
    reader: reader ?? (viewer && createReader(services.db, viewer)),
    hub: services.hub,
    get log() {
      return scope.log;
    },
    limits: services.limits,
  };
}

/**
 * The scope of one request or operation: hints at names of the schema are for those who may read the schema anyway.
 * `address` is where it comes from; without one nobody pays for it.
 */
export function scopeFor(services: Services, requestId: string, viewer: Viewer | null, address?: string): RequestScope {
  let log: Logger | undefined;
  return {
    requestId,
    // Made when there is something to log.
    get log() {
      log ??= services.log.child({ requestId });
      return log;
    },
    suggestions: viewer !== null && services.introspection,
    statementTimeoutMs: services.limits.statementTimeoutMs,
    ...(address !== undefined && { account: services.budgets.accountOf(viewer, address) }),
  };
}
