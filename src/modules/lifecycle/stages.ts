// The stages of a workspace as evaluations need them: in order, with their rules.
import sql from 'sql-template-tag';
import type { Queryable } from '../../db/database.ts';
import type { StoredRule } from '../rules/index.ts';
import type { PlacedStage } from './stage-path.ts';

export type RuledStage = PlacedStage & { rule: StoredRule | null };

/** All stages in order, archived ones too, whose rules do not count. */
export async function loadStages(db: Queryable, workspaceId: string): Promise<RuledStage[]> {
  const rows = await db.query<Omit<RuledStage, 'rank'>>(sql`
    select id, key, name, returnable, case when archived_at is null then rule end as rule
    from lifecycle_stages where workspace_id = ${workspaceId}::uuid order by position, id`);
  return rows.map((row, rank) => ({ ...row, rank }));
}
