// The viewer of a stored credential has the rights of this moment, or there is none.
import sql from 'sql-template-tag';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestDomain, type TestDomain } from '../../tests/support/domain.ts';
import { insertRows } from '../commands/rows.ts';
import { newId } from '../lib/typeid.ts';
import { createWorkspace } from '../modules/workspace/index.ts';
import { viewerOfCredential } from './credential.ts';
import { hasPermission } from './permissions.ts';

let domain: TestDomain;
let roleId: string;
beforeAll(async () => {
  domain = await createTestDomain();
  roleId = newId();
  await insertRows(domain.db, 'Role', [
    { workspaceId: domain.workspaceId, id: roleId, key: 'looker', name: 'Looker', permissions: ['customers:read'] },
  ]);
});
afterAll(() => domain?.stop());

const of = (credential: { apiKeyId?: string; userId?: string }, workspaceId = domain.workspaceId) =>
  viewerOfCredential(domain.db, { workspaceId, apiKeyId: null, userId: null, ...credential });

async function makeKey(more: object = {}): Promise<string> {
  const id = newId();
  await insertRows(domain.db, 'ApiKey', [{ workspaceId: domain.workspaceId, id, name: 'k', prefix: 'p', hash: id, roleId, ...more }]);
  return id;
}

async function makeUser(more: object = {}): Promise<string> {
  const id = newId();
  await insertRows(domain.db, 'User', [{ workspaceId: domain.workspaceId, id, name: 'u', roleId, ...more }]);
  return id;
}

test('an API key', async () => {
  const apiKeyId = await makeKey();
  expect(await of({ apiKeyId })).toMatchObject({
    actor: { kind: 'API_KEY', id: apiKeyId },
    credentialId: apiKeyId,
    userId: null,
    roleName: 'looker',
  });
  expect(await of({ apiKeyId: await makeKey({ revokedAt: new Date() }) })).toBeNull();
  expect(await of({ apiKeyId: await makeKey({ expiresAt: new Date(Date.now() - 1_000) }) })).toBeNull();
  expect(await of({ apiKeyId: await makeKey({ expiresAt: new Date(Date.now() + 60_000) }) })).not.toBeNull();
  expect(await of({ apiKeyId: newId() })).toBeNull();
});

test('a user, with the teams', async () => {
  const userId = await makeUser();
  const teamId = newId();
  await insertRows(domain.db, 'Team', [{ workspaceId: domain.workspaceId, id: teamId, name: 't', leadId: userId }]);
  expect(await of({ userId })).toMatchObject({ actor: { kind: 'USER', id: userId }, userId, teamIds: [teamId], roleName: 'looker' });
  expect(await of({ userId: await makeUser({ archivedAt: new Date() }) })).toBeNull();
  expect(await of({ userId: await makeUser({ roleId: null }) })).toBeNull();
});

test('neither, and those of another workspace', async () => {
  const other = await createWorkspace(domain.db, { key: 'other', name: 'Other' });
  expect(await of({ apiKeyId: await makeKey() }, other.workspaceId)).toBeNull();
  expect(await of({ userId: await makeUser() }, other.workspaceId)).toBeNull();
  expect(await of({})).toBeNull();
});

test('its role is that of now', async () => {
  const [apiKeyId, userId] = [await makeKey(), await makeUser()];
  const grants = async (permission: string) =>
    [await of({ apiKeyId }), await of({ userId })].map((viewer) => viewer && hasPermission(viewer.role, permission));
  expect(await grants('leads:read')).toEqual([false, false]);
  await domain.db.execute(sql`update roles set permissions = '{leads:read}' where id = ${roleId}::uuid`);
  expect(await grants('leads:read')).toEqual([true, true]);
  await domain.db.execute(sql`update roles set archived_at = now() where id = ${roleId}::uuid`);
  expect(await grants('leads:read')).toEqual([null, null]);
});
