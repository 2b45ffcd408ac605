// A server as a process: settings, signals, banner and exit codes.
import { banner } from './banner.ts';
import { readConfig } from './config.ts';
import { failureLine } from './failure.ts';
import { createLogger } from './logger.ts';
import { startTrato, type Trato } from './start.ts';

/** How soon a second signal counts as the same: npm passes on what the terminal has sent to the whole group already. */
const SAME_SIGNAL_MS = 500;
const PARENT_CHECK_MS = 250;

/** Runs a server until a signal or a failure ends the process: 0 after a graceful stop, 1 else. */
export async function runServer(): Promise<void> {
  try {
    await run();
  } catch (error) {
    process.stderr.write(`${failureLine(error)}\n`);
    process.exit(1);
  }
}

async function run(): Promise<void> {
  const config = readConfig();
  const log = createLogger(config.logLevel);
  const say = process.stderr.isTTY ? (line: string) => void process.stderr.write(`${line}\n`) : (line: string) => log.info(line);
  const stopping = new AbortController();
  let running: Trato | undefined;

  async function stop(code: number): Promise<never> {
    const inTime = (await running?.stop()) ?? true;
    if (!inTime) log.warn({ afterMs: config.drainMs }, 'requests still running were cut off');
    log.info('stopped');
    process.exit(code);
  }
  async function fail(line: string): Promise<void> {
    process.stderr.write(`${line}\n`);
    setTimeout(() => process.exit(1), config.drainMs + 5_000).unref();
    await stop(1);
  }
  onSignals((name) => {
    stopping.abort();
    if (!running) return; // the start gives up by itself
    say(`stopping on ${name}; again to stop at once`);
    void stop(0);
  });
  // One operation's forgotten promise is no reason to end all others.
  process.on('unhandledRejection', (error) => log.error({ err: error }, 'a promise failed and nobody was waiting for it'));
  process.on('uncaughtException', (error) => {
    log.fatal({ err: error }, 'uncaught exception');
    void fail('trato: stopping after an unexpected error; the log has it [INTERNAL]');
  });

  try {
    running = await startTrato(config, { log, say, signal: stopping.signal });
  } catch (error) {
    if (stopping.signal.aborted) process.exit(0);
    throw error;
  }
  if (stopping.signal.aborted) return stop(0);
  const { port, key, failed } = running;
  process.stdout.write(banner({ host: config.host, port, key, explorer: config.explorer, seconds: performance.now() / 1000 }));
  log.info({ host: config.host, port, readyMs: Math.round(performance.now()) }, 'ready');
  void failed.then((line) => {
    // A Ctrl-C reaches the database as well, which may be quicker than this process.
    if (!stopping.signal.aborted) return fail(`trato: ${line} [EMBEDDED_DATABASE_FAILED]`);
  });
}

function onSignals(first: (name: string) => void): void {
  let since: number | undefined;
  onOrphaned(() => {
    if (since === undefined) process.kill(process.pid, 'SIGTERM');
  });
  for (const name of ['SIGTERM', 'SIGINT'] as const) {
    process.on(name, () => {
      if (since === undefined) {
        since = performance.now();
        first(name);
      } else if (performance.now() - since > SAME_SIGNAL_MS) process.exit(130);
    });
  }
}

/**
 * npm runs a script below a shell, and a signal to npm ends that shell without reaching the script. So a server that npm
 * started takes the loss of its parent for the signal.
 */
function onOrphaned(callback: () => void): void {
  if (process.env.npm_lifecycle_event === undefined || process.platform === 'win32') return;
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    callback();
  }, PARENT_CHECK_MS).unref();
}
