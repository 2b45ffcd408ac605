// Servers with limits of their own over the database of another: in the part of further processes.
import { type Authenticator, createAuthenticator } from '../../src/auth/authenticate.ts';
import { type Database, openDatabase } from '../../src/db/database.ts';
import type { Limits } from '../../src/graphql/limits.ts';
import { buildSchema } from '../../src/graphql/schema.ts';
import { createLogger } from '../../src/server/logger.ts';
import { createServer } from '../../src/server/server.ts';
import type { TestServer } from './server.ts';

/** What the helpers for tests need of a server to send it requests. */
export type LimitedServer = Pick<TestServer, 'url' | 'wsUrl' | 'adminKey'> & {
  db: Database;
  post(body: unknown, options?: { key?: string | null; headers?: Record<string, string> }): Promise<LimitedAnswer>;
  stop(): Promise<void>;
};

export type LimitedAnswer = {
  status: number;
  headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: data has the shape of the operation that the test wrote
  data: any;
  errors: { message: string; extensions: { code: string } & Record<string, unknown> }[];
  extensions: { cost?: { requested: number; actual: number; remaining: number; restoreRate: number } };
};

/** Starts one more server over the database of `base`. */
export async function limitedServer(base: TestServer, limits: Partial<Limits>): Promise<LimitedServer> {
  const db = openDatabase(base.databaseUrl, {
    max: 3,
    ...(limits.statementTimeoutMs !== undefined && { statementTimeoutMs: limits.statementTimeoutMs }),
  });
  const authenticator: Authenticator = createAuthenticator(db);
  const log = createLogger('silent');
  const { authenticate } = authenticator;
  const server = await createServer({ schema: buildSchema(), db, hub: base.events.hub, authenticate, log, limits });
  const { port } = await server.listen('127.0.0.1', 0);
  const url = `http://127.0.0.1:${port}/graphql`;
  return {
    url,
    wsUrl: url.replace('http', 'ws'),
    adminKey: base.adminKey,
    db,
    async post(body, { key = base.adminKey, headers = {} } = {}) {
      const response = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...(key && { authorization: `Bearer ${key}` }), ...headers },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      });
      const { data, errors = [], extensions = {} } = (await response.json()) as Partial<LimitedAnswer>;
      return { status: response.status, headers: response.headers, data, errors, extensions };
    },
    async stop() {
      await server.drain(5_000);
      authenticator.close();
      await db.close();
    },
  };
}
