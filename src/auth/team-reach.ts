// The teams whose work a user sees under the row scope TEAM.
import sql from 'sql-template-tag';
import type { Queryable } from '../db/database.ts';

/** The user's teams and those they lead, with all sub-teams; archived teams and what hangs below them alone are left out. */
export async function teamsOfUser(db: Queryable, workspaceId: string, userId: string): Promise<string[]> {
  const rows = await db.query<{ id: string }>(sql`with recursive reach (id) as (
      select t.id from teams t where t.workspace_id = ${workspaceId}::uuid and t.archived_at is null
        and (t.lead_id = ${userId}::uuid or t.id in (select m.team_id from team_members m where m.workspace_id = ${workspaceId}::uuid and m.user_id = ${userId}::uuid))
      union select t.id from reach join teams t on t.workspace_id = ${workspaceId}::uuid and t.parent_id = reach.id and t.archived_at is null
    ) select id from reach order by id`);
  return rows.map((row) => row.id);
}
