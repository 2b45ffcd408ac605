// A receiver of webhooks: a real HTTP server that answers as the test says and remembers what came.
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Hit = {
  id: string;
  headers: IncomingHttpHeaders;
  text: string;
  // biome-ignore lint/suspicious/noExplicitAny: the body that the test's document asks for
  body: any;
  /** How many requests were under way when it came, itself among them. */
  together: number;
};

/** `hang`: never answers; `cut`: breaks the connection. */
export type Reply = { status?: number; headers?: Record<string, string>; body?: string } | 'hang' | 'cut';

export type Receiver = {
  url: string;
  hits: Hit[];
  /** Says how to answer from now on; 204 unless told. */
  answer(how: (hit: Hit) => Reply | Promise<Reply>): void;
  stop(): Promise<void>;
};

export async function startReceiver(): Promise<Receiver> {
  const hits: Hit[] = [];
  let how: (hit: Hit) => Reply | Promise<Reply> = () => ({});
  let together = 0;
  const listener: RequestListener = async (request, response) => {
    together++;
    response.on('close', () => together--);
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString();
    const hit: Hit = { id: String(request.headers['webhook-id']), headers: request.headers, text, body: JSON.parse(text), together };
    hits.push(hit);
    const reply = await how(hit);
    if (reply === 'hang') return;
    if (reply === 'cut') request.socket.destroy();
    else response.writeHead(reply.status ?? 204, reply.headers).end(reply.body);
  };
  const server = createServer((request, response) => void Promise.resolve(listener(request, response)).catch(() => response.destroy()));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    hits,
    answer(next) {
      how = next;
    },
    async stop() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
