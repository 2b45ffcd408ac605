// Conversations: threads that interactions begin and join, closed and opened again.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ask, bulk, type Data, done, mutate, record } from '../support/core.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server?.stop());

const byEmail = (value: string) => ({ identity: { kind: 'EMAIL', value } });
const thread = (value: string) => ({ externalId: { system: 'mail', value } });
const select =
  'id subject status closedAt version createdAt externalRef { system value } channel { key } customer { displayName } interactions { nodes { subject } totalCount { value } }';
const read = (id: string) =>
  ask(server, `query ($id: ID!) { conversation(id: $id) { ${select} } }`, { id }).then((data) => data.conversation);
const conversationOf = (id: string) =>
  ask(server, 'query ($id: ID!) { interaction(id: $id) { conversation { id } } }', { id }).then((data) => data.interaction.conversation.id);
const errorsOf = (payload: Data) => payload.userErrors.map(({ code, path }: Data) => `${code} ${path.join('.')}`);

test('an unknown external id begins one, which later interactions join by either id, newest first', async () => {
  const customer = byEmail('ada@example.org');
  const first = await record(server, { customer, subject: 'Where is it?', occurredAt: '2025-01-01T10:00:00Z', conversation: thread('1') });
  const id = await conversationOf(first);
  await record(server, {
    customer,
    subject: 'On its way',
    direction: 'OUTBOUND',
    channel: 'chat',
    occurredAt: '2025-01-01T11:00:00Z',
    conversation: thread('1'),
  });
  await record(server, { customer, subject: 'Thanks', occurredAt: '2025-01-01T12:00:00Z', conversation: { id } });
  expect(await read(id)).toMatchObject({
    subject: 'Where is it?',
    status: 'OPEN',
    createdAt: '2025-01-01T10:00:00.000Z',
    externalRef: { system: 'mail', value: '1' },
    channel: { key: 'email' },
    customer: { displayName: 'ada@example.org' },
    interactions: { nodes: [{ subject: 'Thanks' }, { subject: 'On its way' }, { subject: 'Where is it?' }], totalCount: { value: 3 } },
  });
});

test('rows of one call that begin the same one share it, and two that arrive at once too', async () => {
  const rows = Array.from({ length: 4 }, (_, i) => ({
    customer: byEmail('bob@example.org'),
    kind: 'message',
    channel: 'chat',
    direction: 'INBOUND',
    subject: `m${i}`,
    conversation: thread('2'),
  }));
  const { results } = await bulk(server, 'interactionsRecord', rows);
  expect(new Set(await Promise.all(results.map((row: Data) => conversationOf(row.id)))).size).toBe(1);
  const made = await Promise.all(
    Array.from({ length: 6 }, () => record(server, { customer: byEmail('carl@example.org'), conversation: thread('3') })),
  );
  expect(new Set(await Promise.all(made.map(conversationOf))).size).toBe(1);
});

test('one of another customer is not joined, by id or external id, and unknown ids are refused', async () => {
  const id = await conversationOf(await record(server, { customer: byEmail('dora@example.org'), conversation: thread('4') }));
  const join = async (conversation: object) =>
    errorsOf(
      await mutate(
        server,
        'interactionRecord',
        { customer: byEmail('eve@example.org'), kind: 'message', channel: 'chat', direction: 'INBOUND', conversation },
        'interaction { id }',
      ),
    );
  expect(await join({ id })).toEqual(['CONVERSATION_MISMATCH conversation']);
  expect(await join(thread('4'))).toEqual(['CONVERSATION_MISMATCH conversation']);
  expect(await join({ id: id.slice(0, -4) + (id.endsWith('0000') ? '0001' : '0000') })).toEqual(['CONVERSATION_MISMATCH conversation']);
  expect(await ask(server, '{ customer(by: { identity: { kind: EMAIL, value: "eve@example.org" } }) { id } }')).toEqual({ customer: null });
});

test('closing and opening again keep the time, the version and the events', async () => {
  const id = await conversationOf(await record(server, { customer: byEmail('fay@example.org'), conversation: thread('5') }));
  const change = async (verb: string, more: object = {}) =>
    (await done(server, `conversation${verb}`, { id, ...more }, 'conversation { status closedAt version }')).conversation;
  expect(await change('Close', { expectedVersion: 1 })).toEqual({ status: 'CLOSED', closedAt: expect.any(String), version: 2 });
  expect((await change('Close')).version).toBe(2);
  expect(errorsOf(await mutate(server, 'conversationReopen', { id, expectedVersion: 1 }, 'conversation { id }'))).toEqual([
    'VERSION_CONFLICT expectedVersion',
  ]);
  expect(await change('Reopen')).toEqual({ status: 'OPEN', closedAt: null, version: 3 });
  const types = () =>
    ask(server, 'query ($id: ID!) { events(subjectId: $id) { nodes { type } } }', { id }).then((data) =>
      data.events.nodes.map((event: Data) => event.type),
    );
  await expect.poll(types).toEqual(['conversation.opened', 'conversation.closed', 'conversation.reopened']);
});

test('lists are filtered by status, customer, channel and time', async () => {
  const id = await conversationOf(
    await record(server, {
      customer: byEmail('gil@example.org'),
      channel: 'phone',
      occurredAt: '2024-02-02T00:00:00Z',
      conversation: thread('6'),
    }),
  );
  await done(server, 'conversationClose', { id }, 'conversation { id }');
  const list = (filter: object) =>
    ask(server, 'query ($filter: ConversationFilter) { conversations(filter: $filter) { nodes { id } } }', { filter }).then((data) =>
      data.conversations.nodes.map((one: Data) => one.id),
    );
  expect(await list({ status: { eq: 'CLOSED' } })).toEqual([id]);
  expect(await list({ channel: { eq: 'phone' }, createdAt: { lt: '2024-03-01T00:00:00Z' } })).toEqual([id]);
  expect(await list({ status: { eq: 'OPEN' }, channel: { eq: 'phone' } })).toEqual([]);
  const { customer } = await ask(server, 'query ($by: CustomerRef!) { customer(by: $by) { id conversations { nodes { id } } } }', {
    by: byEmail('gil@example.org'),
  });
  expect([await list({ customer: { eq: customer.id } }), customer.conversations.nodes]).toEqual([[id], [{ id }]]);
});
