// Customers as the users of the API make, change, find and hide them.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ask, codesOf, type Data, done, keyOfRole, makeCustomer, mutate } from '../support/core.ts';
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
  kind: 'PERSON', givenName: 'Ada', familyName: 'Lovelace', partyRoles: ['supplier', 'customer', 'supplier'], gender: 'female', birthDate: '1815-12-10', language: 'en-gb', timeZone: 'Europe/London',
  country: 'GB', region: 'Surrey', city: 'London', postalCode: 'SW1Y 4JH', addressLine: "12 St James's Square", tags: ['vip', 'analyst', 'vip'], health: 'HEALTHY', stage: 'prospect', createdAt: '2024-05-01T10:00:00Z',
};

describe('making and changing', () => {
  let ids: Record<'user' | 'team', string>;
  beforeAll(async () => {
    ids = {
      user: (await done(server, 'userCreate', { name: 'Grace', email: 'grace@example.org' }, 'user { id }')).user.id,
      team: (await done(server, 'teamCreate', { name: 'Key accounts', externalId: { system: 'hr', value: 'ka' } }, 'team { id }')).team.id,
    };
    await done(server, 'attributeDefinitionCreate', { entity: 'CUSTOMER', key: 'shoe_size', name: 'Shoe size', type: 'NUMBER' }, 'attributeDefinition { id }');
    await done(server, 'attributeDefinitionCreate', { entity: 'CUSTOMER', key: 'motto', name: 'Motto', type: 'TEXT' }, 'attributeDefinition { id }');
  });

  test('keeps every field as it is given, labels sorted and once', async () => {
    const { customer } = await create({ ...whole, owner: { email: 'Grace@example.org' }, team: { externalId: { system: 'hr', value: 'ka' } }, attributes: { shoe_size: 38.5, motto: 'Think' } }, `customer { ${everything} }`);
    expect(customer).toMatchObject({
      ...whole, displayName: 'Ada Lovelace', partyRoles: ['customer', 'supplier'], tags: ['analyst', 'vip'], language: 'en-GB', stage: { key: 'prospect' }, stageSince: '2024-05-01T10:00:00.000Z', createdAt: '2024-05-01T10:00:00.000Z',
      owner: { name: 'Grace' }, team: { name: 'Key accounts' }, attributes: { shoe_size: 38.5, motto: 'Think' }, version: 1, archivedAt: null,
    });
  });

  test('changes what is named, keeps what is absent and clears what is null', async () => {
    const { customer } = await create({ ...whole, owner: { id: ids.user }, team: { id: ids.team }, attributes: { shoe_size: 38, motto: 'Think' } }, `customer { ${everything} }`);
    const changed = (await update({ id: customer.id, city: 'Paris', tags: [], attributes: { motto: null, shoe_size: 39 } }, `customer { ${everything} }`)).customer;
    expect(changed).toEqual({ ...customer, city: 'Paris', tags: [], attributes: { shoe_size: 39 }, version: 2 });
    const nulls = Object.fromEntries(Object.keys(whole).filter((name) => !['stage', 'createdAt'].includes(name)).map((name) => [name, null]));
    const cleared = (await update({ id: customer.id, ...nulls, familyName: 'L', owner: null, team: null }, `customer { ${everything} }`)).customer;
    const expected = Object.fromEntries(Object.keys(nulls).map((name) => [name, null]));
    expect(cleared).toEqual({ ...changed, ...expected, kind: 'PERSON', familyName: 'L', partyRoles: [], health: 'UNKNOWN', tags: [], owner: null, team: null, version: 3 });
  });

  test('that changes nothing raises no version and tells nobody', async () => {
    const { customer } = await create({ ...whole, owner: { id: ids.user } }, `customer { id }`);
    const same = await update({ id: customer.id, givenName: 'Ada', tags: ['vip', 'analyst'], owner: { id: ids.user }, attributes: {} });
    expect(same.customer.version).toBe(1);
    const { events } = await ask(server, '{ events(first: 100, types: ["customer.updated"]) { nodes { subjectId } } }');
    expect(events.nodes).not.toContainEqual({ subjectId: customer.id });
  });

  test('refuses what does not exist, each at its place', async () => {
    const { customer, ...refused } = await create({ givenName: 'X', partyRoles: ['king'], owner: { email: 'nobody@example.org' }, team: { externalId: { system: 'hr', value: '?' } }, stage: 'none', attributes: { hat: 1 } });
    expect(customer).toBeNull();
    expect(errorsOf(refused)).toEqual(['NOT_FOUND partyRoles', 'NOT_FOUND owner', 'NOT_FOUND team', 'NOT_FOUND stage', 'ATTRIBUTE_UNKNOWN attributes.hat']);
    expect(errorsOf(await create({ givenName: 'X', timeZone: 'Mars/Base', language: 'x y' }))).toEqual(['LANGUAGE_INVALID language', 'TIME_ZONE_INVALID timeZone']);
    expect(errorsOf(await create({}))).toEqual(['NAME_REQUIRED displayName']);
    expect(await codesOf(server, 'mutation ($day: Date) { customerCreate(input: { birthDate: $day }) { customer { id } } }', { day: '2025-02-30' })).toEqual(['BAD_USER_INPUT']);
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
    expect((await update({ id, displayName: null, givenName: null }, 'customer { displayName }')).customer.displayName).toBe('boss@example.org');
    const nameless = await makeCustomer(server, { displayName: 'Boss' });
    expect(errorsOf(await update({ id: nameless, displayName: null }))).toEqual(['NAME_REQUIRED displayName']);
  });
});

describe('identities', () => {
  const known = `customer { id identities { nodes { id kind system value original verified primary } } }`;

  test('are kept in one form, phones in national form read in the country of the customer or else of the workspace', async () => {
    const { customer } = await create(
      {
        country: 'DE',
        identities: [email(' Post@Bücher.example '), { kind: 'PHONE', value: '030 901820', verified: true }, { kind: 'SOCIAL', system: 'Mastodon', value: '@Ada@Example.social', primary: true }, email('post@xn--bcher-kva.example')],
        externalId: { system: 'Shop', value: '17' },
      },
      known,
    );
    expect(customer.identities.nodes.map(({ kind, system, value, original, verified, primary }: Data) => [kind, system, value, original, verified, primary]).sort()).toEqual([
      ['EMAIL', '', 'post@xn--bcher-kva.example', expect.stringContaining('@'), false, false],
      ['EXTERNAL', 'shop', '17', '17', false, false],
      ['PHONE', '', '+4930901820', '030 901820', true, false],
      ['SOCIAL', 'mastodon', 'ada@example.social', '@Ada@Example.social', false, true],
    ]);
    const by = async (ref: object) => (await ask(server, 'query ($by: CustomerRef!) { customer(by: $by) { id } }', { by: ref })).customer?.id;
    for (const ref of [{ id: customer.id }, { externalId: { system: 'SHOP', value: '17' } }, { identity: { kind: 'EMAIL', value: 'POST@BÜCHER.EXAMPLE' } }, { identity: { kind: 'PHONE', value: '+49 30 901820' } }, { identity: { kind: 'SOCIAL', system: 'mastodon', value: 'ada@example.social' } }]) expect(await by(ref)).toBe(customer.id);
    expect(await by({ identity: { kind: 'PHONE', value: '030 901820' } })).toBeUndefined();
    const british = await makeCustomer(server, { identities: [{ kind: 'PHONE', value: '020 7946 0958' }] });
    expect(await by({ identity: { kind: 'PHONE', value: '(020) 7946 0958' } })).toBe(british);
  });

  test('say where one is wrong or taken, and whose it is', async () => {
    expect(errorsOf(await create({ identities: [email('ok@example.org'), email('nobody')], externalId: { system: ' ', value: '1' } }))).toEqual(['TOO_SHORT externalId.system']);
    expect(errorsOf(await create({ identities: [email('ok@example.org'), { kind: 'PHONE', value: '12' }] }))).toEqual(['PHONE_INVALID identities.1.value']);
    const owner = await makeCustomer(server, { identities: [email('taken@example.org')], externalId: { system: 'erp', value: 'taken' } });
    const duplicate = await create({ displayName: 'Other', identities: [email('free@example.org'), email('TAKEN@example.org')] });
    expect(duplicate).toEqual({ customer: null, userErrors: [{ __typename: 'DuplicateError', code: 'DUPLICATE', path: ['identities', '1'], existing: { id: owner } }] });
    expect(errorsOf(await create({ identities: [email('free@example.org')], externalId: { system: 'erp', value: 'taken' } }))).toEqual(['DUPLICATE externalId']);
    expect(await ask(server, '{ customer(by: { identity: { kind: EMAIL, value: "free@example.org" } }) { id } }')).toEqual({ customer: null });
  });

  test('are added, added again without effect, removed, and free for others then', async () => {
    const id = await makeCustomer(server, { displayName: 'One', identities: [email('one@example.org')] });
    const other = await makeCustomer(server, { displayName: 'Other' });
    const add = (customer: string, value: string) => mutate(server, 'identityAdd', { customer: { id: customer }, identity: email(value) }, known);
    expect((await add(id, 'Two@example.org')).customer.identities.nodes).toHaveLength(2);
    const again = await add(id, 'two@EXAMPLE.org');
    expect(again.customer.identities.nodes).toHaveLength(2);
    expect((await add(other, 'two@example.org')).userErrors).toEqual([{ __typename: 'DuplicateError', code: 'DUPLICATE', path: ['identity'], existing: { id } }]);
    const two = again.customer.identities.nodes.find((one: Data) => one.value === 'two@example.org');
    expect((await mutate(server, 'identityRemove', { id: two.id }, known)).customer.identities.nodes).toHaveLength(1);
    expect((await add(other, 'two@example.org')).userErrors).toEqual([]);
    expect(errorsOf(await mutate(server, 'identityRemove', { id: two.id }, known))).toEqual(['NOT_FOUND id']);
  });
});

test('a change of an outdated version is refused and shows the customer as it is', async () => {
  const id = await makeCustomer(server, { displayName: 'Old' });
  expect((await update({ id, displayName: 'New', expectedVersion: 1 })).customer.version).toBe(2);
  const late = await update({ id, displayName: 'Late', expectedVersion: 1 });
  expect(late).toEqual({ customer: null, userErrors: [{ __typename: 'VersionConflictError', code: 'VERSION_CONFLICT', path: ['expectedVersion'], current: { id, version: 2, displayName: 'New' } }] });
  expect(errorsOf(await mutate(server, 'customerArchive', { id, expectedVersion: 1 }, 'customer { id }'))).toEqual(['VERSION_CONFLICT expectedVersion']);
});

test('of writers who all saw the same version one wins, and events follow the versions', async () => {
  const id = await makeCustomer(server, { displayName: 'Start', identities: [email('race@example.org')] });
  let version = 1;
  let wins = 0;
  for (let round = 0; round < 3; round++) {
    const answers = await Promise.all(Array.from({ length: 6 }, (_, i) => update({ id, city: `c${round}.${i}`, expectedVersion: version }, 'customer { version }')));
    wins += answers.filter((answer) => answer.customer).length;
    version = (await ask(server, 'query ($by: CustomerRef!) { customer(by: $by) { version } }', { by: { id } })).customer.version;
  }
  expect([wins, version]).toEqual([3, 4]);
  await Promise.all(Array.from({ length: 12 }, (_, i) => update({ id, city: `free ${i}` })));
  const after = await expect.poll(async () => {
    const { events } = await ask(server, 'query ($id: ID!) { events(first: 100, subjectId: $id, types: ["customer.updated"]) { nodes { data } } }', { id });
    return events.nodes.map((event: Data) => event.data);
  }).toHaveLength(15).then(() => ask(server, 'query ($id: ID!) { customer(by: { id: $id }) { city } events(first: 100, subjectId: $id, types: ["customer.updated"]) { nodes { data } } }', { id }));
  const steps = after.events.nodes.map((event: Data) => [event.data.before.city, event.data.after.city]);
  steps.slice(1).forEach(([before]: string[], i: number) => expect(before).toBe(steps[i][1]));
  expect(steps.at(-1)[1]).toBe(after.customer.city);
});

test('archived customers are hidden until asked for, found by id, and come back', async () => {
  const id = await makeCustomer(server, { displayName: 'Zaphod of Betelgeuse', identities: [email('zaphod@example.org')] });
  const names = async (archived?: string) => {
    const { customers } = await ask(server, 'query ($filter: CustomerFilter) { customers(filter: $filter) { nodes { id archivedAt } totalCount { value isExact } } }', { filter: { name: 'betelGEUSE', ...(archived ? { archived } : {}) } });
    expect(customers.totalCount).toEqual({ value: customers.nodes.length, isExact: true });
    return customers.nodes.map((one: Data) => one.id);
  };
  expect([await names(), await names('ONLY')]).toEqual([[id], []]);
  const archive = async (verb: string) => (await done(server, `customer${verb}`, { id }, 'customer { version archivedAt }')).customer;
  expect(await archive('Archive')).toEqual({ version: 2, archivedAt: expect.any(String) });
  expect((await archive('Archive')).version).toBe(2);
  expect([await names(), await names('INCLUDE'), await names('ONLY')]).toEqual([[], [id], [id]]);
  expect(await ask(server, '{ customer(by: { identity: { kind: EMAIL, value: "zaphod@example.org" } }) { id } }')).toEqual({ customer: { id } });
  expect(await archive('Restore')).toEqual({ version: 3, archivedAt: null });
  expect(await names()).toEqual([id]);
});

test('preferences and needs are kept with source and date, changed, met and hidden', async () => {
  const id = await makeCustomer(server, { displayName: 'Choosy' });
  const preference = (await done(server, 'preferenceAdd', { customer: { id }, topic: 'contact_time', value: 'mornings', basis: 'STATED', source: 'call', observedAt: '2025-01-02T03:04:05Z' }, 'preference { id version customer { id } topic value basis source observedAt }')).preference;
  expect(preference).toMatchObject({ topic: 'contact_time', value: 'mornings', basis: 'STATED', source: 'call', observedAt: '2025-01-02T03:04:05.000Z', customer: { id }, version: 1 });
  const need = (await done(server, 'needAdd', { customer: { id }, topic: 'delivery', value: 'faster', basis: 'INFERRED' }, 'need { id metAt }')).need;
  expect((await done(server, 'needUpdate', { id: need.id, metAt: '2025-06-01T00:00:00Z', expectedVersion: 1 }, 'need { metAt value version }')).need).toEqual({ metAt: '2025-06-01T00:00:00.000Z', value: 'faster', version: 2 });
  expect(errorsOf(await mutate(server, 'needUpdate', { id: need.id, value: 'late', expectedVersion: 1 }, 'need { id }'))).toEqual(['VERSION_CONFLICT expectedVersion']);
  const lists = async () => (await ask(server, 'query ($id: ID!) { customer(by: { id: $id }) { preferences { nodes { id } } needs(filter: { topic: { eq: "delivery" } }) { nodes { id } } } }', { id })).customer;
  expect(await lists()).toEqual({ preferences: { nodes: [{ id: preference.id }] }, needs: { nodes: [{ id: need.id }] } });
  await done(server, 'preferenceUpdate', { id: preference.id, archived: true }, 'preference { id }');
  expect((await lists()).preferences.nodes).toEqual([]);
});

test('roles decide who reads, writes and erases customers, and which fields', async () => {
  const id = await makeCustomer(server, { displayName: 'Guarded', birthDate: '1990-01-01', identities: [email('guarded@example.org')] });
  const reader = await keyOfRole(server, { permissions: ['customers:read'], hiddenFields: ['Customer.birthDate', 'Customer.identities', 'Customer.displayName'] });
  const writer = await keyOfRole(server, { permissions: ['customers:write'] });
  const one = (fields: string) => `{ customer(by: { id: "${id}" }) { ${fields} } }`;
  expect(await ask(server, one('id birthDate'), {}, reader)).toEqual({ customer: { id, birthDate: null } });
  expect(await codesOf(server, one('identities { nodes { id } }'), {}, reader)).toEqual(['FORBIDDEN']);
  expect(await codesOf(server, one('displayName'), {}, reader)).toEqual(['FORBIDDEN']);
  expect(await codesOf(server, '{ customers(filter: { name: "Guarded" }) { nodes { id } } }', {}, reader)).toEqual(['FORBIDDEN']);
  expect(await codesOf(server, '{ customers(orderBy: [{ field: DISPLAY_NAME }]) { nodes { id } } }', {}, reader)).toEqual(['FORBIDDEN']);
  expect(await codesOf(server, one('id'), {}, writer)).toEqual(['FORBIDDEN']);
  expect(await codesOf(server, `mutation { customerUpdate(input: { id: "${id}", city: "X" }) { customer { id } } }`, {}, reader)).toEqual(['FORBIDDEN']);
  expect((await mutate(server, 'customerUpdate', { id, city: 'X' }, 'customer { id }', { key: writer })).customer).toBeNull();
  expect(await codesOf(server, `mutation { customerErase(input: { id: "${id}", confirm: "erase" }) { customer { id } } }`, {}, writer)).toEqual(['FORBIDDEN']);
});
