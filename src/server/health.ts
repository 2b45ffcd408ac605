// What a load balancer, an orchestrator and Prometheus ask. None of it needs a credential or holds business data.
import type { FastifyInstance } from 'fastify';
import sql from 'sql-template-tag';
import type { Database } from '../db/database.ts';
import type { Metrics } from './metrics.ts';

export type Readiness = {
  db: Database;
  metrics: Metrics;
  /** Null once the server takes requests; else why it does not, in a word. */
  obstacle(): 'starting' | 'draining' | null;
};

const PROBE_MS = 2_000;

/** Adds `/healthz`, `/readyz` and `/metrics`. */
export function registerHealth(app: FastifyInstance, { db, metrics, obstacle }: Readiness): void {
  app.get('/healthz', async () => ({ status: 'alive' }));
  app.get('/readyz', async (_request, reply) => {
    const reason = obstacle() ?? ((await answers(db)) ? null : 'database');
    return reason ? reply.code(503).header('retry-after', '1').send({ status: 'not ready', reason }) : { status: 'ready' };
  });
  app.get('/metrics', async (_request, reply) => {
    const { type, text } = await metrics.page();
    return reply.type(type).send(text);
  });
}

/** Whether the database answers soon enough to be of use. */
async function answers(db: Database): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(resolve, PROBE_MS, false);
  });
  const answer = db.query(sql`select 1`).then(() => true, () => false);
  return Promise.race([answer, late]).finally(() => clearTimeout(timer));
}
