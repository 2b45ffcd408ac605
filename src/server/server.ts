// One server: HTTP, sockets, event streams, probes and the explorer over one schema, database and event log. It owns neither of these.
import type { AddressInfo } from 'node:net';
import type { GraphQLSchema } from 'graphql';
import type { Logger } from 'pino';
import type { Database } from '../db/database.ts';
import type { EventHub } from '../events/hub.ts';
import { defaultLimits, type Limits } from '../graphql/limits.ts';
import { registerExplorer } from './explorer/index.ts';
import { listenFailure } from './failure.ts';
import { registerHealth } from './health.ts';
import { createHttpServer, GRAPHQL_PATH } from './http.ts';
import { createKnownQueries } from './known-queries.ts';
import { type BudgetOptions, createBudgets } from './limits/budgets.ts';
import { leave } from './live-connection.ts';
import { createLiveOperations } from './live-operations.ts';
import { createMetrics } from './metrics.ts';
import { registerPluginRoutes } from './plugin-routes.ts';
import type { Authenticate, Services } from './services.ts';
import { serveStreams } from './sse.ts';
import { type LiveOptions, serveSockets } from './websocket.ts';

export type ServerOptions = {
  schema: GraphQLSchema;
  db: Database;
  hub: EventHub;
  authenticate: Authenticate;
  log: Logger;
  introspection?: boolean;
  explain?: boolean;
  explorer?: boolean;
  /** Trusted documents; see `Services`. */
  documents?: Services['documents'];
  /** What is not told keeps its default. */
  limits?: Partial<Limits>;
  budgets?: Omit<BudgetOptions, 'onFault'>;
  live?: LiveOptions;
};

export type Server = {
  /** Takes requests from then on. Port 0 is any free one. Throws a start failure such as PORT_IN_USE. */
  listen(host: string, port: number): Promise<{ host: string; port: number }>;
  /**
   * Takes no more requests, lets running ones finish for at most `milliseconds`, closes sockets so that clients connect
   * anew, and gives whether everything ended by itself.
   */
  drain(milliseconds: number): Promise<boolean>;
};

/** Makes a server; nothing is reachable before `listen`. */
export async function createServer(options: ServerOptions): Promise<Server> {
  const { schema, db, hub, authenticate, log, introspection = true } = options;
  let state: 'starting' | 'ready' | 'draining' = 'starting';
  const metrics = createMetrics(db, hub);
  const limits: Limits = { ...defaultLimits, ...options.limits };
  const onFault = (error: unknown) => log.warn({ err: error }, 'the cost budgets cannot be asked; requests go on at their restore rate');
  const budgets = createBudgets(db, limits, { ...options.budgets, onFault });
  const services: Services = {
    schema,
    db,
    hub,
    authenticate,
    log,
    metrics,
    introspection,
    explain: options.explain ?? false,
    limits,
    budgets,
    known: createKnownQueries(),
    documents: options.documents,
    draining: () => state === 'draining',
  };
  const app = await createHttpServer(services);
  registerHealth(app, { db, metrics, obstacle: () => (state === 'ready' ? null : state) });
  registerExplorer(app, { endpoint: GRAPHQL_PATH, enabled: options.explorer ?? true });
  registerPluginRoutes(app, services);
  const operations = createLiveOperations(services, leave);
  const live = serveSockets(app.server, GRAPHQL_PATH, services, operations, options.live);
  const streams = serveStreams(app, services, operations, options.live);
  metrics.watchLive(() => {
    const [socketed, streamed] = [live.counts(), streams.counts()];
    return {
      sockets: socketed.sockets,
      streams: streamed.streams,
      subscriptions: socketed.subscriptions + streamed.subscriptions,
      waiting: socketed.waiting + streamed.waiting,
    };
  });

  return {
    async listen(host, port) {
      try {
        await app.listen({ host, port });
      } catch (error) {
        throw listenFailure(error, host, port);
      }
      state = 'ready';
      return { host, port: (app.server.address() as AddressInfo).port };
    },
    async drain(milliseconds) {
      state = 'draining';
      let inTime = true;
      const timer = setTimeout(() => {
        inTime = false;
        live.terminate();
        app.server.closeAllConnections();
      }, milliseconds);
      await Promise.all([live.drain(), streams.drain(), app.close()]);
      clearTimeout(timer);
      await budgets.stop();
      return inTime;
    },
  };
}
