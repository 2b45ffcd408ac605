// Who belongs to which team.
import sql from 'sql-template-tag';
import type { CommandContext } from '../../commands/command.ts';
import { lockRows } from '../../commands/rows.ts';
import { encodeId } from '../../graphql/ids.ts';
import './access.entity.ts';
import { announceAccess } from './assignment.ts';

export type Membership = { teamId: string; userId: string };

/** Adds users to teams in one go; answers what was not so already. */
export async function addMembers(ctx: CommandContext, wanted: readonly Membership[]): Promise<Membership[]> {
  return change(
    ctx,
    wanted,
    'team.member_added',
    () => sql`insert into team_members (workspace_id, team_id, user_id, created_at)
    select distinct ${ctx.workspaceId}::uuid, w.team_id, w.user_id, ${ctx.now}::timestamptz
    from unnest(${wanted.map((one) => one.teamId)}::uuid[], ${wanted.map((one) => one.userId)}::uuid[]) as w (team_id, user_id)
    order by 2, 3 on conflict do nothing returning team_id as "teamId", user_id as "userId"`,
  );
}

/** Takes users out of teams; answers what was so until now. */
export async function removeMembers(ctx: CommandContext, unwanted: readonly Membership[]): Promise<Membership[]> {
  return change(
    ctx,
    unwanted,
    'team.member_removed',
    () => sql`delete from team_members
    where workspace_id = ${ctx.workspaceId}::uuid and (team_id, user_id) in
      (select * from unnest(${unwanted.map((one) => one.teamId)}::uuid[], ${unwanted.map((one) => one.userId)}::uuid[]))
    returning team_id as "teamId", user_id as "userId"`,
  );
}

async function change(
  ctx: CommandContext,
  pairs: readonly Membership[],
  type: string,
  statement: () => ReturnType<typeof sql>,
): Promise<Membership[]> {
  if (pairs.length === 0) return [];
  // The team is the subject of the events: its lock keeps them in the order of the commits.
  await lockRows(ctx, 'Team', [...new Set(pairs.map((pair) => pair.teamId))]);
  const changed = await ctx.tx.query<Membership>(statement());
  for (const { teamId, userId } of changed) {
    const member = { userId: encodeId('User', userId) };
    const data = type === 'team.member_added' ? { after: member } : { before: member };
    ctx.emit({ type, subjectType: 'Team', subjectId: teamId, customerId: null, data });
  }
  if (changed.length > 0) announceAccess(ctx);
  return changed;
}
