// Stands between the command and a server and spoils single requests: before the server sees them, or after it did the work.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** `drop`: the server never sees the request. `lose-answer`: it does, and its answer is lost. */
export type ProxyFault = 'drop' | 'lose-answer' | undefined;
export type FaultProxy = { readonly url: string; fault: (body: string) => ProxyFault | Promise<ProxyFault>; stop: () => Promise<void> };

/** Starts a proxy of the API at `target` on a free port; call `stop` in the end. */
export async function startFaultProxy(target: string): Promise<FaultProxy> {
  const http = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', async () => {
      const body = Buffer.concat(chunks).toString();
      try {
        const fault = await proxy.fault(body);
        if (fault === 'drop') return void response.destroy();
        const { authorization = '' } = request.headers;
        const answer = await fetch(target, { method: 'POST', body, headers: { 'content-type': 'application/json', authorization } });
        const text = await answer.text();
        if (fault === 'lose-answer') return void response.destroy();
        response.writeHead(answer.status, { 'content-type': 'application/json' }).end(text);
      } catch {
        response.destroy();
      }
    });
  });
  await new Promise<void>((ready) => http.listen(0, '127.0.0.1', ready));
  const proxy: FaultProxy = {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}/graphql`,
    fault: () => undefined,
    stop: () =>
      new Promise((closed) => {
        http.close(() => closed());
        http.closeAllConnections();
      }),
  };
  return proxy;
}
