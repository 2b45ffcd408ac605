// The whole server for tests: in this process over a database of its own, or as a process like any other.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { GraphQLSchema } from 'graphql';
import { type Client, type ClientOptions, createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { type AuthenticatorOptions, createAuthenticator } from '../../src/auth/authenticate.ts';
import { type Database, openDatabase } from '../../src/db/database.ts';
import { createEvents, type Events } from '../../src/events/index.ts';
import { buildSchema } from '../../src/graphql/schema.ts';
import { bootstrapWorkspace } from '../../src/modules/workspace/index.ts';
import { createLogger } from '../../src/server/logger.ts';
import { createServer, type Server } from '../../src/server/server.ts';
import type { LiveOptions } from '../../src/server/websocket.ts';
import { createTestDatabase } from './database.ts';
import { until } from './eventually.ts';

export type TestServerOptions = {
  /** In place of the API's own. */
  schema?: GraphQLSchema;
  introspection?: boolean;
  live?: LiveOptions;
  auth?: AuthenticatorOptions;
  poolSize?: number;
  poolTimeoutMs?: number;
};

export type Answer = {
  status: number;
  headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of any shape
  data: any;
  errors: { message: string; path?: (string | number)[]; extensions: { code: string; requestId: string } & Record<string, unknown> }[];
};

export type QueryOptions = {
  /** The administrator's unless told; null: none. */
  key?: string | null;
  headers?: Record<string, string>;
};

export type TestServer = {
  /** Of the API. */
  url: string;
  wsUrl: string;
  origin: string;
  adminKey: string;
  workspaceId: string;
  db: Database;
  databaseUrl: string;
  events: Events;
  server: Server;
  /** The log lines so far. */
  logs: string[];
  query(document: string, variables?: Record<string, unknown>, options?: QueryOptions): Promise<Answer>;
  /** A graphql-ws client, with the administrator's key unless told; closed by `stop`. */
  subscriber(options?: Partial<ClientOptions> & { key?: string | null }): Client;
  stop(): Promise<void>;
};

/** Starts the server on a free port over a new database with a bootstrapped workspace and no demo data. */
export async function startTestServer(options: TestServerOptions = {}): Promise<TestServer> {
  const database = await createTestDatabase();
  const db = openDatabase(database.url, { max: options.poolSize ?? 5 });
  db.pool.options.connectionTimeoutMillis = options.poolTimeoutMs ?? 10_000;
  const { apiKey, workspaceId } = await bootstrapWorkspace(db, { log: () => {} });
  const logs: string[] = [];
  const log = createLogger('info', { write: (line) => void logs.push(line) });
  const events = createEvents(db, { log });
  events.start();
  const authenticator = createAuthenticator(db, options.auth);
  const { introspection = true, live = {} } = options;
  const server = await createServer({
    schema: options.schema ?? buildSchema(),
    db,
    hub: events.hub,
    authenticate: authenticator.authenticate,
    log,
    introspection,
    live,
  });
  const { port } = await server.listen('127.0.0.1', 0);
  const origin = `http://127.0.0.1:${port}`;
  const url = `${origin}/graphql`;
  const wsUrl = url.replace('http', 'ws');
  const adminKey = apiKey!;
  const clients: Client[] = [];
  let stopped: Promise<void> | undefined;

  async function stop(): Promise<void> {
    for (const client of clients) await client.dispose();
    await server.drain(5_000);
    await events.stop();
    authenticator.close();
    await db.close();
    await database.drop();
  }

  return {
    url,
    wsUrl,
    origin,
    adminKey,
    workspaceId,
    db,
    databaseUrl: database.url,
    events,
    server,
    logs,
    query: (document, variables = {}, { key = adminKey, headers = {} } = {}) =>
      postQuery(url, { query: document, variables }, { key, headers }),
    subscriber({ key = adminKey, ...more } = {}) {
      const client = createClient({
        url: wsUrl,
        webSocketImpl: WebSocket,
        connectionParams: key === null ? {} : { Authorization: `Bearer ${key}` },
        retryAttempts: 0,
        ...more,
      });
      clients.push(client);
      return client;
    },
    stop: () => (stopped ??= stop()),
  };
}

/** Sends one operation and reads its answer. */
export async function postQuery(url: string, body: unknown, { key, headers = {} }: QueryOptions = {}): Promise<Answer> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(key && { authorization: `Bearer ${key}` }), ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  const { data, errors = [] } = (await response.json()) as Partial<Answer>;
  return { status: response.status, headers: response.headers, data, errors };
}

export type TestProcess = {
  pid: number;
  stdout(): string;
  stderr(): string;
  /** Waits for the banner; throws what was said if the process ends instead. */
  ready(): Promise<{ url: string; key: string }>;
  kill(signal?: NodeJS.Signals): void;
  /** Resolves when it is gone. */
  exited: Promise<{ code: number | null; signal: string | null }>;
};

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Runs `node src/main.ts` with these settings on a free port; the caller sees to its end. */
export function startTestProcess(
  env: Record<string, string>,
  { script = 'src/main.ts', args = [] as string[], cwd = root } = {},
): TestProcess {
  const inherited = Object.entries(process.env).filter(([name]) => !/^(TRATO_|PORT$|HOST$|DATABASE_URL$|NODE_ENV$|VITEST)/.test(name));
  const child = spawn(process.execPath, [script, ...args], {
    cwd,
    env: { ...Object.fromEntries(inherited), PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (bytes) => (stdout += bytes));
  child.stderr.on('data', (bytes) => (stderr += bytes));
  let ended = false;
  const exited = once(child, 'close').then(([code, signal]) => {
    ended = true;
    return { code: code as number | null, signal: signal as string | null };
  });
  return {
    pid: child.pid!,
    stdout: () => stdout,
    stderr: () => stderr,
    kill: (signal = 'SIGTERM') => void child.kill(signal),
    exited,
    async ready() {
      await until(() => ended || /curl /.test(stdout), 'the process says how to reach it', { timeout: 60_000 });
      const port = /localhost:(\d+)\/graphql/.exec(stdout)?.[1];
      if (!port) throw new Error(`the process ended: ${stdout}${stderr}`);
      return { url: `http://127.0.0.1:${port}/graphql`, key: /API key\s+(trato_\w+)/.exec(stdout)?.[1] ?? env.TRATO_API_KEY ?? '' };
    },
  };
}
