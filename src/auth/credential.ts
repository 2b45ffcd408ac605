// The viewer behind a stored credential: work that somebody asked for once goes on with the rights that they have now.
import sql from 'sql-template-tag';
import type { Queryable } from '../db/database.ts';
import type { DocumentPolicy } from '../db/models.ts';
import { compileRole } from './permissions.ts';
import { type RoleColumns, roleColumns } from './sign-in.ts';
import { teamsOfUser } from './team-reach.ts';
import type { Viewer } from './viewer.ts';

/** An API key or a user of a workspace. */
export type StoredCredential = { workspaceId: string; apiKeyId: string | null; userId: string | null };

/** The viewer of a credential, with its role of this moment; null where it was withdrawn, has expired or has no role any more. */
export async function viewerOfCredential(db: Queryable, { workspaceId, apiKeyId, userId }: StoredCredential): Promise<Viewer | null> {
  if (apiKeyId) return viewerOfApiKey(db, workspaceId, apiKeyId);
  return userId ? viewerOfUser(db, workspaceId, userId) : null;
}

async function viewerOfApiKey(db: Queryable, workspaceId: string, id: string): Promise<Viewer | null> {
  const [key] = await db.query<RoleColumns & { documents: DocumentPolicy; expiresAt: Date | null }>(
    sql`select k.documents, k.expires_at as "expiresAt", ${roleColumns}
    from api_keys k join roles r on r.workspace_id = k.workspace_id and r.id = k.role_id
    where k.workspace_id = ${workspaceId}::uuid and k.id = ${id}::uuid and k.revoked_at is null
      and (k.expires_at is null or k.expires_at > now()) and r.archived_at is null`,
  );
  return key
    ? { ...viewerWith(workspaceId, 'API_KEY', id, key), userId: null, teamIds: [], documents: key.documents, expiresAt: key.expiresAt }
    : null;
}

async function viewerOfUser(db: Queryable, workspaceId: string, id: string): Promise<Viewer | null> {
  const [role] = await db.query<RoleColumns>(sql`select ${roleColumns}
    from users u join roles r on r.workspace_id = u.workspace_id and r.id = u.role_id
    where u.workspace_id = ${workspaceId}::uuid and u.id = ${id}::uuid and u.archived_at is null and r.archived_at is null`);
  if (!role) return null;
  const teamIds = await teamsOfUser(db, workspaceId, id);
  return { ...viewerWith(workspaceId, 'USER', id, role), userId: id, teamIds, expiresAt: null };
}

function viewerWith(workspaceId: string, kind: 'API_KEY' | 'USER', id: string, role: RoleColumns) {
  return {
    workspaceId,
    actor: { kind, id },
    credentialId: id,
    role: compileRole(role),
    roleName: role.roleKey,
    roleId: role.roleId,
    origin: null,
  };
}
