// A site's server talking to the channel, with good requests and bad ones.
import { createHmac } from 'node:crypto';
import { uuidOf } from 'trato/plugin';
import { createTestHost, type Data, type TestHost, type TestWorkspace } from 'trato/plugin/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { plugin } from './index.ts';

const shop = { key: 'shop', workspace: 'main', secret: 'the-secret-of-the-shop-0123456789' };
const club = { key: 'club', workspace: 'test2', secret: 'the-secret-of-the-club-0123456789' };
const old = { ...shop, secret: 'the-secret-that-is-exchanged-001' };
const lost = { key: 'lost', workspace: 'nowhere', secret: 'the-secret-of-the-lost-0123456789' };

let host: TestHost;
let second: TestWorkspace;

beforeAll(async () => {
  host = await createTestHost({ plugins: [{ plugin, config: { sites: [{ ...shop, secret: [shop.secret, old.secret] }, club, lost] } }] });
  second = await host.secondWorkspace();
});
afterAll(() => host?.stop());

const ROUTE = '/plugins/channel-webchat/messages';
const secondsNow = () => Math.floor(Date.now() / 1000);

type Signing = { site?: typeof shop; as?: string; timestamp?: number | string; signature?: string };

function signed(text: string, { site = shop, as = site.key, timestamp = secondsNow(), signature }: Signing = {}): Record<string, string> {
  const digest = createHmac('sha256', site.secret).update(`${timestamp}.${text}`).digest('hex');
  return { 'x-webchat-site': as, 'x-webchat-timestamp': String(timestamp), 'x-webchat-signature': signature ?? `sha256=${digest}` };
}

async function post(message: unknown, signing?: Signing) {
  const body = typeof message === 'string' ? message : JSON.stringify(message);
  const response = await host.http('POST', ROUTE, { headers: { 'content-type': 'application/json', ...signed(body, signing) }, body });
  return { status: response.status, body: (await response.json()) as Data };
}

async function poll(visitor: string, after?: string, signing?: Signing) {
  const query = new URLSearchParams({ visitor, ...(after !== undefined && { after }) }).toString();
  const response = await host.http('GET', `${ROUTE}?${query}`, { headers: signed(query, signing) });
  return { status: response.status, body: (await response.json()) as Data };
}

let made = 0;
const message = (more: object = {}) => ({ visitor: `v-${++made}`, messageId: `m-${++made}`, text: 'Do you have this in blue?', ...more });

const INTERACTION = `query ($id: ID!) { interaction(id: $id) {
  body direction channel { key } conversation { id status }
  customer { id displayName identities(first: 10) { nodes { kind system value } } } } }`;

const seen = async (id: string, by: Pick<TestWorkspace, 'query'> = host) => (await by.query(INTERACTION, { id })).interaction;

const interactionsOf = async (by: Pick<TestWorkspace, 'query'>) =>
  (await by.query('{ interactions(first: 1) { totalCount(upTo: 1000) { value } } }')).interactions.totalCount.value;

describe('a message', () => {
  it('comes in from a visitor, once', async () => {
    const sent = message({ name: 'Ada' });
    const first = await post(sent);
    const before = await interactionsOf(host);
    const again = await post(sent);
    expect([first.status, again.status]).toEqual([201, 200]);
    expect(again.body).toEqual(first.body);
    expect(await interactionsOf(host)).toBe(before);
    expect(await seen(first.body.interaction)).toMatchObject({
      body: sent.text,
      direction: 'INBOUND',
      channel: { key: 'chat' },
      conversation: { status: 'OPEN' },
      customer: { displayName: 'Ada', identities: { nodes: [{ kind: 'WEB_VISITOR', system: 'webchat', value: `shop:${sent.visitor}` }] } },
    });
  });

  it('sent twice at the same moment comes in once', async () => {
    const sent = message();
    const answers = await Promise.all([1, 2, 3, 4].map(() => post(sent)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 200, 201]);
    expect(new Set(answers.map(({ body }) => body.interaction)).size).toBe(1);
  });

  it('joins the conversation that it names', async () => {
    const one = message({ conversation: 'c1' });
    const ids = [];
    for (const more of [{}, { messageId: 'second' }, { messageId: 'third', conversation: 'c2' }]) {
      ids.push((await post({ ...one, ...more })).body.interaction);
    }
    const [a, b, c] = await Promise.all(ids.map((id) => seen(id)));
    expect(b.conversation.id).toBe(a.conversation.id);
    expect(c.conversation.id).not.toBe(a.conversation.id);
    expect(c.customer.id).toBe(a.customer.id);
    // Another visitor cannot step into it.
    const other = await seen((await post(message({ conversation: 'c1' }))).body.interaction);
    expect(other.conversation.id).not.toBe(a.conversation.id);
  });

  it('goes to the workspace of its site only', async () => {
    const sent = message();
    const [here, there] = [await post(sent), await post(sent, { site: club })];
    expect([here.status, there.status]).toEqual([201, 201]);
    expect(await seen(there.body.interaction)).toBeNull();
    expect((await seen(there.body.interaction, second)).customer.identities.nodes).toMatchObject([{ value: `club:${sent.visitor}` }]);
  });
});

describe('an e-mail address', () => {
  it('ties the visitor to the customer who has it', async () => {
    const known = await host.makeCustomer({ identities: [{ kind: 'EMAIL', value: 'ada@example.org' }] });
    const { customer } = await seen((await post(message({ email: 'Ada@Example.org' }))).body.interaction);
    expect(customer.id).toBe(known);
    expect(customer.identities.nodes.map(({ kind }: { kind: string }) => kind).toSorted()).toEqual(['EMAIL', 'WEB_VISITOR']);
  });

  it('is added to a visitor, new or known', async () => {
    const first = message({ email: 'grace@example.org', name: 'Grace' });
    const { customer } = await seen((await post(first)).body.interaction);
    expect(customer).toMatchObject({
      displayName: 'Grace',
      identities: { nodes: expect.arrayContaining([expect.objectContaining({ value: 'grace@example.org' })]) },
    });
    const second = message();
    const before = await seen((await post(second)).body.interaction);
    const after = await seen((await post({ ...second, messageId: 'next', email: 'joan@example.org' })).body.interaction);
    expect(after.customer.id).toBe(before.customer.id);
    expect(after.customer.identities.nodes).toHaveLength(2);
  });

  it('in other letters ties too, and one that Trato does not take loses no message', async () => {
    const known = await host.makeCustomer({ identities: [{ kind: 'EMAIL', value: 'jörg@bücher.example' }] });
    expect((await seen((await post(message({ email: 'jörg@bücher.example' }))).body.interaction)).customer.id).toBe(known);
    expect((await post(message({ email: '.a..b@here' }))).status).toBe(201);
  });

  it('of somebody else changes neither', async () => {
    await host.makeCustomer({ identities: [{ kind: 'EMAIL', value: 'mary@example.org' }] });
    const sent = message();
    const before = await seen((await post(sent)).body.interaction);
    const after = await seen((await post({ ...sent, messageId: 'next', email: 'mary@example.org' })).body.interaction);
    expect(after.customer).toEqual(before.customer);
  });
});

it('a request is genuine with the secret that is being exchanged, too', async () => {
  expect([(await post(message(), { site: old })).status, (await poll('v-1', '0', { site: old })).status]).toEqual([201, 200]);
});

describe('a request that is not genuine', () => {
  const attempts: [string, Signing][] = [
    ['a wrong signature', { signature: `sha256=${'0'.repeat(64)}` }],
    ['a signature that is none', { signature: 'sha256=' }],
    ['the signature of another site', { site: club, as: 'shop' }],
    ['a site that nobody knows', { as: 'else' }],
    ['a workspace that is not there', { site: lost }],
    ['a time long ago', { timestamp: secondsNow() - 301 }],
    ['a time to come', { timestamp: secondsNow() + 400 }],
    ['a time that is none', { timestamp: 'now' }],
  ];
  it.each(attempts)('is refused with %s', async (_what, signing) => {
    expect((await post(message(), signing)).status).toBe(401);
    expect((await poll('v-1', '0', signing)).status).toBe(401);
  });

  it('is refused without a signature, and with another body', async () => {
    expect((await host.http('POST', ROUTE, { body: JSON.stringify(message()) })).status).toBe(401);
    const headers = { 'content-type': 'application/json', ...signed(JSON.stringify(message())) };
    expect((await host.http('POST', ROUTE, { headers, body: JSON.stringify(message()) })).status).toBe(401);
    expect((await host.http('GET', `${ROUTE}?visitor=v-2`, { headers: signed('visitor=v-1') })).status).toBe(401);
  });
});

describe('a body that is not a message', () => {
  const wrong: [string, unknown][] = [
    ['no JSON', '{"visitor": "v-1",'],
    ['nothing', ''],
    ['a list', []],
    ['null', 'null'],
    ['no text', { visitor: 'v-1', messageId: 'm' }],
    ['an empty text', message({ text: '  ' })],
    ['a text with NUL', message({ text: 'a\0b' })],
    ['a text that is a number', message({ text: 5 })],
    ['a visitor that is an object', message({ visitor: { $ne: '' } })],
    ['a visitor with a colon', message({ visitor: 'club:v-1' })],
    ['an e-mail that is none', message({ email: 'not one' })],
    ['a field that nobody knows', message({ customerId: 'x' })],
  ];
  it.each(wrong)('is refused: %s', async (_what, body) => {
    const before = await interactionsOf(host);
    const answer = await post(body);
    expect(answer.status).toBe(400);
    expect(answer.body.error).toMatch(/^INVALID/);
    expect(await interactionsOf(host)).toBe(before);
  });

  it('is refused when it is too large', async () => {
    expect((await post(message({ text: 'x'.repeat(70_000) }))).status).toBe(413);
    expect((await post(message({ text: 'x'.repeat(10_001) }))).status).toBe(400);
  });
});

describe('a reply', () => {
  const SEND = `mutation ($input: MessageSendInput!) { messageSend(input: $input) { message { id status interaction { id } } userErrors { code } } }`;
  const status = async (id: string) => (await host.query('query ($id: ID!) { message(id: $id) { status } }', { id })).message.status;

  async function reply(customer: string, body: string, inReplyTo?: string): Promise<string> {
    const { messageSend } = await host.query(SEND, { input: { customer: { id: customer }, channel: 'chat', body, inReplyTo } });
    expect(messageSend.userErrors).toEqual([]);
    await host.drain();
    return messageSend.message.id;
  }

  it('waits for the widget, which fetches it and so delivers it', async () => {
    const sent = message();
    const { interaction } = (await post(sent)).body;
    const { customer } = await seen(interaction);
    const first = await reply(customer.id, 'We do.', interaction);
    expect(await status(first)).toBe('SENT');
    const fetched = await poll(sent.visitor);
    expect(fetched).toMatchObject({ status: 200, body: { replies: [{ text: 'We do.' }] } });
    expect(await status(first)).toBe('DELIVERED');

    await reply(customer.id, 'Shall we send it?');
    const next = await poll(sent.visitor, fetched.body.after);
    expect(next.body.replies.map(({ text }: { text: string }) => text)).toEqual(['Shall we send it?']);
    expect((await poll(sent.visitor, next.body.after)).body).toEqual({ replies: [], after: next.body.after });
    expect((await poll(sent.visitor, '0')).body.replies).toHaveLength(2);
    // Not for others.
    expect((await poll('v-0', '0')).body.replies).toEqual([]);
    expect((await poll(sent.visitor, '0', { site: club })).body.replies).toEqual([]);
  });

  it('goes when its customer is erased', async () => {
    const sent = message();
    const { customer } = await seen((await post(sent)).body.interaction);
    await reply(customer.id, 'Here you are.');
    await host.query('mutation ($id: ID!) { customerErase(input: { id: $id, confirm: "erase" }) { userErrors { code } } }', {
      id: customer.id,
    });
    await host.drain();
    const { rows } = await host.db.pool.query('select from plugin_channel_webchat.outbox where customer_id = $1', [uuidOf(customer.id)]);
    expect(rows).toEqual([]);
    expect((await poll(sent.visitor, '0')).body.replies).toEqual([]);
  });

  it.each([
    ['after', '-1'],
    ['after', 'x'],
    ['visitor', 'a b'],
    ['more', '1'],
  ])('is not told to a wrong question: %s=%s', async (name, value) => {
    const query = new URLSearchParams({ visitor: 'v-1', [name]: value }).toString();
    expect((await host.http('GET', `${ROUTE}?${query}`, { headers: signed(query) })).status).toBe(400);
  });
});
