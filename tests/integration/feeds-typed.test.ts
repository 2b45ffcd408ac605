// Typed feeds: which events each tells, and choosing by changed fields and by who caused them.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ask, bulk, codesOf, done, keyOfRole, makeCustomer, record } from '../support/core.ts';
import { until } from '../support/eventually.ts';
import { type Feed, follow } from '../support/feed.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ live: { maxOperations: 500 }, poolSize: 12 });
});
afterAll(() => server?.stop());

/** Subscribes and waits until it follows, or is refused. */
async function following(query: string, variables: Record<string, unknown> = {}, key?: string): Promise<Feed> {
  await server.events.drained();
  const before = server.events.hub.followers();
  const feed = follow(server.subscriber(key === undefined ? {} : { key }), query, variables);
  await until(() => server.events.hub.followers() > before || feed.codes().length > 0);
  return feed;
}
const names = (feed: Feed, field: string) => feed.items.map((item) => item.data[field].displayName);
const update = (id: string, input: object) => done(server, 'customerUpdate', { id, ...input }, 'customer { id }');
const eventOf = (feed: Feed, at: number) => (feed.items[at]!.extensions as unknown as { feed: { event: unknown } }).feed.event;

const created = 'subscription ($filter: CustomerFilter) { customerCreated(filter: $filter) { id displayName } }';
const updated = `subscription ($changed: [String!], $notOrigins: [String!], $after: String) {
  customerUpdated(changed: $changed, notOrigins: $notOrigins, after: $after) { id displayName city } }`;
const log = `subscription ($changed: [String!], $notOrigins: [String!], $after: String) {
  events(changed: $changed, notOrigins: $notOrigins, after: $after) { __typename ... on Event { type changed } } }`;

describe('a typed feed', () => {
  test('tells of its own events only, with the event behind each, and of rows that fit', async () => {
    const feeds = await Promise.all([following(created), following(created, { filter: { displayName: { startsWith: 'B' } } })]);
    const moved = await following('subscription { customerStageChanged { displayName stage { key } } }');
    const a = await makeCustomer(server, { displayName: 'A' });
    await update(a, { city: 'Rome' });
    await makeCustomer(server, { displayName: 'B' });
    await done(server, 'customerMoveToStage', { customer: { id: a }, stage: 'loyal' }, 'customer { id }');
    await Promise.all([feeds[0]!.reach(2), feeds[1]!.reach(1), moved.reach(1)]);
    expect(feeds.map((feed) => names(feed, 'customerCreated'))).toEqual([['A', 'B'], ['B']]);
    expect(eventOf(feeds[0]!, 0)).toEqual({
      id: expect.stringMatching(/^event_/),
      type: 'customer.created',
      origin: null,
      changed: expect.arrayContaining(['displayName']),
    });
    expect(moved.items.at(-1)!.data.customerStageChanged).toMatchObject({ displayName: 'A', stage: { key: 'loyal' } });
    for (const feed of [...feeds, moved]) feed.stop();
  });

  test('of segments tells who comes and goes, of all or of one', async () => {
    await done(server, 'segmentationCreate', { key: 'lists', name: 'Lists', kind: 'TACTICAL' }, 'segmentation { id }');
    const make = (key: string) =>
      done(server, 'segmentCreate', { key, name: key, segmentation: 'lists' }, 'segment { id }').then((made) => made.segment.id);
    const [one] = [await make('one'), await make('two')];
    const entered = `subscription ($segment: String, $segmentId: ID) {
      segmentEntered(segment: $segment, segmentId: $segmentId) { segment { key } customer { displayName } } }`;
    const feeds = await Promise.all([following(entered), following(entered, { segment: 'one' }), following(entered, { segmentId: one })]);
    const left = await following('subscription { segmentLeft(segment: "one") { leftAt customer { displayName } } }');
    const id = await makeCustomer(server, { displayName: 'Member' });
    const change = (name: string, segment: string) => bulk(server, name, [{ segment, customer: { id } }]);
    for (const segment of ['two', 'one']) await change('segmentMembersAdd', segment);
    await change('segmentMembersRemove', 'one');
    await Promise.all([feeds[0]!.reach(2), feeds[1]!.reach(1), feeds[2]!.reach(1), left.reach(1)]);
    expect(feeds.map((feed) => feed.items.map((item) => item.data.segmentEntered.segment.key))).toEqual([['two', 'one'], ['one'], ['one']]);
    expect(left.items[0]!.data.segmentLeft).toEqual({ leftAt: expect.any(String), customer: { displayName: 'Member' } });
    for (const feed of [...feeds, left]) feed.stop();
  });

  test('of one customer says nothing of an event that the role may not read, but that something changed', async () => {
    const id = await makeCustomer(server, { displayName: 'Quiet' });
    const key = await keyOfRole(server, { permissions: ['customers:read'] });
    const feed = await following('subscription ($id: ID!) { customerChanged(id: $id) { displayName } }', { id }, key);
    await record(server, { customer: { id } });
    await update(id, { city: 'Oslo' });
    await until(() => feed.items.some((_item, at) => eventOf(feed, at) !== null));
    const events = feed.items.map((_item, at) => eventOf(feed, at));
    expect(events[0]).toBeNull();
    expect(events.at(-1)).toMatchObject({ type: 'customer.updated', changed: ['city'] });
    expect(JSON.stringify(events)).not.toContain('interaction');
    feed.stop();
  });

  test('is refused to a role that may not read its rows', async () => {
    const key = await keyOfRole(server, { permissions: ['customers:read', 'events:read'] });
    const feed = await following('subscription { opportunityWon { id } }', {}, key);
    expect(feed.codes()).toEqual(['FORBIDDEN']);
  });
});

describe('changed', () => {
  test('chooses by the fields that an event changed, in pages, in what was, and live', async () => {
    const id = await makeCustomer(server, { displayName: 'Changing' });
    await server.events.drained();
    const page = 'query ($id: ID!, $changed: [String!]) { events(subjectId: $id, changed: $changed) { nodes { type changed cursor } } }';
    const start = (await ask(server, page, { id })).events.nodes.at(-1).cursor;
    const live = await following(updated, { changed: ['city'] });
    const both = await following(updated, { changed: ['city', 'displayName'] });
    await update(id, { city: 'Rome' });
    await update(id, { displayName: 'Changed' });
    await update(id, { city: 'Oslo', displayName: 'Again' });
    await Promise.all([live.reach(2), both.reach(3)]);
    const back = await following(updated, { changed: ['city'], after: start });
    const whole = await following(log, { changed: ['city'], after: start });
    await Promise.all([back.reach(2), whole.reach(3)]);
    expect(back.items.map((_item, at) => (eventOf(back, at) as { changed: string[] }).changed.toSorted())).toEqual([
      ['city'],
      ['city', 'displayName'],
    ]);
    expect(whole.items.map((item) => item.data.events.__typename)).toEqual(['Event', 'Event', 'FeedCaughtUp']);
    const pages = async (changed: string[]) => (await ask(server, page, { id, changed })).events.nodes.length;
    expect([await pages(['city']), await pages(['displayName']), await pages(['birthDate']), await pages([])]).toEqual([2, 3, 0, 0]);
    expect(live.items).toHaveLength(2);
    for (const feed of [live, both, back, whole]) feed.stop();
  });

  test('knows only names that the role is shown', async () => {
    const key = await keyOfRole(server, { permissions: ['*'], hiddenFields: ['Customer.city'] });
    const id = await makeCustomer(server, { displayName: 'Hidden' });
    await update(id, { city: 'Rome' });
    await server.events.drained();
    const page = 'query ($changed: [String!]) { events(changed: $changed) { nodes { changed } } }';
    expect(await codesOf(server, page, { changed: ['city'] }, key)).toEqual(['FORBIDDEN']);
    expect(await codesOf(server, page, { changed: ['nonsense'] }, key)).toEqual(['BAD_USER_INPUT']);
    expect(await codesOf(server, page, { changed: Array(51).fill('city') }, key)).toEqual(['BAD_USER_INPUT']);
    for (const [query, changed, code] of [
      [updated, ['city'], 'FORBIDDEN'],
      [updated, ['direction'], 'BAD_USER_INPUT'],
      [log, ['city'], 'FORBIDDEN'],
      [log, ['nonsense'], 'BAD_USER_INPUT'],
    ] as const)
      expect((await following(query, { changed }, key)).codes()).toEqual([code]);
    const shown = (await ask(server, 'query ($id: ID!) { events(subjectId: $id) { nodes { changed } } }', { id }, key)).events.nodes;
    expect(shown.at(-1).changed).toEqual([]);
  });

  test('does not tell by a name that is hidden on one thing and shown on another', async () => {
    const key = await keyOfRole(server, {
      permissions: ['*'],
      hiddenFields: ['Customer.owner'],
    });
    const user = (await done(server, 'userCreate', { name: 'Owner' }, 'user { id }')).user.id;
    const start = (await ask(server, '{ events(first: 100) { pageInfo { endCursor } } }')).events.pageInfo.endCursor;
    await makeCustomer(server, { displayName: 'Owned', owner: { id: user } });
    await server.events.drained();
    const variables = { changed: ['ownerId'], after: start };
    const page = 'query ($changed: [String!], $after: String) { events(changed: $changed, after: $after) { nodes { type } } }';
    const types = async (as?: string) => (await ask(server, page, variables, as)).events.nodes.map((node: { type: string }) => node.type);
    expect(await types()).toContain('customer.created');
    expect(await types(key)).not.toContain('customer.created');
    const feed = await following(log, variables, key);
    await until(() => feed.items.some((item) => item.data.events.__typename === 'FeedCaughtUp'));
    expect(feed.items.map((item) => item.data.events.type)).not.toContain('customer.created');
    feed.stop();
  });
});

test('notOrigins leaves out what an integration caused itself', async () => {
  const id = await makeCustomer(server, { displayName: 'Synced' });
  const feeds = [
    await following(updated, { notOrigins: ['my-sync'] }),
    await following(log, { notOrigins: ['my-sync'], changed: ['city'] }),
  ];
  const write = (city: string, origin?: string) =>
    server.query(
      'mutation ($id: ID!, $city: String) { customerUpdate(input: { id: $id, city: $city }) { userErrors { code } } }',
      { id, city },
      origin ? { headers: { 'x-trato-origin': origin } } : {},
    );
  await write('Rome', 'my-sync');
  await write('Oslo', 'other');
  await write('Bonn');
  await Promise.all([feeds[0]!.reach(2), feeds[1]!.reach(3)]);
  expect(feeds[0]!.items.map((_item, at) => (eventOf(feeds[0]!, at) as { origin: string | null }).origin)).toEqual(['other', null]);
  await server.events.drained();
  const { nodes } = (
    await ask(
      server,
      'query ($id: ID!) { events(subjectId: $id, notOrigins: ["my-sync"], types: ["customer.updated"]) { nodes { origin } } }',
      { id },
    )
  ).events;
  expect(nodes).toEqual([{ origin: 'other' }, { origin: null }]);
  for (const feed of feeds) feed.stop();
});
