// The way of an opportunity through stages: which moves a draft means, and when they happened.
import type { CommandContext } from '../../commands/command.ts';
import { type UserError, userError } from '../../commands/user-errors.ts';
import type { OpportunityRow, OpportunityStatus } from '../../db/models.ts';
import type { Draft } from './draft.ts';
import { firstStage, type Pipelines, type PipelineWithStages, type Stage } from './stages.ts';

export type Entry = { fromId: string | null; toId: string; at: Date; reason: string | null };

export type Course = {
  /** The stage where it then stands. */
  stage: Stage;
  /** New entries into stages, in their order. */
  entries: Entry[];
  /** Columns that say where it stands and since when. */
  columns: Partial<OpportunityRow>;
  /** Times of its history that are corrected, where no move says them. */
  corrected: { openedAt?: Date; closedAt?: Date };
};

/** What the draft means for the opportunity's way, or what is wrong with it. */
export function courseOf(ctx: CommandContext, pipelines: Pipelines, draft: Draft): Course | { errors: UserError[] } {
  const target = targetOf(pipelines, draft);
  if ('code' in target) return { errors: [target] };
  for (const field of ['openedAt', 'closedAt', 'movedAt'] as const) {
    const at = draft[field];
    if (at && at > ctx.now)
      return wrong('IN_FUTURE', 'This cannot have happened in the future.', field === 'movedAt' ? 'occurredAt' : field);
  }
  if (draft.closedAt && target.outcome === 'OPEN') return wrong('INVALID_VALUE', 'An open opportunity has not been closed.', 'closedAt');
  if (!draft.row) return newCourse(ctx, pipelines.byId.get(target.pipelineId)!, target, draft);
  if (target.id === draft.row.stageId) return sameStage(draft.row, target, draft);
  return moveTo(ctx, draft.row, target, draft);
}

function wrong(code: string, message: string, field: string): { errors: UserError[] } {
  return { errors: [userError(code, message, [field])] };
}

function targetOf(pipelines: Pipelines, { row, pipelineId, stageId }: Draft): Stage | UserError {
  const named = stageId ? pipelines.stage.get(stageId) : undefined;
  if (stageId && (!named || (pipelineId && named.pipelineId !== pipelineId))) {
    return userError('NOT_FOUND', 'The pipeline has no such stage.', ['stage']);
  }
  if (named) return named;
  if (row && (!pipelineId || pipelineId === row.pipelineId)) return pipelines.stage.get(row.stageId)!;
  const pipeline = pipelineId ? pipelines.byId.get(pipelineId) : pipelines.standard;
  if (!pipeline) return userError('NOT_FOUND', 'There is no such pipeline.', ['pipeline']);
  return firstStage(pipeline, 'OPEN') ?? userError('NOT_FOUND', 'The pipeline has no open stage.', ['stage']);
}

function newCourse(ctx: CommandContext, pipeline: PipelineWithStages, stage: Stage, draft: Draft): Course | { errors: UserError[] } {
  const reason = draft.reason ?? null;
  const closed = stage.outcome !== 'OPEN';
  const closedAt = closed ? (draft.closedAt ?? draft.movedAt ?? ctx.now) : null;
  const openedAt = draft.openedAt ?? closedAt ?? ctx.now;
  if (closedAt && closedAt < openedAt) return wrong('PERIOD_INVALID', 'It was closed before it was opened.', 'closedAt');
  const columns = { openedAt, ...standing(stage, closedAt ?? openedAt) };
  const first = closedAt ? firstStage(pipeline, 'OPEN') : null;
  const entries: Entry[] = first ? [{ fromId: null, toId: first.id, at: openedAt, reason: null }] : [];
  entries.push({ fromId: first?.id ?? null, toId: stage.id, at: closedAt ?? openedAt, reason });
  return { stage, entries, columns, corrected: {} };
}

function standing(stage: Stage, since: Date): Partial<OpportunityRow> {
  const closedAt = stage.outcome === 'OPEN' ? null : since;
  return { pipelineId: stage.pipelineId, stageId: stage.id, status: stage.outcome as OpportunityStatus, stageSince: since, closedAt };
}

function moveTo(ctx: CommandContext, row: OpportunityRow, stage: Stage, draft: Draft): Course | { errors: UserError[] } {
  const asked = draft.movedAt ?? draft.closedAt ?? null;
  const since = draft.openedAt && row.stageSince.getTime() === row.openedAt.getTime() ? draft.openedAt : row.stageSince;
  if (asked && asked < since) {
    const field = draft.movedAt ? 'occurredAt' : 'closedAt';
    return wrong('OPPORTUNITY_HISTORY_ORDER', `It last moved at ${since.toISOString()}: a move before that is not possible.`, field);
  }
  // Of two moves at the same moment the one that waited for the other began earlier, yet happens later.
  const at = asked ?? (since > ctx.now ? since : ctx.now);
  const reopened = row.status !== 'OPEN' && stage.outcome === 'OPEN';
  const cleared =
    reopened || (row.status !== stage.outcome && row.status !== 'OPEN') ? { closeReasonId: null, lostToId: null, closeNote: null } : {};
  return {
    stage,
    entries: [{ fromId: row.stageId, toId: stage.id, at, reason: draft.reason ?? null }],
    columns: { ...cleared, ...standing(stage, at) },
    corrected: correctedBegin(row, draft),
  };
}

function sameStage(row: OpportunityRow, stage: Stage, draft: Draft): Course {
  const corrected: Course['corrected'] = correctedBegin(row, draft);
  if (draft.closedAt && row.closedAt && draft.closedAt.getTime() !== row.closedAt.getTime()) corrected.closedAt = draft.closedAt;
  return { stage, entries: [], columns: {}, corrected };
}

function correctedBegin(row: OpportunityRow, { openedAt }: Draft): { openedAt?: Date } {
  return openedAt && openedAt.getTime() !== row.openedAt.getTime() ? { openedAt } : {};
}
