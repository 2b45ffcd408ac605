// Interactions that are sent again, corrected, or refused among others.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ask, bulk, type Data, done, makeCustomer, mutate } from '../support/core.ts';
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
const rowsOf = (payload: Data) => payload.results.map(({ status, userErrors }: Data) => [status, ...errorsOf({ userErrors })].join(' '));

describe('the same external reference', () => {
  const base = {
    customer: byEmail('ref@example.org'),
    externalRef: { system: 'shop', value: 'A' },
    occurredAt: '2025-01-01T10:00:00Z',
    value: { amount: '10', currency: 'GBP' },
    sentiment: 0.5,
    subject: 'Order',
    participants: [{ customer: byEmail('ref2@example.org'), role: 'cc' }],
  };
  const recorded = () =>
    ask(server, '{ events(first: 100, types: ["interaction.recorded", "interaction.corrected"]) { nodes { type subjectId data } } }').then(
      (data) => data.events.nodes,
    );

  test('again changes nothing and says so, however the amount is written', async () => {
    const payload = await bulk(server, 'interactionsRecord', [input(base)]);
    expect(payload).toMatchObject({
      created: 1,
      updated: 0,
      unchanged: 0,
      rejected: 0,
      results: [{ index: 0, status: 'CREATED', id: expect.stringMatching(/^interaction_/) }],
    });
    for (const amount of ['10', '10.0', '10.0000', '010.00', 10]) {
      expect(await bulk(server, 'interactionsRecord', [input({ ...base, value: { amount, currency: 'GBP' } })])).toMatchObject({
        unchanged: 1,
        results: [{ status: 'UNCHANGED', id: payload.results[0].id }],
      });
    }
    expect((await put(base)).interaction).toMatchObject({ id: payload.results[0].id, version: 1 });
  });

  test('keeps what the correction leaves out, and clears what it says is null', async () => {
    const externalRef = { system: 'shop', value: 'partial' };
    const whole = {
      subject: 'Order',
      body: 'Two tents',
      touchPoint: 'web_shop',
      value: { amount: '10', currency: 'GBP' },
      user: { email: 'grace@example.org' },
    };
    const first = (await put({ externalRef, occurredAt: '2025-01-01T10:00:00Z', ...whole })).interaction;
    const { interaction } = await put({ externalRef, outcome: 'sold' });
    expect(interaction).toEqual({ ...first, outcome: 'sold', version: 2 });
    const cleared = (await put({ externalRef, body: null, value: null, user: null })).interaction;
    expect(cleared).toEqual({ ...interaction, body: null, value: null, user: null, version: 3 });
  });

  test('with something else corrects it: what is absent stays, and the event tells what changed', async () => {
    const { interaction } = await put({ ...base, externalRef: { system: 'shop', value: 'B' }, user: { id: user } });
    const again = (more: object) => put({ customer: base.customer, externalRef: { system: 'shop', value: 'B' }, ...more });
    expect((await again({ subject: 'Order 2', value: { amount: '-3', currency: 'GBP' } })).interaction).toMatchObject({
      id: interaction.id,
      version: 2,
      subject: 'Order 2',
      value: { amount: '-3.00' },
      sentiment: 0.5,
      occurredAt: '2025-01-01T10:00:00.000Z',
      user: { name: 'Grace' },
      participants: { nodes: [{ role: 'cc' }] },
    });
    expect(
      (await again({ subject: 'Order 2', value: { amount: '-3', currency: 'GBP' }, participants: [{ user: { id: user }, role: 'agent' }] }))
        .interaction,
    ).toMatchObject({ version: 3, participants: { nodes: [{ role: 'agent', user: { name: 'Grace' } }] } });
    await expect
      .poll(async () => (await recorded()).filter((event: Data) => event.subjectId === interaction.id).map((event: Data) => event.type))
      .toEqual(['interaction.recorded', 'interaction.corrected', 'interaction.corrected']);
    const corrected = (await recorded())
      .filter((event: Data) => event.type === 'interaction.corrected' && event.subjectId === interaction.id)
      .map((event: Data) => event.data);
    expect(corrected).toEqual([
      {
        before: { subject: 'Order', valueAmount: '10.00' },
        after: { subject: 'Order 2', valueAmount: '-3.00' },
      },
      { before: { participants: ['cc'] }, after: { participants: ['agent'] } },
    ]);
  });

  test('with another customer moves it, out of a conversation that is not that customer’s', async () => {
    const first = (
      await put({
        ...base,
        externalRef: { system: 'shop', value: 'C' },
        conversation: { externalId: { system: 'mail', value: 'thread C' } },
      })
    ).interaction;
    const moved = (await put({ ...base, externalRef: { system: 'shop', value: 'C' }, customer: byEmail('right@example.org') })).interaction;
    expect(moved).toMatchObject({ id: first.id, customer: { displayName: 'right@example.org' }, conversation: null });
    for (const id of [first.customer.id, moved.customer.id])
      expect((await mutate(server, 'customerErase', { id, confirm: 'erase' }, 'customer { id }')).userErrors).toEqual([]);
  });
});

describe('bulk rows', () => {
  test('come back in input order; a refused row leaves nothing behind', async () => {
    const other = await makeCustomer(server, { displayName: 'Other', identities: [{ kind: 'EMAIL', value: 'other@example.org' }] });
    const { interaction } = await put({ customer: { id: other }, conversation: { externalId: { system: 'mail', value: 'hers' } } });
    const rows = [
      input({ customer: byEmail('b1@example.org'), subject: 'fine' }),
      input({ customer: byEmail('b2@example.org'), conversation: { id: interaction.conversation.id } }),
      input({
        customer: byEmail('b3@example.org'),
        conversation: { externalId: { system: 'mail', value: 'begun in vain' } },
        participants: [
          { customer: byEmail('b4@example.org'), role: 'cc' },
          { user: { email: 'nobody@example.org' }, role: 'cc' },
        ],
      }),
      input({ customer: byEmail('nobody') }),
      input({
        customer: byEmail('b5@example.org'),
        conversation: { externalId: { system: 'mail', value: 'begun' } },
        participants: [{ customer: byEmail('b6@example.org'), role: 'cc' }],
      }),
    ];
    const errors = [
      'REJECTED CONVERSATION_MISMATCH rows.1.conversation',
      'REJECTED NOT_FOUND rows.2.participants.1.user',
      'REJECTED EMAIL_INVALID rows.3.customer.identity.value',
    ];
    const known = async (value: string) =>
      (await ask(server, 'query ($by: CustomerRef!) { customer(by: $by) { id } }', { by: byEmail(value) })).customer !== null;
    const people = () => Promise.all(['b1', 'b2', 'b3', 'b4', 'b5', 'b6'].map((name) => known(`${name}@example.org`)));
    const aborted = await bulk(server, 'interactionsRecord', rows);
    expect([aborted.rejected > 0, aborted.created, await people()]).toEqual([true, 0, Array(6).fill(false)]);
    const skipped = await bulk(server, 'interactionsRecord', rows, { onError: 'SKIP' });
    expect(rowsOf(skipped)).toEqual(['CREATED', ...errors, 'CREATED']);
    expect(await people()).toEqual([true, false, false, false, true, true]);
    const { conversations } = await ask(server, '{ conversations { nodes { externalRef { value } customer { displayName } } } }');
    const begun = conversations.nodes.map((one: Data) => one.externalRef.value);
    expect([begun.includes('begun'), begun.includes('begun in vain')]).toEqual([true, false]);
    await server.events.drained();
    const { events } = await ask(server, '{ events(first: 100, types: ["customer.created"]) { nodes { data } } }');
    expect(JSON.stringify(events)).not.toContain('b2@example.org');
  });

  test('of a dry run tell what would be, and change nothing', async () => {
    const rows = [
      input({ customer: byEmail('dry@example.org'), externalRef: { system: 'dry', value: '1' } }),
      input({ customer: byEmail('dry@example.org'), externalRef: { system: 'dry', value: '1' }, subject: 'corrected' }),
    ];
    const payload = await bulk(server, 'interactionsRecord', rows, { dryRun: true });
    expect(payload.results.map((row: Data) => row.status)).toEqual(['CREATED', 'UPDATED']);
    expect(await ask(server, 'query ($by: CustomerRef!) { customer(by: $by) { id } }', { by: byEmail('dry@example.org') })).toEqual({
      customer: null,
    });
  });

  test('sent twice with one idempotency key are answered once', async () => {
    const send = (subject: string) =>
      mutate(server, 'interactionsRecord', { rows: [input({ customer: byEmail('idem@example.org'), subject })] }, 'results { status id }', {
        idempotent: 'bulk-1',
      });
    const first = await send('x');
    expect(first.results[0].status).toBe('CREATED');
    expect(await send('x')).toEqual(first);
    await expect(send('y')).rejects.toThrow('IDEMPOTENCY_KEY_REUSED');
    const { customer } = await ask(server, 'query ($by: CustomerRef!) { customer(by: $by) { interactions { totalCount { value } } } }', {
      by: byEmail('idem@example.org'),
    });
    expect(customer.interactions.totalCount.value).toBe(1);
  });
});
