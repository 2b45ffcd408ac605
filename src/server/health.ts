// What a load balancer, an orchestrator and Prometheus ask. None of it needs a credential or holds business data.
import type { FastifyInstance } from 'fastify';
import type { Database } from '../db/database.ts';
import { pluginReports } from '../modules/plugins/index.ts';
import { inboxLag, type Metrics } from './metrics.ts';

export type Readiness = {
  db: Database;
  metrics: Metrics;
  /** Null once the server takes requests; else why it does not, in a word. */
  obstacle(): 'starting' | 'draining' | null;
};

const PROBE_MS = 2_000;
/** Events wait milliseconds for their place in the log; so long means that no process moves them. */
const STUCK_SECONDS = 60;

/** Adds `/healthz`, `/readyz` and `/metrics`. */
export function registerHealth(app: FastifyInstance, { db, metrics, obstacle }: Readiness): void {
  app.get('/healthz', async () => ({ status: 'alive' }));
  app.get('/readyz', async (_request, reply) => {
    const reason = obstacle() ?? (await weakness(db));
    if (reason) return reply.code(503).header('retry-after', '1').send({ status: 'not ready', reason });
    return { status: 'ready', ...pluginStates() };
  });
  app.get('/metrics', async (_request, reply) => {
    const { type, text } = await metrics.page();
    return reply.type(type).send(text);
  });
}

/** What keeps this process from being of use: a database that does not answer soon, or events that do not move. */
async function weakness(db: Database): Promise<'database' | 'events' | null> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<'database'>((resolve) => {
    timer = setTimeout(resolve, PROBE_MS, 'database');
  });
  const answer = inboxLag(db).then(
    (seconds) => (seconds > STUCK_SECONDS ? 'events' : null),
    () => 'database' as const,
  );
  return Promise.race([answer, late]).finally(() => clearTimeout(timer));
}

/** Which plugins work: ids and states, and nothing where there are none. */
function pluginStates(): { plugins?: Record<string, string> } {
  const plugins = pluginReports().map(({ id, state }) => [id, state]);
  return plugins.length > 0 ? { plugins: Object.fromEntries(plugins) } : {};
}
