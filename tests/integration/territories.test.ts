// Territories: which takes a customer, and who gets what comes from there.
import sql from 'sql-template-tag';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inWorkspace } from '../../src/commands/system.ts';
import { encodeTypeId } from '../../src/lib/typeid.ts';
import { teamCreate, teamMemberAdd, userArchive, userCreate } from '../../src/modules/access/index.ts';
import { customerCreate } from '../../src/modules/customers/index.ts';
import { customerAssign } from '../../src/modules/territories/customer-assign.command.ts';
import { assign, territoriesFor, territoryCommands } from '../../src/modules/territories/index.ts';
import { createTestDomain, type TestDomain } from '../support/domain.ts';

let domain: TestDomain;
const users: string[] = [];
let teamId: string;

const team = () => ({ id: encodeTypeId('team', teamId) });
const user = (id: string) => ({ id: encodeTypeId('user', id) });
const inCountry = (country: string) => ({ field: { country: { in: [country] } } });

beforeAll(async () => {
  domain = await createTestDomain();
  teamId = (await domain.done(teamCreate, { name: 'North' })).id;
  for (const name of ['Ana', 'Bo', 'Cy']) {
    const { id } = await domain.done(userCreate, { name, email: `${name.toLowerCase()}@example.com` });
    await domain.done(teamMemberAdd, { team: team(), user: user(id) });
    users.push(id);
  }
  users.sort();
  await domain.done(territoryCommands.create, {
    key: 'dach',
    name: 'DACH',
    strategy: 'ROUND_ROBIN',
    team: team(),
    rule: { field: { country: { in: ['DE', 'AT'] } } },
  });
  await domain.done(territoryCommands.create, {
    key: 'germany',
    name: 'Germany',
    strategy: 'USER',
    user: user(users[0]!),
    rule: inCountry('DE'),
  });
  await domain.done(territoryCommands.create, { key: 'france', name: 'France', strategy: 'TEAM', team: team(), rule: inCountry('FR') });
});
afterAll(() => domain.stop());

async function customer(country: string | null): Promise<string> {
  return (await domain.done(customerCreate, { displayName: 'Somebody', country })).id;
}
const keyOf = async (territoryId: string | undefined) =>
  (await domain.db.query<{ key: string }>(sql`select key from territories where id = ${territoryId ?? null}::uuid`))[0]?.key;
const holders = async (id: string) =>
  (await domain.db.query(sql`select owner_id as "ownerId", team_id as "teamId" from customers where id = ${id}::uuid`))[0];
const customerRef = (id: string) => ({ customer: { id: encodeTypeId('customer', id) } });

describe('territories', () => {
  it('take a customer in the order of their positions, archived ones never', async () => {
    const [german, french, nowhere] = [await customer('DE'), await customer('FR'), await customer(null)];
    const found = () => territoriesFor(domain.db, domain.workspaceId, [german, french, nowhere], new Date());
    const first = await found();
    expect(await keyOf(first.get(german)?.id)).toBe('dach');
    expect(await keyOf(first.get(french)?.id)).toBe('france');
    expect(first.has(nowhere)).toBe(false);
    const dach = encodeTypeId('territory', first.get(german)!.id);
    await domain.done(territoryCommands.update, { id: dach, position: 9 });
    expect(await keyOf((await found()).get(german)?.id)).toBe('germany');
    await domain.done(territoryCommands.update, { id: dach, position: 0 });
    await domain.done(territoryCommands.archive, { id: dach });
    expect(await keyOf((await found()).get(german)?.id)).toBe('germany');
    await domain.done(territoryCommands.restore, { id: dach });
  });

  it('give customers to the members of a team in turn, each as often as the others when many come at once', async () => {
    const ids = await Promise.all(Array.from({ length: 9 }, () => customer('AT')));
    await Promise.all(ids.map((id) => domain.done(customerAssign, customerRef(id))));
    const owners = await Promise.all(ids.map(async (id) => ((await holders(id)) as { ownerId: string }).ownerId));
    expect(users.map((id) => owners.filter((owner) => owner === id).length)).toEqual([3, 3, 3]);
    const french = await customer('FR');
    await domain.done(customerAssign, customerRef(french));
    expect(await holders(french)).toEqual({ ownerId: null, teamId });
    const { userErrors } = await domain.run(customerAssign, customerRef(await customer('US')));
    expect(userErrors).toMatchObject([{ code: 'NO_TERRITORY', path: ['customer'] }]);
  });

  it('tell of a new owner, and of nothing where it stays', async () => {
    const id = await customer('FR');
    await domain.done(customerAssign, customerRef(id));
    await domain.done(customerAssign, customerRef(id));
    const events = await domain.db.query(sql`select data from event_inbox where subject_id = ${id}::uuid and type = 'customer.updated'`);
    expect(events).toEqual([{ data: { before: { teamId: null }, after: { teamId } } }]);
  });

  it('leave out users who are archived', async () => {
    const { db, workspaceId } = domain;
    const [holder] = await db.query<{ id: string }>(sql`select id from territories where key = 'dach'`);
    await domain.done(userArchive, { id: encodeTypeId('user', users[1]!) });
    const give = (strategy: 'USER' | 'ROUND_ROBIN' | 'CUSTOMER_OWNER', customerId: string | null = null) =>
      db.transaction((tx) =>
        inWorkspace(tx, workspaceId, (ctx) =>
          assign(ctx, { strategy, userId: users[1]!, teamId, customerId, holder: { model: 'Territory', id: holder!.id } }),
        ),
      );
    const turns = [await give('ROUND_ROBIN'), await give('ROUND_ROBIN'), await give('ROUND_ROBIN'), await give('ROUND_ROBIN')];
    expect(turns.map(({ ownerId }) => ownerId).sort()).toEqual([users[0], users[0], users[2], users[2]]);
    expect(await give('USER')).toEqual({ ownerId: null, teamId });
    const { id } = await domain.done(customerCreate, { displayName: 'Owned', owner: user(users[2]!) });
    expect(await give('CUSTOMER_OWNER', id)).toEqual({ ownerId: users[2], teamId: null });
  });

  it('refuse a strategy without its user or team, and a rule that is none', async () => {
    const codes = async (more: object) =>
      (await domain.run(territoryCommands.create, { key: 'bad', name: 'Bad', rule: inCountry('IT'), ...more })).userErrors.map(
        ({ code, path }) => `${code} ${path.join('.')}`,
      );
    expect(await codes({ strategy: 'USER' })).toEqual(['ASSIGNEE_REQUIRED user']);
    expect(await codes({ strategy: 'ROUND_ROBIN' })).toEqual(['ASSIGNEE_REQUIRED team']);
    expect(await codes({ strategy: 'CUSTOMER_OWNER', rule: { stage: { in: ['nowhere'] } } })).toEqual([
      expect.stringMatching(/ rule\.stage\.in/),
    ]);
  });
});
