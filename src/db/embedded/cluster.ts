import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chown, mkdir, mkdtemp, open, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { withProgress } from '../../lib/progress.ts';
import type { Account } from './account.ts';
import { type Binaries, POSTGRES_MAJOR } from './binaries.ts';
import { embeddedError, errorCode } from './errors.ts';
import { environment, lastLines } from './output.ts';
import type { Watcher } from './watch.ts';

export type ClusterContext = {
  clusterDir: string;
  passwordFile: string;
  logFile: string;
  account: Account;
  binaries: Binaries;
  watcher: Watcher;
  log: (line: string) => void;
};

/** Makes sure that `clusterDir` holds a cluster of our version; gives the password of its superuser `postgres`. */
export async function prepareCluster(context: ClusterContext): Promise<string> {
  await removeHalfMade(context.clusterDir);
  const found = await inspectCluster(context.clusterDir);
  const stored = await readPassword(context.passwordFile);
  if (stored && found) return stored;
  const password = stored ?? randomBytes(24).toString('base64url');
  if (found) await resetPassword(context, password);
  // Stored before the cluster appears under its name, so that no cluster is ever without its password.
  if (!stored) await storePassword(context.passwordFile, password);
  if (!found) await withProgress('Creating the database', createCluster(context, password), { log: context.log });
  return password;
}

async function inspectCluster(clusterDir: string): Promise<boolean> {
  let version: string;
  try {
    version = (await readFile(join(clusterDir, 'PG_VERSION'), 'utf8')).trim();
  } catch (cause) {
    if (errorCode(cause) === 'ENOENT' && (await isAbsentOrEmpty(clusterDir))) return false;
    const why = errorCode(cause) === 'ENOENT' ? 'it has no PG_VERSION' : (cause as Error).message;
    throw embeddedError('DATA_DIR_UNUSABLE', `${clusterDir} is not a database that this process can use: ${why}.`, cause);
  }
  if (version === String(POSTGRES_MAJOR)) return true;
  throw embeddedError(
    'DATA_DIR_WRONG_VERSION',
    `The database in ${clusterDir} was made by PostgreSQL ${version}; this version of Trato brings PostgreSQL ${POSTGRES_MAJOR}. Move the data with pg_dump of ${version}, or set TRATO_DATA_DIR to another directory.`,
  );
}

async function isAbsentOrEmpty(dir: string): Promise<boolean> {
  try {
    return (await readdir(dir)).length === 0;
  } catch (error) {
    return errorCode(error) === 'ENOENT';
  }
}

/**
 * Builds the cluster under another name and renames it when it is whole and on disk: an interruption leaves rubbish
 * that the next start removes, never half a database. Sorting is by code point on every machine (builtin C.UTF-8).
 */
async function createCluster(context: ClusterContext, password: string): Promise<void> {
  const { clusterDir, account, binaries, watcher, logFile } = context;
  const folder = await mkdtemp(`${clusterDir}.new-`);
  const target = join(folder, 'cluster');
  const passwordFile = join(folder, 'password');
  await writeFile(passwordFile, `${password}\n`, { mode: 0o600 });
  if (account.uid !== undefined && account.gid !== undefined) {
    await chown(passwordFile, account.uid, account.gid);
    await chown(folder, account.uid, account.gid);
  }
  const create = [
    ...['--username=postgres', '--auth=scram-sha-256', `--pwfile=${passwordFile}`, '--encoding=UTF8', '--locale=C'],
    ...['--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--text-search-config=simple'],
    ...['--no-instructions', '--no-sync'],
  ];
  for (const args of [create, ['--sync-only']]) {
    const command = {
      file: binaries.initdb,
      args: [...args, '-D', target],
      output: logFile,
      options: { env: environment(), cwd: rootDir, ...account },
    };
    const exit = await watcher.run(command).exited;
    if (exit.code !== 0) {
      const why = exit.error ?? (await lastLines(logFile, 3)) ?? `signal ${exit.signal}`;
      await rm(folder, { recursive: true, force: true });
      throw embeddedError(
        'EMBEDDED_DATABASE_FAILED',
        `The database could not be created (initdb ended with ${exit.code ?? exit.signal}): ${why}`,
      );
    }
  }
  await rename(target, clusterDir);
  await syncDirectory(dirname(clusterDir));
  await rm(folder, { recursive: true, force: true });
}

const rootDir = process.platform === 'win32' ? (process.env.SystemRoot ?? '.') : '/';

async function removeHalfMade(clusterDir: string): Promise<void> {
  const parent = dirname(clusterDir);
  await mkdir(parent, { recursive: true });
  for (const name of await readdir(parent)) {
    if (!name.startsWith(`${basename(clusterDir)}.new-`)) continue;
    // The interrupted initdb may still be cleaning up the same files; what stays behind goes with the next start.
    await rm(join(parent, name), { recursive: true, force: true, maxRetries: 5 }).catch(() => {});
  }
}

async function readPassword(file: string): Promise<string | undefined> {
  try {
    return (await readFile(file, 'utf8')).trim() || undefined;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw embeddedError('DATA_DIR_UNUSABLE', `The database password in ${file} cannot be read: ${(error as Error).message}.`, error);
  }
}

async function storePassword(file: string, password: string): Promise<void> {
  const temporary = `${file}.new`;
  await rm(temporary, { force: true });
  await writeFile(temporary, `${password}\n`, { mode: 0o600, flush: true });
  await rename(temporary, file);
  await syncDirectory(dirname(file));
}

/** The password file was lost: the single-user server needs none. No other server runs on the cluster by now. */
async function resetPassword({ binaries, clusterDir, account, log }: ClusterContext, password: string): Promise<void> {
  const result = spawnSync(binaries.postgres, ['--single', '-D', clusterDir, 'postgres'], {
    input: `alter role postgres password '${password}'\n`,
    encoding: 'utf8',
    env: environment(),
    cwd: rootDir,
    ...account,
  });
  if (result.status !== 0 || /ERROR|FATAL/.test(result.stderr)) {
    throw embeddedError('EMBEDDED_DATABASE_FAILED', `The database password is lost and could not be set anew: ${result.stderr.trim()}`);
  }
  log('The database password was missing and has been set anew.');
}

async function syncDirectory(dir: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(dir, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
