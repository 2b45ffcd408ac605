// Giving roles to users and keys, and never the last administrator's away.
import sql from 'sql-template-tag';
import { accessChanged } from '../../auth/access-changes.ts';
import { excessOf } from '../../auth/excess.ts';
import { compileRole, hasPermission, type RoleDefinition } from '../../auth/permissions.ts';
import type { CommandContext } from '../../commands/command.ts';
import { allColumns } from '../../commands/rows.ts';
import { reject, type UserError, userError } from '../../commands/user-errors.ts';
import type { RowOf } from '../../db/models.ts';
import { apiError } from '../../graphql/errors.ts';

export type RoleRow = RowOf['Role'];

export const ADMINISTRATOR = 'administrator';

/** The roles with these keys or ids, archived ones too. */
export async function rolesNamed(ctx: CommandContext, keys: readonly string[], ids: readonly string[] = []): Promise<RoleRow[]> {
  if (keys.length + ids.length === 0) return [];
  return ctx.tx.query<RoleRow>(sql`select ${allColumns('Role')} from roles
    where workspace_id = ${ctx.workspaceId}::uuid and (key = any(${[...new Set(keys)]}::text[]) or id = any(${[...new Set(ids)]}::uuid[]))`);
}

/** Giving and taking roles needs `roles:write` beside the permission of the command. Throws FORBIDDEN. */
export function requireAssigning(ctx: CommandContext): void {
  if (!hasPermission(ctx.viewer.role, 'roles:write')) throw apiError('FORBIDDEN', 'Assigning a role needs the permission roles:write.');
}

export function definitionOf(row: RoleRow): RoleDefinition {
  return { permissions: row.permissions, rowScope: row.rowScope as RoleDefinition['rowScope'], hiddenFields: row.hiddenFields };
}

/** What stops the caller from handing out, changing or taking a role: ROLE_EXCEEDS_CALLER at `path`; null when nothing does. */
export function excessError(ctx: CommandContext, role: RoleDefinition, path: (string | number)[]): UserError | null {
  const excess = excessOf(ctx.viewer.role, compileRole(role));
  return excess ? userError('ROLE_EXCEEDS_CALLER', `This role allows what the caller is not allowed: ${excess}.`, path) : null;
}

/** The active role with this key, for the caller to hand out. Refuses with NOT_FOUND or ROLE_EXCEEDS_CALLER at `path`. */
export function assignable(ctx: CommandContext, roles: readonly RoleRow[], key: string, path: (string | number)[]): RoleRow | UserError {
  const role = roles.find((candidate) => candidate.key === key && !candidate.archivedAt);
  return role ? (excessError(ctx, definitionOf(role), path) ?? role) : userError('NOT_FOUND', 'There is no such Role.', path);
}

/** Has the commands that change the tree of teams or who administers a workspace wait for each other. */
export async function lockWorkspace(ctx: CommandContext): Promise<void> {
  await ctx.tx.query(sql`select from workspaces where id = ${ctx.workspaceId}::uuid for no key update`);
}

/**
 * Runs a change that may take access away and refuses it with LAST_ADMINISTRATOR where nobody who may do everything is
 * left: no key in use, and no user who has signed in already.
 */
export async function keepingAdministrator<T>(ctx: CommandContext, path: (string | number)[], change: () => Promise<T>): Promise<T> {
  await lockWorkspace(ctx);
  const before = await hasAdministrator(ctx);
  const result = await change();
  if (before && !(await hasAdministrator(ctx))) {
    reject('LAST_ADMINISTRATOR', 'This is the last access with all permissions; make another one first.', path);
  }
  return result;
}

async function hasAdministrator(ctx: CommandContext): Promise<boolean> {
  const [row] = await ctx.tx.query<{ found: boolean }>(sql`
    select exists (select from roles r where r.workspace_id = ${ctx.workspaceId}::uuid and '*' = any(r.permissions) and r.archived_at is null and (
      exists (select from api_keys k where k.workspace_id = r.workspace_id and k.role_id = r.id and k.revoked_at is null
        and (k.expires_at is null or k.expires_at > ${ctx.now}))
      or exists (select from users u where u.workspace_id = r.workspace_id and u.role_id = r.id and u.archived_at is null
        and u.auth_subject is not null))) as found`);
  return row!.found;
}

/** Makes a change of access felt in this process once it is committed. */
export function announceAccess(ctx: CommandContext): void {
  ctx.tx.afterCommit(accessChanged);
}
