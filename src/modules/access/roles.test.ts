import sql from 'sql-template-tag';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDomain, type TestDomain } from '../../../tests/support/domain.ts';
import { viewerWith } from '../../../tests/support/viewers.ts';
import type { CommandOutcome } from '../../commands/command.ts';
import { encodeId } from '../../graphql/ids.ts';
import { newId } from '../../lib/typeid.ts';
import {
  apiKeyCreate,
  apiKeyRevoke,
  roleArchive,
  roleCreate,
  roleRestore,
  roleUpdate,
  userArchive,
  userCreate,
  userUpdate,
} from './index.ts';
import '../customers/index.ts';

let domain: TestDomain;
beforeAll(async () => {
  domain = await createTestDomain();
});
afterAll(() => domain.stop());

const codesOf = (outcome: CommandOutcome<unknown>) => outcome.userErrors.map((error) => `${error.code} ${error.path.join('.')}`);
const named = () => ({ key: `role-${newId()}`, name: 'Role' });
async function roleId(key: string): Promise<string> {
  const [row] = await domain.db.query<{ id: string }>(
    sql`select id from roles where workspace_id = ${domain.workspaceId}::uuid and key = ${key}`,
  );
  return encodeId('Role', row!.id);
}

describe('a role', () => {
  it('is made and changed, with events', async () => {
    const definition = {
      permissions: ['customers:read', 'recognise'],
      rowScopes: [{ subject: 'customers', scope: 'TEAM' }],
      hiddenFields: ['Customer.birthDate'],
    };
    const { id } = await domain.done(roleCreate, { ...named(), ...definition });
    await domain.done(roleUpdate, { id: encodeId('Role', id), rowScopes: [], permissions: ['customers:*', 'customers:*'] });
    const [row] = await domain.db.query(sql`select permissions, row_scope, hidden_fields, version from roles where id = ${id}::uuid`);
    expect(row).toEqual({ permissions: ['customers:*'], row_scope: {}, hidden_fields: ['Customer.birthDate'], version: 2 });
    const events = await domain.db.query(
      sql`select type, data -> 'before' as before from event_inbox where subject_id = ${id}::uuid order by position`,
    );
    expect(events).toEqual([
      { type: 'role.created', before: null },
      { type: 'role.updated', before: { permissions: ['customers:read', 'recognise'], rowScope: { customers: 'TEAM' } } },
    ]);
  });

  it.each([
    ['a malformed permission', { permissions: ['customers:read', 'customers'] }, 'PERMISSION_MALFORMED permissions.1'],
    ['an unknown subject', { permissions: ['custmers:read'] }, 'SUBJECT_UNKNOWN permissions.0'],
    [
      'a scope of an unknown subject',
      { permissions: [], rowScopes: [{ subject: 'custmers', scope: 'OWN' }] },
      'SUBJECT_UNKNOWN rowScopes.0.subject',
    ],
    [
      'a scope of an unknown action',
      { permissions: [], rowScopes: [{ subject: 'customers:look', scope: 'OWN' }] },
      'PERMISSION_MALFORMED rowScopes.0.subject',
    ],
    [
      'two scopes of one subject',
      {
        permissions: [],
        rowScopes: [
          { subject: 'users', scope: 'OWN' },
          { subject: 'users', scope: 'ALL' },
        ],
      },
      'DUPLICATE rowScopes.1.subject',
    ],
    ['an unknown scope', { permissions: [], rowScopes: [{ subject: 'users', scope: 'MINE' }] }, 'INVALID_VALUE rowScopes.0.scope'],
    ['an unknown field', { permissions: [], hiddenFields: ['Customer.birthday'] }, 'FIELD_UNKNOWN hiddenFields.0'],
    ['an unknown type', { permissions: [], hiddenFields: ['User.email', 'Custmer.birthDate'] }, 'FIELD_UNKNOWN hiddenFields.1'],
    ['a field that is none of the API', { permissions: [], hiddenFields: ['ApiKey.hash'] }, 'FIELD_UNKNOWN hiddenFields.0'],
  ])('is refused with %s', async (_, parts, error) => {
    expect(codesOf(await domain.run(roleCreate, { ...named(), ...parts }))).toEqual([error]);
  });

  it('has a key of its own', async () => {
    expect(codesOf(await domain.run(roleCreate, { key: 'sales', name: 'Sales', permissions: [] }))).toEqual(['DUPLICATE key']);
  });

  it('of the administrator cannot be changed, even by the administrator', async () => {
    const id = await roleId('administrator');
    expect(codesOf(await domain.run(roleUpdate, { id, permissions: [] }))).toEqual(['ROLE_PROTECTED id']);
    expect(codesOf(await domain.run(roleArchive, { id }))).toEqual(['ROLE_PROTECTED id']);
  });
});

describe('nobody hands out more than they hold', () => {
  const definition = {
    permissions: ['roles:*', 'api-keys:*', 'users:*', 'customers:read'],
    rowScope: { customers: 'TEAM' as const },
    hiddenFields: ['Customer.birthDate'],
  };
  const limited = () => viewerWith(domain.viewer, definition);
  const hidden = { hiddenFields: ['Customer.birthDate'] };
  const team = { rowScopes: [{ subject: 'customers', scope: 'TEAM' }] };

  it.each([
    ['everything', { permissions: ['*'], ...hidden, ...team }],
    ['another subject', { permissions: ['interactions:read'], ...hidden }],
    ['another action', { permissions: ['customers:*'], ...hidden, ...team }],
    ['more rows', { permissions: ['customers:read'], ...hidden }],
    ['a hidden field', { permissions: ['customers:read'], ...team }],
  ])('not %s in a new role, nor by changing a role', async (_, parts) => {
    expect(codesOf(await domain.run(roleCreate, { ...named(), ...parts }, limited()))).toEqual(['ROLE_EXCEEDS_CALLER permissions']);
    const { id } = await domain.done(roleCreate, { ...named(), permissions: ['customers:read'], ...hidden, ...team });
    const change = { rowScopes: null, hiddenFields: null, ...parts };
    expect(codesOf(await domain.run(roleUpdate, { id: encodeId('Role', id), ...change }, limited()))).toEqual([
      'ROLE_EXCEEDS_CALLER permissions',
    ]);
  });

  it('nor touches a role, key or user that is mightier', async () => {
    const target = { id: await roleId('marketing') };
    expect(codesOf(await domain.run(roleUpdate, { ...target, permissions: [], ...hidden }, limited()))).toEqual(['ROLE_EXCEEDS_CALLER id']);
    expect(codesOf(await domain.run(roleArchive, target, limited()))).toEqual(['ROLE_EXCEEDS_CALLER id']);
    await domain.done(roleArchive, target);
    expect(codesOf(await domain.run(roleRestore, target, limited()))).toEqual(['ROLE_EXCEEDS_CALLER id']);
    await domain.done(roleRestore, target);
    expect(codesOf(await domain.run(apiKeyCreate, { name: 'K', role: 'marketing' }, limited()))).toEqual(['ROLE_EXCEEDS_CALLER role']);
    const { id } = await domain.done(apiKeyCreate, { name: 'K', role: 'marketing' });
    expect(codesOf(await domain.run(apiKeyRevoke, { id: encodeId('ApiKey', id) }, limited()))).toEqual(['ROLE_EXCEEDS_CALLER id']);
  });

  it('but may hand out what they hold themselves', async () => {
    const { key } = named();
    const { id } = await domain.done(roleCreate, { key, name: 'Same', permissions: ['users:read', 'users:write'], ...hidden });
    expect((await domain.run(apiKeyCreate, { name: 'K', role: key }, limited())).result).not.toBeNull();
    expect((await domain.run(roleArchive, { id: encodeId('Role', id) }, limited())).result).not.toBeNull();
    expect(codesOf(await domain.run(apiKeyCreate, { name: 'K', role: key }, limited()))).toEqual(['NOT_FOUND role']);
  });
});

describe('the last administrator', () => {
  it('stays: keys, roles and users with all permissions go only while another is left', async () => {
    const fresh = await createTestDomain();
    try {
      const [row] = await fresh.db.query<{ id: string }>(sql`select id from api_keys`);
      const first = { id: encodeId('ApiKey', row!.id) };
      expect(codesOf(await fresh.run(apiKeyRevoke, first))).toEqual(['LAST_ADMINISTRATOR id']);

      const key = 'almighty';
      const { id: role } = await fresh.done(roleCreate, { key, name: 'Almighty', permissions: ['*'] });
      const { id: second } = await fresh.done(apiKeyCreate, { name: 'Second', role: key });
      await fresh.done(apiKeyRevoke, first);
      expect(codesOf(await fresh.run(apiKeyRevoke, { id: encodeId('ApiKey', second) }))).toEqual(['LAST_ADMINISTRATOR id']);
      expect(codesOf(await fresh.run(roleUpdate, { id: encodeId('Role', role), permissions: [] }))).toEqual([
        'LAST_ADMINISTRATOR permissions',
      ]);
      expect(codesOf(await fresh.run(roleArchive, { id: encodeId('Role', role) }))).toEqual(['LAST_ADMINISTRATOR id']);

      // A user counts once they have signed in: before that nobody may be able to.
      const { id: user } = await fresh.done(userCreate, { name: 'Admin', email: 'admin@example.com', role: 'administrator' });
      expect(codesOf(await fresh.run(apiKeyRevoke, { id: encodeId('ApiKey', second) }))).toEqual(['LAST_ADMINISTRATOR id']);
      await fresh.db.execute(sql`update users set auth_subject = 'https://id.example.com|1' where id = ${user}::uuid`);
      await fresh.done(apiKeyRevoke, { id: encodeId('ApiKey', second) });
      expect(codesOf(await fresh.run(userArchive, { id: encodeId('User', user) }))).toEqual(['LAST_ADMINISTRATOR id']);
      expect(codesOf(await fresh.run(userUpdate, { id: encodeId('User', user), role: 'sales' }))).toEqual(['LAST_ADMINISTRATOR role']);
      expect(codesOf(await fresh.run(userUpdate, { id: encodeId('User', user), role: null }))).toEqual(['LAST_ADMINISTRATOR role']);
    } finally {
      await fresh.stop();
    }
  });

  it('stays also when two revoke the last two keys at the same moment', async () => {
    const fresh = await createTestDomain();
    try {
      await fresh.done(apiKeyCreate, { name: 'Second', role: 'administrator' });
      const keys = await fresh.db.query<{ id: string }>(sql`select id from api_keys`);
      const outcomes = await Promise.all(keys.map(({ id }) => fresh.run(apiKeyRevoke, { id: encodeId('ApiKey', id) })));
      expect(outcomes.flatMap(codesOf)).toEqual(['LAST_ADMINISTRATOR id']);
    } finally {
      await fresh.stop();
    }
  });
});
