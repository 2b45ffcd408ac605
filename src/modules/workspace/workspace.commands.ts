// Changing the workspace's own settings.
import sql from 'sql-template-tag';
import { type CommandContext, defineCommand } from '../../commands/command.ts';
import { country, currency, input, text, timeZone } from '../../commands/fields.ts';
import { changesOf } from '../../commands/rows.ts';
import { UserErrors, userError } from '../../commands/user-errors.ts';
import type { RowOf } from '../../db/models.ts';

const followers: ((ctx: CommandContext) => Promise<void>)[] = [];

/** Has `follow` work out anew what is kept in the currency of the workspace, in the command that changes it. */
export function whenCurrencyChanges(follow: (ctx: CommandContext) => Promise<void>): void {
  followers.push(follow);
}

export const workspaceUpdate = defineCommand({
  name: 'workspaceUpdate',
  description: 'Changes the workspace: absent fields stay, null clears.',
  permission: 'workspace:write',
  input: input('WorkspaceUpdateInput', 'Changes of the workspace.', {
    name: text("The company's name.").nullish(),
    currency: currency('Currency of figures, and of amounts that come without one.').nullish(),
    timeZone: timeZone('IANA time zone of the company.').nullish(),
    country: country('Country used to read phone numbers written without a country prefix.').nullish(),
  }),
  run: async (ctx, patch) => {
    const cleared = (['name', 'currency', 'timeZone'] as const).filter((field) => patch[field] === null);
    if (cleared.length > 0) throw new UserErrors(cleared.map((field) => userError('REQUIRED', 'This field cannot be cleared.', [field])));
    const [row] = await ctx.tx.query<
      RowOf['Workspace']
    >(sql`select id, key, name, currency, time_zone as "timeZone", country, created_at as "createdAt"
      from workspaces where id = ${ctx.workspaceId}::uuid for no key update`);
    const changes = changesOf(row!, patch);
    if (!changes) return { id: ctx.workspaceId };
    const after = { ...row!, ...changes.after } as RowOf['Workspace'];
    await ctx.tx.execute(sql`update workspaces set name = ${after.name}, currency = ${after.currency}, time_zone = ${after.timeZone}, country = ${after.country}
      where id = ${ctx.workspaceId}::uuid`);
    if ('currency' in changes.after) for (const follow of followers) await follow(ctx);
    ctx.emit({ type: 'workspace.updated', subjectType: 'Workspace', subjectId: ctx.workspaceId, customerId: null, data: changes });
    return { id: ctx.workspaceId };
  },
});
