// Customers as the users of the API make and change them.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ask, codesOf, type Data, done, makeCustomer, mutate } from '../support/core.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
  await done(server, 'workspaceUpdate', { country: 'GB' }, 'workspace { id }');
});
afterAll(() => server?.stop());

const email = (value: string) => ({ kind: 'EMAIL', value });
const create = (input: object, select = 'customer { id }') => mutate(server, 'customerCreate', input, select);
const update = (input: object, select = 'customer { id version }') => mutate(server, 'customerUpdate', input, select);
const errorsOf = (payload: Data) => payload.userErrors.map(({ code, path }: Data) => `${code} ${path.join('.')}`.trim());

const everything = `id kind displayName givenName familyName legalName partyRoles gender birthDate language timeZone country region city postalCode addressLine
  tags health stage { key } stageSince owner { name } team { name } attributes version archivedAt createdAt`;
const whole = {
  kind: 'PERSON',
  givenName: 'Ada',
  familyName: 'Lovelace',
  partyRoles: ['supplier', 'customer', 'supplier'],
  gender: 'female',
  birthDate: '1815-12-10',
  language: 'en-gb',
  timeZone: 'Europe/London',
  country: 'GB',
  region: 'Surrey',
  city: 'London',
  postalCode: 'SW1Y 4JH',
  addressLine: "12 St James's Square",
  tags: ['vip', 'analyst', 'vip'],
  health: 'HEALTHY',
  stage: 'prospect',
  createdAt: '2024-05-01T10:00:00Z',
};

describe('making and changing', () => {
  let ids: Record<'user' | 'team', string>;
  beforeAll(async () => {
    ids = {
      user: (await done(server, 'userCreate', { name: 'Grace', email: 'grace@example.org' }, 'user { id }')).user.id,
      team: (await done(server, 'teamCreate', { name: 'Key accounts', externalId: { system: 'hr', value: 'ka' } }, 'team { id }')).team.id,
    };
    await done(
      server,
      'attributeDefinitionCreate',
      { entity: 'CUSTOMER', key: 'shoe_size', name: 'Shoe size', type: 'NUMBER' },
      'attributeDefinition { id }',
    );
    await done(
      server,
      'attributeDefinitionCreate',
      { entity: 'CUSTOMER', key: 'motto', name: 'Motto', type: 'TEXT' },
      'attributeDefinition { id }',
    );
  });

  test('keeps every field as it is given, labels sorted and once', async () => {
    const { customer } = await create(
      {
        ...whole,
        owner: { email: 'Grace@example.org' },
        team: { externalId: { system: 'hr', value: 'ka' } },
        attributes: { shoe_size: 38.5, motto: 'Think' },
      },
      `customer { ${everything} }`,
    );
    expect(customer).toMatchObject({
      ...whole,
      displayName: 'Ada Lovelace',
      partyRoles: ['customer', 'supplier'],
      tags: ['analyst', 'vip'],
      language: 'en-GB',
      stage: { key: 'prospect' },
      stageSince: '2024-05-01T10:00:00.000Z',
      createdAt: '2024-05-01T10:00:00.000Z',
      owner: { name: 'Grace' },
      team: { name: 'Key accounts' },
      attributes: { shoe_size: 38.5, motto: 'Think' },
      version: 1,
      archivedAt: null,
    });
  });

  test('changes what is named, keeps what is absent and clears what is null', async () => {
    const { customer } = await create(
      { ...whole, owner: { id: ids.user }, team: { id: ids.team }, attributes: { shoe_size: 38, motto: 'Think' } },
      `customer { ${everything} }`,
    );
    const changed = (
      await update({ id: customer.id, city: 'Paris', tags: [], attributes: { motto: null, shoe_size: 39 } }, `customer { ${everything} }`)
    ).customer;
    expect(changed).toEqual({ ...customer, city: 'Paris', tags: [], attributes: { shoe_size: 39 }, version: 2 });
    const nulls = Object.fromEntries(
      Object.keys(whole)
        .filter((name) => !['stage', 'createdAt'].includes(name))
        .map((name) => [name, null]),
    );
    const cleared = (await update({ id: customer.id, ...nulls, familyName: 'L', owner: null, team: null }, `customer { ${everything} }`))
      .customer;
    const expected = Object.fromEntries(Object.keys(nulls).map((name) => [name, null]));
    expect(cleared).toEqual({
      ...changed,
      ...expected,
      kind: 'PERSON',
      familyName: 'L',
      partyRoles: [],
      health: 'UNKNOWN',
      tags: [],
      owner: null,
      team: null,
      version: 3,
    });
  });

  test('that changes nothing raises no version and tells nobody', async () => {
    const { customer } = await create({ ...whole, owner: { id: ids.user } }, `customer { id }`);
    const same = await update({ id: customer.id, givenName: 'Ada', tags: ['vip', 'analyst'], owner: { id: ids.user }, attributes: {} });
    expect(same.customer.version).toBe(1);
    await server.events.drained();
    const { events } = await ask(server, '{ events(first: 100, types: ["customer.updated"]) { nodes { subjectId } } }');
    expect(events.nodes).not.toContainEqual({ subjectId: customer.id });
  });

  test('refuses what does not exist, each at its place', async () => {
    const { customer, ...refused } = await create({
      givenName: 'X',
      partyRoles: ['king'],
      owner: { email: 'nobody@example.org' },
      team: { externalId: { system: 'hr', value: '?' } },
      stage: 'none',
      attributes: { hat: 1 },
    });
    expect(customer).toBeNull();
    expect(errorsOf(refused)).toEqual([
      'NOT_FOUND partyRoles',
      'NOT_FOUND owner',
      'NOT_FOUND team',
      'NOT_FOUND stage',
      'ATTRIBUTE_UNKNOWN attributes.hat',
    ]);
    expect(errorsOf(await create({ givenName: 'X', timeZone: 'Mars/Base', language: 'x y' }))).toEqual([
      'LANGUAGE_INVALID language',
      'TIME_ZONE_INVALID timeZone',
    ]);
    expect(errorsOf(await create({}))).toEqual(['NAME_REQUIRED displayName']);
    expect(
      await codesOf(server, 'mutation ($day: Date) { customerCreate(input: { birthDate: $day }) { customer { id } } }', {
        day: '2025-02-30',
      }),
    ).toEqual(['BAD_USER_INPUT']);
  });
});

describe('the name to show', () => {
  test.each([
    [{ displayName: 'Countess', givenName: 'Ada' }, 'Countess'],
    [{ givenName: 'Ada', familyName: 'King' }, 'Ada King'],
    [{ kind: 'ORGANISATION', legalName: 'Analytical Engines Ltd' }, 'Analytical Engines Ltd'],
    [{ identities: [{ kind: 'EXTERNAL', system: 'erp', value: 'n1' }, email('Name1@example.org')] }, 'Name1@example.org'],
    [{ externalId: { system: 'erp', value: 'n2' } }, 'n2'],
  ])('of %j is %s', async (input, name) => {
    expect((await create(input, 'customer { displayName }')).customer).toEqual({ displayName: name });
  });

  test('when cleared is built anew from names, then from identities', async () => {
    const id = await makeCustomer(server, { displayName: 'Boss', givenName: 'Ada', identities: [email('boss@example.org')] });
    expect((await update({ id, displayName: null }, 'customer { displayName }')).customer.displayName).toBe('Ada');
    expect((await update({ id, displayName: null, givenName: null }, 'customer { displayName }')).customer.displayName).toBe(
      'boss@example.org',
    );
    const nameless = await makeCustomer(server, { displayName: 'Boss' });
    expect(errorsOf(await update({ id: nameless, displayName: null }))).toEqual(['NAME_REQUIRED displayName']);
  });
});
