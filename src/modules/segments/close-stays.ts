// Ending all stays in what is archived. Static lists keep theirs: nothing could bring them back.
import sql from 'sql-template-tag';
import type { CommandContext } from '../../commands/command.ts';
import { keepMembers } from './keep-members.ts';

/** Ends the stays in a dynamic segment, or in all of those of a segmentation. Call it after `renewUnits`, which waits for evaluations by events. */
export async function closeStays(ctx: CommandContext, what: { segmentation: string } | { segment: string }): Promise<void> {
  const which = 'segment' in what ? sql`s.id = ${what.segment}::uuid` : sql`s.segmentation_id = ${what.segmentation}::uuid`;
  await keepMembers(ctx.tx, {
    workspaceId: ctx.workspaceId,
    now: ctx.now,
    customers: null,
    cause: 'ARCHIVED',
    owned: sql`m.segment_id in (select s.id from segments s where s.workspace_id = ${ctx.workspaceId}::uuid and s.kind = 'DYNAMIC' and ${which})`,
    exclusive: false,
    evaluation: sql`evaluated as (select null::uuid as customer_id, null::uuid as segmentation_id, null::uuid as segment_id, null::numeric as value where false)`,
  });
}
