// Brings a whole Trato up, step by step, and down again in reverse.
import type { GraphQLSchema } from 'graphql';
import type { Logger } from 'pino';
import { createAuthenticator } from '../auth/authenticate.ts';
import { systemViewer } from '../auth/system-viewer.ts';
import { logStrategiesTo } from '../commands/strategies.ts';
import { type Database, openDatabase } from '../db/database.ts';
import { applyMigrations } from '../db/migrate.ts';
import { createEvents } from '../events/index.ts';
import { configureLimits } from '../graphql/limits.ts';
import { startJobs } from '../jobs/index.ts';
import { allowOutbound } from '../lib/private-address.ts';
import { withProgress } from '../lib/progress.ts';
import { setWebhookTiming } from '../modules/webhooks/deliver/index.ts';
import type { LoadedPlugin } from '../plugin/loaded.ts';
import { type KeyToShow, openWorkspace } from './administrator-key.ts';
import type { Config } from './config.ts';
import { startFailure } from './failure.ts';
import { startHousekeeping } from './housekeeping.ts';

export type StartOptions = {
  log: Logger;
  /** Takes lines for the person at the terminal. */
  say: (line: string) => void;
  /** Aborted: the start is given up after the step under way. */
  signal?: AbortSignal;
};

export type Trato = {
  port: number;
  key: KeyToShow;
  /** Resolves, with a line that says why, if it cannot go on. */
  failed: Promise<string>;
  /** Stops everything; gives whether running requests ended by themselves. */
  stop(): Promise<boolean>;
};

/** Starts everything that `config` names. A failed start leaves nothing running. */
export async function startTrato(config: Config, options: StartOptions): Promise<Trato> {
  const { log, say, signal } = options;
  const undo: (() => Promise<unknown>)[] = [];
  const step = async <T>(label: string, work: Promise<T>, stop?: (made: T) => Promise<unknown>): Promise<T> => {
    const made = await withProgress(label, work, { log: say });
    if (stop) undo.push(() => stop(made));
    signal?.throwIfAborted();
    return made;
  };
  const undoAll = async (): Promise<void> => {
    for (let back = undo.pop(); back; back = undo.pop())
      await back().catch((error: unknown) => log.error({ err: error }, 'a part did not stop well'));
  };

  try {
    openWays(config);
    configureLimits(config.limits);
    logStrategiesTo(log);
    // The schema and the HTTP stack load while the database starts.
    const loading = loadServer(config, log);
    loading.catch(() => undefined); // told where it is awaited, unless something else fails before
    const { url, failed } = await step('starting the database', findDatabase(config, say), (database) => database.stop());
    await step('migrating the database', applyMigrations({ url, log: say }));
    // What is no request may take its time; connections that are not used are closed after seconds.
    const upkeep = await step('connecting', connect(config, url, log, 0), (opened) => opened.close());
    const { schema, createServer, openDocuments, preparePlugins, recheckWebhooks } = await step('building the schema', loading);
    const { key, workspace } = await step('preparing the workspace', openWorkspace(upkeep, config, say));
    await step('preparing the plugins', asPluginFailure(preparePlugins(upkeep, log)));
    await step('checking the webhooks', recheckWebhooks(upkeep));
    if (config.demo) await step('making the demo company', fillWithDemo(upkeep, workspace.workspaceId, say));
    const db = await connect(config, url, log, config.limits.statementTimeoutMs);
    undo.push(db.close);
    const events = createEvents(db, { log });
    undo.push(events.stop);
    events.start();
    const housekeeping = startHousekeeping(upkeep, { log });
    undo.push(housekeeping.stop);
    const authenticator = createAuthenticator(db, { jwt: config.jwt ?? undefined });
    undo.push(async () => authenticator.close());
    const jobs = startJobs(upkeep, { log });
    undo.push(jobs.stop);
    const { introspection } = config;
    const checks = { schema, introspection, limits: config.limits };
    const reading = openDocuments(checks, config.trustedDocuments, log);
    const trusted = await step('reading the trusted documents', reading, (documents) => documents.stop());
    const server = await createServer({
      schema,
      db,
      hub: events.hub,
      authenticate: authenticator.authenticate,
      log,
      introspection,
      explain: config.explain,
      limits: config.limits,
      explorer: config.explorer,
      documents: { trusted, policy: config.documents },
    });
    let inTime = true;
    undo.push(async () => {
      inTime = await server.drain(config.drainMs);
    });
    const { port } = await step('listening', server.listen(config.host, config.port));
    return {
      port,
      key,
      failed,
      async stop() {
        await undoAll();
        return inTime;
      },
    };
  } catch (error) {
    await undoAll();
    throw error;
  }
}

function openWays({ outboundAllow, webhookRetrySeconds }: Config): void {
  const set = (name: string, use: () => void) => {
    try {
      use();
    } catch (error) {
      throw startFailure('CONFIG_INVALID', `${name}: ${(error as Error).message}`);
    }
  };
  set('TRATO_OUTBOUND_ALLOW', () => allowOutbound(outboundAllow));
  if (webhookRetrySeconds) set('TRATO_WEBHOOK_RETRY_SECONDS', () => setWebhookTiming({ retrySeconds: webhookRetrySeconds }));
}

/** The schema is built with whatever the plugins add, so they come first. */
async function loadServer(config: Config, log: Logger) {
  const [{ buildSchema }, { createServer }, { openDocuments }, { loadPlugins }] = await Promise.all([
    import('../graphql/schema.ts'),
    import('./server.ts'),
    import('./documents/open.ts'),
    import('../plugin/load-all.ts'),
  ]);
  const plugins = await asPluginFailure(loadPlugins(config.plugins, { log, logOf: () => log }));
  const schema = schemaWith(buildSchema, plugins);
  const preparePlugins: (db: Database, log: Logger) => Promise<void> =
    plugins.length > 0 ? (await import('../plugin/load.ts')).preparePlugins : async () => {};
  const { recheckWebhooks } = await import('../modules/webhooks/index.ts');
  return { schema, createServer, openDocuments, preparePlugins, recheckWebhooks };
}

/** What two add to the schema can also turn out to be the same when it is built: then who did it is told. */
function schemaWith(buildSchema: () => GraphQLSchema, plugins: readonly LoadedPlugin[]): GraphQLSchema {
  try {
    return buildSchema();
  } catch (error) {
    const { message } = error as Error;
    const plugin = plugins.find(({ names }) => new RegExp(`\\b(?:${names.pascal}|${names.camel})[A-Z]`).test(message));
    throw plugin ? startFailure('PLUGIN_FAILED', `plugin ${plugin.id}: the schema cannot be built: ${message}`, error) : error;
  }
}

async function asPluginFailure<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw startFailure('PLUGIN_FAILED', `plugin ${(error as Error).message}`, error);
  }
}

/** Loaded only where it is wanted. A workspace that is not empty stays as it is. */
async function fillWithDemo(db: Database, workspaceId: string, say: (line: string) => void): Promise<void> {
  const { seedDemo } = await import('../modules/demo/index.ts');
  await seedDemo(db, systemViewer(workspaceId), { log: say });
}

type DatabaseServer = { url: string; failed: Promise<string>; stop(): Promise<void> };

async function findDatabase(config: Config, say: (line: string) => void): Promise<DatabaseServer> {
  if (config.databaseUrl) return { url: config.databaseUrl, failed: new Promise(() => {}), stop: async () => {} };
  const { startEmbeddedDatabase } = await import('../db/embedded/index.ts');
  return startEmbeddedDatabase({ dataDir: config.dataDir, log: say });
}

async function connect(config: Config, url: string, log: Logger, statementTimeoutMs: number): Promise<Database> {
  return openDatabase(url, {
    max: config.poolSize,
    timeoutMs: config.poolTimeoutMs,
    statementTimeoutMs,
    onError: (error) => log.warn({ err: error }, 'an idle database connection was lost'),
  });
}
