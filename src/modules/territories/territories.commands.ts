// Changing territories.
import sql from 'sql-template-tag';
import type { CommandContext } from '../../commands/command.ts';
import { crudCommands } from '../../commands/crud.ts';
import { int, key, longText, text } from '../../commands/fields.ts';
import { type RuleInput, resolveRule, ruleInput } from '../rules/index.ts';
import { assignmentColumns, assignmentFields } from './assign.ts';
import './territories.entity.ts';

type Values = Record<string, unknown>;

export const territoryCommands = crudCommands({
  entity: 'Territory',
  noun: 'territory',
  plural: 'territories',
  unique: ['key'],
  fields: {
    key: key('Stable name, unique in the workspace.'),
    name: text('Name shown to people.'),
    description: longText('What it means.', 2000).nullish(),
    position: int('Place in the order in which territories are tried, from 0; after all others unless told.', 0, 1_000_000).optional(),
    rule: ruleInput('Which customers belong to it, unless one before it takes them.'),
    ...assignmentFields,
  },
  columns: toColumns,
});

async function toColumns(ctx: CommandContext, { rule, ...values }: Values, current: Values | null): Promise<Values> {
  const columns = await assignmentColumns(ctx, values, current);
  if (rule !== undefined) columns.rule = rule === null ? null : await resolveRule(ctx, rule as RuleInput, ['rule']);
  if (columns.position === undefined && !current) columns.position = await positionOf(ctx, values.key as string);
  return columns;
}

// The territory's own place if it is there already.
async function positionOf(ctx: CommandContext, ownKey: string): Promise<number> {
  const [row] = await ctx.tx.query<{
    position: number;
  }>(sql`select coalesce(max(position) filter (where key = ${ownKey}), max(position) + 1, 0)::int as position
    from territories where workspace_id = ${ctx.workspaceId}::uuid`);
  return row!.position;
}
