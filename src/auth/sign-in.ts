// From a verified token to the user it belongs to.
import sql from 'sql-template-tag';
import type { Database, Queryable } from '../db/database.ts';
import { appendEvents } from '../events/append.ts';
import { apiError } from '../graphql/errors.ts';
import { normaliseEmail } from '../lib/email.ts';
import type { VerifiedToken } from './jwt.ts';
import { compileRole, type RoleDefinition } from './permissions.ts';
import { teamsOfUser } from './team-reach.ts';
import type { Viewer } from './viewer.ts';

export type RoleColumns = RoleDefinition & { roleId: string; roleKey: string; roleArchivedAt: Date | null };
export const roleColumns = sql`r.id as "roleId", r.key as "roleKey", r.archived_at as "roleArchivedAt", r.permissions, r.row_scope as "rowScope", r.hidden_fields as "hiddenFields"`;

/** Finds the viewer of a token. Throws TOKEN_INVALID for nobody's, FORBIDDEN for a user without a role. */
export async function viewerOfToken(db: Database, token: VerifiedToken): Promise<Viewer> {
  const workspaceId = await workspaceOf(db, token);
  const subject = `${token.issuer}|${token.subject}`;
  const userId =
    (await userOf(db, workspaceId, subject)) ??
    (await linkFirst(db, workspaceId, subject, token)) ??
    (await userOf(db, workspaceId, subject));
  const [role] = userId
    ? await db.query<RoleColumns & { archivedAt: Date | null }>(sql`select u.archived_at as "archivedAt", ${roleColumns} from users u
    left join roles r on r.workspace_id = u.workspace_id and r.id = u.role_id
    where u.workspace_id = ${workspaceId}::uuid and u.id = ${userId}::uuid`)
    : [];
  if (!userId || !role || role.archivedAt) throw apiError('TOKEN_INVALID', 'There is no user of this workspace for the token.');
  if (!role.roleId || role.roleArchivedAt) throw apiError('FORBIDDEN', 'The user has no role yet: an administrator must give one.');
  return {
    workspaceId,
    actor: { kind: 'USER', id: userId },
    credentialId: userId,
    userId,
    teamIds: await teamsOfUser(db, workspaceId, userId),
    role: compileRole(role),
    roleName: role.roleKey,
    roleId: role.roleId,
    expiresAt: token.expiresAt,
    origin: null,
  };
}

async function workspaceOf(db: Queryable, token: VerifiedToken): Promise<string> {
  const named = token.workspace ?? null;
  const found = await db.query<{ id: string }>(sql`select id from workspaces where ${named}::text is null or key = ${named} limit 2`);
  if (found.length === 1) return found[0]!.id;
  throw apiError('TOKEN_INVALID', named === null ? 'The token names no workspace.' : 'The token names an unknown workspace.');
}

async function userOf(db: Queryable, workspaceId: string, subject: string): Promise<string | null> {
  const [row] = await db.query<{ id: string }>(
    sql`select id from users where workspace_id = ${workspaceId}::uuid and auth_subject = ${subject}`,
  );
  return row?.id ?? null;
}

// The condition on auth_subject is read again after waiting for another sign-in: one address links one subject.
async function linkFirst(db: Database, workspaceId: string, subject: string, token: VerifiedToken): Promise<string | null> {
  if (!token.email || !token.emailVerified) return null;
  const email = normaliseEmail(token.email);
  if (!email) return null;
  try {
    return await db.transaction(async (tx) => {
      const [row] = await tx.query<{
        id: string;
        linkedAt: Date;
      }>(sql`update users set auth_subject = ${subject}, version = version + 1, updated_at = now()
        where workspace_id = ${workspaceId}::uuid and email = ${email} and auth_subject is null and archived_at is null
        returning id, updated_at as "linkedAt"`);
      if (!row) return null;
      const actor = { kind: 'USER' as const, id: row.id };
      const event = { type: 'user.linked', subjectType: 'User', subjectId: row.id, customerId: null, occurredAt: row.linkedAt, data: {} };
      await appendEvents(tx, { workspaceId, actor, origin: null, requestId: null }, [event]);
      return row.id;
    });
  } catch (error) {
    // Another user got this subject in between; the look-up that follows finds it.
    if ((error as { code?: string }).code === '23505') return null;
    throw error;
  }
}
