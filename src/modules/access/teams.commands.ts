// Changing teams and who belongs to them.
import { type BulkInput, type BulkOutcome, defineBulkCommand } from '../../commands/bulk.ts';
import { type Command, type CommandContext, defineCommand } from '../../commands/command.ts';
import { externalRef, id, input, text, version } from '../../commands/fields.ts';
import { expectVersion } from '../../commands/rows.ts';
import { addMembers, type Membership, removeMembers } from './memberships.ts';
import { lockReachable } from './reach.ts';
import { requireTeamRef, requireUserRef, type TeamRef, teamRef, type UserRef, userRef } from './refs.ts';
import { lockMatches, refKey, singleReport } from './save.ts';
import { saveTeams, type TeamPatch } from './save-teams.ts';
import { toggleCommand } from './toggle.ts';

const fields = {
  externalId: externalRef('The other system that knows this team, and the id there.').nullish(),
  name: text('Name shown to people.'),
  lead: userRef('Who leads it.').nullish(),
  parent: teamRef('The team it is a part of. A circle is refused with TEAM_CYCLE.').nullish(),
};

export const teamCreate = defineCommand({
  name: 'teamCreate',
  description: 'Makes a team.',
  permission: 'teams:write',
  input: input('TeamCreateInput', 'A new team.', fields),
  run: async (ctx, patch) => {
    const report = singleReport();
    await saveTeams(ctx, [{ index: 0, current: null, patch }], report);
    return { id: report.id() };
  },
});

export const teamUpdate = defineCommand({
  name: 'teamUpdate',
  description: 'Changes a team: absent fields stay, null clears.',
  permission: 'teams:write',
  input: input('TeamUpdateInput', 'Changes of a team.', {
    id: id('Team', 'The team.'),
    expectedVersion: version(),
    ...fields,
    name: fields.name.nullish(),
  }),
  run: async (ctx, { id: target, expectedVersion, ...patch }) => {
    const current = await lockReachable(ctx, 'Team', target);
    expectVersion('Team', current, expectedVersion);
    await saveTeams(ctx, [{ index: 0, current, patch }], singleReport());
    return { id: target };
  },
});

export const teamArchive = toggleCommand('Team', true);
export const teamRestore = toggleCommand('Team', false);

const membership = { team: teamRef('The team.'), user: userRef('The user.') };

async function found(ctx: CommandContext, names: { team: TeamRef; user: UserRef }): Promise<Membership> {
  const teamId = (await requireTeamRef(ctx, names.team, ['team']))!;
  await lockReachable(ctx, 'Team', teamId, ['team']);
  const userId = (await requireUserRef(ctx, names.user, ['user']))!;
  return { teamId, userId };
}

export const teamMemberAdd = defineCommand({
  name: 'teamMemberAdd',
  description: 'Adds a user to a team; changes nothing for one who belongs to it.',
  permission: 'teams:write',
  input: input('TeamMemberAddInput', 'Who joins which team.', membership),
  run: async (ctx, names) => {
    const pair = await found(ctx, names);
    await addMembers(ctx, [pair]);
    return { id: pair.teamId };
  },
});

export const teamMemberRemove = defineCommand({
  name: 'teamMemberRemove',
  description: 'Takes a user out of a team; changes nothing for one who does not belong to it.',
  permission: 'teams:write',
  input: input('TeamMemberRemoveInput', 'Who leaves which team.', membership),
  run: async (ctx, names) => {
    const pair = await found(ctx, names);
    await removeMembers(ctx, [pair]);
    return { id: pair.teamId };
  },
});

export const teamsUpsert: Command<BulkInput, BulkOutcome> = defineBulkCommand<
  TeamPatch & { externalId: { system: string; value: string } }
>({
  name: 'teamsUpsert',
  description:
    'Makes or changes teams, matched by externalId. Absent fields of existing ones stay. A parent may be a team of another row of the call.',
  permission: 'teams:write',
  inputName: 'TeamsUpsertInput',
  row: input('TeamUpsertRow', 'One team to make or change.', {
    ...fields,
    externalId: externalRef('The other system that knows this team, and the id there.'),
  }),
  keysOf: ({ externalId }) => [refKey(externalId.system, externalId.value)],
  apply: async (ctx, rows, sink) => {
    const matches = await lockMatches(
      ctx,
      'Team',
      rows.map((row) => row.value.externalId),
    );
    const known = new Map(matches.map((row) => [refKey(row.externalSystem, row.externalId), row]));
    const currentOf = ({ system, value }: { system: string; value: string }) => known.get(refKey(system, value)) ?? null;
    await saveTeams(
      ctx,
      rows.map(({ index, value }) => ({ index, current: currentOf(value.externalId), patch: value })),
      sink,
      matches,
    );
  },
});
