import { fork } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { isAlive, waitUntilGone } from './processes.ts';

export type Command = {
  file: string;
  args: string[];
  /** File that takes the program's output, appended. */
  output: string;
  options: { env: Record<string, string>; cwd: string; uid?: number; gid?: number };
  windowsStop?: { file: string; args: string[] } | undefined;
};
export type Exit = { code: number | null; signal?: string | null; error?: string };
export type Running = {
  pid: number | undefined;
  exited: Promise<Exit> /** Fast shutdown; resolves when the program is gone. */;
  stop(): Promise<void>;
};
export type Watcher = { pid: number | undefined; run(command: Command): Running; unref(): void; close(): Promise<void> };

type Entry = { running: Running; resolve: (exit: Exit) => void };
type Message = { id: number; pid?: number; exited?: boolean } & Exit;

/**
 * Starts the watcher process. What it runs ends at the latest when this process ends. It sits in its own session, so
 * that the terminal's Ctrl-C reaches neither it nor the database.
 */
export function startWatcher(): Watcher {
  const child = fork(fileURLToPath(new URL('./watcher.mjs', import.meta.url)), [], {
    detached: true,
    execArgv: ['--max-old-space-size=32'],
    cwd: process.platform === 'win32' ? undefined : '/',
    env: { PATH: process.env.PATH, SystemRoot: process.env.SystemRoot },
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  const entries = new Map<number, Entry>();
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.on('error', (cause) => settleAll(`the database watcher could not be run: ${cause.message}`));
  child.on('message', (raw) => {
    const message = raw as Message;
    const entry = entries.get(message.id);
    if (!entry) return;
    if (message.pid) entry.running.pid = message.pid;
    if (message.exited) settle(message.id, message);
  });
  // Somebody killed the watcher. What it ran may live on, and then only its pid tells when it ends.
  child.once('exit', () => {
    for (const [id, { running }] of entries) void settleWhenGone(id, running);
  });

  async function settleWhenGone(id: number, running: Running): Promise<void> {
    while (running.pid && isAlive(running.pid)) await delay(100, undefined, { ref: false });
    settle(id, { code: null, error: 'its watcher process was killed' });
  }

  function settle(id: number, exit: Exit): void {
    entries.get(id)?.resolve(exit);
    entries.delete(id);
  }

  function settleAll(error: string): void {
    for (const id of entries.keys()) settle(id, { code: null, error });
  }

  function run(command: Command): Running {
    const id = nextId++;
    const { promise, resolve } = Promise.withResolvers<Exit>();
    const running: Running = { pid: undefined, exited: promise, stop };
    entries.set(id, { running, resolve });
    if (child.connected) child.send({ id, ...command }, () => {});
    else settle(id, { code: null, error: 'its watcher process was killed' });
    return running;

    async function stop(): Promise<void> {
      ref();
      if (child.connected) child.send({ id, stop: true }, () => {});
      else if (running.pid) await stopByPid(running.pid);
      await promise;
    }

    async function stopByPid(pid: number): Promise<void> {
      if (isAlive(pid)) process.kill(pid, 'SIGINT');
      await waitUntilGone(pid, Number.POSITIVE_INFINITY);
      settle(id, { code: null });
    }
  }

  function ref(): void {
    child.ref();
    child.channel?.ref();
  }

  return {
    pid: child.pid,
    run,
    unref() {
      child.unref();
      child.channel?.unref();
    },
    async close() {
      ref();
      if (child.connected) child.disconnect();
      await gone;
    },
  };
}

let nextId = 1;
