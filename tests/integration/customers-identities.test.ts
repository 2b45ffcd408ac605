import sql from 'sql-template-tag';
// The ways in which customers are known, and what is known of them.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ask, type Data, done, makeCustomer, mutate } from '../support/core.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
  await done(server, 'workspaceUpdate', { country: 'GB' }, 'workspace { id }');
});
afterAll(() => server?.stop());

const email = (value: string) => ({ kind: 'EMAIL', value });
const create = (input: object, select = 'customer { id }') => mutate(server, 'customerCreate', input, select);
const errorsOf = (payload: Data) => payload.userErrors.map(({ code, path }: Data) => `${code} ${path.join('.')}`.trim());

describe('identities', () => {
  const known = `customer { id identities { nodes { id kind system value original verified primary } } }`;

  test('are kept in one form, phones in national form read in the country of the customer or else of the workspace', async () => {
    const { customer } = await create(
      {
        country: 'DE',
        identities: [
          email(' Post@Bücher.example '),
          { kind: 'PHONE', value: '030 901820', verified: true },
          { kind: 'SOCIAL', system: 'Mastodon', value: '@Ada@Example.social', primary: true },
          email('post@xn--bcher-kva.example'),
        ],
        externalId: { system: 'Shop', value: '17' },
      },
      known,
    );
    expect(
      customer.identities.nodes
        .map(({ kind, system, value, original, verified, primary }: Data) => [kind, system, value, original, verified, primary])
        .sort(),
    ).toEqual([
      ['EMAIL', '', 'post@xn--bcher-kva.example', expect.stringContaining('@'), false, false],
      ['EXTERNAL', 'shop', '17', '17', false, false],
      ['PHONE', '', '+4930901820', '030 901820', true, false],
      ['SOCIAL', 'mastodon', 'ada@example.social', '@Ada@Example.social', false, true],
    ]);
    const by = async (ref: object) =>
      (await ask(server, 'query ($by: CustomerRef!) { customer(by: $by) { id } }', { by: ref })).customer?.id;
    for (const ref of [
      { id: customer.id },
      { externalId: { system: 'SHOP', value: '17' } },
      { identity: { kind: 'EMAIL', value: 'POST@BÜCHER.EXAMPLE' } },
      { identity: { kind: 'PHONE', value: '+49 30 901820' } },
      { identity: { kind: 'SOCIAL', system: 'mastodon', value: 'ada@example.social' } },
    ])
      expect(await by(ref)).toBe(customer.id);
    expect(await by({ identity: { kind: 'PHONE', value: '030 901820' } })).toBeUndefined();
    const british = await makeCustomer(server, { identities: [{ kind: 'PHONE', value: '020 7946 0958' }] });
    expect(await by({ identity: { kind: 'PHONE', value: '(020) 7946 0958' } })).toBe(british);
  });

  test('say where one is wrong or taken, and whose it is', async () => {
    expect(
      errorsOf(await create({ identities: [email('ok@example.org'), email('nobody')], externalId: { system: ' ', value: '1' } })),
    ).toEqual(['TOO_SHORT externalId.system']);
    expect(errorsOf(await create({ identities: [email('ok@example.org'), { kind: 'PHONE', value: '12' }] }))).toEqual([
      'PHONE_INVALID identities.1.value',
    ]);
    const owner = await makeCustomer(server, { identities: [email('taken@example.org')], externalId: { system: 'erp', value: 'taken' } });
    const duplicate = await create({ displayName: 'Other', identities: [email('free@example.org'), email('TAKEN@example.org')] });
    expect(duplicate).toEqual({
      customer: null,
      userErrors: [{ __typename: 'DuplicateError', code: 'DUPLICATE', path: ['identities', '1'], existing: { id: owner } }],
    });
    expect(errorsOf(await create({ identities: [email('free@example.org')], externalId: { system: 'erp', value: 'taken' } }))).toEqual([
      'DUPLICATE externalId',
    ]);
    expect(await ask(server, '{ customer(by: { identity: { kind: EMAIL, value: "free@example.org" } }) { id } }')).toEqual({
      customer: null,
    });
  });

  test('are added, added again without effect, removed, and free for others then', async () => {
    const id = await makeCustomer(server, { displayName: 'One', identities: [email('one@example.org')] });
    const other = await makeCustomer(server, { displayName: 'Other' });
    const add = (customer: string, value: string) =>
      mutate(server, 'identityAdd', { customer: { id: customer }, identity: email(value) }, known);
    expect((await add(id, 'Two@example.org')).customer.identities.nodes).toHaveLength(2);
    const again = await add(id, 'two@EXAMPLE.org');
    expect(again.customer.identities.nodes).toHaveLength(2);
    expect((await add(other, 'two@example.org')).userErrors).toEqual([
      { __typename: 'DuplicateError', code: 'DUPLICATE', path: ['identity'], existing: { id } },
    ]);
    const two = again.customer.identities.nodes.find((one: Data) => one.value === 'two@example.org');
    expect((await mutate(server, 'identityRemove', { id: two.id }, known)).customer.identities.nodes).toHaveLength(1);
    expect((await add(other, 'two@example.org')).userErrors).toEqual([]);
    expect(errorsOf(await mutate(server, 'identityRemove', { id: two.id }, known))).toEqual(['NOT_FOUND id']);
  });
});

test('an identity is verified and preferred, one of its kind at a time', async () => {
  const identities = ['first@prefer.example', 'second@prefer.example'].map((value) => ({
    kind: 'EMAIL',
    value,
    primary: value.startsWith('first'),
  }));
  const chosen = 'customer { identities { nodes { id value verified primary } } }';
  const made = await done(server, 'customerCreate', { identities }, chosen);
  const second = made.customer.identities.nodes.find((one: Data) => one.value.startsWith('second'));
  const { customer } = await done(server, 'identityUpdate', { id: second.id, verified: true, primary: true }, chosen);
  expect(customer.identities.nodes.map(({ value, verified, primary }: Data) => [value, verified, primary]).sort()).toEqual([
    ['first@prefer.example', false, false],
    ['second@prefer.example', true, true],
  ]);
  const count = async () =>
    (
      await server.db.query(
        sql`select 1 from event_inbox where type = 'identity.updated' union all select 1 from events where type = 'identity.updated'`,
      )
    ).length;
  const before = await count();
  await done(server, 'identityUpdate', { id: second.id, verified: true }, chosen);
  expect(await count()).toBe(before);
  const added = await done(
    server,
    'identityAdd',
    {
      customer: { identity: { kind: 'EMAIL', value: 'first@prefer.example' } },
      identity: { kind: 'EMAIL', value: 'third@prefer.example', primary: true },
    },
    chosen,
  );
  expect(added.customer.identities.nodes.filter((one: Data) => one.primary).map((one: Data) => one.value)).toEqual([
    'third@prefer.example',
  ]);
});

test('preferences and needs are kept with source and date, changed, met and hidden', async () => {
  const id = await makeCustomer(server, { displayName: 'Choosy' });
  const preference = (
    await done(
      server,
      'preferenceAdd',
      { customer: { id }, topic: 'contact_time', value: 'mornings', basis: 'STATED', source: 'call', observedAt: '2025-01-02T03:04:05Z' },
      'preference { id version customer { id } topic value basis source observedAt }',
    )
  ).preference;
  expect(preference).toMatchObject({
    topic: 'contact_time',
    value: 'mornings',
    basis: 'STATED',
    source: 'call',
    observedAt: '2025-01-02T03:04:05.000Z',
    customer: { id },
    version: 1,
  });
  const need = (
    await done(server, 'needAdd', { customer: { id }, topic: 'delivery', value: 'faster', basis: 'INFERRED' }, 'need { id metAt }')
  ).need;
  expect(
    (await done(server, 'needUpdate', { id: need.id, metAt: '2025-06-01T00:00:00Z', expectedVersion: 1 }, 'need { metAt value version }'))
      .need,
  ).toEqual({ metAt: '2025-06-01T00:00:00.000Z', value: 'faster', version: 2 });
  expect(errorsOf(await mutate(server, 'needUpdate', { id: need.id, value: 'late', expectedVersion: 1 }, 'need { id }'))).toEqual([
    'VERSION_CONFLICT expectedVersion',
  ]);
  const lists = async () =>
    (
      await ask(
        server,
        'query ($id: ID!) { customer(by: { id: $id }) { preferences { nodes { id } } needs(filter: { topic: { eq: "delivery" } }) { nodes { id } } } }',
        { id },
      )
    ).customer;
  expect(await lists()).toEqual({ preferences: { nodes: [{ id: preference.id }] }, needs: { nodes: [{ id: need.id }] } });
  await done(server, 'preferenceUpdate', { id: preference.id, archived: true }, 'preference { id }');
  expect((await lists()).preferences.nodes).toEqual([]);
});
