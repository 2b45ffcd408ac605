import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { encodeCursor, lastSeq } from '../../src/events/index.ts';
import { ask, bulk, type Data, done, keyOfRole, makeCustomer } from '../support/core.ts';
import { until } from '../support/eventually.ts';
import { breakableClient, follow, type Item } from '../support/feed.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ live: { maxOperations: 50 }, poolSize: 12 });
});
afterAll(() => server?.stop());

const eventFields =
  'id cursor type subjectType subjectId customerId data occurredAt requestId actor { kind apiKey { name } } subject { id }';
const page = `query ($first: Int, $after: String, $types: [String!], $subjectId: ID) { events(first: $first, after: $after, types: $types, subjectId: $subjectId) {
  nodes { ${eventFields} } edges { cursor } pageInfo { hasNextPage hasPreviousPage endCursor } totalCount(upTo: 100000) { value isExact } } }`;
const read = (variables: object = {}, key?: string): Promise<Data> =>
  ask(server, page, variables as Record<string, unknown>, key).then((data) => data.events);
const feed = `subscription ($after: String, $types: [String!], $subjectId: ID) { events(after: $after, types: $types, subjectId: $subjectId) {
  __typename ... on Event { id cursor type subjectId data } ... on FeedCaughtUp { cursor } ... on FeedLagged { cursor behind } } }`;
const update = (id: string, city: string) => done(server, 'customerUpdate', { id, city }, 'customer { id }');
const eventsOf = (items: Item[]) => items.map((item) => item.data.events);
const citiesOf = (items: Item[]) => eventsOf(items).flatMap((event) => (event.type === 'customer.updated' ? [event.data.after.city] : []));

/** The cursor of the end of the log, once everything committed so far is in it. */
async function end(): Promise<string> {
  await server.events.drained();
  return encodeCursor(await lastSeq(server.db));
}

describe('the feed', () => {
  test('gives what was missed since a cursor, says that it has caught up, and goes on live', async () => {
    const after = await end();
    const id = await makeCustomer(server, { displayName: 'Fed' });
    for (const city of ['a', 'b']) await update(id, city);
    await end();
    const live = follow(server.subscriber(), feed, { after, subjectId: id });
    const items = await live.reach(4);
    expect(eventsOf(items).map((item) => item.type ?? item.__typename)).toEqual([
      'customer.created',
      'customer.updated',
      'customer.updated',
      'FeedCaughtUp',
    ]);
    await update(id, 'c');
    await update(id, 'd');
    expect(citiesOf(await live.reach(6))).toEqual(['a', 'b', 'c', 'd']);
    const { nodes } = await read({ subjectId: id });
    expect(eventsOf(items).flatMap((item) => (item.__typename === 'Event' ? [item.cursor] : []))).toEqual(
      nodes.map((event: Data) => event.cursor),
    );
    live.stop();
  });

  test('without a cursor begins at the end', async () => {
    const id = await makeCustomer(server, { displayName: 'New' });
    await end();
    const live = follow(server.subscriber(), feed, { subjectId: id });
    expect(eventsOf(await live.reach(1))).toMatchObject([{ __typename: 'FeedCaughtUp' }]);
    await update(id, 'x');
    expect(eventsOf(await live.reach(2))[1]).toMatchObject({
      type: 'customer.updated',
      data: { before: { city: null }, after: { city: 'x' } },
    });
    live.stop();
  });

  test('resumed by cursor after cut sockets, while writers write, misses nothing and doubles nothing', async () => {
    const after = await end();
    const customers = await Promise.all([0, 1, 2].map((n) => makeCustomer(server, { displayName: `Writer ${n}` })));
    const { client, cut } = breakableClient(server);
    const rounds = 25;
    let writing = true;
    const writers = Promise.all(
      customers.map(async (id) => {
        for (let n = 0; n < rounds; n++) await update(id, String(n));
      }),
    ).then(() => (writing = false));
    const got: Data[] = [];
    let cursor = after;
    let cuts = 0;
    while (writing || got.length < customers.length * rounds) {
      const live = follow(client, feed, { after: cursor, types: ['customer.updated'] });
      const enough = 4 + (cuts % 3) * 3;
      await until(
        () => live.items.length >= enough || got.length + citiesOf(live.items).length >= customers.length * rounds || live.over(),
      );
      cut();
      await until(live.over);
      cuts++;
      for (const item of eventsOf(live.items)) {
        cursor = item.cursor;
        if (item.__typename === 'Event') got.push(item);
      }
    }
    await writers;
    expect(cuts).toBeGreaterThan(3);
    expect(new Set(got.map((event) => event.id)).size).toBe(got.length);
    for (const id of customers)
      expect(got.filter((event) => event.subjectId === id).map((event) => event.data.after.city)).toEqual(
        Array.from({ length: rounds }, (_, n) => String(n)),
      );
  });

  test('shows a role only its types and fields', async () => {
    const key = await keyOfRole(server, { permissions: ['events:read', 'customers:read'], hiddenFields: ['Customer.city'] });
    const id = await makeCustomer(server, { displayName: 'Cut' });
    const live = follow(server.subscriber({ key }), feed, { after: await end() });
    await live.reach(1);
    await bulk(server, 'interactionsRecord', [{ customer: { id }, kind: 'call', channel: 'phone', direction: 'INBOUND' }]);
    await done(server, 'customerUpdate', { id, city: 'Secret', region: 'Open' }, 'customer { id }');
    expect(eventsOf(await live.reach(2))).toMatchObject([
      { __typename: 'FeedCaughtUp' },
      { type: 'customer.updated', data: { before: { region: null }, after: { region: 'Open' } } },
    ]);
    expect(JSON.stringify(live.items)).not.toContain('Secret');
    live.stop();
  });

  test('refuses bad cursors and roles without events:read; a socket without a credential is closed', async () => {
    const refused = async (variables: object, key?: string) => {
      const live = follow(server.subscriber(key === undefined ? {} : { key }), feed, variables as Record<string, unknown>);
      await until(() => live.codes().length > 0);
      return live.codes();
    };
    expect(await refused({ after: 'x' })).toEqual(['CURSOR_INVALID']);
    expect(await refused({ after: encodeCursor(10n ** 12n) })).toEqual(['CURSOR_AHEAD']);
    expect(await refused({ subjectId: 'x' })).toEqual(['ID_INVALID']);
    expect(await refused({}, await keyOfRole(server, { permissions: ['customers:read'] }))).toEqual(['FORBIDDEN']);
    expect(await refused({}, 'trato_wrong')).toEqual(['closed 4403']);
    const anonymous = follow(server.subscriber({ key: null }), feed);
    await until(() => anonymous.codes().length > 0);
    expect(anonymous.codes()).toEqual(['closed 4403']);
  });

  test('that is quiet lets its follower go as soon as it is left, by completing or by a cut socket', async () => {
    await until(() => server.events.hub.followers() === 0);
    const id = await makeCustomer(server, { displayName: 'Quiet' });
    const { client, cut } = breakableClient(server);
    const feeds = [1, 2, 3].map(() => follow(client, feed, { subjectId: id }));
    await Promise.all(feeds.map((one) => one.reach(1)));
    expect(server.events.hub.followers()).toBe(3);
    feeds[0]!.stop();
    await until(() => server.events.hub.followers() === 2);
    cut();
    await until(() => server.events.hub.followers() === 0);
  });
});
