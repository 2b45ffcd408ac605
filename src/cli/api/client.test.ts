import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { BulkServer } from '../testing/bulk-server.ts';
import { startBulkServer } from '../testing/bulk-server.ts';
import { createApiClient } from './client.ts';
import { judge, retryAfterMs } from './verdict.ts';

let server: BulkServer;
beforeEach(async () => {
  server = await startBulkServer();
});
afterEach(() => server.stop());

const client = (more: object = {}) =>
  createApiClient({ url: server.url, key: server.key, retryForMs: 5000, backoffMs: { first: 1, most: 4 }, ...more });
const ask = (more: object = {}, options: object = {}) =>
  client(more)
    .request<{ __typename: string }>('{ __typename }', {}, options)
    .then(
      (data) => data.__typename,
      (error: { code: string; message: string }) => `${error.code}: ${error.message}`,
    );

describe('request', () => {
  it('waits out a server that is busy, breaks off or loses its answer, and tells so', async () => {
    const waits: [string, number][] = [];
    server.fault = (request) =>
      [
        { status: 429, retryAfter: '0.01' },
        { status: 503, body: { errors: [{ message: 'stopping', extensions: { code: 'SHUTTING_DOWN' } }] } },
        { status: 502, body: 'bad gateway' },
        'drop' as const,
        'lose-answer' as const,
        { status: 200, body: { data: null, errors: [{ message: 'full', extensions: { code: 'OVERLOADED' } }] } },
      ][request - 1];
    expect(await ask({ onWait: (reason: string, wait: number) => waits.push([reason, wait]) })).toBe('Query');
    expect(server.seen.requests).toBe(7);
    expect(waits[0]).toEqual(['fault', 10]);
    expect(waits[1]?.[0]).toBe('stopping');
    expect(waits).toHaveLength(6);
  });
  it('gives up after its time, on a bug after a few tries, and at once where nothing will change', async () => {
    server.fault = () => ({ status: 503 });
    expect(await ask({}, { retryForMs: 0 })).toBe(`SERVER_UNAVAILABLE: the server at ${server.url} refuses for now: fault`);
    const before = server.seen.requests;
    server.fault = () => ({ status: 500, body: { errors: [{ message: 'a bug', extensions: { code: 'INTERNAL_SERVER_ERROR' } }] } });
    expect(await ask()).toContain('SERVER_UNAVAILABLE');
    expect(server.seen.requests - before).toBe(4);
    server.fault = () => undefined;
    expect(await ask({ key: 'wrong' })).toBe(`UNAUTHENTICATED: the server at ${server.url} does not accept this API key`);
    server.fault = () => ({ status: 200, body: { data: null, errors: [{ message: 'no write', extensions: { code: 'FORBIDDEN' } }] } });
    expect(await ask()).toBe('FORBIDDEN: this API key may not do that: no write');
    server.fault = () => ({ status: 404, body: 'nothing' });
    expect(await ask()).toBe(`HTTP_404: there is no API at ${server.url}`);
    server.fault = () => ({ status: 200, body: '<html>' });
    expect(await ask()).toContain('NOT_GRAPHQL');
  });
  it('says that a server is not there, and comes back when it is', async () => {
    await server.stop();
    expect(await ask({}, { retryForMs: 0 })).toBe(`SERVER_UNREACHABLE: the server at ${server.url} cannot be reached: ECONNREFUSED`);
    const answer = ask({ onWait: () => void server.start() });
    expect(await answer).toBe('Query');
  });
  it('stops waiting when told to', async () => {
    const stop = new AbortController();
    server.fault = () => ({ status: 503, retryAfter: '3600' });
    expect(
      await ask(
        {
          retryForMs: 10_000_000,
          onWait: () => {
            stop.abort();
          },
        },
        { stop: stop.signal },
      ),
    ).toContain('STOPPED');
  });
  it('refuses an address that is none', () => {
    expect(() => client({ url: 'localhost:4000' })).toThrow(/is not an http\(s\) address/);
  });
});

describe('judge', () => {
  it('takes data beside no errors only', () => {
    expect(judge(200, null, { data: { a: 1 } })).toEqual({ kind: 'ok' });
    expect(judge(200, null, { data: null, errors: [{ message: 'x', extensions: { code: 'BAD_USER_INPUT' } }] })).toEqual({
      kind: 'fail',
      code: 'BAD_USER_INPUT',
      message: 'x',
    });
    expect(judge(413, null, undefined)).toMatchObject({ kind: 'fail', code: 'HTTP_413' });
  });
  it('reads Retry-After as seconds or as a date', () => {
    expect(retryAfterMs('2')).toBe(2000);
    expect(retryAfterMs('Thu, 01 Jan 1970 00:00:10 GMT', 4000)).toBe(6000);
    expect(retryAfterMs('soon')).toBeUndefined();
  });
});
