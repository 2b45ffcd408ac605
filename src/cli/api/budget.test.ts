// A client whose budget is spent waits as the server tells it, and never gives up for that.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { createApiClient } from './client.ts';
import { budgetPauseMs } from './verdict.ts';

type Reply = { status?: number; headers?: Record<string, string>; body: unknown };

let server: Server | undefined;
afterEach(async () => {
  server?.closeAllConnections();
  await new Promise((resolve) => (server ? server.close(resolve) : resolve(undefined)));
});

/** Answers the replies in turn, then the last one for ever; tells when each request came. */
async function serve(replies: Reply[]): Promise<{ url: string; came: number[] }> {
  const came: number[] = [];
  server = createServer((_request, response) => {
    const { status = 200, headers = {}, body } = replies[Math.min(came.push(performance.now()), replies.length) - 1]!;
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`, came };
}

const ok: Reply = { body: { data: { __typename: 'Query' } } };
const limited = (seconds: string): Reply => ({
  status: 429,
  headers: { 'retry-after': seconds },
  body: { errors: [{ message: 'spent', extensions: { code: 'RATE_LIMITED' } }] },
});

it('waits as Retry-After says, however often, also beyond the time after which it gives up', async () => {
  const { url, came } = await serve([limited('0.02'), limited('0.03'), limited('0.02'), ok]);
  const waits: [string, number][] = [];
  const client = createApiClient({ url, key: 'k', retryForMs: 0, onWait: (...wait) => waits.push(wait) });
  expect(await client.request('{ __typename }', {})).toEqual({ __typename: 'Query' });
  expect(waits).toEqual([
    ['spent', 20],
    ['spent', 30],
    ['spent', 20],
  ]);
  expect(came).toHaveLength(4);
});

it('where a request was told to wait, the others of the client wait with it', async () => {
  const { url, came } = await serve([limited('0.05'), ok]);
  const waits: string[] = [];
  const client = createApiClient({
    url,
    key: 'k',
    onWait: (reason) => {
      // The second request begins while the first one waits.
      if (waits.push(reason) === 1) second = client.request('{ __typename }', {});
    },
  });
  let second: Promise<unknown> | undefined;
  await client.request('{ __typename }', {});
  await second;
  expect(waits).toEqual(['spent', 'the budget of the API key is spent']);
  expect(came).toHaveLength(3);
});

it('goes slower where the headers say that nothing is left', async () => {
  const { url } = await serve([{ ...ok, headers: { 'ratelimit-policy': '"cost";q=100;w=1', ratelimit: '"cost";r=0;t=1' } }, ok]);
  const waits: number[] = [];
  const stop = new AbortController();
  const client = createApiClient({
    url,
    key: 'k',
    onWait: (_reason, waitMs) => {
      waits.push(waitMs);
      stop.abort();
    },
  });
  await client.request('{ __typename }', {});
  await expect(client.request('{ __typename }', {}, { stop: stop.signal })).rejects.toMatchObject({ code: 'STOPPED' });
  expect(waits[0]).toBeGreaterThan(500);
  expect(waits[0]).toBeLessThanOrEqual(1_000);
});

it.each([
  ['"cost";r=0;t=50', 1_000],
  ['"cost";r=0', 1_000],
  ['"cost";r=0;t=0', 0],
  ['"other";r=7;t=2, "cost";r=0;t=2', 1_000],
  ['"cost";r=10;t=50', 0],
  ['"cost";r=05;t=50', 0],
  [null, 0],
])('%s: waits %d ms', (header, waitMs) => {
  expect(budgetPauseMs(header)).toBe(waitMs);
});
