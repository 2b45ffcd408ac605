// What a killed process may have left behind on a cluster: a server that still runs, or the pid file of one that does not.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { withProgress } from '../../lib/progress.ts';
import { embeddedError, errorCode } from './errors.ts';
import { isAlive, isServerOf, waitUntilGone } from './processes.ts';

const PATIENCE_MS = 90_000;

export type PidFile = { pid: number; ready: boolean };

/** Reads `postmaster.pid`: the server's pid and whether it takes connections. */
export async function readPidFile(clusterDir: string): Promise<PidFile | undefined> {
  try {
    const lines = (await readFile(join(clusterDir, 'postmaster.pid'), 'utf8')).split('\n');
    const pid = Math.abs(Number.parseInt(lines[0] ?? '', 10));
    return pid ? { pid, ready: lines[7]?.trim() === 'ready' } : undefined;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/**
 * Stops the server that an earlier process left running on `clusterDir` (an absolute real path) and waits until it is
 * gone. To be called only with the data directory locked: then whoever started that server is dead.
 * @throws DATA_DIR_IN_USE when it belongs to someone else or does not stop within 90 s.
 */
export async function stopLeftoverServer(clusterDir: string, log: (line: string) => void): Promise<void> {
  const file = await readPidFile(clusterDir);
  if (!file || !isAlive(file.pid)) return;
  if (!isServerOf(file.pid, clusterDir)) return disownPidFile(clusterDir);
  const label = `Stopping the database server that an earlier run left behind (pid ${file.pid})`;
  if (!(await withProgress(label, stopAndWait(file.pid), { log }))) {
    throw embeddedError('DATA_DIR_IN_USE', `A database server (pid ${file.pid}) still uses ${clusterDir} and does not stop.`);
  }
}

async function stopAndWait(pid: number): Promise<boolean> {
  try {
    process.kill(pid, 'SIGINT');
  } catch (cause) {
    if (errorCode(cause) === 'ESRCH') return true;
    throw embeddedError(
      'DATA_DIR_IN_USE',
      `A database server of another user (pid ${pid}) is in the way and cannot be stopped: ${(cause as Error).message}.`,
      cause,
    );
  }
  return waitUntilGone(pid, PATIENCE_MS);
}

/**
 * The pid now belongs to some other program, and PostgreSQL would take it for a live server. The file is not simply
 * removed: it also names the shared memory by which PostgreSQL sees that a dead server's children still run. So our
 * own pid goes in, which PostgreSQL, told that we are its grandparent, knows not to be a server.
 */
export async function disownPidFile(clusterDir: string): Promise<void> {
  const path = join(clusterDir, 'postmaster.pid');
  try {
    const [, ...rest] = (await readFile(path, 'utf8')).split('\n');
    await writeFile(path, [String(process.pid), ...rest].join('\n'));
  } catch (error) {
    // It was the server after all, looked at as it ended, and has taken its file away.
    if (errorCode(error) !== 'ENOENT') throw error;
  }
}
