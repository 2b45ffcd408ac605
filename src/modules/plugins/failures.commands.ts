// What people can do about events that a plugin failed at. The handler finds what is due in the rows themselves.
import sql from 'sql-template-tag';
import { type CommandContext, defineCommand } from '../../commands/command.ts';
import { id, input } from '../../commands/fields.ts';
import { lockRow, notFound } from '../../commands/rows.ts';
import type { PluginFailureRow } from '../../db/models.ts';
import './failures.entity.ts';

const target = { id: id('PluginFailure', 'The PluginFailure.') };

export const pluginFailureRetry = defineCommand({
  name: 'pluginFailureRetry',
  description:
    'Has an event tried again at once, also one that was set aside: its attempts count from the beginning. Those of its subject that were before it are tried first.',
  permission: 'plugins:write',
  input: input('PluginFailureRetryInput', 'Which event to try again.', target),
  run: async (ctx, wanted) => {
    const row = await lockFailure(ctx, wanted.id);
    await ctx.tx.execute(sql`update plugin_failures set attempts = 0, next_attempt_at = ${ctx.now}, dead_at = null, updated_at = ${ctx.now}
      where workspace_id = ${ctx.workspaceId}::uuid and id = ${row.id}::uuid`);
    const before = { attempts: row.attempts, nextAttemptAt: row.nextAttemptAt, deadAt: row.deadAt };
    tell(ctx, row, 'retried', { before, after: { attempts: 0, nextAttemptAt: ctx.now, deadAt: null } });
    return { id: row.id };
  },
});

export const pluginFailureDiscard = defineCommand({
  name: 'pluginFailureDiscard',
  description: 'Gives an event up for a handler: it is never tried again, and those that wait behind it go on.',
  permission: 'plugins:write',
  input: input('PluginFailureDiscardInput', 'Which event to give up.', target),
  run: async (ctx, wanted) => {
    const row = await lockFailure(ctx, wanted.id);
    await ctx.tx.execute(sql`delete from plugin_failures where workspace_id = ${ctx.workspaceId}::uuid and id = ${row.id}::uuid`);
    await ctx.tx.execute(sql`update plugin_failures set next_attempt_at = ${ctx.now}, updated_at = ${ctx.now}
      where workspace_id = ${ctx.workspaceId}::uuid and plugin = ${row.plugin} and handler = ${row.handler}
        and subject_key = ${row.subjectKey}::uuid and dead_at is null`);
    const { plugin, handler, eventId, eventType } = row;
    tell(ctx, row, 'discarded', { before: { plugin, handler, eventId, eventType, attempts: row.attempts, deadAt: row.deadAt } });
    return { id: row.id };
  },
});

async function lockFailure(ctx: CommandContext, failureId: string): Promise<PluginFailureRow> {
  return (await lockRow(ctx, 'PluginFailure', failureId)) ?? notFound('PluginFailure', ['id']);
}

/** Tells what became of one. */
export function tell(ctx: CommandContext, row: Pick<PluginFailureRow, 'id'>, what: string, data: { before: object; after?: object }): void {
  ctx.emit({ type: `plugin_failure.${what}`, subjectType: 'PluginFailure', subjectId: row.id, customerId: null, data: data as never });
}
