// Row scopes of readers, for each kind of scope that an entity can have.
import sql from 'sql-template-tag';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestDomain, type TestDomain } from '../../tests/support/domain.ts';
import { viewerWith } from '../../tests/support/viewers.ts';
import type { RoleDefinition } from '../auth/permissions.ts';
import { encodeId } from '../graphql/ids.ts';
import { buildSchema } from '../graphql/schema.ts';
import { userCreate } from '../modules/access/users.commands.ts';
import { customerCreate } from '../modules/customers/index.ts';
import { interactionRecord } from '../modules/interactions/index.ts';
import { entityNamed } from './entity.ts';
import { fieldOfColumn, rowPolicy } from './policy.ts';
import { tableOf } from './sql.ts';

let domain: TestDomain;
const users: Record<string, string> = {};
const team = '01890a5d-ac96-774b-bcce-b302099a8057';

beforeAll(async () => {
  buildSchema();
  domain = await createTestDomain();
  await domain.db.execute(sql`insert into teams (workspace_id, id, name) values (${domain.workspaceId}::uuid, ${team}::uuid, 'Team')`);
  for (const name of ['me', 'mate', 'stranger']) users[name] = (await domain.done(userCreate, { name })).id;
  for (const name of ['me', 'mate'])
    await domain.db.execute(
      sql`insert into team_members (workspace_id, team_id, user_id) values (${domain.workspaceId}::uuid, ${team}::uuid, ${users[name]}::uuid)`,
    );
  const owners: Record<string, object> = {
    me: { owner: user('me') },
    mate: { owner: user('mate') },
    stranger: { owner: user('stranger') },
    team: { team: { id: encodeId('Team', team) } },
    nobody: {},
  };
  for (const [displayName, more] of Object.entries(owners)) {
    const { id } = await domain.done(customerCreate, {
      displayName,
      identities: [{ kind: 'EMAIL', value: `${displayName}@example.org` }],
      ...more,
    });
    await domain.done(interactionRecord, {
      customer: { id: encodeId('Customer', id) },
      kind: 'call',
      channel: 'phone',
      direction: 'INBOUND',
      participants: [{ user: user('me'), role: displayName }],
      conversation: { externalId: { system: 's', value: displayName } },
    });
  }
});
afterAll(() => domain?.stop());

const user = (name: string) => ({ id: encodeId('User', users[name]!) });

/** Names of the customers whose rows of an entity a role sees. */
async function seen(entity: string, rowScope: RoleDefinition['rowScope']): Promise<string[]> {
  const viewer = viewerWith(domain.viewer, { permissions: ['*'], rowScope }, { userId: users.me!, teamIds: [team] });
  const owner =
    { Customer: sql`t.id`, InteractionParticipant: sql`(select i.customer_id from interactions i where i.id = t.interaction_id)` }[
      entity
    ] ?? sql`t.customer_id`;
  const rows = await domain.db.query<{ name: string }>(
    sql`select c.display_name as name from ${tableOf(entity)} t join customers c on c.id = ${owner} where ${rowPolicy(viewer, entityNamed(entity), 't')} order by 1`,
  );
  return rows.map((row) => row.name);
}

const everybody = ['mate', 'me', 'nobody', 'stranger', 'team'];
const ofTeam = ['mate', 'me', 'team'];

test.each(['Customer', 'Identity', 'Interaction', 'InteractionParticipant', 'Conversation'])(
  'the scope of customers cuts each %s',
  async (entity) => {
    expect(await seen(entity, {})).toEqual(everybody);
    expect(await seen(entity, { customers: 'TEAM' })).toEqual(ofTeam);
    expect(await seen(entity, { customers: 'OWN' })).toEqual(['me']);
    expect(await seen(entity, { 'customers:read': 'OWN', customers: 'TEAM' })).toEqual(['me']);
    expect(await seen(entity, { 'customers:write': 'OWN' })).toEqual(everybody);
  },
);

test.each(['Interaction', 'InteractionParticipant'])(
  'a narrower scope of interactions cuts each %s further, a wider one does not widen',
  async (entity) => {
    expect(await seen(entity, { interactions: 'OWN' })).toEqual(['me']);
    expect(await seen(entity, { 'interactions:read': 'TEAM' })).toEqual(ofTeam);
    expect(await seen(entity, { customers: 'TEAM', interactions: 'OWN' })).toEqual(['me']);
    expect(await seen(entity, { customers: 'OWN', interactions: 'ALL' })).toEqual(['me']);
    expect(await seen('Customer', { interactions: 'OWN' })).toEqual(everybody);
  },
);

test('a hidden field hides the columns that it shows', () => {
  const [interaction, customer] = [entityNamed('Interaction'), entityNamed('Customer')];
  expect(
    ['valueAmount', 'valueCurrency', 'externalSystem', 'externalId', 'customerId', 'subject'].map((column) =>
      fieldOfColumn(interaction, column),
    ),
  ).toEqual(['value', 'value', 'externalRef', 'externalRef', 'customer', 'subject']);
  expect(['ownerId', 'stageId', 'displayName'].map((column) => fieldOfColumn(customer, column))).toEqual(['owner', 'stage', 'displayName']);
});
