// Feeds over Server-Sent Events that resume by themselves: ids of messages, Last-Event-ID, and clients like a browser's.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, request as forward } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createClient } from 'graphql-sse';
import sql from 'sql-template-tag';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import '../../src/modules/plugins/plugins.schema.ts';
import { definePlugin, v, z } from '../../src/plugin/index.ts';
import { loadPlugin, preparePlugins } from '../../src/plugin/load.ts';
import { addKey, openStream } from '../faults/feeds-stream.ts';
import { ask, keyOfRole, makeCustomer } from '../support/core.ts';
import { until } from '../support/eventually.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

const log = { info() {}, warn() {}, error() {} };
const described = { description: 'For the test.' };
const plugin = definePlugin({
  id: 'name-watch',
  version: '1.0.0',
  api: '^1.0.0',
  description: 'Tells new names.',
  config: z.object({}),
  capabilities: ['schema', 'read:customers'],
  scopes: { 'name-watch:read': 'See names.' },
  setup({ schema }) {
    schema.subscription('named', {
      ...described,
      scope: 'name-watch:read',
      value: v.string(),
      events: ['customer.created'],
      select: async (_ctx, events) => events.map((event) => String(event.data.after?.displayName)),
    });
  },
});

let server: TestServer;
beforeAll(async () => {
  loadPlugin(plugin as never, { log, source: 'name-watch' });
  server = await startTestServer({ auth: { cacheMs: 1 }, live: { recheckMs: 50 } });
  await preparePlugins(server.db, log);
});
afterAll(() => server?.stop());

const created = 'subscription ($after: String) { customerCreated(after: $after) { displayName } }';
const all = `subscription ($after: String) { events(after: $after, types: ["customer.created"]) { __typename
  ... on Event { seen: cursor } ... on FeedCaughtUp { seen: cursor } } }`;
const make = (...names: string[]) =>
  names.reduce<Promise<unknown>>((made, displayName) => made.then(() => makeCustomer(server, { displayName })), Promise.resolve());

/** The place of the log's end. */
async function end(): Promise<string> {
  await server.events.drained();
  const [row] = await server.db.query<{ last: string }>(sql`select max(seq)::text as last from events`);
  return cursorAt(row!.last);
}
const seqOf = (cursor: string) => Number(/^event:(\d+)$/.exec(Buffer.from(cursor, 'base64url').toString())![1]);
const cursorAt = (seq: bigint | string) => Buffer.from(`event:${seq}`).toString('base64url');

type Message = { fields: [string, string][]; event?: string | undefined; id?: string | undefined; data?: string | undefined };

/** The blocks of a stream, as the specification reads them; comments are left out. */
function blocksOf(text: string): Message[] {
  return text
    .split('\n\n')
    .slice(0, -1)
    .map((block) => {
      const lines = block.split('\n').filter((line) => !line.startsWith(':'));
      const fields = lines.map((line) => /^([^:]*):? ?(.*)$/s.exec(line)!.slice(1) as [string, string]);
      return { fields, ...(Object.fromEntries(fields) as object) };
    })
    .filter(({ fields }) => fields.length > 0);
}

/** What a stream with this header answers to its first `count` answers, or until it ends. */
async function answersTo(body: object, lastEventId: string | undefined, count: number) {
  const stream = await openStream(server, body, { headers: lastEventId === undefined ? {} : { 'last-event-id': lastEventId } });
  await stream.reach(count);
  stream.close();
  return stream.answers().slice(0, count);
}

type Source = { data: string[]; ids: string[]; connections: number; sent: (string | null)[]; close(): void };

/** An EventSource, as short as can be: connects again with the last id. It does not wait as long as it is told, for the test's sake. */
function eventSource(url: string, headers: Record<string, string>): Source {
  const leaving = new AbortController();
  const source: Source = { data: [], ids: [], connections: 0, sent: [], close: () => leaving.abort() };
  let lastId = '';
  async function connect(): Promise<void> {
    const resuming = lastId === '' ? undefined : { 'last-event-id': lastId };
    const response = await fetch(url, { headers: { accept: 'text/event-stream', ...headers, ...resuming }, signal: leaving.signal });
    source.connections++;
    source.sent.push(resuming?.['last-event-id'] ?? null);
    let rest = '';
    for await (const part of response.body!.pipeThrough(new TextDecoderStream())) {
      const at = (rest + part).lastIndexOf('\n\n') + 2;
      const whole = at > 1 ? (rest + part).slice(0, at) : '';
      rest = (rest + part).slice(whole.length);
      for (const { event, id, data } of blocksOf(whole)) {
        if (id !== undefined) source.ids.push(id);
        lastId = id ?? lastId;
        if (event === 'next') source.data.push(data!);
      }
    }
  }
  void (async () => {
    while (!leaving.signal.aborted) await connect().catch(() => undefined);
  })();
  return source;
}

describe('messages have ids', () => {
  test('of their place in the log, and the stream begins with the one of its own and a pause before coming again', async () => {
    const before = await end();
    const stream = await openStream(server, { query: created });
    await until(() => stream.text().includes('id: '));
    await make('First', 'Second');
    const answers = (await stream.reach(2)) as { extensions: { feed: { cursor: string } } }[];
    stream.close();
    const [retry, begin, ...messages] = blocksOf(stream.text());
    expect(retry!.fields).toEqual([['retry', expect.stringMatching(/^[123]\d{3}$/)]]);
    expect(begin!.fields).toEqual([['id', expect.any(String)]]);
    // The process may have heard of the newest event a moment later than the database.
    expect(seqOf(begin!.id!)).toBeLessThanOrEqual(seqOf(before));
    expect(messages.map(({ fields }) => fields.map(([name]) => name))).toEqual([
      ['event', 'id', 'data'],
      ['event', 'id', 'data'],
    ]);
    expect(messages.map(({ id }) => id)).toEqual(answers.map((answer) => answer.extensions.feed.cursor));
  });

  test('of events and of what is told between them, also where the cursor is not asked for', async () => {
    const after = await end();
    await make('Third');
    const upTo = await end();
    const asked = await openStream(server, { query: all, variables: { after } });
    const unasked = await openStream(server, {
      query: 'subscription ($after: String) { events(after: $after) { __typename } }',
      variables: { after },
    });
    await Promise.all([asked.reach(2), unasked.reach(2)]);
    for (const stream of [asked, unasked]) stream.close();
    const seen = asked.answers().map((answer) => answer.data.events.seen);
    const nexts = (text: string) => blocksOf(text).filter(({ event }) => event === 'next');
    expect(nexts(asked.text()).map(({ id }) => id)).toEqual(seen);
    expect(seen.at(-1)).toBe(upTo);
    expect(nexts(unasked.text()).every(({ id }) => id)).toBe(true);
    expect(nexts(unasked.text()).at(-1)!.id).toBe(upTo);
  });

  test('but not errors, queries and mutations', async () => {
    const name = 'mutation { customerCreate(input: { displayName: "Unnumbered" }) { userErrors { code } } }';
    for (const query of ['{ __typename }', name, 'subscription { nonsense }', 'subscription { events(after: "x") { __typename } }']) {
      // A header that is no cursor does not matter to them, too.
      const stream = await openStream(server, { query }, { headers: { 'last-event-id': query.startsWith('subscription') ? '' : '!' } });
      expect(await stream.ended).toBe('ended');
      const blocks = blocksOf(stream.text());
      expect(blocks.map(({ event }) => event)).toEqual([undefined, 'next', 'complete']);
      expect(blocks.every(({ id }) => id === undefined)).toBe(true);
      expect('errors' in stream.answers()[0]).toBe(query.startsWith('subscription'));
    }
  });

  test('nor those of a stream for all operations, which does not look at the header', async () => {
    const authorization = `Bearer ${server.adminKey}`;
    const token = await (await fetch(`${server.url}/stream`, { method: 'PUT', headers: { authorization } })).text();
    const headers = { 'x-graphql-event-stream-token': token, 'last-event-id': '!' };
    const stream = await openStream(server, null, { method: 'GET', headers });
    const extensions = { operationId: '1' };
    const body = JSON.stringify({ query: created, variables: { after: cursorAt(0n) }, extensions });
    const begun = await fetch(`${server.url}/stream`, {
      method: 'POST',
      headers: { authorization, 'content-type': 'application/json', ...headers },
      body,
    });
    expect(begun.status).toBe(202);
    await stream.reach(1);
    stream.close();
    expect(stream.answers()[0]).toMatchObject({ id: '1', payload: { data: { customerCreated: { displayName: expect.any(String) } } } });
    expect(blocksOf(stream.text()).some(({ fields }) => fields.some(([field]) => field === 'id' || field === 'retry'))).toBe(false);
  });
});

describe('Last-Event-ID', () => {
  let place: string;
  const names = (answers: { data: { customerCreated: { displayName: string } } }[]) =>
    answers.map(({ data }) => data.customerCreated.displayName);
  beforeAll(async () => {
    place = await end();
    await make('Fourth', 'Fifth');
    await end();
  });

  test('is where the feed goes on, whatever `after` says', async () => {
    expect(names(await answersTo({ query: created }, place, 2))).toEqual(['Fourth', 'Fifth']);
    for (const after of [cursorAt(0n), await end(), 'x', null])
      expect(names(await answersTo({ query: created, variables: { after } }, place, 2))).toEqual(['Fourth', 'Fifth']);
    const written = `subscription { customerCreated(after: "${cursorAt(0n)}") { displayName } }`;
    expect(names(await answersTo({ query: written }, place, 1))).toEqual(['Fourth']);
    const items = await answersTo({ query: all, variables: { after: cursorAt(0n) } }, place, 3);
    expect(items.map(({ data }) => data.events.__typename)).toEqual(['Event', 'Event', 'FeedCaughtUp']);
  });

  test('is none where it is empty, and an error where it is no cursor, or ahead', async () => {
    expect(names(await answersTo({ query: created, variables: { after: place } }, '', 1))).toEqual(['Fourth']);
    for (const query of [created, all]) {
      for (const bad of ['x', `${place} `.repeat(2), `${place}, ${place}`, '\u00e9', cursorAt('01')]) {
        const [{ data, errors }] = await answersTo({ query, variables: { after: place } }, bad, 1);
        const same = (await answersTo({ query, variables: { after: 'x' } }, undefined, 1))[0];
        expect([bad, data, errors[0].extensions.code, errors[0].message]).toEqual([
          bad,
          same.data,
          'CURSOR_INVALID',
          same.errors[0].message,
        ]);
      }
      const [ahead] = await answersTo({ query, variables: { after: place } }, cursorAt(999_999_999n), 1);
      expect(ahead.errors[0].extensions.code).toBe('CURSOR_AHEAD');
    }
  });

  test('works for subscriptions of plugins', async () => {
    const answers = await answersTo({ query: 'subscription { nameWatchNamed }' }, place, 2);
    expect(answers.map(({ data }) => data.nameWatchNamed)).toEqual(['Fourth', 'Fifth']);
  });

  test('may be sent by pages of other origins, and by graphql-sse', async () => {
    const preflight = await fetch(`${server.url}/stream`, { method: 'OPTIONS' });
    expect(preflight.headers.get('access-control-allow-headers')).toContain('last-event-id');
    const headers = { authorization: `Bearer ${server.adminKey}`, 'last-event-id': place };
    const client = createClient({ url: `${server.url}/stream`, headers, retryAttempts: 0 });
    const got: string[] = [];
    for await (const { data } of client.iterate<{ customerCreated: { displayName: string } }>({ query: created })) {
      if (got.push(data!.customerCreated.displayName) === 2) break;
    }
    client.dispose();
    expect(got).toEqual(['Fourth', 'Fifth']);
  });
});

describe('a client that comes again by itself gets every event once', () => {
  const path = (query: string) => `/stream?query=${encodeURIComponent(query)}`;
  const namesOf = ({ data }: { data: string[] }) => data.map((text) => JSON.parse(text).data.customerCreated.displayName as string);

  test('however often the server cuts it off', async () => {
    await keyOfRole(server, { permissions: ['customers:read'] });
    const key = await addKey(server);
    const roles = await server.db.query<{ id: string }>(
      sql`select id from roles where key in ('administrator', 'test_1') order by key desc`,
    );
    const source = eventSource(`${server.url}${path(created)}`, { authorization: `Bearer ${key.token}` });
    let cuts = 0;
    // The server ends the streams of a key that gets another role.
    const cut = async () => {
      const { connections } = source;
      await server.db.execute(sql`update api_keys set role_id = ${roles[cuts++ % 2]!.id}::uuid where id = ${key.id}::uuid`);
      await until(() => source.connections > connections);
    };
    const expected = Array.from({ length: 40 }, (_, i) => `Cut ${i}`);
    try {
      // Cut off before anything came: it knows where it was all the same.
      await until(() => source.ids.length === 1);
      const writing = make(...expected);
      for (let i = 0; i < 6; i++) await cut();
      await writing;
      await cut();
      await until(() => source.data.length >= expected.length);
      await make('Last');
      await until(() => namesOf(source).includes('Last'));
    } finally {
      source.close();
    }
    expect(namesOf(source)).toEqual([...expected, 'Last']);
    expect(source.sent.slice(1)).not.toContain(null);
  });

  test('as EventSource does, behind a proxy that signs it in', async () => {
    await until(() => server.events.hub.followers() === 0);
    const sent: (string | undefined)[] = [];
    const proxy = createServer((request, response) => {
      sent.push(request.headers['last-event-id'] as string | undefined);
      const headers = { ...request.headers, authorization: `Bearer ${server.adminKey}` };
      const onward = forward(`${server.url}${request.url}`, { headers }, (answer) => {
        response.writeHead(answer.statusCode!, answer.headers);
        answer.pipe(response).on('close', () => onward.destroy());
      });
      onward.on('error', () => response.destroy()).end();
    });
    proxy.listen(0, '127.0.0.1');
    await once(proxy, 'listening');
    const url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}${path(created)}`;
    // Node's own waits for its next attempt without keeping the process.
    const script = `new EventSource(${JSON.stringify(url)}).addEventListener('next', ({ data }) => console.log(data)); setInterval(() => {}, 1e6)`;
    const browser = spawn(process.execPath, ['--no-warnings', '--experimental-eventsource', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const source = { data: [] as string[] };
    let text = '';
    browser.stdout.setEncoding('utf8').on('data', (part: string) => {
      text += part;
      source.data = text.split('\n').slice(0, -1);
    });
    try {
      await until(() => server.events.hub.followers() === 1);
      await make('Seen 1', 'Seen 2');
      await until(() => source.data.length === 2);
      proxy.closeAllConnections();
      await make('Missed 1', 'Missed 2');
      await until(() => source.data.length >= 4);
      await make('Seen 3');
      await until(() => source.data.length >= 5);
      expect(namesOf(source)).toEqual(['Seen 1', 'Seen 2', 'Missed 1', 'Missed 2', 'Seen 3']);
      expect(sent).toEqual([undefined, JSON.parse(source.data[1]!).extensions.feed.cursor]);
    } finally {
      browser.kill();
      proxy.closeAllConnections();
      proxy.close();
    }
  });
});

test('nothing is left of streams that were closed', async () => {
  await until(() => server.events.hub.followers() === 0);
  expect(await ask(server, '{ __typename }')).toEqual({ __typename: 'Query' });
});
