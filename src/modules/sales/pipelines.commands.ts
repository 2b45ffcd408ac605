// Changing pipelines and their stages.
import sql from 'sql-template-tag';
import { z } from 'zod';
import type { CommandContext } from '../../commands/command.ts';
import { crudCommands } from '../../commands/crud.ts';
import { bool, int, key, longText, oneOf, text } from '../../commands/fields.ts';
import { notFound } from '../../commands/rows.ts';
import { reject } from '../../commands/user-errors.ts';
import { OpportunityStatusValues } from '../../db/models.ts';
import { resolveKeys } from '../vocabularies/index.ts';
import { forecastCategory, pipelineRef, probability } from './opportunity-fields.ts';
import './pipelines.entity.ts';
import { stageRequirements } from './requirements.ts';

type Values = Record<string, unknown>;

export const pipelineCommands = crudCommands({
  entity: 'Pipeline',
  noun: 'pipeline',
  plural: 'pipelines',
  unique: ['key'],
  fields: {
    key: key('Stable name, unique in the workspace.'),
    name: text('Name shown to people.'),
    description: longText('What it means.', 2000).nullish(),
    position: int('Place among the pipelines, from 0; after all others unless told.', 0, 1_000_000).optional(),
    isDefault: bool('Whether opportunities go through it unless told otherwise; it takes that from the one before.').optional(),
  },
  columns: pipelineColumns,
});

async function pipelineColumns(ctx: CommandContext, values: Values, current: Values | null): Promise<Values> {
  const wanted = (values.key ?? current?.key) as string;
  if (values.isDefault === true) await yieldDefault(ctx, wanted);
  if (values.position !== undefined || current) return values;
  const [row] = await ctx.tx.query<{
    position: number;
  }>(sql`select coalesce(max(position) filter (where key = ${wanted}), max(position) + 1, 0)::int as position
    from pipelines where workspace_id = ${ctx.workspaceId}::uuid`);
  return { ...values, position: row!.position };
}

// Archived ones too: restored, there would be two.
async function yieldDefault(ctx: CommandContext, wanted: string): Promise<void> {
  const others = await ctx.tx.query<{
    id: string;
  }>(sql`update pipelines set is_default = false, version = version + 1, updated_at = ${ctx.now}
    where workspace_id = ${ctx.workspaceId}::uuid and is_default and key <> ${wanted} returning id`);
  for (const { id } of others) {
    const data = { before: { isDefault: true }, after: { isDefault: false } };
    ctx.emit({ type: 'pipeline.updated', subjectType: 'Pipeline', subjectId: id, customerId: null, data });
  }
}

export const pipelineStageCommands = crudCommands({
  entity: 'PipelineStage',
  noun: 'pipelineStage',
  plural: 'pipelineStages',
  unique: ['key', 'pipelineId'],
  fields: {
    pipeline: pipelineRef('Key of the pipeline; a stage stays in it.'),
    key: key('Stable name, unique in the pipeline.'),
    name: text('Name shown to people.'),
    description: longText('What it means to be there.', 2000).nullish(),
    position: int('Place in the pipeline, from 0; after all others unless told.', 0, 1_000_000).optional(),
    probability: probability()
      .optional()
      .meta({ description: 'How likely an opportunity there is won, from 0 to 1; of a new stage 1 where won, 0 where lost, else .5.' }),
    outcome: oneOf(
      'OpportunityStatus',
      OpportunityStatusValues,
      'Whether opportunities there are open, won or lost; open unless told.',
    ).optional(),
    forecastCategory: forecastCategory('How opportunities there count in forecasts unless they say otherwise.').optional(),
    requiredFields: z
      .array(oneOf('StageRequirement', stageRequirements, 'What a stage can ask of an opportunity that enters it.'))
      .max(stageRequirements.length)
      .transform((fields) => stageRequirements.filter((field) => fields.includes(field)))
      .optional()
      .meta({ description: 'What an opportunity must have to enter it.' }),
    stalledAfterDays: int('After how many days there an opportunity counts as stalled.', 1, 10_000).nullish(),
  },
  columns: stageColumns,
});

async function stageColumns(ctx: CommandContext, { pipeline, ...values }: Values, current: Values | null): Promise<Values> {
  const columns: Values = { ...values };
  if (pipeline === null) reject('REQUIRED', 'This field cannot be cleared.', ['pipeline']);
  if (pipeline !== undefined) {
    columns.pipelineId =
      (await resolveKeys(ctx, 'Pipeline', [pipeline as string])).get(pipeline as string) ?? notFound('Pipeline', ['pipeline']);
    if (current && current.pipelineId !== columns.pipelineId) reject('STAGE_IN_USE', 'A stage stays in its pipeline.', ['pipeline']);
  }
  const known = current ?? (await knownStage(ctx, columns));
  if (known && columns.outcome && columns.outcome !== known.outcome) await refuseUsed(ctx, known.id as string);
  if (known) return columns;
  const outcome = columns.outcome ?? 'OPEN';
  columns.probability ??= outcome === 'WON' ? '1.0000' : outcome === 'LOST' ? '0.0000' : '0.5000';
  columns.position ??= await nextPosition(ctx, columns.pipelineId as string);
  return columns;
}

async function knownStage(ctx: CommandContext, columns: Values): Promise<Values | null> {
  const [row] = await ctx.tx.query<Values>(sql`select id, outcome from pipeline_stages where workspace_id = ${ctx.workspaceId}::uuid
    and pipeline_id = ${columns.pipelineId as string}::uuid and key = ${columns.key as string} for no key update`);
  return row ?? null;
}

// Its opportunities would be open in a won stage, or the other way round.
async function refuseUsed(ctx: CommandContext, stageId: string): Promise<void> {
  const [row] = await ctx.tx.query<{ used: boolean }>(sql`select exists (select from opportunities
    where workspace_id = ${ctx.workspaceId}::uuid and stage_id = ${stageId}::uuid) as used`);
  if (row!.used) reject('STAGE_IN_USE', 'Opportunities stand there: what it means for them cannot change.', ['outcome']);
}

async function nextPosition(ctx: CommandContext, pipelineId: string): Promise<number> {
  const [row] = await ctx.tx.query<{ position: number }>(sql`select coalesce(max(position) + 1, 0)::int as position from pipeline_stages
    where workspace_id = ${ctx.workspaceId}::uuid and pipeline_id = ${pipelineId}::uuid`);
  return row!.position;
}
