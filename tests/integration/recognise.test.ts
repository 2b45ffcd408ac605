// recognise: the query behind a ringing phone.
import sql from 'sql-template-tag';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ask, bulk, codesOf, type Data, done, keyOfRole, makeCustomer, watchReads } from '../support/core.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

let server: TestServer;
let recogniser: string;
let id: string;

const document = `query ($identity: IdentityRefInput!) { recognise(identity: $identity) { customerId kind displayName language health stage owner team
  lastContacts { at direction channel kind subject outcome } openMatters { conversationId subject channel since } } }`;
const phone = (value: string) => ({ identity: { kind: 'PHONE', value } });
const recognise = (variables: object, key = recogniser) =>
  ask(server, document, variables as Record<string, unknown>, key).then((data) => data.recognise);

beforeAll(async () => {
  server = await startTestServer();
  await done(server, 'workspaceUpdate', { country: 'GB' }, 'workspace { id }');
  recogniser = await keyOfRole(server, { permissions: ['recognise'], hiddenFields: ['Customer.displayName', 'Customer.language'] });
  await done(server, 'userCreate', { name: 'Grace', email: 'grace@example.org' }, 'user { id }');
  const team = (await done(server, 'teamCreate', { name: 'Inside sales' }, 'team { id }')).team.id;
  id = await makeCustomer(server, {
    displayName: 'Ada',
    language: 'de',
    health: 'AT_RISK',
    stage: 'loyal',
    owner: { email: 'grace@example.org' },
    team: { id: team },
    identities: [
      { kind: 'PHONE', value: '020 7946 0958' },
      { kind: 'EMAIL', value: 'ada@example.org' },
    ],
  });
  const contact = (i: number) => ({
    customer: { id },
    kind: 'call',
    channel: 'phone',
    direction: 'INBOUND',
    occurredAt: `2025-01-0${i}T00:00:00Z`,
    subject: `call ${i}`,
    conversation: { externalId: { system: 'pbx', value: String(i % 3) } },
  });
  await bulk(server, 'interactionsRecord', [1, 2, 3, 4, 5, 6, 7].map(contact));
  const closed = await ask(server, '{ conversations(filter: { createdAt: { eq: "2025-01-02T00:00:00Z" } }) { nodes { id } } }');
  await done(server, 'conversationClose', { id: closed.conversations.nodes[0].id }, 'conversation { id }');
});
afterAll(() => server?.stop());

test('tells who it is, with the last contacts and open matters, to a role that may see nothing else', async () => {
  expect(await recognise(phone('020 7946 0958'))).toEqual({
    customerId: id,
    kind: 'PERSON',
    displayName: 'Ada',
    language: 'de',
    health: 'AT_RISK',
    stage: 'Loyal',
    owner: 'Grace',
    team: 'Inside sales',
    lastContacts: [7, 6, 5, 4, 3].map((i) => ({
      at: `2025-01-0${i}T00:00:00.000Z`,
      direction: 'INBOUND',
      channel: 'Phone',
      kind: 'Call',
      subject: `call ${i}`,
      outcome: null,
    })),
    openMatters: [3, 1].map((i) => ({
      conversationId: expect.stringMatching(/^conversation_/),
      subject: `call ${i}`,
      channel: 'Phone',
      since: `2025-01-0${i}T00:00:00.000Z`,
    })),
  });
  for (const list of ['customers', 'interactions', 'conversations', 'users'])
    expect(await codesOf(server, `{ ${list} { nodes { id } } }`, {}, recogniser)).toEqual(['FORBIDDEN']);
  expect(await codesOf(server, `{ customer(by: { id: "${id}" }) { id } }`, {}, recogniser)).toEqual(['FORBIDDEN']);
});

describe('in one statement', () => {
  test.each([
    [{ kind: 'PHONE', value: '+44 (20) 7946-0958' }, 1],
    [{ kind: 'EMAIL', value: 'ADA@Example.org' }, 1],
    [{ kind: 'EMAIL', value: 'nobody@example.org' }, 1],
    // A number in national form is read with the workspace's country, which is looked up first.
    [{ kind: 'PHONE', value: '020 7946 0958' }, 2],
  ])('%j', async (identity, count) => {
    await recognise({ identity });
    const { statements } = await watchReads(server, () => recognise({ identity }));
    expect(statements).toHaveLength(count);
  });

  test('that needs no sequential scan of customers, contacts or conversations', async () => {
    const [ada] = await server.db.query<{ id: string }>(sql`select customer_id as id from identities where value = 'ada@example.org'`);
    await server.db.execute(sql`insert into interactions (workspace_id, id, customer_id, channel_id, kind_id, direction, occurred_at, actor_kind)
      select i.workspace_id, gen_random_uuid(), i.customer_id, i.channel_id, i.kind_id, i.direction, i.occurred_at - n * interval '1 minute', i.actor_kind
      from (select * from interactions where customer_id = ${ada!.id}::uuid limit 1) i, generate_series(1, 5000) n`);
    await server.db.execute(
      sql`insert into customers (workspace_id, id, kind, display_name) select ${server.workspaceId}::uuid, gen_random_uuid(), 'PERSON', 'x' from generate_series(1, 5000)`,
    );
    await server.db.execute(sql`insert into identities (workspace_id, id, customer_id, kind, system, value, original)
      select workspace_id, gen_random_uuid(), id, 'EXTERNAL', 'bulk', id::text, '' from customers`);
    await server.db.pool.query('analyze');
    const { statements } = await watchReads(server, () => recognise({ identity: { kind: 'EMAIL', value: 'ada@example.org' } }));
    const { rows } = await server.db.pool.query({ ...statements[0]!, text: `explain (format json) ${statements[0]!.text}` });
    const plan = JSON.stringify(rows);
    for (const table of ['customers', 'interactions', 'identities'])
      expect(plan).not.toMatch(new RegExp(`"Node Type":"Seq Scan"[^{}]*"Relation Name":"${table}"`));
  });
});

test('nobody is null, archived ones are told, and who is erased is gone', async () => {
  expect(await recognise({ identity: { kind: 'EMAIL', value: 'nobody@example.org' } })).toBeNull();
  const gone = await makeCustomer(server, { identities: [{ kind: 'SOCIAL', system: 'mastodon', value: '@gone' }] });
  const social = { identity: { kind: 'SOCIAL', system: 'Mastodon', value: 'GONE' } };
  await done(server, 'customerArchive', { id: gone }, 'customer { id }');
  expect(await recognise(social)).toMatchObject({
    customerId: gone,
    displayName: '@gone',
    stage: null,
    owner: null,
    lastContacts: [],
    openMatters: [],
  });
  await done(server, 'customerErase', { id: gone, confirm: 'erase' }, 'customer { id }');
  expect(await recognise(social)).toBeNull();
});

test('what is no identity, and who may not ask, is refused', async () => {
  const refused = async (identity: Data, key = recogniser) =>
    (await server.query(document, { identity }, { key })).errors.map(({ extensions: { code, reason } }) => [code, reason]);
  expect(await refused({ kind: 'PHONE', value: 'not a phone' })).toEqual([['BAD_USER_INPUT', 'PHONE_INVALID']]);
  expect(await refused({ kind: 'EMAIL', value: 'x@' })).toEqual([['BAD_USER_INPUT', 'EMAIL_INVALID']]);
  expect(await refused({ kind: 'SOCIAL', value: '@x' })).toEqual([['BAD_USER_INPUT', 'IDENTITY_SYSTEM']]);
  const reader = await keyOfRole(server, { permissions: ['customers:read', 'interactions:read'] });
  expect(await refused({ kind: 'EMAIL', value: 'ada@example.org' }, reader)).toEqual([['FORBIDDEN', undefined]]);
});
