// The same for all that a handler has set aside: after what it failed at is mended, nobody wants to name each event.
import sql from 'sql-template-tag';
import { type CommandContext, defineCommand } from '../../commands/command.ts';
import { input, text } from '../../commands/fields.ts';
import { allColumns } from '../../commands/rows.ts';
import type { PluginFailureRow } from '../../db/models.ts';
import { tell } from './failures.commands.ts';
import './failures.entity.ts';

/** Events of one call at most. */
export const MOST_AT_ONCE = 10_000;

export type ManyFailures = {
  /** How many events it was done with. */
  count: number;
  /** Whether there are more of them: call it again. */
  hasMore: boolean;
};

const target = {
  plugin: text('Id of the plugin.', 60),
  handler: text('Name of the handler; all of the plugin unless told.', 60).nullish(),
};
type Target = { plugin: string; handler?: string | null };

export const pluginFailuresRetry = defineCommand<Target, ManyFailures>({
  name: 'pluginFailuresRetry',
  description: `Has the events that a plugin has set aside tried again at once, the earliest first, at most ${MOST_AT_ONCE} a call: their attempts count from the beginning.`,
  permission: 'plugins:write',
  input: input('PluginFailuresRetryInput', 'Of whom to try all again that was set aside.', target),
  run: async (ctx, wanted) => {
    const { rows, hasMore } = await lockDead(ctx, wanted);
    await ctx.tx.execute(sql`update plugin_failures set attempts = 0, next_attempt_at = ${ctx.now}, dead_at = null, updated_at = ${ctx.now}
      where workspace_id = ${ctx.workspaceId}::uuid and id = any(${rows.map(({ id }) => id)}::uuid[])`);
    for (const row of rows) {
      const before = { attempts: row.attempts, nextAttemptAt: row.nextAttemptAt, deadAt: row.deadAt };
      tell(ctx, row, 'retried', { before, after: { attempts: 0, nextAttemptAt: ctx.now, deadAt: null } });
    }
    return { count: rows.length, hasMore };
  },
});

export const pluginFailuresDiscard = defineCommand<Target, ManyFailures>({
  name: 'pluginFailuresDiscard',
  description: `Gives the events up that a plugin has set aside, the earliest first, at most ${MOST_AT_ONCE} a call: they are never tried again.`,
  permission: 'plugins:write',
  input: input('PluginFailuresDiscardInput', 'Of whom to give all up that was set aside.', target),
  run: async (ctx, wanted) => {
    const { rows, hasMore } = await lockDead(ctx, wanted);
    await ctx.tx.execute(sql`delete from plugin_failures
      where workspace_id = ${ctx.workspaceId}::uuid and id = any(${rows.map(({ id }) => id)}::uuid[])`);
    for (const row of rows) {
      const { plugin, handler, eventId, eventType, attempts, deadAt } = row;
      tell(ctx, row, 'discarded', { before: { plugin, handler, eventId, eventType, attempts, deadAt } });
    }
    return { count: rows.length, hasMore };
  },
});

// In the order of one index, so that two who do so take turns. What was set aside holds up nothing, so nothing waits behind it.
async function lockDead(ctx: CommandContext, { plugin, handler }: Target): Promise<{ rows: PluginFailureRow[]; hasMore: boolean }> {
  const rows = await ctx.tx.query<PluginFailureRow>(sql`select ${allColumns('PluginFailure')} from plugin_failures
    where workspace_id = ${ctx.workspaceId}::uuid and plugin = ${plugin} and dead_at is not null
      ${handler == null ? sql`` : sql`and handler = ${handler}`}
    order by handler, event_seq limit ${MOST_AT_ONCE + 1} for no key update`);
  return { rows: rows.slice(0, MOST_AT_ONCE), hasMore: rows.length > MOST_AT_ONCE };
}
