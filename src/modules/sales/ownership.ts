// Whose opportunities a command may touch, and whose new ones are.
import sql from 'sql-template-tag';
import { narrowerScope, parsePermission, type RowScope, scopeOf } from '../../auth/permissions.ts';
import type { CommandContext } from '../../commands/command.ts';
import { allColumns, notFound } from '../../commands/rows.ts';
import type { OpportunityRow } from '../../db/models.ts';
import { rowPolicy, withScope } from '../../query/policy.ts';
import { opportunity } from './opportunities.entity.ts';
import { keepRates } from './rates.ts';

/** The narrower of the scopes for reading opportunities and for what the command does. */
export function reachOf(ctx: CommandContext): RowScope {
  const { subject, action } = parsePermission(ctx.permission);
  const { role } = ctx.viewer;
  return narrowerScope(scopeOf(role, opportunity.subject), scopeOf(role, subject, action));
}

/** Locks opportunities in id order and reads those that the command may touch. */
export async function lockOpportunities(ctx: CommandContext, ids: readonly string[]): Promise<OpportunityRow[]> {
  if (ids.length === 0) return [];
  await keepRates(ctx);
  const policy = rowPolicy(withScope(ctx.viewer, opportunity.subject, reachOf(ctx)), opportunity, 'o');
  return ctx.tx.query<OpportunityRow>(sql`select ${allColumns('Opportunity', 'o')} from opportunities o
    where ${policy} and o.id = any(${[...ids]}::uuid[]) order by o.id for no key update of o`);
}

/** Locks one opportunity; refuses with NOT_FOUND where it is not there or out of reach. */
export async function lockOpportunity(ctx: CommandContext, id: string, path = ['id']): Promise<OpportunityRow> {
  const [row] = await lockOpportunities(ctx, [id]);
  return row ?? notFound('Opportunity', path);
}

/** Who owns a new opportunity when nobody is named: the signed-in user, if otherwise it would be out of reach. */
export function defaultOwner(ctx: CommandContext): string | null {
  return reachOf(ctx) === 'ALL' ? null : ctx.viewer.userId;
}

/** The team of each of these users who is in exactly one: new opportunities are its own too. */
export async function onlyTeamOf(ctx: CommandContext, users: readonly string[]): Promise<Map<string, string>> {
  const owner = defaultOwner(ctx);
  const wanted = [...new Set([...users, ...(owner ? [owner] : [])])];
  if (wanted.length === 0) return new Map();
  const rows = await ctx.tx.query<{ userId: string; teamId: string }>(sql`select user_id as "userId", min(team_id::text)::uuid as "teamId"
    from team_members where workspace_id = ${ctx.workspaceId}::uuid and user_id = any(${wanted}::uuid[]) group by 1 having count(*) = 1`);
  return new Map(rows.map((row) => [row.userId, row.teamId]));
}
