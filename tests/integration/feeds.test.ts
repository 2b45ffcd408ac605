// The typed feeds: interactions as they are recorded and a customer as it changes, each answer with its place in the log.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ask, bulk, type Data, done, keyOfRole, makeCustomer, record } from '../support/core.ts';
import { until } from '../support/eventually.ts';
import { breakableClient, type Feed, follow } from '../support/feed.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ live: { maxOperations: 500 }, poolSize: 12 });
});
afterAll(() => server?.stop());

const recorded = `subscription ($after: String, $filter: InteractionFilter) { interactionRecorded(after: $after, filter: $filter) { id subject occurredAt kind { key } channel { key } customer { displayName } value { amount currency } } }`;
const changed = 'subscription ($after: String, $id: ID!) { customerChanged(after: $after, id: $id) { id displayName city version } }';
const byEmail = (value: string) => ({ identity: { kind: 'EMAIL', value } });
const subjects = (feed: Feed) => feed.items.map((item) => item.data.interactionRecorded.subject);

/** The cursor of the end of the log as it is now. */
async function end(): Promise<string> {
  await server.events.drained();
  const id = await makeCustomer(server, { displayName: 'Mark' });
  await server.events.drained();
  return (await ask(server, 'query ($id: ID!) { events(subjectId: $id) { pageInfo { endCursor } } }', { id })).events.pageInfo.endCursor;
}

/** Subscribes and waits until it follows, so that nothing that comes is missed. */
async function following(...args: Parameters<typeof follow>): Promise<Feed> {
  const before = server.events.hub.followers();
  const feed = follow(...args);
  await until(() => server.events.hub.followers() > before);
  return feed;
}

describe('interactionRecorded', () => {
  test('gives each interaction whole, past ones and then live ones, with cursor and phase', async () => {
    const after = await end();
    const customer = byEmail('feed@example.org');
    await bulk(
      server,
      'interactionsRecord',
      ['one', 'two'].map((subject) => ({
        customer,
        kind: 'order_placed',
        touchPoint: 'web_shop',
        direction: 'INBOUND',
        subject,
        value: { amount: '9.99', currency: 'GBP' },
      })),
    );
    await server.events.drained();
    const feed = follow(server.subscriber(), recorded, { after });
    const items = await feed.reach(2);
    expect(items[0]!.data.interactionRecorded).toMatchObject({
      subject: 'one',
      kind: { key: 'order_placed' },
      channel: { key: 'web' },
      customer: { displayName: 'feed@example.org' },
      value: { amount: '9.99', currency: 'GBP' },
    });
    await record(server, { customer, subject: 'three' });
    await feed.reach(3);
    expect(items.map(({ extensions }) => extensions)).toMatchObject([
      { feed: { cursor: expect.any(String), phase: 'BACKFILL', lagged: false } },
      { feed: { cursor: expect.any(String), phase: 'BACKFILL', lagged: false } },
      { feed: { cursor: expect.any(String), phase: 'LIVE', lagged: false } },
    ]);
    const { events } = await ask(
      server,
      'query ($after: String) { events(after: $after, types: ["interaction.recorded"]) { nodes { cursor subjectId } } }',
      { after },
    );
    expect(items.map((item) => [item.extensions!.feed.cursor, item.data.interactionRecorded.id])).toEqual(
      events.nodes.map((event: Data) => [event.cursor, event.subjectId]),
    );
    feed.stop();
    const rest = follow(server.subscriber(), recorded, { after: items[1]!.extensions!.feed.cursor });
    await rest.reach(1);
    expect(subjects(rest)).toEqual(['three']);
    rest.stop();
  });

  test('with a filter gives those that fit', async () => {
    const client = server.subscriber();
    const feeds = await Promise.all(
      [
        { kind: { eq: 'complaint' } },
        { customer: { displayName: { eq: 'f1@example.org' } } },
        { or: [{ sentiment: { lt: 0 } }, { valueAmount: { gte: '100' } }] },
      ].map((filter) => following(client, recorded, { filter })),
    );
    const contacts = [
      { customer: byEmail('f1@example.org'), kind: 'complaint', subject: 'a' },
      { customer: byEmail('f1@example.org'), subject: 'b', value: { amount: '100', currency: 'GBP' } },
      { customer: byEmail('f2@example.org'), kind: 'complaint', sentiment: -0.5, subject: 'c' },
      { customer: byEmail('f2@example.org'), subject: 'd' },
    ];
    for (const contact of contacts) await record(server, contact);
    await Promise.all(feeds.map((feed) => feed.reach(2)));
    // What would wrongly come would have come before this.
    await record(server, { customer: byEmail('f1@example.org'), kind: 'complaint', sentiment: -1, subject: 'last' });
    await Promise.all(feeds.map((feed) => feed.reach(3)));
    expect(feeds.map(subjects)).toEqual([
      ['a', 'c', 'last'],
      ['a', 'b', 'last'],
      ['b', 'c', 'last'],
    ]);
    for (const feed of feeds) feed.stop();
  });

  test('resumed by cursor after cut sockets, while writers write, gives each once', async () => {
    let cursor = await end();
    const total = 60;
    const writers = Promise.all(
      [0, 1, 2].map(async (writer) => {
        for (let n = 0; n < total / 3; n++)
          await record(server, { customer: byEmail(`w${writer}@example.org`), subject: `${writer}.${n}` });
      }),
    );
    const got: string[] = [];
    const { client, cut } = breakableClient(server);
    while (got.length < total) {
      const feed = follow(client, recorded, { after: cursor });
      const wanted = Math.min(7, total - got.length);
      await until(() => feed.items.length >= wanted);
      cut();
      await until(feed.over);
      got.push(...subjects(feed));
      cursor = feed.items.at(-1)!.extensions!.feed.cursor;
    }
    await writers;
    expect(new Set(got).size).toBe(total);
    for (const writer of [0, 1, 2])
      expect(got.filter((subject) => subject.startsWith(`${writer}.`))).toEqual(
        Array.from({ length: total / 3 }, (_, n) => `${writer}.${n}`),
      );
  });

  test('shows a role what it may see: nothing without interactions:read, no hidden field, no filter on one', async () => {
    const codes = async (role: Parameters<typeof keyOfRole>[1], variables: object = {}) => {
      const feed = follow(server.subscriber({ key: await keyOfRole(server, role) }), recorded, variables as Record<string, unknown>);
      await until(() => feed.codes().length > 0);
      return feed.codes();
    };
    expect(await codes({ permissions: ['customers:read', 'events:read'] })).toEqual(['FORBIDDEN']);
    expect(
      await codes({ permissions: ['interactions:read'], hiddenFields: ['Interaction.value'] }, { filter: { valueAmount: { gt: '1' } } }),
    ).toEqual(['FORBIDDEN']);
    expect(await codes({ permissions: ['interactions:read'] }, { after: 'x' })).toEqual(['CURSOR_INVALID']);
    const key = await keyOfRole(server, {
      permissions: ['interactions:read', 'customers:read', 'vocabularies:read', 'channels:read'],
      hiddenFields: ['Interaction.value', 'Interaction.subject'],
    });
    const feed = await following(server.subscriber({ key }), recorded);
    await record(server, { customer: byEmail('role@example.org'), subject: 'secret', value: { amount: '1', currency: 'GBP' } });
    await feed.reach(1);
    expect(feed.items[0]!.data.interactionRecorded).toMatchObject({
      subject: null,
      value: null,
      customer: { displayName: 'role@example.org' },
    });
    feed.stop();
  });
});

describe('customerChanged', () => {
  test('gives the customer as it is, whenever something about it changed, and no other', async () => {
    const id = await makeCustomer(server, { displayName: 'Watched', identities: [{ kind: 'EMAIL', value: 'watched@example.org' }] });
    const other = await makeCustomer(server, { displayName: 'Other' });
    await server.events.drained();
    const feed = await following(server.subscriber(), changed, { id });
    const change = async (count: number, name: string, input: object, select: string) => {
      await done(server, name, input, select);
      return (await feed.reach(count)).at(-1)!;
    };
    expect(await change(1, 'customerUpdate', { id, city: 'Rome' }, 'customer { id }')).toMatchObject({
      data: { customerChanged: { id, displayName: 'Watched', city: 'Rome', version: 2 } },
      extensions: { feed: { phase: 'LIVE', lagged: false } },
    });
    await done(server, 'customerUpdate', { id: other, city: 'Oslo' }, 'customer { id }');
    await change(2, 'preferenceAdd', { customer: { id }, topic: 't', value: 'v', basis: 'STATED' }, 'preference { id }');
    await record(server, { customer: { id } });
    await feed.reach(3);
    await change(4, 'customerMoveToStage', { customer: { id }, stage: 'loyal' }, 'customer { id }');
    await change(5, 'customerArchive', { id }, 'customer { id }');
    expect(new Set(feed.items.map((item) => item.data.customerChanged.id))).toEqual(new Set([id]));
    const again = follow(server.subscriber(), changed, { id, after: feed.items[2]!.extensions!.feed.cursor });
    await again.reach(2);
    expect(again.items.map((item) => [item.extensions!.feed.phase, item.data.customerChanged.version])).toEqual([
      ['BACKFILL', 4],
      ['BACKFILL', 4],
    ]);
    feed.stop();
    again.stop();
  });

  test('ends with silence when the customer is erased, and refuses ids of other types', async () => {
    const id = await makeCustomer(server, { displayName: 'Erased' });
    await server.events.drained();
    const feed = await following(server.subscriber(), changed, { id });
    await done(server, 'customerUpdate', { id, city: 'x' }, 'customer { id }');
    await feed.reach(1);
    await done(server, 'customerErase', { id, confirm: 'erase' }, 'customer { id }');
    await server.events.drained();
    expect([feed.items.length, feed.codes()]).toEqual([1, []]);
    feed.stop();
    const wrong = follow(server.subscriber(), changed, { id: id.replace('customer', 'user') });
    await until(() => wrong.codes().length > 0);
    expect(wrong.codes()).toEqual(['ID_INVALID']);
  });
});
