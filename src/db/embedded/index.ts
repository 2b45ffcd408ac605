// A real PostgreSQL under the data directory, for a first start without any set-up. It never outlives this process.
import { access, constants, mkdir, realpath } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import pg from 'pg';
import { findBinaries } from './binaries.ts';
import { type ClusterContext, prepareCluster } from './cluster.ts';
import { asEmbeddedError, embeddedError, errorCode } from './errors.ts';
import { stopLeftoverServer } from './leftover.ts';
import { lockDataDir } from './lock.ts';
import { rotateLog } from './output.ts';
import { choosePlace } from './place.ts';
import { startServer } from './server.ts';
import { startWatcher } from './watch.ts';

export type { EmbeddedError, EmbeddedErrorCode } from './errors.ts';

export type EmbeddedDatabaseOptions = {
  /** Directory that holds the database and all about it; made if absent. One process at a time may use it. */
  dataDir: string;
  /** Receives progress, one line at a time. */
  log?: (line: string) => void;
  /** Server settings (`postgresql.conf` names) over ours. */
  settings?: Record<string, string>;
};

export type EmbeddedDatabase = {
  /** Connection string of database `trato`, as superuser, on 127.0.0.1. */
  url: string;
  /** Pid of the server. */
  pid: number;
  /** Resolves, with one line saying why, if the server ends without `stop()` having been called. */
  failed: Promise<string>;
  /** Fast shutdown: open transactions are rolled back. Resolves when the server is gone and the directory is free again. */
  stop(): Promise<void>;
};

const DATABASE = 'trato';

/**
 * Starts the embedded PostgreSQL on `dataDir`, creating it at the first call, and recovering what a killed process left.
 * @throws an Error with `code` (see EmbeddedErrorCode) and a message of one line.
 */
export async function startEmbeddedDatabase(options: EmbeddedDatabaseOptions): Promise<EmbeddedDatabase> {
  const { log = () => {}, settings = {} } = options;
  const dataDir = await makeDataDir(resolve(options.dataDir));
  const locks = [await lockDataDir(dataDir)];
  const release = () => locks.forEach((lock) => void lock.release());
  const watcher = startWatcher();
  try {
    const place = await choosePlace(dataDir, await findBinaries(), log);
    const logFile = join(dataDir, 'postgres.log');
    const context: ClusterContext = { ...place, watcher, log, logFile, passwordFile: join(dataDir, 'postgres.password') };
    if (place.folder) locks.push(await lockDataDir(place.folder));
    await rotateLog(logFile);
    await stopLeftoverServer(context.clusterDir, log);
    const password = await prepareCluster(context);
    await place.keep();
    const { port, running } = await startServer(context, settings);
    const urlOf = (database: string) => `postgresql://postgres:${encodeURIComponent(password)}@127.0.0.1:${port}/${database}`;
    await ensureDatabase(urlOf);
    watcher.unref();

    let stopping: Promise<void> | undefined;
    async function stop(): Promise<void> {
      await running.stop();
      await watcher.close();
      release();
    }
    const failed = Promise.withResolvers<string>();
    void running.exited.then((exit) => {
      if (!stopping)
        failed.resolve(`The embedded database ended unexpectedly (${exit.error ?? exit.signal ?? exit.code}); its log is ${logFile}`);
    });
    return { url: urlOf(DATABASE), pid: running.pid ?? 0, failed: failed.promise, stop: () => (stopping ??= stop()) };
  } catch (error) {
    await watcher.close();
    release();
    throw asEmbeddedError(error, dataDir);
  }
}

async function makeDataDir(dataDir: string): Promise<string> {
  try {
    await mkdir(dataDir, { recursive: true });
    await access(dataDir, constants.W_OK | constants.X_OK);
    return await realpath(dataDir);
  } catch (cause) {
    throw embeddedError(
      'DATA_DIR_UNUSABLE',
      `The data directory ${dataDir} cannot be made or written: ${(cause as Error).message}.`,
      cause,
    );
  }
}

async function ensureDatabase(urlOf: (database: string) => string): Promise<void> {
  const INVALID_CATALOG_NAME = '3D000';
  try {
    await query(urlOf(DATABASE), 'select 1');
  } catch (error) {
    if (errorCode(error) !== INVALID_CATALOG_NAME)
      throw embeddedError('EMBEDDED_DATABASE_FAILED', `The embedded database refused a connection: ${(error as Error).message}.`, error);
    await query(urlOf('postgres'), `create database ${DATABASE}`);
  }
}

async function query(connectionString: string, text: string): Promise<void> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    await client.query(text);
  } finally {
    await client.end();
  }
}
