// Changing the stages of the lifecycle.
import sql from 'sql-template-tag';
import type { Command, CommandContext } from '../../commands/command.ts';
import { type CrudCommands, crudCommands } from '../../commands/crud.ts';
import { bool, int, key, longText, text } from '../../commands/fields.ts';
import { requireTeamRef, type TeamRef, teamRef } from '../access/index.ts';
import { changeUnit, type RuleInput, removeUnit, resolveRule, ruleInput, type StoredRule } from '../rules/index.ts';
import { asksForStage, refuseCircle } from './refuse-circle.ts';
import { LIFECYCLE } from './units.ts';
import './lifecycle.entity.ts';

type Values = Record<string, unknown>;

const commands = crudCommands({
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
    rule: ruleInput(
      'The rule that brings customers there by itself, never from a later stage unless the stage is `returnable`; null: only people move customers there. It cannot ask for the stage.',
    ).nullish(),
    returnable: bool('Whether the rule also brings customers back from a later stage, where no higher rule holds.').optional(),
  },
  columns: toColumns,
});

/** The commands of stages; those that change what the rules say have everyone looked at anew. */
export const lifecycleStageCommands: CrudCommands = {
  create: watched(commands.create),
  update: watched(commands.update),
  archive: watched(commands.archive),
  restore: watched(commands.restore),
  upsert: watched(commands.upsert),
};

async function toColumns(ctx: CommandContext, { team, rule, ...values }: Values, current: Values | null): Promise<Values> {
  const columns: Values = { ...values };
  if (team !== undefined) columns.teamId = await requireTeamRef(ctx, team as TeamRef | null, ['team']);
  if (rule !== undefined) columns.rule = rule === null ? null : await toRule(ctx, rule as RuleInput);
  if (columns.position === undefined && !current) columns.position = await positionOf(ctx, values.key as string);
  return columns;
}

async function toRule(ctx: CommandContext, written: RuleInput): Promise<StoredRule> {
  const rule = await resolveRule(ctx, written, ['rule']);
  await refuseCircle(ctx, rule, asksForStage, 'stage');
  return rule;
}

// The stage's own place if it is there already.
async function positionOf(ctx: CommandContext, stageKey: string): Promise<number> {
  const [row] = await ctx.tx.query<{
    position: number;
  }>(sql`select coalesce(max(position) filter (where key = ${stageKey}), max(position) + 1, 0)::int as position
    from lifecycle_stages where workspace_id = ${ctx.workspaceId}::uuid`);
  return row!.position;
}

function watched<Input, Result>(command: Command<Input, Result>): Command<Input, Result> {
  return {
    ...command,
    run: async (ctx, input) => {
      let decides = false;
      const emit: CommandContext['emit'] = (event) => {
        decides ||= isDecisive(event);
        ctx.emit(event);
      };
      const result = await command.run({ ...ctx, emit }, input);
      if (decides) await rulesChanged(ctx);
      return result;
    },
  };
}

// A new stage in which nobody stands and to which no rule leads decides nothing.
function isDecisive({ type, data }: Parameters<CommandContext['emit']>[0]): boolean {
  const after = (data as { after?: Values }).after ?? {};
  if (type.endsWith('.created')) return after.rule != null;
  return ['rule', 'returnable', 'position', 'archivedAt'].some((name) => name in after);
}

async function rulesChanged(ctx: CommandContext): Promise<void> {
  const ruled = await ctx.tx.query(sql`select 1 from lifecycle_stages
    where workspace_id = ${ctx.workspaceId}::uuid and rule is not null and archived_at is null limit 1`);
  if (ruled.length > 0) await changeUnit(ctx.tx, ctx.workspaceId, LIFECYCLE, ctx.workspaceId);
  else await removeUnit(ctx.tx, ctx.workspaceId, ctx.workspaceId);
}
