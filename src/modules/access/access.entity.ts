// Who acts: users, teams, roles and API keys, as they can be read.
import sql from 'sql-template-tag';
import { defineEntity, type Entity } from '../../query/entity.ts';

const dates = ['version', 'createdAt', 'updatedAt', 'archivedAt'];
const externalRef = (thing: string) => ({
  field: 'externalId',
  system: 'externalSystem',
  id: 'externalId',
  description: `The other system that knows this ${thing}, and the id there.`,
});

export const user: Entity = defineEntity({
  name: 'User',
  plural: 'users',
  prefix: 'user',
  subject: 'users',
  description: 'A person who works for the company. One without a role cannot sign in and only owns and acts.',
  fields: ['name', 'email', ...dates],
  externalRef: externalRef('user'),
  relations: {
    role: { one: 'Role', key: 'roleId', description: 'What the user may do and see.' },
    teams: {
      many: 'Team',
      link: (c, parent, workspaceId) =>
        sql`${c('id')} in (select m.team_id from team_members m where m.workspace_id = ${workspaceId} and m.user_id = ${parent})`,
      description: 'Teams the user belongs to; their sub-teams are not listed.',
    },
    ledTeams: { many: 'Team', key: 'leadId', description: 'Teams the user leads.' },
  },
  filters: {
    id: { id: 'id', entity: 'User' },
    name: { column: 'name' },
    email: { column: 'email' },
    role: { keyOf: 'roleId', entity: 'Role', description: "By the role's key." },
    createdAt: { column: 'createdAt' },
  },
  orders: { NAME: { column: 'name' }, CREATED_AT: { column: 'createdAt' } },
  defaultOrder: { field: 'NAME', direction: 'ASC' },
  scope: { kind: 'columns', owner: 'id' },
});

export const team: Entity = defineEntity({
  name: 'Team',
  plural: 'teams',
  prefix: 'team',
  subject: 'teams',
  description: 'A group of users; teams form a tree. Departments are teams too.',
  fields: ['name', ...dates],
  externalRef: externalRef('team'),
  relations: {
    lead: { one: 'User', key: 'leadId', description: 'Who leads it; sees what the team sees, also without being a member.' },
    parent: { one: 'Team', key: 'parentId', description: 'The team it is a part of.' },
    children: { many: 'Team', key: 'parentId', description: 'Its parts.' },
    members: {
      many: 'User',
      link: (c, parent, workspaceId) =>
        sql`${c('id')} in (select m.user_id from team_members m where m.workspace_id = ${workspaceId} and m.team_id = ${parent})`,
      description: 'Its members; those of its sub-teams are not listed.',
    },
  },
  filters: {
    id: { id: 'id', entity: 'Team' },
    name: { column: 'name' },
    parentId: { id: 'parentId', entity: 'Team', description: 'By the parent team; `isNull` finds the tops of the trees.' },
    leadId: { id: 'leadId', entity: 'User', description: 'By the lead.' },
    createdAt: { column: 'createdAt' },
  },
  orders: { NAME: { column: 'name' }, CREATED_AT: { column: 'createdAt' } },
  defaultOrder: { field: 'NAME', direction: 'ASC' },
  scope: { kind: 'columns', owner: 'leadId', team: 'id' },
});

export const role: Entity = defineEntity({
  name: 'Role',
  plural: 'roles',
  singular: 'role',
  prefix: 'role',
  subject: 'roles',
  description: 'What its holders may do and see: permissions, row scopes and hidden fields.',
  fields: ['key', 'name', 'description', 'permissions', 'hiddenFields', ...dates],
  added: ['rowScopes'],
  filters: { key: { column: 'key' }, name: { column: 'name' } },
  orders: { KEY: { column: 'key' } },
  defaultOrder: { field: 'KEY', direction: 'ASC' },
});

export const apiKey: Entity = defineEntity({
  name: 'ApiKey',
  plural: 'apiKeys',
  singular: 'apiKey',
  prefix: 'apikey',
  subject: 'api-keys',
  description: "A program's way in. The key itself is shown once, when it is made; only its hash is stored.",
  fields: ['name', 'prefix', 'documents', 'expiresAt', 'revokedAt', 'version', 'createdAt', 'updatedAt'],
  relations: { role: { one: 'Role', key: 'roleId', description: 'What its bearer may do and see.' } },
  filters: {
    name: { column: 'name' },
    role: { keyOf: 'roleId', entity: 'Role', description: "By the role's key." },
    revokedAt: { column: 'revokedAt', description: 'By the time of withdrawal; `isNull` finds those in use.' },
    expiresAt: { column: 'expiresAt' },
  },
  orders: { CREATED_AT: { column: 'createdAt' } },
  defaultOrder: { field: 'CREATED_AT', direction: 'ASC' },
});
