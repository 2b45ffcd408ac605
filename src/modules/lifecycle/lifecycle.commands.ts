// Changing the stages of the lifecycle.
import sql from 'sql-template-tag';
import type { CommandContext } from '../../commands/command.ts';
import { crudCommands } from '../../commands/crud.ts';
import { int, key, longText, text } from '../../commands/fields.ts';
import { requireTeamRef, type TeamRef, teamRef } from '../access/index.ts';
import './lifecycle.entity.ts';

type Values = Record<string, unknown>;

export const lifecycleStageCommands = crudCommands({
  entity: 'LifecycleStage',
  noun: 'lifecycleStage',
  plural: 'lifecycleStages',
  unique: ['key'],
  fields: {
    key: key('Stable name, unique in the workspace.'),
    name: text('Name shown to people.'),
    description: longText('What it means to be there.', 2000).nullish(),
    position: int('Place in the order, from 0; after all others unless told.', 0, 1_000_000).optional(),
    team: teamRef('The team in charge of customers there.').nullish(),
  },
  columns: toColumns,
});

async function toColumns(ctx: CommandContext, { team, ...values }: Values, current: Values | null): Promise<Values> {
  const columns: Values = { ...values };
  if (team !== undefined) columns.teamId = await requireTeamRef(ctx, team as TeamRef | null, ['team']);
  if (columns.position === undefined && !current) columns.position = await positionOf(ctx, values.key as string);
  return columns;
}

// The stage's own place if it is there already.
async function positionOf(ctx: CommandContext, stageKey: string): Promise<number> {
  const [row] = await ctx.tx.query<{
    position: number;
  }>(sql`select coalesce(max(position) filter (where key = ${stageKey}), max(position) + 1, 0)::int as position
    from lifecycle_stages where workspace_id = ${ctx.workspaceId}::uuid`);
  return row!.position;
}
