// Changing users.
import { z } from 'zod';
import { type BulkInput, type BulkOutcome, type BulkRow, defineBulkCommand } from '../../commands/bulk.ts';
import { type Command, type CommandContext, defineCommand } from '../../commands/command.ts';
import { externalRef, id, input, key, text, version } from '../../commands/fields.ts';
import { expectVersion } from '../../commands/rows.ts';
import { normaliseEmail } from '../../lib/email.ts';
import { lockReachable } from './reach.ts';
import { teamRef } from './refs.ts';
import { refKey, singleReport } from './save.ts';
import { matchingUsers, saveUsers, type UserItem, type UserPatch, type UserRow } from './save-users.ts';
import { toggleCommand } from './toggle.ts';

const MAX_TEAMS = 100;

/** An e-mail address, normalised. Refuses with EMAIL_INVALID. */
function email(description: string) {
  return z
    .string()
    .transform((value, context) => {
      const address = normaliseEmail(value);
      if (address !== null) return address;
      context.addIssue({ code: 'custom', message: 'Not an e-mail address such as ada@example.com.', params: { code: 'EMAIL_INVALID' } });
      return z.NEVER;
    })
    .meta({ description });
}

const fields = {
  externalId: externalRef('The other system that knows this user, and the id there.').nullish(),
  name: text('Full name.'),
  email: email('Work e-mail address, unique in the workspace. The first sign-in with it, when verified, becomes this user.').nullish(),
  role: key('Key of the role. Giving or taking one needs roles:write too, and no role that exceeds the caller.').nullish(),
  teams: z
    .array(teamRef('A team.'))
    .max(MAX_TEAMS, `At most ${MAX_TEAMS} teams.`)
    .nullish()
    .meta({ description: 'Teams to add the user to.' }),
};

export const userCreate = defineCommand({
  name: 'userCreate',
  description: 'Makes a user.',
  permission: 'users:write',
  input: input('UserCreateInput', 'A new user.', fields),
  run: async (ctx, patch) => {
    const report = singleReport();
    await saveUsers(ctx, [{ index: 0, current: null, patch }], report);
    return { id: report.id() };
  },
});

const { teams: _teams, ...changeable } = fields;

export const userUpdate = defineCommand({
  name: 'userUpdate',
  description: 'Changes a user: absent fields stay, null clears.',
  permission: 'users:write',
  input: input('UserUpdateInput', 'Changes of a user.', {
    id: id('User', 'The user.'),
    expectedVersion: version(),
    ...changeable,
    name: fields.name.nullish(),
  }),
  run: async (ctx, { id: target, expectedVersion, ...patch }) => {
    const current = await lockReachable(ctx, 'User', target);
    expectVersion('User', current, expectedVersion);
    await saveUsers(ctx, [{ index: 0, current, patch }], singleReport());
    return { id: target };
  },
});

export const userArchive = toggleCommand('User', true);
export const userRestore = toggleCommand('User', false);

export const usersUpsert: Command<BulkInput, BulkOutcome> = defineBulkCommand<UserPatch>({
  name: 'usersUpsert',
  description:
    'Makes or changes users, matched by externalId, or by email where no externalId is given. Absent fields of existing ones stay.',
  permission: 'users:write',
  inputName: 'UsersUpsertInput',
  row: input('UserUpsertRow', 'One user to make or change.', fields)
    .refine((row) => row.externalId != null || row.email != null, {
      message: 'Give externalId or email.',
      params: { code: 'KEY_MISSING' },
    })
    .meta({ gql: 'UserUpsertRow', description: 'One user to make or change, found by externalId or, where that is absent, by email.' }),
  keysOf: keysOfUser,
  apply: async (ctx, rows, sink) => {
    for (let rest = rows; rest.length > 0; ) {
      const { items, later, matches } = await matchUsers(ctx, rest);
      await saveUsers(ctx, items, sink, matches);
      rest = later;
    }
  },
});

// Two rows can mean one user by different keys, one by reference and one by address: the second waits for the first.
async function matchUsers(
  ctx: CommandContext,
  rows: readonly BulkRow<UserPatch>[],
): Promise<{ items: UserItem[]; later: BulkRow<UserPatch>[]; matches: UserRow[] }> {
  const matches = await matchingUsers(
    ctx,
    rows.map((row) => row.value),
  );
  const byRef = new Map(matches.map((row) => [refKey(row.externalSystem, row.externalId), row]));
  const byEmail = new Map(matches.map((row) => [row.email, row]));
  const items: UserItem[] = [];
  const later: BulkRow<UserPatch>[] = [];
  const taken = new Set<string>();
  for (const row of rows) {
    const { externalId, email: address } = row.value;
    const current = (externalId ? byRef.get(refKey(externalId.system, externalId.value)) : byEmail.get(address!)) ?? null;
    if (current && taken.has(current.id)) later.push(row);
    else items.push({ index: row.index, current, patch: matchOnly(row.value) });
    if (current) taken.add(current.id);
  }
  return { items, later, matches };
}

// A row found by its address must not clear a reference that it only left open.
function matchOnly(row: UserPatch): UserPatch {
  const { externalId, ...rest } = row;
  return externalId == null ? rest : row;
}

function keysOfUser(row: UserPatch): string[] {
  const keys = row.externalId ? [refKey(row.externalId.system, row.externalId.value)] : [];
  return row.email == null ? keys : [...keys, `email ${row.email}`];
}
