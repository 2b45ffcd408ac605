// Changes of customers by many at once, archiving, and what roles allow.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ask, codesOf, type Data, done, keyOfRole, makeCustomer, mutate } from '../support/core.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
  await done(server, 'workspaceUpdate', { country: 'GB' }, 'workspace { id }');
});
afterAll(() => server?.stop());

const email = (value: string) => ({ kind: 'EMAIL', value });
const update = (input: object, select = 'customer { id version }') => mutate(server, 'customerUpdate', input, select);
const errorsOf = (payload: Data) => payload.userErrors.map(({ code, path }: Data) => `${code} ${path.join('.')}`.trim());

test('a change of an outdated version is refused and shows the customer as it is', async () => {
  const id = await makeCustomer(server, { displayName: 'Old' });
  expect((await update({ id, displayName: 'New', expectedVersion: 1 })).customer.version).toBe(2);
  const late = await update({ id, displayName: 'Late', expectedVersion: 1 });
  expect(late).toEqual({
    customer: null,
    userErrors: [
      {
        __typename: 'VersionConflictError',
        code: 'VERSION_CONFLICT',
        path: ['expectedVersion'],
        current: { id, version: 2, displayName: 'New' },
      },
    ],
  });
  expect(errorsOf(await mutate(server, 'customerArchive', { id, expectedVersion: 1 }, 'customer { id }'))).toEqual([
    'VERSION_CONFLICT expectedVersion',
  ]);
});

test('of writers who all saw the same version one wins, and events follow the versions', async () => {
  const id = await makeCustomer(server, { displayName: 'Start', identities: [email('race@example.org')] });
  let version = 1;
  let wins = 0;
  for (let round = 0; round < 3; round++) {
    const answers = await Promise.all(
      Array.from({ length: 6 }, (_, i) => update({ id, city: `c${round}.${i}`, expectedVersion: version }, 'customer { version }')),
    );
    wins += answers.filter((answer) => answer.customer).length;
    version = (await ask(server, 'query ($by: CustomerRef!) { customer(by: $by) { version } }', { by: { id } })).customer.version;
  }
  expect([wins, version]).toEqual([3, 4]);
  await Promise.all(Array.from({ length: 12 }, (_, i) => update({ id, city: `free ${i}` })));
  const after = await expect
    .poll(async () => {
      const { events } = await ask(
        server,
        'query ($id: ID!) { events(first: 100, subjectId: $id, types: ["customer.updated"]) { nodes { data } } }',
        { id },
      );
      return events.nodes.map((event: Data) => event.data);
    })
    .toHaveLength(15)
    .then(() =>
      ask(
        server,
        'query ($id: ID!) { customer(by: { id: $id }) { city } events(first: 100, subjectId: $id, types: ["customer.updated"]) { nodes { data } } }',
        { id },
      ),
    );
  const steps = after.events.nodes.map((event: Data) => [event.data.before.city, event.data.after.city]);
  expect(steps.slice(1).map(([before]: string[]) => before)).toEqual(steps.slice(0, -1).map(([, city]: string[]) => city));
  expect(steps.at(-1)[1]).toBe(after.customer.city);
});

test('archived customers are hidden until asked for, found by id, and come back', async () => {
  const id = await makeCustomer(server, { displayName: 'Zaphod of Betelgeuse', identities: [email('zaphod@example.org')] });
  const names = async (archived?: string) => {
    const { customers } = await ask(
      server,
      'query ($filter: CustomerFilter) { customers(filter: $filter) { nodes { id archivedAt } totalCount { value isExact } } }',
      { filter: { name: 'betelGEUSE', ...(archived ? { archived } : {}) } },
    );
    expect(customers.totalCount).toEqual({ value: customers.nodes.length, isExact: true });
    return customers.nodes.map((one: Data) => one.id);
  };
  expect([await names(), await names('ONLY')]).toEqual([[id], []]);
  const archive = async (verb: string) => (await done(server, `customer${verb}`, { id }, 'customer { version archivedAt }')).customer;
  expect(await archive('Archive')).toEqual({ version: 2, archivedAt: expect.any(String) });
  expect((await archive('Archive')).version).toBe(2);
  expect([await names(), await names('INCLUDE'), await names('ONLY')]).toEqual([[], [id], [id]]);
  expect(await ask(server, '{ customer(by: { identity: { kind: EMAIL, value: "zaphod@example.org" } }) { id } }')).toEqual({
    customer: { id },
  });
  expect(await archive('Restore')).toEqual({ version: 3, archivedAt: null });
  expect(await names()).toEqual([id]);
});

test('roles decide who reads, writes and erases customers, and which fields', async () => {
  const id = await makeCustomer(server, { displayName: 'Guarded', birthDate: '1990-01-01', identities: [email('guarded@example.org')] });
  const reader = await keyOfRole(server, {
    permissions: ['customers:read'],
    hiddenFields: ['Customer.birthDate', 'Customer.identities', 'Customer.displayName'],
  });
  const writer = await keyOfRole(server, { permissions: ['customers:write'] });
  const one = (fields: string) => `{ customer(by: { id: "${id}" }) { ${fields} } }`;
  expect(await ask(server, one('id birthDate'), {}, reader)).toEqual({ customer: { id, birthDate: null } });
  expect(await codesOf(server, one('identities { nodes { id } }'), {}, reader)).toEqual(['FORBIDDEN']);
  expect(await codesOf(server, one('displayName'), {}, reader)).toEqual(['FORBIDDEN']);
  expect(await codesOf(server, '{ customers(filter: { name: "Guarded" }) { nodes { id } } }', {}, reader)).toEqual(['FORBIDDEN']);
  expect(await codesOf(server, '{ customers(orderBy: [{ field: DISPLAY_NAME }]) { nodes { id } } }', {}, reader)).toEqual(['FORBIDDEN']);
  expect(await codesOf(server, one('id'), {}, writer)).toEqual(['FORBIDDEN']);
  expect(await codesOf(server, `mutation { customerUpdate(input: { id: "${id}", city: "X" }) { customer { id } } }`, {}, reader)).toEqual([
    'FORBIDDEN',
  ]);
  expect((await mutate(server, 'customerUpdate', { id, city: 'X' }, 'customer { id }', { key: writer })).customer).toBeNull();
  expect(
    await codesOf(server, `mutation { customerErase(input: { id: "${id}", confirm: "erase" }) { customer { id } } }`, {}, writer),
  ).toEqual(['FORBIDDEN']);
});
