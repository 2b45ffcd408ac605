// How inputs name a user or a team, and the ids behind such names: one statement for any number of them.
import sql, { type Sql } from 'sql-template-tag';
import { z } from 'zod';
import { externalRef, id, oneOfInput } from '../../commands/fields.ts';
import { reject, type UserError, userError } from '../../commands/user-errors.ts';
import type { Queryable } from '../../db/database.ts';
import { normaliseEmail } from '../../lib/email.ts';

type ExternalRef = { system: string; value: string };
/** A team by exactly one of these; `id` is the UUID. */
export type TeamRef = { id?: string | undefined; externalId?: ExternalRef | undefined };
/** A user by exactly one of these; `id` is the UUID, `email` in its normalised spelling. */
export type UserRef = TeamRef & { email?: string | undefined };

/** Where names are looked up: a command's context, or the viewer's workspace and a connection. */
export type RefScope = { tx: Queryable; workspaceId: string };

const oneGiven = (ref: object) => Object.values(ref).filter((value) => value !== undefined).length === 1;
const oneOnly = { message: 'Give exactly one of the fields.', params: { code: 'ONE_OF_INVALID' } };

/** A team, as an input: `{ id | externalId }`. Look it up with `resolveTeamRefs`. */
export function teamRef(description: string) {
  const shape = { id: id('Team', 'Its id.').optional(), externalId: externalRef('Its id in another system.').optional() };
  return oneOfInput('TeamRef', 'Names a team in one of these ways.', shape)
    .transform((ref, context): TeamRef => {
      if (!oneGiven(ref)) context.addIssue({ code: 'custom', ...oneOnly });
      return ref;
    })
    .meta({ description });
}

/** A user, as an input: `{ id | externalId | email }`. Look it up with `resolveUserRefs`. */
export function userRef(description: string) {
  const shape = {
    id: id('User', 'Its id.').optional(),
    externalId: externalRef('Its id in another system.').optional(),
    email: z
      .string()
      .max(254, 'At most 254 characters.')
      .transform((address) => normaliseEmail(address) ?? address)
      .meta({ description: 'Its e-mail address.' })
      .optional(),
  };
  return oneOfInput('UserRef', 'Names a user in one of these ways.', shape)
    .transform((ref, context): UserRef => {
      if (!oneGiven(ref)) context.addIssue({ code: 'custom', ...oneOnly });
      return ref;
    })
    .meta({ description });
}

type Ref = UserRef | null | undefined;
type Found = { id: string; system: string | null; value: string | null; email: string | null };

/** The UUIDs of these users, archived ones too, in the same order; null for one that is unknown or not given. One statement. */
export async function resolveUserRefs(scope: RefScope, refs: readonly Ref[]): Promise<(string | null)[]> {
  const emails = distinct(refs.map((ref) => ref?.email));
  return resolve(
    scope,
    refs,
    'User',
    sql`union all select id, null, null, email from users
    where workspace_id = ${scope.workspaceId}::uuid and email = any(${emails}::text[])`,
  );
}

/** The UUIDs of these teams, archived ones too, in the same order; null for one that is unknown or not given. One statement. */
export async function resolveTeamRefs(scope: RefScope, refs: readonly (TeamRef | null | undefined)[]): Promise<(string | null)[]> {
  return resolve(scope, refs, 'Team', sql``);
}

async function resolve(scope: RefScope, refs: readonly Ref[], entity: 'User' | 'Team', more: Sql): Promise<(string | null)[]> {
  if (!refs.some((ref) => ref != null)) return refs.map(() => null);
  const external = refs.flatMap((ref) => ref?.externalId ?? []);
  const table = entity === 'User' ? sql`users` : sql`teams`;
  const rows = await scope.tx.query<Found>(sql`
    select id, null as system, null as value, null as email from ${table}
    where workspace_id = ${scope.workspaceId}::uuid and id = any(${distinct(refs.map((ref) => ref?.id))}::uuid[])
    union all select id, external_system, external_id, null from ${table}
    where workspace_id = ${scope.workspaceId}::uuid and (external_system, external_id) in
      (select * from unnest(${external.map((ref) => ref.system)}::text[], ${external.map((ref) => ref.value)}::text[])) ${more}`);
  const found = new Map(rows.map((row) => [nameOf(row), row.id]));
  return refs.map((ref) => (ref == null ? null : (found.get(nameOf({ ...ref, ...ref.externalId })) ?? null)));
}

// An external or e-mail match carries the id as well, so the id counts only where it is alone.
function nameOf(name: {
  id?: string | undefined;
  system?: string | null;
  value?: string | null;
  email?: string | null | undefined;
}): string {
  if (name.system != null) return JSON.stringify(['external', name.system, name.value]);
  return name.email != null ? `email ${name.email}` : `id ${name.id}`;
}

function distinct(values: readonly (string | null | undefined)[]): string[] {
  return [...new Set(values.filter((value): value is string => value != null))];
}

/** The user error for a name that nobody has, at `path`. */
export function unknownRef(entity: 'User' | 'Team', path: (string | number)[]): UserError {
  return userError('NOT_FOUND', `There is no such ${entity}.`, path);
}

/** The UUID of one user; null when none is given. Refuses with NOT_FOUND at `path`. */
export async function requireUserRef(scope: RefScope, ref: Ref, path: (string | number)[]): Promise<string | null> {
  const [found] = await resolveUserRefs(scope, [ref]);
  return found ?? (ref == null ? null : reject('NOT_FOUND', 'There is no such User.', path));
}

/** The UUID of one team; null when none is given. Refuses with NOT_FOUND at `path`. */
export async function requireTeamRef(scope: RefScope, ref: TeamRef | null | undefined, path: (string | number)[]): Promise<string | null> {
  const [found] = await resolveTeamRefs(scope, [ref]);
  return found ?? (ref == null ? null : reject('NOT_FOUND', 'There is no such Team.', path));
}
