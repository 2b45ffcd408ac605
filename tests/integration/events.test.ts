// The event log as its readers see it, page by page.
import sql from 'sql-template-tag';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { encodeCursor, lastSeq } from '../../src/events/index.ts';
import { ask, bulk, codesOf, type Data, done, keyOfRole, makeCustomer } from '../support/core.ts';
import { follow, type Item } from '../support/feed.ts';
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

/** The cursor of the end of the log, once everything committed so far is in it. */
async function end(): Promise<string> {
  await server.events.drained();
  return encodeCursor(await lastSeq(server.db));
}

describe('pages of the log', () => {
  test('give each event once, oldest first, with who did what to which field', async () => {
    const after = await end();
    const id = await makeCustomer(server, {
      displayName: 'Ada',
      identities: [{ kind: 'EMAIL', value: 'log@example.org' }],
      stage: 'prospect',
    });
    await update(id, 'London');
    await end();
    const all = await read({ after, first: 100 });
    expect(all.nodes.map((event: Data) => event.type)).toEqual(['customer.created', 'customer.updated']);
    expect(all.nodes[1]).toMatchObject({
      id: expect.stringMatching(/^event_/),
      subjectType: 'Customer',
      subjectId: id,
      customerId: id,
      subject: { id },
      data: { before: { city: null }, after: { city: 'London' } },
      actor: { kind: 'API_KEY', apiKey: { name: 'Administrator' } },
      requestId: expect.any(String),
    });
    const one = await read({ after, first: 1 });
    expect([one.nodes, one.pageInfo]).toEqual([
      all.nodes.slice(0, 1),
      { hasNextPage: true, hasPreviousPage: true, endCursor: one.nodes[0].cursor },
    ]);
    expect((await read({ after: one.pageInfo.endCursor })).nodes).toEqual(all.nodes.slice(1));
    const { customer } = await ask(server, 'query ($id: ID!) { customer(by: { id: $id }) { stage { id } } }', { id });
    expect(all.nodes[0].data.after).toMatchObject({
      displayName: 'Ada',
      stageId: customer.stage.id,
      identities: [{ kind: 'EMAIL', system: '', value: 'log@example.org' }],
    });
  });

  test('are cut by type and by what they are about; a customer’s id gives all about the customer', async () => {
    const id = await makeCustomer(server, { displayName: 'Subject' });
    await bulk(server, 'interactionsRecord', [
      {
        customer: { id },
        kind: 'call',
        channel: 'phone',
        direction: 'INBOUND',
        conversation: { externalId: { system: 's', value: 'subject' } },
      },
    ]);
    await update(id, 'Rome');
    await end();
    const types = async (variables: object) => (await read(variables)).nodes.map((event: Data) => event.type);
    expect((await types({ subjectId: id })).sort()).toEqual([
      'conversation.opened',
      'customer.created',
      'customer.updated',
      'interaction.recorded',
    ]);
    expect(await types({ subjectId: id, types: ['customer.updated', 'interaction.recorded'] })).toEqual([
      'interaction.recorded',
      'customer.updated',
    ]);
    const interaction = (await read({ subjectId: id, types: ['interaction.recorded'] })).nodes[0].subjectId;
    expect(await read({ subjectId: interaction })).toMatchObject({
      nodes: [{ type: 'interaction.recorded', customerId: id }],
      totalCount: { value: 1, isExact: true },
    });
    expect(await types({ subjectId: id, types: [] })).toEqual([]);
  });

  test('show ids and amounts as the rest of the API writes them', async () => {
    const id = await makeCustomer(server, { displayName: 'Written' });
    const { results } = await bulk(server, 'interactionsRecord', [
      { customer: { id }, kind: 'order_placed', touchPoint: 'web_shop', direction: 'INBOUND', value: { amount: '12.5', currency: 'GBP' } },
    ]);
    await end();
    const { interaction } = await ask(
      server,
      'query ($id: ID!) { interaction(id: $id) { kind { id } channel { id } touchPoint { id } occurredAt } }',
      { id: results[0].id },
    );
    const { nodes } = await read({ subjectId: results[0].id });
    expect(nodes[0].data.after).toEqual({
      customerId: id,
      kindId: interaction.kind.id,
      channelId: interaction.channel.id,
      touchPointId: interaction.touchPoint.id,
      direction: 'INBOUND',
      occurredAt: interaction.occurredAt,
      valueAmount: '12.50',
      valueCurrency: 'GBP',
    });
  });

  test('leave out what the role may not see: whole types, hidden fields, and everything without events:read', async () => {
    const id = await makeCustomer(server, {
      displayName: 'Hidden',
      birthDate: '1990-01-01',
      city: 'Oslo',
      identities: [{ kind: 'EMAIL', value: 'hidden@example.org' }],
      stage: 'loyal',
    });
    await bulk(server, 'interactionsRecord', [
      { customer: { id }, kind: 'call', channel: 'phone', direction: 'INBOUND', value: { amount: '1', currency: 'GBP' } },
    ]);
    await end();
    const key = await keyOfRole(server, {
      permissions: ['events:read', 'customers:read'],
      hiddenFields: ['Customer.birthDate', 'Customer.identities', 'Customer.stage'],
    });
    const seen = await read({ subjectId: id }, key);
    expect(seen.nodes.map((event: Data) => event.type)).toEqual(['customer.created']);
    expect(seen.totalCount.value).toBe(1);
    expect(seen.nodes[0].data.after).toMatchObject({ city: 'Oslo' });
    for (const name of ['birthDate', 'identities', 'stageId']) expect(seen.nodes[0].data.after).not.toHaveProperty(name);
    const money = await keyOfRole(server, {
      permissions: ['events:read', 'interactions:read', 'customers:read'],
      hiddenFields: ['Interaction.value'],
    });
    const [recorded] = (await read({ subjectId: id, types: ['interaction.recorded'] }, money)).nodes;
    expect(Object.keys(recorded.data.after).filter((name) => name.startsWith('value'))).toEqual([]);
    expect(await codesOf(server, page, {}, await keyOfRole(server, { permissions: ['customers:read'] }))).toEqual(['FORBIDDEN']);
  });

  test('refuse what is no cursor, one beyond the end, ids of nothing and windows out of bounds', async () => {
    expect(await codesOf(server, page, { after: 'x' })).toEqual(['CURSOR_INVALID']);
    expect(await codesOf(server, page, { after: encodeCursor(10n ** 12n) })).toEqual(['CURSOR_AHEAD']);
    expect(await codesOf(server, page, { subjectId: 'customer_x' })).toEqual(['ID_INVALID']);
    expect(await codesOf(server, page, { first: 101 })).toEqual(['PAGE_INVALID']);
    expect(await codesOf(server, page, { types: Array(51).fill('x') })).toEqual(['BAD_USER_INPUT']);
  });
});

test('the log of an erased customer keeps its places and loses its data, in pages and in feeds', async () => {
  const after = await end();
  const other = await makeCustomer(server, { displayName: 'Stays' });
  const id = await makeCustomer(server, { displayName: 'Erased Person' });
  await bulk(server, 'interactionsRecord', [
    { customer: { id }, kind: 'call', channel: 'phone', direction: 'INBOUND', subject: 'Erased Person calls' },
  ]);
  const live = follow(server.subscriber(), feed, { after });
  await live.reach(4);
  const before = await read({ after });
  await done(server, 'customerErase', { id, confirm: 'erase' }, 'customer { id }');
  await end();
  const now = await read({ after });
  expect(now.nodes.map((event: Data) => [event.cursor, event.type])).toEqual([
    ...before.nodes.map((event: Data) => [event.cursor, event.type]),
    [expect.any(String), 'customer.erased'],
  ]);
  expect(now.nodes.map((event: Data) => event.data)).toEqual([
    expect.objectContaining({ after: expect.anything() }),
    ...Array(3).fill({ erased: true }),
  ]);
  expect(now.nodes.map((event: Data) => event.subject)).toEqual([{ id: other }, null, null, null]);
  const [gaps] = await server.db.query<{ missing: bigint }>(sql`select max(seq) - count(*) as missing from events`);
  expect(gaps!.missing).toBe(0n);
  // The feed that was there already goes on; one that begins now gets the same, without the data.
  const items = await live.reach(5);
  expect(eventsOf(items).at(-1)).toMatchObject({ type: 'customer.erased', subjectId: id });
  const again = follow(server.subscriber(), feed, { after });
  const replayed = eventsOf(await again.reach(5)).filter((item) => item.__typename === 'Event');
  expect(JSON.stringify(replayed)).not.toContain('Erased Person');
  expect(replayed.map((event) => event.type)).toEqual(now.nodes.map((event: Data) => event.type));
  live.stop();
  again.stop();
});
