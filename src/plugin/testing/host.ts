// A whole Trato with plugins in the process of a test: database, migrations, schema, event log and server, on a free port.
import { isDeepStrictEqual } from 'node:util';
import { createAuthenticator } from '../../auth/authenticate.ts';
import { type Database, openDatabase } from '../../db/database.ts';
import { createEvents, type EventRow, type Events } from '../../events/index.ts';
import { startJobs } from '../../jobs/index.ts';
import '../../modules/all.ts';
import { bootstrapWorkspace, createWorkspace } from '../../modules/workspace/index.ts';
import type { PluginLog } from '../contexts.ts';
import type { Plugin } from '../definition.ts';
import { loadedPlugin, loadedPlugins, loadPlugin, preparePlugins } from '../load.ts';
import type { LoadedPlugin } from '../loaded.ts';
import { logNaming } from '../log-naming.ts';
import { scheduledRuns } from '../parts/schedules.ts';
import { type TestWorkspace, workspaceOf } from './callers.ts';
import { createHostDatabase } from './database.ts';
import { drainAll, endPauses, untilSent, waitUntilIdle } from './drain.ts';
import { instrumented } from './instruments.ts';
import { deliverAndKill } from './redeliver.ts';
import { type SentStatement, statementsOf } from './statements.ts';

export type TestHostOptions = {
  /** Plugins and their configuration. A process loads a plugin once, so with one configuration. */
  plugins: { plugin: Plugin; config?: unknown }[];
  /** A PostgreSQL on which a database is made for the host and dropped again; else DATABASE_URL, else an embedded one. */
  databaseUrl?: string;
  /** Whether handlers and schedules run by themselves; else only `drain` runs them, so that tests know when. */
  background?: boolean;
};

export type TestHost = TestWorkspace & {
  /** Of the server: `http://127.0.0.1:…`. */
  origin: string;
  /** Of the API. */
  url: string;
  db: Database;
  databaseUrl: string;
  events: Events;
  plugins: LoadedPlugin[];
  /** The lines of the log so far, as JSON. */
  logs: string[];
  /** What the errors of plugins said so far, which a server logs at the level `debug` alone, and in which part of a plugin. */
  errors: { plugin: string; place: string; said: string; requestId?: string }[];
  /** Makes another workspace, with a key of its own. */
  secondWorkspace(): Promise<TestWorkspace>;
  /** Waits until handlers and due schedules have done everything that there is to do, and what follows from it. */
  drain(): Promise<void>;
  /** Runs the plugins' schedules at once, due or not, and drains. Throws what one of them throws. */
  runSchedules(): Promise<void>;
  /**
   * Does at once what would be tried again later, and drains: events that handlers failed at, and messages that were not sent,
   * whatever their pauses.
   */
  retryNow(): Promise<void>;
  /**
   * Has the plugins' handlers take in an event of the log, and takes back what they wrote, as when the process is killed
   * before it commits. The event comes again: double delivery.
   */
  deliverAgain(event: EventRow): Promise<void>;
  /** Answers what `work` gives, and the statements that were sent for it. */
  statementsOf<T>(work: () => Promise<T>): Promise<{ result: T; statements: SentStatement[] }>;
  /** Sends an HTTP request to the server: `host.http('POST', '/plugins/loyalty/hook', { body })`. */
  http(
    method: string,
    path: string,
    init?: { headers?: Record<string, string>; body?: string | Uint8Array<ArrayBuffer> },
  ): Promise<Response>;
  stop(): Promise<void>;
};

/** Brings a Trato up with these plugins, over a database of its own, with one workspace and nothing in it. */
export async function createTestHost(options: TestHostOptions): Promise<TestHost> {
  const undo: (() => Promise<unknown>)[] = [];
  const undoAll = async () => {
    for (let back = undo.pop(); back; back = undo.pop()) await back();
  };
  try {
    return await bringUp(options, undo, undoAll);
  } catch (error) {
    await undoAll().catch(() => undefined);
    throw error;
  }
}

async function bringUp(options: TestHostOptions, undo: (() => Promise<unknown>)[], undoAll: () => Promise<void>): Promise<TestHost> {
  // The server is further out than plugins are: only its tests go there, and only when they run.
  const [{ createLogger }, { createServer }] = await Promise.all([import('../../server/logger.ts'), import('../../server/server.ts')]);
  const logs: string[] = [];
  const errors: TestHost['errors'] = [];
  // Errors are for the author; the log stays what a server writes.
  const log = createLogger('debug', {
    write: (line) => {
      const { level, ...said } = JSON.parse(line);
      if (level !== 'debug') logs.push(line);
      else if (said.said !== undefined) errors.push(said);
    },
  });
  const plugins = options.plugins.map(({ plugin, config }) => loadOnce(plugin, config, log));
  const { buildSchema } = await import('../../graphql/schema.ts');

  const database = await createHostDatabase(options.databaseUrl);
  undo.push(database.drop);
  const db = openDatabase(database.url, { max: 10 });
  undo.push(() => db.close());
  const { apiKey, workspaceId } = await bootstrapWorkspace(db, { log: () => undefined });
  await prepareAgain(db, log);
  const events = createEvents(db, { log });
  undo.push(events.stop);
  events.start();
  const authenticator = createAuthenticator(db);
  undo.push(async () => authenticator.close());
  const server = await createServer({ schema: buildSchema(), db, hub: events.hub, authenticate: authenticator.authenticate, log });
  undo.push(() => server.drain(5_000));
  const { port } = await server.listen('127.0.0.1', 0);
  const origin = `http://127.0.0.1:${port}`;
  const url = `${origin}/graphql`;

  if (options.background) {
    const jobs = startJobs(db, { log });
    undo.push(jobs.stop);
  }
  // One after the other: what one is about to send is not for the next to take for what waits.
  let last: Promise<void> = Promise.resolve();
  const inTurn = (work: () => Promise<void>) => {
    const mine = last.then(work);
    last = mine.catch(() => undefined);
    return mine;
  };
  const settle = () => (options.background ? waitUntilIdle(db, events) : drainAll(db, events));
  const drain = () => inTurn(settle);
  await drain(); // handlers begin at the end of the log: from here on

  let workspaces = 1;
  let stopping: Promise<void> | undefined;
  return {
    ...workspaceOf(url, workspaceId, apiKey as string),
    origin,
    url,
    db,
    databaseUrl: database.url,
    events,
    plugins,
    logs,
    errors,
    async secondWorkspace() {
      workspaces += 1;
      const made = await createWorkspace(db, { key: `test${workspaces}`, name: `Test ${workspaces}`, currency: 'EUR', country: 'DE' });
      await drain();
      return workspaceOf(url, made.workspaceId, made.apiKey);
    },
    drain,
    runSchedules: () =>
      inTurn(async () => {
        for (const run of plugins.flatMap(scheduledRuns)) await run(db);
        await settle();
      }),
    retryNow: () =>
      inTurn(async () => {
        if (options.background) await untilSent(db);
        await endPauses(db);
        await drainAll(db, events);
      }),
    async deliverAgain(event) {
      for (const [i, { plugin }] of options.plugins.entries()) await deliverAndKill(db, plugins[i]!, instrumented(plugin), event);
    },
    statementsOf,
    http: (method, path, init = {}) => fetch(`${origin}${path}`, { method, redirect: 'manual', ...init }),
    stop: () => (stopping ??= undoAll()),
  };
}

/** Does with a database what is done at start; its plugins may have been prepared over another one before. */
export async function prepareAgain(db: Database, log: PluginLog): Promise<void> {
  for (const plugin of loadedPlugins()) plugin.state = 'PREPARING';
  await preparePlugins(db, log);
}

const given = new WeakMap<Plugin, unknown>();

/** A process holds one schema, so a plugin is loaded once: the next host finds it there. */
function loadOnce(plugin: Plugin, config: unknown, log: PluginLog): LoadedPlugin {
  const { definition } = instrumented(plugin);
  const known = loadedPlugin(plugin.id);
  if (!known || known.definition !== definition) {
    const loaded = loadPlugin(definition, { config, log, source: 'test' });
    given.set(plugin, config);
    return loaded;
  }
  if (!isDeepStrictEqual(given.get(plugin), config)) {
    throw new Error(`${plugin.id} is loaded with another configuration: test that in a file of its own`);
  }
  known.log = logNaming(plugin.id, log);
  return known;
}
