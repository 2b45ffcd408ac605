// Interactions as channels record them and people look for them.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ask, bulk, codesOf, type Data, done, keyOfRole, makeCustomer, mutate, record } from '../support/core.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

let server: TestServer;
let user: string;
beforeAll(async () => {
  server = await startTestServer();
  user = (await done(server, 'userCreate', { name: 'Grace', email: 'grace@example.org' }, 'user { id }')).user.id;
});
afterAll(() => server?.stop());

const byEmail = (value: string) => ({ identity: { kind: 'EMAIL', value } });
const everything = `id customer { id displayName } kind { key } channel { key } touchPoint { key } direction occurredAt externalRef { system value } value { amount currency } cost { amount currency }
  subject body outcome sentiment duration user { name } actor { kind apiKey { name } } conversation { id } attributes version participants { nodes { role customer { displayName } user { name } } }`;
const input = (more: object) => ({ kind: 'enquiry', channel: 'email', direction: 'INBOUND', customer: byEmail('someone@example.org'), ...more });
const put = (more: object, select = everything) => mutate(server, 'interactionRecord', input(more), `interaction { ${select} }`);
const errorsOf = (payload: Data) => payload.userErrors.map(({ code, path }: Data) => `${code} ${path.join('.')}`.trim());
const rowsOf = (payload: Data) => payload.results.map(({ status, userErrors }: Data) => [status, ...errorsOf({ userErrors })].join(' '));

describe('recording', () => {
  test('for an unknown identity makes the customer, for a known one attaches to it, whatever the channel', async () => {
    const first = (await put({ customer: byEmail('New.One@Example.org') })).interaction;
    expect(first.customer.displayName).toBe('New.One@Example.org');
    const again = (await put({ customer: byEmail('new.one@example.org'), channel: 'chat' })).interaction;
    expect(again.customer.id).toBe(first.customer.id);
    await done(server, 'identityAdd', { customer: { id: first.customer.id }, identity: { kind: 'PHONE', value: '+44 20 7946 0958' } }, 'customer { id }');
    const call = (await put({ customer: { identity: { kind: 'PHONE', value: '+442079460958' } }, channel: 'phone', kind: 'call' })).interaction;
    expect(call.customer.id).toBe(first.customer.id);
    const { customer } = await ask(server, 'query ($id: ID!) { customer(by: { id: $id }) { identities { totalCount { value } } interactions { totalCount { value } nodes { channel { key } } } } }', { id: first.customer.id });
    expect(customer.identities.totalCount.value).toBe(2);
    expect(customer.interactions.nodes.map((one: Data) => one.channel.key).sort()).toEqual(['chat', 'email', 'phone']);
  });

  test('keeps all that is known of the contact', async () => {
    const attributes = { mood: 'sunny' };
    await done(server, 'attributeDefinitionCreate', { entity: 'INTERACTION', key: 'mood', name: 'Mood', type: 'TEXT' }, 'attributeDefinition { id }');
    const { interaction } = await put({
      customer: { externalId: { system: 'erp', value: 'full' } }, kind: 'meeting', touchPoint: 'trade_fair', channel: undefined, direction: 'OUTBOUND', occurredAt: '2025-03-04T05:06:07.008+02:00', externalRef: { system: 'fair', value: '1' },
      value: { amount: '-1234.5', currency: 'GBP' }, cost: { amount: '0.0001', currency: 'EUR' }, subject: 'Hello', body: 'Long\ntext', outcome: 'agreed', sentiment: -1, duration: 90, user: { email: 'grace@example.org' },
      participants: [{ customer: byEmail('guest@example.org'), role: 'guest' }, { user: { id: user }, role: 'host' }], attributes,
    });
    expect(interaction).toMatchObject({
      customer: { displayName: 'full' }, kind: { key: 'meeting' }, channel: { key: 'in_person' }, touchPoint: { key: 'trade_fair' }, direction: 'OUTBOUND', occurredAt: '2025-03-04T03:06:07.008Z', externalRef: { system: 'fair', value: '1' },
      value: { amount: '-1234.50', currency: 'GBP' }, cost: { amount: '0.0001', currency: 'EUR' }, subject: 'Hello', body: 'Long\ntext', outcome: 'agreed', sentiment: -1, duration: 90, user: { name: 'Grace' },
      actor: { kind: 'API_KEY', apiKey: { name: 'Administrator' } }, conversation: null, attributes, version: 1,
    });
    expect(interaction.participants.nodes.map((one: Data) => [one.role, one.customer?.displayName ?? one.user?.name])).toEqual([['guest', 'guest@example.org'], ['host', 'Grace']]);
  });

  test('takes the channel from the touch point unless one is named', async () => {
    expect((await put({ channel: undefined, touchPoint: 'web_shop' })).interaction.channel.key).toBe('web');
    expect((await put({ channel: 'phone', touchPoint: 'web_shop' })).interaction).toMatchObject({ channel: { key: 'phone' }, touchPoint: { key: 'web_shop' } });
    expect(errorsOf(await put({ channel: undefined }))).toEqual(['CHANNEL_REQUIRED channel']);
  });

  test('refuses what does not exist or cannot be, and leaves no customer behind', async () => {
    const customer = byEmail('never@example.org');
    expect(errorsOf(await put({ customer, kind: 'none', channel: 'none', touchPoint: 'none', user: { email: 'x@example.org' }, attributes: { hat: 1 } }))).toEqual(['NOT_FOUND kind', 'NOT_FOUND touchPoint', 'NOT_FOUND channel', 'NOT_FOUND user', 'ATTRIBUTE_UNKNOWN attributes.hat']);
    expect(errorsOf(await put({ customer, sentiment: 1.01 }))).toEqual(['TOO_LONG sentiment']);
    expect(errorsOf(await put({ customer, sentiment: -1.5, duration: -1 }))).toEqual(['TOO_SHORT sentiment', 'TOO_SHORT duration']);
    expect(errorsOf(await put({ customer: byEmail('nobody') }))).toEqual(['EMAIL_INVALID customer.identity.value']);
    expect(errorsOf(await put({ customer, participants: [{ role: 'x' }] }))).toEqual(['PARTICIPANT_INVALID participants.0']);
    expect(errorsOf(await put({ customer, participants: [{ role: 'x', customer: byEmail('y@example.org') }, { role: 'x', user: { email: 'z@example.org' } }] }))).toEqual(['NOT_FOUND participants.1.user']);
    for (const value of ['never@example.org', 'y@example.org']) expect(await ask(server, 'query ($by: CustomerRef!) { customer(by: $by) { id } }', { by: byEmail(value) })).toEqual({ customer: null });
    for (const amount of ['1.23456', '1e5', '1234567890123456', 'x']) {
      expect(await codesOf(server, 'mutation ($input: InteractionRecordInput!) { interactionRecord(input: $input) { interaction { id } } }', { input: input({ value: { amount, currency: 'GBP' } }) })).toEqual(['BAD_USER_INPUT']);
    }
  });
});

describe('the same external reference', () => {
  const base = { customer: byEmail('ref@example.org'), externalRef: { system: 'shop', value: 'A' }, occurredAt: '2025-01-01T10:00:00Z', value: { amount: '10', currency: 'GBP' }, sentiment: 0.5, subject: 'Order', participants: [{ customer: byEmail('ref2@example.org'), role: 'cc' }] };
  const recorded = () => ask(server, '{ events(first: 100, types: ["interaction.recorded", "interaction.corrected"]) { nodes { type subjectId data } } }').then((data) => data.events.nodes);

  test('again changes nothing and says so, however the amount is written', async () => {
    const payload = await bulk(server, 'interactionsRecord', [input(base)]);
    expect(payload).toMatchObject({ created: 1, updated: 0, unchanged: 0, rejected: 0, results: [{ index: 0, status: 'CREATED', id: expect.stringMatching(/^interaction_/) }] });
    for (const amount of ['10', '10.0', '10.0000', '010.00', 10]) {
      expect(await bulk(server, 'interactionsRecord', [input({ ...base, value: { amount, currency: 'GBP' } })])).toMatchObject({ unchanged: 1, results: [{ status: 'UNCHANGED', id: payload.results[0].id }] });
    }
    expect((await put(base)).interaction).toMatchObject({ id: payload.results[0].id, version: 1 });
  });

  test('with something else corrects it: absent facts go, its time, user and attributes stay unless named', async () => {
    const { interaction } = await put({ ...base, externalRef: { system: 'shop', value: 'B' }, user: { id: user } });
    const again = (more: object) => put({ customer: base.customer, externalRef: { system: 'shop', value: 'B' }, ...more });
    expect((await again({ subject: 'Order 2', value: { amount: '-3', currency: 'GBP' } })).interaction).toMatchObject({
      id: interaction.id, version: 2, subject: 'Order 2', value: { amount: '-3.00' }, sentiment: null, occurredAt: '2025-01-01T10:00:00.000Z', user: { name: 'Grace' }, participants: { nodes: [{ role: 'cc' }] },
    });
    expect((await again({ subject: 'Order 2', value: { amount: '-3', currency: 'GBP' }, participants: [{ user: { id: user }, role: 'agent' }] })).interaction).toMatchObject({ version: 3, participants: { nodes: [{ role: 'agent', user: { name: 'Grace' } }] } });
    await expect.poll(async () => (await recorded()).filter((event: Data) => event.subjectId === interaction.id).map((event: Data) => event.type)).toEqual(['interaction.recorded', 'interaction.corrected', 'interaction.corrected']);
    const corrected = (await recorded()).filter((event: Data) => event.type === 'interaction.corrected' && event.subjectId === interaction.id).map((event: Data) => event.data);
    expect(corrected).toEqual([
      { before: { sentiment: 0.5, subject: 'Order', valueAmount: '10.00' }, after: { sentiment: null, subject: 'Order 2', valueAmount: '-3.00' } },
      { before: { participants: ['cc'] }, after: { participants: ['agent'] } },
    ]);
  });

  test('with another customer moves it, out of a conversation that is not that customer’s', async () => {
    const first = (await put({ ...base, externalRef: { system: 'shop', value: 'C' }, conversation: { externalId: { system: 'mail', value: 'thread C' } } })).interaction;
    const moved = (await put({ ...base, externalRef: { system: 'shop', value: 'C' }, customer: byEmail('right@example.org') })).interaction;
    expect(moved).toMatchObject({ id: first.id, customer: { displayName: 'right@example.org' }, conversation: null });
    for (const id of [first.customer.id, moved.customer.id]) expect((await mutate(server, 'customerErase', { id, confirm: 'erase' }, 'customer { id }')).userErrors).toEqual([]);
  });
});

describe('bulk rows', () => {
  test('come back in input order; a refused row leaves nothing behind', async () => {
    const other = await makeCustomer(server, { displayName: 'Other', identities: [{ kind: 'EMAIL', value: 'other@example.org' }] });
    const { interaction } = await put({ customer: { id: other }, conversation: { externalId: { system: 'mail', value: 'hers' } } });
    const rows = [
      input({ customer: byEmail('b1@example.org'), subject: 'fine' }),
      input({ customer: byEmail('b2@example.org'), conversation: { id: interaction.conversation.id } }),
      input({ customer: byEmail('b3@example.org'), conversation: { externalId: { system: 'mail', value: 'begun in vain' } }, participants: [{ customer: byEmail('b4@example.org'), role: 'cc' }, { user: { email: 'nobody@example.org' }, role: 'cc' }] }),
      input({ customer: byEmail('nobody') }),
      input({ customer: byEmail('b5@example.org'), conversation: { externalId: { system: 'mail', value: 'begun' } }, participants: [{ customer: byEmail('b6@example.org'), role: 'cc' }] }),
    ];
    const errors = ['REJECTED CONVERSATION_MISMATCH rows.1.conversation', 'REJECTED NOT_FOUND rows.2.participants.1.user', 'REJECTED EMAIL_INVALID rows.3.customer.identity.value'];
    const known = async (value: string) => (await ask(server, 'query ($by: CustomerRef!) { customer(by: $by) { id } }', { by: byEmail(value) })).customer !== null;
    const people = () => Promise.all(['b1', 'b2', 'b3', 'b4', 'b5', 'b6'].map((name) => known(`${name}@example.org`)));
    const aborted = await bulk(server, 'interactionsRecord', rows);
    expect([aborted.rejected > 0, aborted.created, await people()]).toEqual([true, 0, Array(6).fill(false)]);
    const skipped = await bulk(server, 'interactionsRecord', rows, { onError: 'SKIP' });
    expect(rowsOf(skipped)).toEqual(['CREATED', ...errors, 'CREATED']);
    expect(await people()).toEqual([true, false, false, false, true, true]);
    const { conversations } = await ask(server, '{ conversations { nodes { externalRef { value } customer { displayName } } } }');
    const begun = conversations.nodes.map((one: Data) => one.externalRef.value);
    expect([begun.includes('begun'), begun.includes('begun in vain')]).toEqual([true, false]);
    const { events } = await ask(server, '{ events(first: 100, types: ["customer.created"]) { nodes { data } } }');
    expect(JSON.stringify(events)).not.toContain('b2@example.org');
  });

  test('of a dry run tell what would be, and change nothing', async () => {
    const rows = [input({ customer: byEmail('dry@example.org'), externalRef: { system: 'dry', value: '1' } }), input({ customer: byEmail('dry@example.org'), externalRef: { system: 'dry', value: '1' }, subject: 'corrected' })];
    const payload = await bulk(server, 'interactionsRecord', rows, { dryRun: true });
    expect(payload.results.map((row: Data) => row.status)).toEqual(['CREATED', 'UPDATED']);
    expect(await ask(server, 'query ($by: CustomerRef!) { customer(by: $by) { id } }', { by: byEmail('dry@example.org') })).toEqual({ customer: null });
  });

  test('sent twice with one idempotency key are answered once', async () => {
    const send = (subject: string) => mutate(server, 'interactionsRecord', { rows: [input({ customer: byEmail('idem@example.org'), subject })] }, 'results { status id }', { idempotent: 'bulk-1' });
    const first = await send('x');
    expect(first.results[0].status).toBe('CREATED');
    expect(await send('x')).toEqual(first);
    await expect(send('y')).rejects.toThrow('IDEMPOTENCY_KEY_REUSED');
    const { customer } = await ask(server, 'query ($by: CustomerRef!) { customer(by: $by) { interactions { totalCount { value } } } }', { by: byEmail('idem@example.org') });
    expect(customer.interactions.totalCount.value).toBe(1);
  });
});

describe('lists and sums', () => {
  const names: Record<string, string> = {};
  beforeAll(async () => {
    // A family of three levels: holding <- mid <- leaf, and a stranger.
    for (const name of ['holding', 'mid', 'leaf', 'stranger']) names[name] = await makeCustomer(server, { kind: 'ORGANISATION', displayName: name });
    for (const [from, to] of [['mid', 'holding'], ['leaf', 'mid']]) await done(server, 'relationshipCreate', { kind: 'subsidiary_of', from: { id: names[from!] }, to: { id: names[to!] } }, 'relationship { id }');
    const orders: [string, string, string, string, string][] = [
      ['holding', 'order_placed', '2025-01-01T00:00:00Z', '100', 'GBP'],
      ['mid', 'order_placed', '2025-01-02T00:00:00Z', '20.50', 'GBP'],
      ['mid', 'order_cancelled', '2025-01-03T00:00:00Z', '-0.50', 'GBP'],
      ['leaf', 'order_placed', '2025-01-04T00:00:00Z', '3', 'GBP'],
      ['leaf', 'order_placed', '2025-01-05T00:00:00Z', '7', 'EUR'],
      ['stranger', 'order_placed', '2025-01-06T00:00:00Z', '1000', 'GBP'],
    ];
    await bulk(server, 'interactionsRecord', orders.map(([name, kind, occurredAt, amount, currency]) => ({ customer: { id: names[name] }, kind, touchPoint: 'web_shop', direction: 'INBOUND', occurredAt, value: { amount, currency } })));
  });
  const of = (name: string, args: string, select: string) => ask(server, `query ($id: ID!) { customer(by: { id: $id }) { interactions${args} { ${select} } } }`, { id: names[name] }).then((data) => data.customer.interactions);
  const counted = 'totalCount { value isExact } nodes { customer { displayName } }';

  test('roll up over all subsidiaries: contacts, counts and sums', async () => {
    const own = await of('holding', '', `${counted} sum(field: VALUE) { amount currency }`);
    expect(own).toMatchObject({ totalCount: { value: 1, isExact: true }, sum: { amount: '100.00', currency: 'GBP' } });
    const family = await of('holding', '(rollUp: "subsidiary_of")', `${counted} sum(field: VALUE, currency: "GBP") { amount currency } euro: sum(field: VALUE, currency: "EUR") { amount }`);
    expect(family.nodes.map((one: Data) => one.customer.displayName)).toEqual(['leaf', 'leaf', 'mid', 'mid', 'holding']);
    expect(family).toMatchObject({ totalCount: { value: 5, isExact: true }, sum: { amount: '123.00', currency: 'GBP' }, euro: { amount: '7.00' } });
    expect(await of('mid', '(rollUp: "subsidiary_of", filter: { kind: { eq: "order_placed" } })', counted)).toMatchObject({ totalCount: { value: 3 } });
    expect(await of('leaf', '(rollUp: "subsidiary_of")', counted)).toMatchObject({ totalCount: { value: 2 } });
    expect(await of('holding', '(rollUp: "no_such_kind")', counted)).toMatchObject({ totalCount: { value: 1 } });
  });

  test('of several currencies need one named, and are null where there is nothing', async () => {
    const sum = (filter: object, args = '') => server.query(`query ($filter: InteractionFilter) { interactions(filter: $filter) { sum(field: VALUE${args}) { amount currency } } }`, { filter });
    const mixed = await sum({ customerId: { eq: names.leaf } });
    expect(mixed.errors[0]!.extensions).toMatchObject({ code: 'MIXED_CURRENCIES', currencies: ['EUR', 'GBP'] });
    expect((await sum({ customerId: { eq: names.leaf } }, ', currency: "GBP"')).data.interactions.sum).toEqual({ amount: '3.00', currency: 'GBP' });
    expect((await sum({ customerId: { eq: names.leaf } }, ', currency: "USD"')).data.interactions.sum).toBeNull();
    expect((await sum({ customer: { displayName: { eq: 'stranger' } } })).data.interactions.sum).toEqual({ amount: '1000.00', currency: 'GBP' });
  });

  test('are filtered by any fact and ordered either way', async () => {
    const list = async (filter: object, orderBy?: object) => {
      const { interactions } = await ask(server, 'query ($filter: InteractionFilter, $orderBy: [InteractionOrder!]) { interactions(filter: $filter, orderBy: $orderBy) { nodes { value { amount } } totalCount(upTo: 2) { value isExact } } }', { filter: { and: [{ touchPoint: { eq: 'web_shop' }, customer: { kind: { eq: 'ORGANISATION' } } }, filter] }, orderBy });
      expect(interactions.totalCount).toEqual({ value: Math.min(2, interactions.nodes.length), isExact: interactions.nodes.length <= 2 });
      return interactions.nodes.map((one: Data) => Number(one.value.amount));
    };
    expect(await list({})).toEqual([1000, 7, 3, -0.5, 20.5, 100]);
    expect(await list({}, [{ field: 'OCCURRED_AT', direction: 'ASC' }])).toEqual([100, 20.5, -0.5, 3, 7, 1000]);
    expect(await list({ occurredAt: { gte: '2025-01-02T00:00:00Z', lt: '2025-01-04T00:00:00Z' } })).toEqual([-0.5, 20.5]);
    expect(await list({ kind: { ne: 'order_placed' } })).toEqual([-0.5]);
    expect(await list({ or: [{ valueAmount: { gt: '99.99' } }, { customerId: { in: [names.leaf] } }], not: { occurredAt: { eq: '2025-01-05T00:00:00Z' } } })).toEqual([1000, 3, 100]);
    expect(await list({ channel: { in: ['web', 'phone'] }, sentiment: { isNull: true }, user: { isNull: false } })).toEqual([]);
    expect(await list({ kind: { in: [] } })).toEqual([]);
  });

  test('tell nothing of a field that the role hides', async () => {
    const key = await keyOfRole(server, { permissions: ['interactions:read', 'customers:read'], hiddenFields: ['Interaction.value', 'Interaction.body', 'Interaction.customer', 'Customer.displayName'] });
    const refused = (list: string) => codesOf(server, `{ interactions${list} }`, {}, key);
    expect((await ask(server, '{ interactions(first: 3) { nodes { value { amount } body } } }', {}, key)).interactions.nodes).toEqual(Array(3).fill({ value: null, body: null }));
    expect(await refused('(filter: { valueAmount: { gt: "5" } }) { nodes { id } }')).toEqual(['FORBIDDEN']);
    expect(await refused(`(filter: { customerId: { eq: "${names.leaf}" } }) { nodes { id } }`)).toEqual(['FORBIDDEN']);
    expect(await refused('(filter: { customer: { displayName: { eq: "leaf" } } }) { nodes { id } }')).toEqual(['FORBIDDEN']);
    expect(await refused(' { sum(field: VALUE) { amount } }')).toEqual(['FORBIDDEN']);
    expect(await refused(' { nodes { channel { key } } }')).toContain('FORBIDDEN');
  });
});

test('an interaction is read by id; one of another type is refused', async () => {
  const id = await record(server, { customer: byEmail('one@example.org'), subject: 'Just one' });
  expect(await ask(server, 'query ($id: ID!) { interaction(id: $id) { subject } node(id: $id) { id ... on Interaction { subject } } }', { id })).toEqual({ interaction: { subject: 'Just one' }, node: { id, subject: 'Just one' } });
  expect(await codesOf(server, 'query ($id: ID!) { interaction(id: $id) { id } }', { id: id.replace('interaction', 'customer') })).toEqual(['ID_INVALID']);
});
