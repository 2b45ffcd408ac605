// Who asks: some as companies have them, and some with roles made by chance.
import { builtInRoles } from '../../src/auth/built-in-roles.ts';
import { compileRole, knownSubjects, type RoleDefinition, type RowScope } from '../../src/auth/permissions.ts';
import { teamsOfUser } from '../../src/auth/team-reach.ts';
import type { Viewer } from '../../src/auth/viewer.ts';
import type { Queryable } from '../../src/db/database.ts';
import { hideableFields } from '../../src/modules/access/role-definition.ts';
import { allEntities } from '../../src/query/entity.ts';
import type { Random } from './random.ts';

export type NamedViewer = Viewer & { name: string };
type Keys = { id: string; roleId: string };
type Part = { workspaceId: string; users: string[]; key: Keys };

const everything = { permissions: ['*'], rowScope: {}, hiddenFields: [] };
const customerSubjects = ['customers', 'interactions', 'conversations', 'relationships', 'messages'];

function keyViewer({ workspaceId, key }: Part, name: string, role: RoleDefinition): NamedViewer {
  return {
    name,
    workspaceId,
    actor: { kind: 'API_KEY', id: key.id },
    credentialId: key.id,
    userId: null,
    teamIds: [],
    role: compileRole(role),
    roleName: name,
    roleId: key.roleId,
    expiresAt: null,
    origin: null,
  };
}

async function userViewer(db: Queryable, part: Part, name: string, role: RoleDefinition, userId: string): Promise<NamedViewer> {
  const teamIds = await teamsOfUser(db, part.workspaceId, userId);
  return {
    ...keyViewer(part, name, role),
    actor: { kind: 'USER', id: userId },
    credentialId: userId,
    userId,
    teamIds,
    expiresAt: new Date('2099-01-01T00:00:00Z'),
  };
}

/** Hides some fields of what there is. */
function hiding(random: Random, share: number): string[] {
  return allEntities()
    .flatMap((entity) => hideableFields(entity).map((field) => `${entity.name}.${field}`))
    .filter(() => random.chance(share));
}

/** The fields by which others point to an entity. */
function tiesTo(name: string): string[] {
  return allEntities().flatMap((entity) =>
    Object.entries(entity.relations ?? {}).flatMap(([field, relation]) =>
      'one' in relation && relation.one === name ? [`${entity.name}.${field}`] : [],
    ),
  );
}

function anyRole(random: Random): RoleDefinition {
  const permissions = random.chance(0.4)
    ? ['*']
    : knownSubjects.filter(() => random.chance(0.75)).map((subject) => (subject === 'recognise' ? subject : `${subject}:read`));
  const scope = (): RowScope => random.pick(['OWN', 'TEAM', 'TEAM', 'ALL']);
  const rowScope = Object.fromEntries(
    [...customerSubjects, 'users', 'teams']
      .filter(() => random.chance(0.4))
      .map((subject) => [random.chance(0.2) ? `${subject}:read` : subject, scope()]),
  );
  return { permissions, rowScope, hiddenFields: random.chance(0.6) ? hiding(random, random.pick([0.02, 0.06, 0.15])) : [] };
}

/** The callers of a run; the last one belongs to the other workspace. */
export async function makeViewers(db: Queryable, random: Random, part: Part, other: Part): Promise<NamedViewer[]> {
  const scoped = (scope: RowScope) => Object.fromEntries(customerSubjects.map((subject) => [subject, scope]));
  const user = () => random.pick(part.users);
  const chance = Array.from({ length: 8 }, (_, i) => userViewer(db, part, `chance ${i + 1}`, anyRole(random), user()));
  return [
    keyViewer(part, 'administrator', everything),
    await userViewer(db, part, 'sales', builtInRoles.sales, user()),
    await userViewer(db, part, 'own rows', { ...everything, rowScope: scoped('OWN') }, user()),
    await userViewer(db, part, 'team rows', { ...everything, rowScope: { ...scoped('TEAM'), users: 'TEAM', teams: 'TEAM' } }, user()),
    keyViewer(part, 'some hidden', {
      ...everything,
      hiddenFields: [
        'Customer.displayName',
        'Customer.owner',
        'Customer.attributes',
        'Interaction.value',
        'Interaction.occurredAt',
        'Customer.createdAt',
        'User.name',
      ],
    }),
    keyViewer(part, 'customers hidden', { ...everything, hiddenFields: tiesTo('Customer') }),
    keyViewer(part, 'half hidden', { ...everything, hiddenFields: hiding(random, 0.5) }),
    keyViewer(part, 'recogniser', builtInRoles.recogniser),
    keyViewer(part, 'nobody', { permissions: [], rowScope: {}, hiddenFields: [] }),
    ...(await Promise.all(chance)),
    keyViewer(other, 'another workspace', everything),
  ];
}
