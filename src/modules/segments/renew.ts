// Having memberships worked out anew after what decides them changed; of what is archived, that there are none.
import sql from 'sql-template-tag';
import type { CommandContext } from '../../commands/command.ts';
import { changeUnit } from '../rules/index.ts';
import { SEGMENT_UNIT, SEGMENTATION_UNIT } from './units.ts';

/** Has everything in these segmentations worked out anew: the segmentation where it is strategic, else each of its segments with a rule. */
export async function renewUnits(ctx: CommandContext, segmentationIds: readonly string[]): Promise<void> {
  const rows = await ctx.tx.query<{ kind: string; id: string }>(sql`
    select ${SEGMENTATION_UNIT} as kind, g.id from segmentations g
    where g.workspace_id = ${ctx.workspaceId}::uuid and g.id = any(${[...segmentationIds]}::uuid[]) and g.kind = 'STRATEGIC' 
    union all
    select ${SEGMENT_UNIT}, s.id from segmentations g join segments s on s.workspace_id = g.workspace_id and s.segmentation_id = g.id
    where g.workspace_id = ${ctx.workspaceId}::uuid and g.id = any(${[...segmentationIds]}::uuid[]) and g.kind = 'TACTICAL'
      and s.kind = 'DYNAMIC' and s.rule is not null
    order by 2`);
  for (const { kind, id } of rows) await changeUnit(ctx.tx, ctx.workspaceId, kind, id);
}

/** Has one segment worked out anew, or the whole of which it is a part. */
export async function renewSegment(ctx: CommandContext, segmentId: string): Promise<void> {
  const [row] = await ctx.tx.query<{ kind: string; strategic: boolean; segmentationId: string }>(sql`
    select s.kind, g.kind = 'STRATEGIC' as strategic, g.id as "segmentationId" from segments s
    join segmentations g on g.workspace_id = s.workspace_id and g.id = s.segmentation_id
    where s.workspace_id = ${ctx.workspaceId}::uuid and s.id = ${segmentId}::uuid`);
  if (!row) return;
  if (row.strategic) await changeUnit(ctx.tx, ctx.workspaceId, SEGMENTATION_UNIT, row.segmentationId);
  else if (row.kind === 'DYNAMIC') await changeUnit(ctx.tx, ctx.workspaceId, SEGMENT_UNIT, segmentId);
}
