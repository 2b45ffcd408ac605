// The audits of graphql-http for servers of GraphQL over HTTP: every MUST and SHOULD holds.
import { serverAudits } from 'graphql-http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestServer, type TestServer } from '../support/server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server?.stop());

const audits = serverAudits({
  url: () => server.url,
  fetchFn: (url: string, init: RequestInit = {}) => {
    const headers = new Headers(init.headers);
    headers.set('authorization', `Bearer ${server.adminKey}`);
    return fetch(url, { ...init, headers });
  },
});

/** What a server may do and this one does not: operations come by POST only. */
const NOT_DONE = ['5A70', 'D6D5', '6A70'];

test('there are as many as were looked at', () => {
  expect(audits).toHaveLength(61);
});

describe.for(audits.map(({ id, name, fn }) => ({ id, name, fn })))('$id', ({ id, name, fn }) => {
  test(name, async ({ skip }) => {
    const result = await fn();
    if (NOT_DONE.includes(id)) {
      expect([name.slice(0, 3), result.status]).toEqual(['MAY', 'notice']);
      skip('not done: operations come by POST only');
    }
    expect(result).toMatchObject({ status: 'ok' });
  });
});
