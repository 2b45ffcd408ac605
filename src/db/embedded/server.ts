import { spawnSync } from 'node:child_process';
import { createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { withProgress } from '../../lib/progress.ts';
import type { ClusterContext } from './cluster.ts';
import { embeddedError } from './errors.ts';
import { readPidFile, stopLeftoverServer } from './leftover.ts';
import { environment, lastLines, logSize, readFrom } from './output.ts';
import type { Running } from './watch.ts';

const RETRY_MS = 60_000;

export type Server = { port: number; running: Running };

/** Server settings, over PostgreSQL's own defaults. What is acknowledged stays on disk: fsync is on. */
const defaults: Record<string, string> = {
  max_connections: '100',
  shared_buffers: '128MB',
  timezone: 'UTC',
  log_timezone: 'UTC',
  // Compiling pays only for long analytical statements, and costs short ones their speed.
  jit: 'off',
  // Tables of a new company grow from nothing: plans made for empty ones must not last for a minute.
  autovacuum_naptime: '15s',
  // The log must hold no customer data: neither statements nor the values of a violated key.
  log_min_error_statement: 'panic',
  log_error_verbosity: 'terse',
  log_line_prefix: '%m [%p] ',
};

/** Starts the server of a cluster on a free port of 127.0.0.1 and resolves when it takes connections. */
export async function startServer(context: ClusterContext, settings: Record<string, string>): Promise<Server> {
  return withProgress('Starting the database', attempt(), { log: context.log });

  async function attempt(): Promise<Server> {
    const deadline = Date.now() + RETRY_MS;
    for (;;) {
      const port = await freePort();
      const logStart = await logSize(context.logFile);
      const running = runServer(context, { ...defaults, ...settings, port: String(port) });
      if (await isReady(context.clusterDir, running)) return { port, running };
      const output = await readFrom(context.logFile, logStart);
      if (!isTransient(output) || Date.now() > deadline) throw await startError(context, running);
      await stopLeftoverServer(context.clusterDir, context.log);
      await delay(100);
    }
  }
}

/** A port taken in between, a server that came up late, or children of a killed server that have not noticed yet. */
function isTransient(output: string): boolean {
  return /could not create any TCP\/IP sockets|lock file "postmaster.pid" already exists|shared memory block .* is still in use/.test(
    output,
  );
}

function runServer({ binaries, clusterDir, account, logFile, watcher }: ClusterContext, settings: Record<string, string>): Running {
  const socket = process.platform === 'win32' ? {} : { unix_socket_directories: '' };
  const all = { ...settings, listen_addresses: '127.0.0.1', ...socket };
  const server = [binaries.postgres, '-D', clusterDir, ...Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`])];
  return watcher.run({
    ...dyingWithWatcher(server),
    output: logFile,
    options: { env: environment({ PG_GRANDPARENT_PID: String(process.pid) }), cwd: clusterDir, ...account },
    windowsStop: process.platform === 'win32' ? { file: binaries.pgCtl, args: ['stop', '-D', clusterDir, '-m', 'fast', '-W'] } : undefined,
  });
}

/** Where Linux offers it, the kernel shuts the server down when its watcher is killed: `killall -9 node` ends all three. */
function dyingWithWatcher([program = '', ...args]: string[]): { file: string; args: string[] } {
  const tie = ['--pdeathsig', 'INT', '--'];
  const canTie = process.platform === 'linux' && spawnSync('setpriv', [...tie, 'true'], { stdio: 'ignore' }).status === 0;
  return canTie ? { file: 'setpriv', args: [...tie, program, ...args] } : { file: program, args };
}

async function isReady(clusterDir: string, running: Running): Promise<boolean> {
  let exited = false;
  void running.exited.then(() => {
    exited = true;
  });
  while (!exited) {
    const file = await readPidFile(clusterDir);
    if (file?.ready && file.pid === running.pid) return true;
    await delay(5);
  }
  return false;
}

async function startError({ logFile }: ClusterContext, running: Running): Promise<Error> {
  const exit = await running.exited;
  const why = exit.error ?? (await lastLines(logFile, 2)) ?? `it ended with ${exit.code ?? exit.signal}`;
  return embeddedError('EMBEDDED_DATABASE_FAILED', `The embedded database did not start: ${why} (log: ${logFile})`);
}

function freePort(): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const server = createServer();
  server.once('error', reject);
  server.listen(0, '127.0.0.1', () => {
    const address = server.address();
    server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
  });
  return promise;
}
