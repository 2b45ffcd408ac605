// Routes of plugins over real HTTP: verified first, bounded, and whatever goes wrong in them masked.
import { createHmac } from 'node:crypto';
import { definePlugin, sql, verifyHmac, z } from 'trato/plugin';
import { createTestHost, type TestHost } from 'trato/plugin/testing';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { eventually } from '../support/eventually.ts';

const SECRET = 'a secret that both sides know';
let hanging = 0;
let slow = { asked: Promise.withResolvers<void>(), answer: Promise.withResolvers<void>() };
let seen: string[] = [];

const plugin = definePlugin({
  id: 'hooks',
  version: '1.0.0',
  api: '^1.0.0',
  description: 'Takes in signed requests.',
  config: z.object({ workspace: z.string() }),
  capabilities: ['http', 'tables', 'network', 'write:customers'],
  scopes: {},
  setup({ http, tables, config, network }) {
    tables.migrations({
      '001_taken': 'create table taken (workspace_id uuid, id text, body text not null, primary key (workspace_id, id))',
    });
    const open = async (_request: unknown, ctx: { workspaces(): Promise<{ id: string; key: string }[]> }) => {
      const found = (await ctx.workspaces()).find(({ key }) => key === config.workspace);
      return found ? { workspaceId: found.id } : null;
    };
    const answering = (path: string, answer: Parameters<typeof http.route>[2]['handle']) =>
      http.route('GET', path, { verify: open, handle: answer });

    http.route('POST', 'hook', {
      bodyLimit: 2_000,
      async verify({ body, headers }, ctx) {
        return verifyHmac({ secret: SECRET, body, signature: headers['x-signature'] }) ? open(null, ctx) : null;
      },
      async handle(ctx, { body, headers, query }) {
        seen.push(body.toString());
        const id = query.id ?? 'none';
        await ctx.inWorkspace(ctx.workspaceId, async (write) => {
          await write.sql(sql`insert into taken values (${ctx.workspaceId}, ${id}, ${body.toString()}) on conflict do nothing`);
        });
        return { status: 202, body: { type: headers['content-type'] ?? null, bytes: body.length } };
      },
    });
    http.route('PUT', 'orders/:order/lines', {
      verify: open,
      handle: async (_ctx, request) => ({ status: 200, body: { ...request, body: request.body.toString('base64'), headers: undefined } }),
    });
    http.route('DELETE', 'orders/:order', { verify: open, handle: async () => ({ status: 204 }) });
    http.route('POST', 'verify-throws', {
      verify: () => Promise.reject(new Error('password=1234')),
      handle: async () => ({ status: 200 }),
    });
    http.route('GET', 'verify-odd', { verify: async () => ({ workspaceId: "' or 1=1" }), handle: async () => ({ status: 200 }) });
    answering('throws', () => Promise.reject(new Error('password=1234')));
    answering('throws-null', () => Promise.reject(null));
    answering('throws-at-once', () => {
      throw new Error('password=1234');
    });
    answering('hangs', () => {
      hanging += 1;
      return new Promise(() => undefined);
    });
    answering('slow', async () => {
      slow.asked.resolve();
      await slow.answer.promise;
      return { status: 200 };
    });
    answering('refuses', async (ctx) =>
      ctx.inWorkspace(ctx.workspaceId, async (write) => write.reject('TOO_LATE', 'It is too late.', ['order'])),
    );
    answering('large', async () => ({ status: 200, body: 'x'.repeat(1_000_001) }));
    answering('odd-status', async () => ({ status: 99 }));
    answering('no-answer', async () => undefined as never);
    answering('headers', async () => ({
      status: 200,
      headers: {
        'Content-Type': 'text/html',
        'set-cookie': 'a=1',
        'x-own': 'yes',
        'x-request-id': 'mine',
        'access-control-allow-origin': '*',
      },
      body: '<script>alert(1)</script>',
    }));
    answering('split', async () => ({ status: 200, headers: { 'x-own': 'a\r\nset-cookie: b=1' } }));
    answering('away', async () => ({ status: 302, headers: { location: 'https://example.com/' } }));
    answering('inside', async () => ({ status: 200, body: await network('http://127.0.0.1:1/').then(String, (error) => error.message) }));
  },
});

let host: TestHost;
beforeAll(async () => {
  host = await createTestHost({ plugins: [{ plugin, config: { workspace: 'main' } }] });
});
afterAll(() => host?.stop());

const sign = (body: string) => createHmac('sha256', SECRET).update(body).digest('hex');
const get = (path: string) => host.http('GET', `/plugins/hooks/${path}`);
const errorOf = async (response: Response) => {
  const { errors } = (await response.json()) as { errors: { message: string; extensions: Record<string, string> }[] };
  return errors[0]!;
};

describe('a route', () => {
  test('gets the bytes of any content type, once they are verified', async () => {
    seen = [];
    for (const type of [
      'application/x-www-form-urlencoded',
      'text/plain',
      'application/json',
      'application/octet-stream',
      'multipart/form-data; boundary=x',
    ]) {
      const body = '{"not json';
      const headers = { 'content-type': type, 'x-signature': sign(body) };
      const response = await host.http('POST', `/plugins/hooks/hook?id=${encodeURIComponent(type)}`, { headers, body });
      expect([response.status, await response.json()]).toEqual([202, { type, bytes: 10 }]);
    }
    expect(seen).toHaveLength(5);
    expect(
      await host.db.query({ text: 'select id from plugin_hooks.taken where workspace_id = $1', values: [host.workspaceId] }),
    ).toHaveLength(5);
  });

  test('gets the bytes as they came, also where they are none', async () => {
    seen = [];
    const bytes = new Uint8Array([0xff, 0x01, 0xfe]);
    const signature = createHmac('sha256', SECRET).update(bytes).digest('hex');
    expect((await host.http('POST', '/plugins/hooks/hook', { headers: { 'x-signature': signature }, body: bytes })).status).toBe(202);
    expect((await host.http('POST', '/plugins/hooks/hook', { headers: { 'x-signature': sign('') } })).status).toBe(202);
  });

  test('answers 401 to what is not verified, and handles none of it', async () => {
    seen = [];
    const claims: Record<string, string>[] = [
      {},
      { 'x-signature': '' },
      { 'x-signature': sign('other') },
      { 'x-signature': 'x'.repeat(64) },
    ];
    for (const headers of claims) {
      const response = await host.http('POST', '/plugins/hooks/hook', { headers, body: 'text' });
      expect(response.status).toBe(401);
      expect((await errorOf(response)).extensions.code).toBe('UNAUTHENTICATED');
    }
    expect(seen).toEqual([]);
  });

  test('takes no more bytes than it said', async () => {
    seen = [];
    const body = 'x'.repeat(2_001);
    const response = await host.http('POST', '/plugins/hooks/hook', { headers: { 'x-signature': sign(body) }, body });
    expect(response.status).toBe(413);
    expect((await errorOf(response)).extensions).toMatchObject({ code: 'PAYLOAD_TOO_LARGE', maximum: 2_000 });
    expect(seen).toEqual([]);
  });

  test('is told what stands in its path and query', async () => {
    const response = await host.http('PUT', '/plugins/hooks/orders/a%20b/lines?x=1&x=2&y=%C3%BC', { body: 'abc' });
    expect(await response.json()).toEqual({
      method: 'PUT',
      url: '/plugins/hooks/orders/a%20b/lines?x=1&x=2&y=%C3%BC',
      params: { order: 'a b' },
      query: { x: '1', y: 'ü' },
      body: Buffer.from('abc').toString('base64'),
    });
    const gone = await host.http('DELETE', '/plugins/hooks/orders/1');
    expect([gone.status, await gone.text()]).toEqual([204, '']);
  });

  test('is there for its method and path alone', async () => {
    for (const [method, path] of [
      ['GET', 'hook'],
      ['POST', 'nothing'],
      ['HEAD', 'away'],
      ['DELETE', 'orders/1/2'],
    ] as const) {
      expect((await host.http(method, `/plugins/hooks/${path}`)).status).toBe(404);
    }
    expect((await host.http('POST', '/graphql', { headers: { 'content-type': 'text/plain' }, body: '{}' })).status).toBe(415);
  });
});

test('metrics tell how plugins answer, in few words whatever is sent', async () => {
  const counts = async () => {
    const page = await (await host.http('GET', '/metrics')).text();
    return Object.fromEntries(
      [...page.matchAll(/^trato_plugin_(?:requests_total|request_duration_seconds_count){(.+)} (\d+)$/gm)].map(
        ([, labels, n]) => [labels as string, Number(n)] as const,
      ),
    );
  };
  const before = await counts();
  const grown = async () =>
    Object.fromEntries(
      Object.entries(await counts())
        .map(([labels, n]) => [labels, n - (before[labels] ?? 0)] as const)
        .filter(([, n]) => n !== 0),
    );
  for (const path of ['headers', 'away', 'refuses', 'throws', 'hook', 'nothing/at-all']) await get(path);
  await host.http('POST', `/plugins/hooks/hook?id=${'x'.repeat(50)}`, { body: 'not signed' });
  slow = { asked: Promise.withResolvers(), answer: Promise.withResolvers() };
  const leaving = new AbortController();
  const left = fetch(`${host.origin}/plugins/hooks/slow`, { signal: leaving.signal }).catch(() => 'left');
  await slow.asked.promise;
  leaving.abort();
  expect(await left).toBe('left');
  await eventually(async () =>
    expect(await grown()).toEqual({
      'plugin="hooks"': 6,
      'plugin="hooks",status="2xx"': 1,
      'plugin="hooks",status="3xx"': 1,
      'plugin="hooks",status="4xx"': 2,
      'plugin="hooks",status="5xx"': 1,
      'plugin="hooks",status="gone"': 1,
    }),
  );
  slow.answer.resolve();
});

describe('what goes wrong', () => {
  test('is masked, and found in the log by the request id', async () => {
    for (const path of ['throws', 'throws-null', 'throws-at-once', 'large', 'odd-status', 'no-answer', 'split', 'verify-odd']) {
      const response = await get(path);
      expect([path, response.status]).toEqual([path, 503]);
      const { message, extensions } = await errorOf(response);
      expect(extensions).toMatchObject({ code: 'PLUGIN_UNAVAILABLE', plugin: 'hooks', requestId: response.headers.get('x-request-id') });
      expect(message).not.toContain('password');
      expect(host.logs.filter((line) => line.includes(extensions.requestId!) && line.includes('"plugin":"hooks"'))).toHaveLength(1);
    }
    expect((await host.http('POST', '/plugins/hooks/verify-throws')).status).toBe(503);
    expect(host.logs.join('')).not.toContain('password');
  });

  test('a refusal is the sender’s to mend', async () => {
    const response = await get('refuses');
    expect(response.status).toBe(422);
    expect((await errorOf(response)).extensions).toMatchObject({
      code: 'BAD_USER_INPUT',
      userErrors: [{ code: 'HOOKS_TOO_LATE', path: ['order'] }],
    });
  });

  test('headers that are none of a plugin’s business are left out, and no page runs', async () => {
    const { headers } = await get('headers');
    expect(headers.get('x-own')).toBe('yes');
    expect(headers.get('content-type')).toBe('text/html');
    expect(headers.get('content-security-policy')).toContain('sandbox');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    for (const name of ['set-cookie', 'access-control-allow-origin']) expect(headers.get(name)).toBeNull();
    expect(headers.get('x-request-id')).not.toBe('mine');
    const away = await get('away');
    expect([away.status, away.headers.get('location')]).toEqual([302, 'https://example.com/']);
  });

  test('network refuses what is not public', async () => {
    expect(await (await get('inside')).text()).toBe('The address is not a public one.');
  });

  test('one that hangs holds up nobody, and a crowd of them is refused', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'], shouldAdvanceTime: true });
    try {
      const first = get('hangs');
      await eventually(() => expect(hanging).toBe(1));
      const others = Array.from({ length: 50 }, () => get('hangs'));
      const refused = await Promise.race(others);
      expect(refused.status).toBe(503);
      expect((await errorOf(refused)).extensions.code).toBe('OVERLOADED');
      await vi.advanceTimersByTimeAsync(10_000);
      expect((await errorOf(await first)).extensions.code).toBe('PLUGIN_UNAVAILABLE');
      await Promise.all(others);
    } finally {
      vi.useRealTimers();
    }
  });
});
