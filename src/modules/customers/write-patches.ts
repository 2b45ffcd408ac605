// Writes changes of customers, with their events and, where the stage changes, its history.
import type { CommandContext } from '../../commands/command.ts';
import { type Change, writeManyChanges } from '../../commands/rows.ts';
import type { CustomerRow } from '../../db/models.ts';
import { recordStageEntry } from './stage-entry.ts';

/** Writes changes to locked customers, however many, in a few statements. */
export async function writePatches(ctx: CommandContext, patches: { row: CustomerRow; changes: Change }[]): Promise<void> {
  const moved = patches.filter(({ changes }) => 'stageId' in changes.after);
  const entries = moved.filter(({ changes }) => changes.after.stageId !== null);
  await recordStageEntry(
    ctx,
    entries.map(({ row, changes }) => ({
      customerId: row.id,
      fromId: row.stageId,
      toId: changes.after.stageId as string,
      occurredAt: ctx.now,
      reason: null,
    })),
  );
  await writeManyChanges(
    ctx,
    'Customer',
    patches.map(({ row, changes }) => ({ id: row.id, after: withStageTime(ctx, changes) })),
  );
  for (const { row, changes } of patches) {
    ctx.emit({ type: 'customer.updated', subjectType: 'Customer', subjectId: row.id, customerId: row.id, data: changes });
  }
  for (const { row, changes } of moved) {
    const data = { before: { stageId: row.stageId }, after: { stageId: changes.after.stageId } };
    ctx.emit({ type: 'customer.stage_changed', subjectType: 'Customer', subjectId: row.id, customerId: row.id, data });
  }
}

function withStageTime(ctx: CommandContext, changes: Change): Change['after'] {
  return 'stageId' in changes.after ? { ...changes.after, stageSince: changes.after.stageId ? ctx.now : null } : changes.after;
}
