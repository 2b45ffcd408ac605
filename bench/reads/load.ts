// The load generator, a process of its own: kept-alive connections that each send their next request when the answer to the
// last one is whole. A plain socket and a small reader, so that it takes little of the processor from the server.
import { fork } from 'node:child_process';
import { connect, type Socket } from 'node:net';
import { AnswerReader } from './answer-reader.ts';
import { asker } from './server.ts';

export type Load = { port: number; path: string; headers: Record<string, string>; bodies: string[]; count: number; connections: number };
/** `first` is the body of the first answer; latencies are in milliseconds. */
export type Loaded = { seconds: number; p50: number; p99: number; first: string };

/** Starts the generator. `run` rejects when an answer is not 200 or holds errors. */
export function startLoad(): { run(load: Load): Promise<Loaded>; stop(): void } {
  const child = fork(import.meta.filename, ['generate'], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const ask = asker(child);
  return {
    run: (load) => ask(load) as Promise<Loaded>,
    stop: () => void child.disconnect(),
  };
}

async function generate(load: Load): Promise<Loaded> {
  const { port, path, headers, bodies, count, connections } = load;
  const head = Object.entries({ host: '127.0.0.1', 'content-type': 'application/json', accept: 'application/json', ...headers });
  const requests = bodies.map((body) =>
    Buffer.from(
      `POST ${path} HTTP/1.1\r\n${head.map(([name, value]) => `${name}: ${value}\r\n`).join('')}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    ),
  );
  const sockets = await Promise.all(Array.from({ length: connections }, () => open(port)));
  const times = new Float64Array(count);
  let first = '';
  let next = 0;
  const started = performance.now();
  try {
    await Promise.all(
      sockets.map(async (socket) => {
        const reader = new AnswerReader(socket);
        for (let n = next++; n < count; n = next++) {
          const sent = performance.now();
          socket.write(requests[n % requests.length]!);
          const answer = await reader.next();
          times[n] = performance.now() - sent;
          if (answer.status !== 200 || answer.body.includes('"errors":'))
            throw new Error(`${answer.status} ${answer.body.toString().slice(0, 1000)} to ${bodies[n % bodies.length]!.slice(0, 500)}`);
          if (n === 0) first = answer.body.toString();
        }
      }),
    );
  } finally {
    for (const socket of sockets) socket.destroy();
  }
  const seconds = (performance.now() - started) / 1000;
  times.sort();
  return { seconds, p50: times[Math.floor(count / 2)]!, p99: times[Math.floor(count * 0.99)]!, first };
}

function open(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true }, () => resolve(socket));
    socket.once('error', reject);
  });
}

if (process.argv[2] === 'generate' && process.send) {
  process.on('message', ({ number, ask }: { number: number; ask: Load }) => {
    generate(ask).then(
      (answer) => process.send!({ number, answer }),
      (error: Error) => process.send!({ number, error: error.message }),
    );
  });
}
