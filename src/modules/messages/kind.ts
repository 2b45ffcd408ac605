// Which kind of interaction a message is, where nobody says it.
import sql from 'sql-template-tag';
import type { CommandContext } from '../../commands/command.ts';
import { reject } from '../../commands/user-errors.ts';

/** Key of the kind named like the channel, such as `email`; else `message`. Refuses where the workspace has neither. */
export async function kindFor(ctx: CommandContext, channelKey: string): Promise<string> {
  const [row] = await ctx.tx.query<{ key: string }>(sql`select key from interaction_kinds
    where workspace_id = ${ctx.workspaceId}::uuid and key in (${channelKey}, 'message') and archived_at is null
    order by key = ${channelKey} desc limit 1`);
  return row?.key ?? reject('REQUIRED', 'Name the kind of interaction: there is none called like the channel, or `message`.', ['kind']);
}
