// Changing the touch-point map.
import type { CommandContext } from '../../commands/command.ts';
import { crudCommands } from '../../commands/crud.ts';
import { int, key, longText, money, text } from '../../commands/fields.ts';
import { notFound } from '../../commands/rows.ts';
import { reject } from '../../commands/user-errors.ts';
import { requireTeamRef, type TeamRef, teamRef } from '../access/index.ts';
import { resolveKeys } from '../vocabularies/index.ts';
import './touchpoints.entity.ts';

type Values = Record<string, unknown>;

export const touchPointCommands = crudCommands({
  entity: 'TouchPoint',
  noun: 'touchPoint',
  plural: 'touchPoints',
  unique: ['key'],
  fields: {
    key: key('Stable name, unique in the workspace.'),
    name: text('Name shown to people.'),
    purpose: longText('Why the two meet there.', 2000).nullish(),
    channel: key('Key of the channel.'),
    stage: key('Key of the lifecycle stage.').nullish(),
    department: teamRef('The team responsible for it.').nullish(),
    cost: money('What one contact there is planned to cost.').nullish(),
    monthlyTarget: int('How many contacts a month are wanted.').nullish(),
  },
  columns: toColumns,
});

async function toColumns(ctx: CommandContext, { channel, stage, department, cost, ...plain }: Values): Promise<Values> {
  const columns: Values = { ...plain };
  if (channel === null) reject('REQUIRED', 'This field cannot be cleared.', ['channel']);
  if (channel !== undefined) columns.channelId = await idOfKey(ctx, 'Channel', channel, 'channel');
  if (stage !== undefined) columns.stageId = await idOfKey(ctx, 'LifecycleStage', stage, 'stage');
  if (department !== undefined) columns.departmentId = await requireTeamRef(ctx, department as TeamRef | null, ['department']);
  if (cost !== undefined) {
    const given = cost as { amount: string; currency: string } | null;
    Object.assign(columns, { costAmount: given?.amount ?? null, costCurrency: given?.currency ?? null });
  }
  return columns;
}

async function idOfKey(ctx: CommandContext, model: 'Channel' | 'LifecycleStage', wanted: unknown, field: string): Promise<string | null> {
  if (wanted === null) return null;
  const ids = await resolveKeys(ctx, model, [wanted as string]);
  return ids.get(wanted as string) ?? notFound(model, [field]);
}
