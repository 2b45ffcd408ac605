// Who gets something: one user, a team, the members of a team in turn, whoever owns the customer, or whom a plugin names.
import sql from 'sql-template-tag';
import type { CommandContext } from '../../commands/command.ts';
import { oneOf, text } from '../../commands/fields.ts';
import { askStrategy, isStrategy } from '../../commands/strategies.ts';
import { reject } from '../../commands/user-errors.ts';
import { type AssignmentStrategy, AssignmentStrategyValues } from '../../db/models.ts';
import { tableOf } from '../../query/sql.ts';
import { requireTeamRef, requireUserRef, type TeamRef, teamRef, type UserRef, userRef } from '../access/index.ts';

type Values = Record<string, unknown>;

/** What keeps whose turn it is: its row has `last_user_id`. */
export type Holder = { model: 'Territory' | 'OpportunityRule'; id: string };
export type Assignment = {
  strategy: AssignmentStrategy;
  strategyName?: string | null;
  userId: string | null;
  teamId: string | null;
  customerId: string | null;
  holder: Holder;
};
export type Assigned = { ownerId: string | null; teamId: string | null };

/** The input fields that say who gets something. */
export const assignmentFields = {
  strategy: oneOf('AssignmentStrategy', AssignmentStrategyValues, 'Who gets it.'),
  user: userRef('The user, for the strategy USER.').nullish(),
  team: teamRef('The team, for the strategies TEAM and ROUND_ROBIN.').nullish(),
  strategyName: text('The strategy of a plugin, `<plugin>.<name>`, for the strategy PLUGIN.').nullish(),
};

/** Turns `assignmentFields` into columns. Refuses with ASSIGNEE_REQUIRED or STRATEGY_REQUIRED where the strategy lacks its user, team or name. */
export async function assignmentColumns(ctx: CommandContext, values: Values, current: Values | null): Promise<Values> {
  const { user, team, ...columns } = values;
  if (user !== undefined) columns.userId = await requireUserRef(ctx, user as UserRef | null, ['user']);
  if (team !== undefined) columns.teamId = await requireTeamRef(ctx, team as TeamRef | null, ['team']);
  const after = { ...current, ...columns };
  if (after.strategy === 'USER' && !after.userId) reject('ASSIGNEE_REQUIRED', 'Name the user who gets it.', ['user']);
  const byTeam = after.strategy === 'TEAM' || after.strategy === 'ROUND_ROBIN';
  if (byTeam && !after.teamId) reject('ASSIGNEE_REQUIRED', 'Name the team that gets it.', ['team']);
  if (columns.strategyName != null && !isStrategy('OWNER_ASSIGNMENT', columns.strategyName as string)) {
    reject('STRATEGY_UNKNOWN', 'No plugin that runs here has this strategy.', ['strategyName']);
  }
  if (after.strategy === 'PLUGIN' && !after.strategyName) reject('STRATEGY_REQUIRED', 'Name the strategy of a plugin.', ['strategyName']);
  return columns;
}

/** Who gets it now. Users who are archived get nothing: then there is a team at the most. */
export async function assign(ctx: CommandContext, asked: Assignment): Promise<Assigned> {
  const { strategy, userId, teamId, customerId, holder } = asked;
  if (strategy === 'USER') return { ownerId: await activeUser(ctx, userId), teamId };
  if (strategy === 'TEAM') return { ownerId: null, teamId };
  if (strategy === 'CUSTOMER_OWNER') return ownerOf(ctx, customerId);
  if (strategy === 'PLUGIN') return { ownerId: await namedByPlugin(ctx, asked), teamId };
  return { ownerId: await nextInTurn(ctx, teamId, holder), teamId };
}

// Nobody, where the plugin fails: what is assigned must not wait for it.
async function namedByPlugin(ctx: CommandContext, { strategyName, customerId }: Assignment): Promise<string | null> {
  const answered = strategyName ? await askStrategy(ctx, 'OWNER_ASSIGNMENT', strategyName, { customerId }) : null;
  return answered?.answer ? activeUser(ctx, answered.answer) : null;
}

async function activeUser(ctx: CommandContext, userId: string | null): Promise<string | null> {
  const [row] = await ctx.tx.query<{ id: string }>(sql`select id from users
    where workspace_id = ${ctx.workspaceId}::uuid and id = ${userId}::uuid and archived_at is null`);
  return row?.id ?? null;
}

async function ownerOf(ctx: CommandContext, customerId: string | null): Promise<Assigned> {
  const [row] = await ctx.tx.query<Assigned>(sql`
    select (select u.id from users u where u.workspace_id = c.workspace_id and u.id = c.owner_id and u.archived_at is null) as "ownerId",
      c.team_id as "teamId"
    from customers c where c.workspace_id = ${ctx.workspaceId}::uuid and c.id = ${customerId}::uuid`);
  return row ?? { ownerId: null, teamId: null };
}

// The holder's row is locked first: two at the same moment take their turns one after the other.
async function nextInTurn(ctx: CommandContext, teamId: string | null, holder: Holder): Promise<string | null> {
  const where = sql`workspace_id = ${ctx.workspaceId}::uuid and id = ${holder.id}::uuid`;
  const [pointer] = await ctx.tx.query<{ last: string | null }>(
    sql`select last_user_id as last from ${tableOf(holder.model)} where ${where} for no key update`,
  );
  const [next] = await ctx.tx.query<{ id: string }>(sql`select u.id from team_members m
    join users u on u.workspace_id = m.workspace_id and u.id = m.user_id and u.archived_at is null
    where m.workspace_id = ${ctx.workspaceId}::uuid and m.team_id = ${teamId}::uuid
    order by (u.id > ${pointer?.last ?? null}::uuid) is true desc, u.id limit 1`);
  if (!next) return null;
  await ctx.tx.execute(sql`update ${tableOf(holder.model)} set last_user_id = ${next.id}::uuid where ${where}`);
  return next.id;
}
