// Writes what changes of customers' ways through the stages: three statements, however many customers.
import sql from 'sql-template-tag';
import type { CommandContext } from '../../commands/command.ts';
import { writeManyChanges } from '../../commands/rows.ts';
import { recordStageEntry } from '../customers/index.ts';
import type { PathChange, Stages, Step } from './stage-path.ts';

export type PathOf = { customerId: string; before: { stageId: string | null; stageSince: number | null }; change: PathChange };

/** Writes the changes of customers that are locked, with their events. */
export async function writePaths(ctx: CommandContext, stages: Stages, paths: readonly PathOf[], cause: string): Promise<void> {
  const reasonOf = (stageId: string) => `By the rule of the stage ${stages.get(stageId)!.name}.`;
  await correctSteps(
    ctx,
    paths.flatMap(({ change }) => change.updated),
    reasonOf,
  );
  await recordStageEntry(
    ctx,
    paths.flatMap(({ customerId, change }) =>
      change.inserted.map(({ id, fromId, toId, at }) => ({
        id,
        customerId,
        fromId,
        toId,
        occurredAt: new Date(at),
        reason: reasonOf(toId),
        automatic: true,
      })),
    ),
  );
  const moved = paths.filter(({ before, change }) => before.stageId !== change.stageId || before.stageSince !== change.stageSince);
  await writeManyChanges(
    ctx,
    'Customer',
    moved.map(({ customerId, change }) => ({ id: customerId, after: { stageId: change.stageId, stageSince: dateOf(change.stageSince) } })),
  );
  for (const path of paths) tell(ctx, stages, path, reasonOf, cause);
}

async function correctSteps(ctx: CommandContext, steps: readonly Step[], reasonOf: (stageId: string) => string): Promise<void> {
  if (steps.length === 0) return;
  await ctx.tx.execute(sql`update lifecycle_transitions t
    set from_id = n.from_id, to_id = n.to_id, occurred_at = n.at, reason = case when t.to_id = n.to_id then t.reason else n.reason end
    from unnest(${steps.map(({ id }) => id)}::uuid[], ${steps.map(({ fromId }) => fromId)}::uuid[], ${steps.map(({ toId }) => toId)}::uuid[],
      ${steps.map(({ at }) => new Date(at))}::timestamptz[], ${steps.map(({ toId }) => reasonOf(toId))}::text[]) as n(id, from_id, to_id, at, reason)
    where t.workspace_id = ${ctx.workspaceId}::uuid and t.id = n.id and t.automatic`);
}

function tell(ctx: CommandContext, stages: Stages, path: PathOf, reasonOf: (stageId: string) => string, cause: string): void {
  const { customerId, before, change } = path;
  const subject = { subjectType: 'Customer', subjectId: customerId, customerId };
  if (change.repair) {
    const data = {
      before: { stageSince: dateOf(before.stageSince), transitions: told(stages, change.repair.before) },
      after: { stageSince: dateOf(change.repair.stageSince), transitions: told(stages, change.repair.after) },
      cause,
    };
    ctx.emit({ type: 'customer.stage_history_repaired', ...subject, data });
  }
  for (const [i, { fromId, fromSince, toId, at }] of change.moves.entries()) {
    const since = i === 0 && change.repair ? change.repair.stageSince : fromSince;
    const data = {
      before: { stageId: fromId, stageSince: dateOf(since) },
      after: { stageId: toId, stageSince: dateOf(at) },
      reason: reasonOf(toId),
      cause,
    };
    ctx.emit({ type: 'customer.stage_changed', ...subject, data });
  }
}

const dateOf = (at: number | null) => (at === null ? null : new Date(at));

/** Entries by the keys of their stages: an event outlives what ids lead to. */
function told(stages: Stages, steps: readonly Step[]): { stage: string; occurredAt: Date }[] {
  return steps.map(({ toId, at }) => ({ stage: stages.get(toId)!.key, occurredAt: new Date(at) }));
}
