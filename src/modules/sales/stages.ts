// The pipelines of the workspace with their stages, for commands: few rows, read once for each.
import sql from 'sql-template-tag';
import type { CommandContext } from '../../commands/command.ts';
import { reject } from '../../commands/user-errors.ts';
import type { OpportunityStatus } from '../../db/models.ts';

export type Stage = {
  id: string;
  key: string;
  outcome: OpportunityStatus;
  requiredFields: string[];
  archived: boolean;
  pipelineId: string;
};
export type PipelineWithStages = { id: string; key: string; isDefault: boolean; archived: boolean; stages: Stage[] };

export type Pipelines = {
  byId: Map<string, PipelineWithStages>;
  byKey: Map<string, PipelineWithStages>;
  stage: Map<string, Stage>;
  /** Where opportunities go unless told otherwise. */
  standard: PipelineWithStages | null;
};

/** All pipelines; archived ones are known by id only. */
export async function loadPipelines(ctx: CommandContext): Promise<Pipelines> {
  const pipelines =
    await ctx.tx.query<PipelineWithStages>(sql`select id, key, is_default as "isDefault", archived_at is not null as archived
    from pipelines where workspace_id = ${ctx.workspaceId}::uuid order by is_default desc, position, id`);
  const stages = await ctx.tx.query<Stage>(sql`select id, key, outcome, required_fields as "requiredFields", pipeline_id as "pipelineId",
    archived_at is not null as archived from pipeline_stages where workspace_id = ${ctx.workspaceId}::uuid order by position, id`);
  const byId = new Map(pipelines.map((one) => [one.id, { ...one, stages: [] as Stage[] }]));
  for (const stage of stages) byId.get(stage.pipelineId)?.stages.push(stage);
  const active = [...byId.values()].filter((one) => !one.archived);
  return {
    byId,
    byKey: new Map(active.map((one) => [one.key, one])),
    stage: new Map(stages.map((stage) => [stage.id, stage])),
    standard: active[0] ?? null,
  };
}

/** The active stage with this key. */
export function stageNamed(pipeline: PipelineWithStages, key: string): Stage | null {
  return pipeline.stages.find((stage) => stage.key === key && !stage.archived) ?? null;
}

/** The first active stage with this outcome. */
export function firstStage(pipeline: PipelineWithStages, outcome: OpportunityStatus): Stage | null {
  return pipeline.stages.find((stage) => stage.outcome === outcome && !stage.archived) ?? null;
}

/** The ids of a pipeline and, where it is named, one of its stages. Refuses with NOT_FOUND at `path`. */
export async function requireStage(
  ctx: CommandContext,
  named: { pipeline: string; stage?: string | null },
  path: string[] = [],
): Promise<{ pipelineId: string; stageId: string | null }> {
  const pipeline = (await loadPipelines(ctx)).byKey.get(named.pipeline);
  if (!pipeline) return reject('NOT_FOUND', `There is no pipeline ${named.pipeline}.`, [...path, 'pipeline']);
  if (!named.stage) return { pipelineId: pipeline.id, stageId: null };
  const stage = stageNamed(pipeline, named.stage);
  if (!stage) return reject('NOT_FOUND', `The pipeline has no stage ${named.stage}.`, [...path, 'stage']);
  return { pipelineId: pipeline.id, stageId: stage.id };
}
