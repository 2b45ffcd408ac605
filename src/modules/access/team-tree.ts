// Keeps the teams a forest: nobody is their own ancestor.
import sql from 'sql-template-tag';
import type { CommandContext } from '../../commands/command.ts';

/** Parents by team, as they are and as this command has accepted so far. */
export type TeamTree = {
  /** Puts a team under a parent; false, and unchanged, where that would close a circle. */
  move: (teamId: string, parentId: string | null) => boolean;
};

/** Reads the ancestors of the teams that are to become parents. The workspace is locked: no other command changes the tree. */
export async function readTree(ctx: CommandContext, parentIds: readonly string[]): Promise<TeamTree> {
  const rows = await ctx.tx.query<{ id: string; parentId: string | null }>(sql`with recursive up (id, parent_id) as (
      select id, parent_id from teams where workspace_id = ${ctx.workspaceId}::uuid and id = any(${[...new Set(parentIds)]}::uuid[])
      union select t.id, t.parent_id from up join teams t on t.workspace_id = ${ctx.workspaceId}::uuid and t.id = up.parent_id
    ) select id, parent_id as "parentId" from up`);
  const parents = new Map(rows.map((row) => [row.id, row.parentId]));
  return {
    move: (teamId, parentId) => {
      for (let above = parentId; above != null; above = parents.get(above) ?? null) if (above === teamId) return false;
      parents.set(teamId, parentId);
      return true;
    },
  };
}
