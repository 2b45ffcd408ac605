// Interactions as channels record them.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ask, codesOf, type Data, done, mutate, record } from '../support/core.ts';
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
const input = (more: object) => ({
  kind: 'enquiry',
  channel: 'email',
  direction: 'INBOUND',
  customer: byEmail('someone@example.org'),
  ...more,
});
const put = (more: object, select = everything) => mutate(server, 'interactionRecord', input(more), `interaction { ${select} }`);
const errorsOf = (payload: Data) => payload.userErrors.map(({ code, path }: Data) => `${code} ${path.join('.')}`.trim());
const _rowsOf = (payload: Data) => payload.results.map(({ status, userErrors }: Data) => [status, ...errorsOf({ userErrors })].join(' '));

describe('recording', () => {
  test('for an unknown identity makes the customer, for a known one attaches to it, whatever the channel', async () => {
    const first = (await put({ customer: byEmail('New.One@Example.org') })).interaction;
    expect(first.customer.displayName).toBe('New.One@Example.org');
    const again = (await put({ customer: byEmail('new.one@example.org'), channel: 'chat' })).interaction;
    expect(again.customer.id).toBe(first.customer.id);
    await done(
      server,
      'identityAdd',
      { customer: { id: first.customer.id }, identity: { kind: 'PHONE', value: '+44 20 7946 0958' } },
      'customer { id }',
    );
    const call = (await put({ customer: { identity: { kind: 'PHONE', value: '+442079460958' } }, channel: 'phone', kind: 'call' }))
      .interaction;
    expect(call.customer.id).toBe(first.customer.id);
    const { customer } = await ask(
      server,
      'query ($id: ID!) { customer(by: { id: $id }) { identities { totalCount { value } } interactions { totalCount { value } nodes { channel { key } } } } }',
      { id: first.customer.id },
    );
    expect(customer.identities.totalCount.value).toBe(2);
    expect(customer.interactions.nodes.map((one: Data) => one.channel.key).sort()).toEqual(['chat', 'email', 'phone']);
  });

  test('keeps all that is known of the contact', async () => {
    const attributes = { mood: 'sunny' };
    await done(
      server,
      'attributeDefinitionCreate',
      { entity: 'INTERACTION', key: 'mood', name: 'Mood', type: 'TEXT' },
      'attributeDefinition { id }',
    );
    const { interaction } = await put({
      customer: { externalId: { system: 'erp', value: 'full' } },
      kind: 'meeting',
      touchPoint: 'trade_fair',
      channel: undefined,
      direction: 'OUTBOUND',
      occurredAt: '2025-03-04T05:06:07.008+02:00',
      externalRef: { system: 'fair', value: '1' },
      value: { amount: '-1234.5', currency: 'GBP' },
      cost: { amount: '0.0001', currency: 'EUR' },
      subject: 'Hello',
      body: 'Long\ntext',
      outcome: 'agreed',
      sentiment: -1,
      duration: 90,
      user: { email: 'grace@example.org' },
      participants: [
        { customer: byEmail('guest@example.org'), role: 'guest' },
        { user: { id: user }, role: 'host' },
      ],
      attributes,
    });
    expect(interaction).toMatchObject({
      customer: { displayName: 'full' },
      kind: { key: 'meeting' },
      channel: { key: 'in_person' },
      touchPoint: { key: 'trade_fair' },
      direction: 'OUTBOUND',
      occurredAt: '2025-03-04T03:06:07.008Z',
      externalRef: { system: 'fair', value: '1' },
      value: { amount: '-1234.50', currency: 'GBP' },
      cost: { amount: '0.0001', currency: 'EUR' },
      subject: 'Hello',
      body: 'Long\ntext',
      outcome: 'agreed',
      sentiment: -1,
      duration: 90,
      user: { name: 'Grace' },
      actor: { kind: 'API_KEY', apiKey: { name: 'Administrator' } },
      conversation: null,
      attributes,
      version: 1,
    });
    expect(interaction.participants.nodes.map((one: Data) => [one.role, one.customer?.displayName ?? one.user?.name])).toEqual([
      ['guest', 'guest@example.org'],
      ['host', 'Grace'],
    ]);
  });

  test('takes the channel from the touch point unless one is named', async () => {
    expect((await put({ channel: undefined, touchPoint: 'web_shop' })).interaction.channel.key).toBe('web');
    expect((await put({ channel: 'phone', touchPoint: 'web_shop' })).interaction).toMatchObject({
      channel: { key: 'phone' },
      touchPoint: { key: 'web_shop' },
    });
    expect(errorsOf(await put({ channel: undefined }))).toEqual(['CHANNEL_REQUIRED channel']);
  });

  test('refuses what does not exist or cannot be, and leaves no customer behind', async () => {
    const customer = byEmail('never@example.org');
    expect(
      errorsOf(
        await put({
          customer,
          kind: 'none',
          channel: 'none',
          touchPoint: 'none',
          user: { email: 'x@example.org' },
          attributes: { hat: 1 },
        }),
      ),
    ).toEqual(['NOT_FOUND kind', 'NOT_FOUND touchPoint', 'NOT_FOUND channel', 'NOT_FOUND user', 'ATTRIBUTE_UNKNOWN attributes.hat']);
    expect(errorsOf(await put({ customer, sentiment: 1.01 }))).toEqual(['TOO_LONG sentiment']);
    expect(errorsOf(await put({ customer, sentiment: -1.5, duration: -1 }))).toEqual(['TOO_SHORT sentiment', 'TOO_SHORT duration']);
    expect(errorsOf(await put({ customer: byEmail('nobody') }))).toEqual(['EMAIL_INVALID customer.identity.value']);
    expect(errorsOf(await put({ customer, participants: [{ role: 'x' }] }))).toEqual(['PARTICIPANT_INVALID participants.0']);
    expect(
      errorsOf(
        await put({
          customer,
          participants: [
            { role: 'x', customer: byEmail('y@example.org') },
            { role: 'x', user: { email: 'z@example.org' } },
          ],
        }),
      ),
    ).toEqual(['NOT_FOUND participants.1.user']);
    for (const value of ['never@example.org', 'y@example.org'])
      expect(await ask(server, 'query ($by: CustomerRef!) { customer(by: $by) { id } }', { by: byEmail(value) })).toEqual({
        customer: null,
      });
    for (const amount of ['1.23456', '1e5', '1234567890123456', 'x']) {
      expect(
        await codesOf(server, 'mutation ($input: InteractionRecordInput!) { interactionRecord(input: $input) { interaction { id } } }', {
          input: input({ value: { amount, currency: 'GBP' } }),
        }),
      ).toEqual(['BAD_USER_INPUT']);
    }
  });
});

test('an interaction is read by id; one of another type is refused', async () => {
  const id = await record(server, { customer: byEmail('one@example.org'), subject: 'Just one' });
  expect(
    await ask(server, 'query ($id: ID!) { interaction(id: $id) { subject } node(id: $id) { id ... on Interaction { subject } } }', { id }),
  ).toEqual({ interaction: { subject: 'Just one' }, node: { id, subject: 'Just one' } });
  expect(await codesOf(server, 'query ($id: ID!) { interaction(id: $id) { id } }', { id: id.replace('interaction', 'customer') })).toEqual([
    'ID_INVALID',
  ]);
});
