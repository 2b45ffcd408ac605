// A server under measurement: a process of its own, with the probe in it.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';

const STARTING_MS = 60_000;

export type Memory = { rss: number; heapUsed: number; external: number };
export type MeasuredServer = {
  port: number;
  /** Processor time that the process has used so far, in milliseconds of user and system together. */
  cpu(): Promise<number>;
  /** What the process holds after a collection, in bytes; needs `--expose-gc`. */
  memory(): Promise<Memory>;
  stop(): Promise<void>;
};

/** Starts `file` under Node with `PORT` set and waits until `ready` answers with a status below 500. */
export async function startServer(file: string, env: Record<string, string>, ready: string, flags: string[] = []): Promise<MeasuredServer> {
  const port = await freePort();
  const child = spawn(process.execPath, ['--import', join(import.meta.dirname, 'probe.mjs'), ...flags, file], {
    env: { ...process.env, NODE_ENV: 'production', ...env, HOST: '127.0.0.1', PORT: String(port) },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const ended = once(child, 'exit');
  await waitUntil(`http://127.0.0.1:${port}${ready}`, child);
  const ask = asker(child);
  return {
    port,
    cpu: () => ask('cpu') as Promise<number>,
    memory: () => ask('memory') as Promise<Memory>,
    async stop() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

/** Sends questions to the probe and brings each answer to its question. */
export function asker(child: ChildProcess): (ask: unknown) => Promise<unknown> {
  const waiting = new Map<number, { resolve: (answer: unknown) => void; reject: (error: Error) => void }>();
  let last = 0;
  child.on('message', (message: { number?: number; answer?: unknown; error?: string }) => {
    const asked = message.number === undefined ? undefined : waiting.get(message.number);
    if (!asked) return;
    waiting.delete(message.number!);
    if (message.error === undefined) asked.resolve(message.answer);
    else asked.reject(new Error(message.error));
  });
  child.once('exit', (code) => {
    for (const { reject } of waiting.values()) reject(new Error(`a process of the benchmark ended (${code})`));
  });
  return (ask) =>
    new Promise((resolve, reject) => {
      const number = ++last;
      waiting.set(number, { resolve, reject });
      child.send({ number, ask });
    });
}

async function waitUntil(url: string, child: ChildProcess): Promise<void> {
  const deadline = performance.now() + STARTING_MS;
  while (child.exitCode === null && performance.now() < deadline) {
    const answer = await fetch(url).catch(() => null);
    if (answer && answer.status < 500) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  child.kill('SIGKILL');
  throw new Error(`${child.spawnargs.at(-1)} did not become ready`);
}

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}
