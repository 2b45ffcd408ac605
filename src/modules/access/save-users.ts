// Makes and changes users, any number at once, in a fixed number of statements.
import type { CommandContext } from '../../commands/command.ts';
import { changesOf } from '../../commands/rows.ts';
import { type UserError, userError } from '../../commands/user-errors.ts';
import type { RowOf } from '../../db/models.ts';
import { newId } from '../../lib/typeid.ts';
import {
  announceAccess,
  assignable,
  definitionOf,
  excessError,
  keepingAdministrator,
  type RoleRow,
  requireAssigning,
  rolesNamed,
} from './assignment.ts';
import { addMembers, type Membership } from './memberships.ts';
import { reachableIds } from './reach.ts';
import { resolveTeamRefs, type TeamRef, unknownRef } from './refs.ts';
import {
  type Changed,
  duplicate,
  type ExternalRef,
  insertAll,
  lockMatches,
  outOfReach,
  type Report,
  refColumns,
  refKey,
  updateAll,
} from './save.ts';

export type UserRow = RowOf['User'];

/** What is wanted of a user: absent stays, null clears. */
export type UserPatch = {
  externalId?: ExternalRef | null | undefined;
  name?: string | null | undefined;
  email?: string | null | undefined;
  role?: string | null | undefined;
  teams?: TeamRef[] | null | undefined;
};

/** A user to make (no `current`) or to change (`current` is locked). */
export type UserItem = { index: number; current: UserRow | null; patch: UserPatch };

/**
 * Saves items of which no two have an external reference or e-mail address in common. `matches`: the users that have
 * any of these already, where the caller has locked them.
 */
export async function saveUsers(
  ctx: CommandContext,
  items: readonly UserItem[],
  report: Report,
  matches?: readonly UserRow[],
): Promise<void> {
  const write = async () =>
    writeUsers(
      ctx,
      items,
      report,
      await prepareChecks(
        ctx,
        items,
        matches ??
          (await matchingUsers(
            ctx,
            items.map((item) => item.patch),
          )),
      ),
    );
  if (!items.some(({ patch }) => patch.role !== undefined)) return write();
  requireAssigning(ctx);
  await keepingAdministrator(ctx, ['role'], write);
}

/** Locks the users that have an external reference or address which one of the patches names. */
export function matchingUsers(ctx: CommandContext, patches: readonly UserPatch[]): Promise<UserRow[]> {
  return lockMatches(
    ctx,
    'User',
    patches.flatMap((patch) => patch.externalId ?? []),
    patches.flatMap((patch) => patch.email ?? []),
  );
}

async function writeUsers(
  ctx: CommandContext,
  items: readonly UserItem[],
  report: Report,
  check: (item: UserItem) => Checked,
): Promise<void> {
  const inserts: (Partial<UserRow> & { id: string })[] = [];
  const updates: Changed[] = [];
  const memberships: Membership[] = [];
  const saved: { index: number; id: string; status: 'CREATED' | 'UPDATED' | 'UNCHANGED' }[] = [];
  for (const item of items) {
    const { errors, columns, teamIds } = check(item);
    if (errors.length > 0) {
      report.reject(item.index, ...errors);
      continue;
    }
    const id = item.current?.id ?? newId();
    memberships.push(...teamIds.map((teamId) => ({ teamId, userId: id })));
    const changes = item.current && changesOf(item.current, columns);
    if (!item.current) inserts.push(newUser(ctx, id, columns));
    else if (changes) updates.push({ row: item.current, changes });
    saved.push({ index: item.index, id, status: item.current ? (changes ? 'UPDATED' : 'UNCHANGED') : 'CREATED' });
  }
  await insertAll(ctx, 'User', inserts);
  await updateAll(ctx, 'User', updates);
  if (updates.length > 0) announceAccess(ctx);
  const joined = new Set((await addMembers(ctx, memberships)).map((one) => one.userId));
  for (const { index, id, status } of saved) report.done(index, status === 'UNCHANGED' && joined.has(id) ? 'UPDATED' : status, id);
}

function newUser(ctx: CommandContext, id: string, columns: Partial<UserRow>): Partial<UserRow> & { id: string } {
  const { name, email = null, externalSystem = null, externalId = null, roleId = null } = columns;
  return { workspaceId: ctx.workspaceId, id, name: name!, email, externalSystem, externalId, roleId };
}

type Checked = { errors: UserError[]; columns: Partial<UserRow>; teamIds: string[] };

async function prepareChecks(
  ctx: CommandContext,
  items: readonly UserItem[],
  others: readonly UserRow[],
): Promise<(item: UserItem) => Checked> {
  const patches = items.map((item) => item.patch);
  const roles = await rolesNamed(
    ctx,
    patches.flatMap((patch) => patch.role ?? []),
    items.flatMap((item) => item.current?.roleId ?? []),
  );
  const refs = patches.flatMap((patch) => patch.teams ?? []);
  const teamIds = await resolveTeamRefs(ctx, refs);
  const reach = [
    await reachableIds(
      ctx,
      'User',
      items.flatMap((item) => item.current?.id ?? []),
    ),
    await reachableIds(
      ctx,
      'Team',
      teamIds.filter((id) => id !== null),
    ),
  ] as const;
  const teams = new Map(teamIds.map((id, i) => [refs[i]!, id && reach[1].has(id) ? id : null]));
  const owner = new Map<string, UserRow>(
    others.flatMap((row) => [[`email ${row.email}`, row] as const, [refKey(row.externalSystem, row.externalId), row] as const]),
  );
  return (item) => {
    const checked = checkUser(ctx, item, roles, teams, owner);
    if (item.current && !reach[0].has(item.current.id)) checked.errors.unshift(outOfReach('User'));
    return checked;
  };
}

function checkUser(
  ctx: CommandContext,
  item: UserItem,
  roles: readonly RoleRow[],
  teams: Map<TeamRef, string | null>,
  owner: Map<string, UserRow>,
): Checked {
  const { current, patch } = item;
  const errors: UserError[] = [];
  const isOthers = (found: UserRow | undefined): found is UserRow => found !== undefined && found.id !== current?.id;
  const columns: Partial<UserRow> = refColumns(patch.externalId);
  if (patch.name === null) errors.push(userError('REQUIRED', 'This field cannot be cleared.', ['name']));
  else if (patch.name !== undefined) columns.name = patch.name;
  if (patch.email !== undefined) columns.email = patch.email;

  const byEmail = patch.email == null ? undefined : owner.get(`email ${patch.email}`);
  if (isOthers(byEmail)) errors.push(duplicate('User', byEmail, ['email']));
  const byRef = patch.externalId == null ? undefined : owner.get(refKey(patch.externalId.system, patch.externalId.value));
  if (isOthers(byRef)) errors.push(duplicate('User', byRef, ['externalId']));

  if (patch.role === null) columns.roleId = null;
  else if (patch.role !== undefined) {
    const role = assignable(ctx, roles, patch.role, ['role']);
    if ('path' in role) errors.push(role);
    else columns.roleId = role.id;
  }
  errors.push(...mightierErrors(ctx, current, columns, roles));

  const ids = (patch.teams ?? []).map((ref) => teams.get(ref) ?? null);
  ids.forEach((id, i) => {
    if (!id) errors.push(unknownRef('Team', ['teams', i]));
  });
  return { errors, columns, teamIds: ids.filter((id) => id !== null) };
}

// Whoever may set the address of a mightier user could sign in as that user with it.
function mightierErrors(ctx: CommandContext, current: UserRow | null, columns: Partial<UserRow>, roles: readonly RoleRow[]): UserError[] {
  const held = roles.find((role) => role.id === current?.roleId);
  if (!current || !held) return [];
  const touched = (['email', 'roleId'] as const).filter((name) => columns[name] !== undefined && columns[name] !== current[name]);
  return touched.flatMap((name) => excessError(ctx, definitionOf(held), [name === 'email' ? 'email' : 'role']) ?? []);
}
