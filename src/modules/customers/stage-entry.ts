// The history of lifecycle stages: one row for each entry into a stage.
import type { CommandContext } from '../../commands/command.ts';
import { insertRows } from '../../commands/rows.ts';
import { newId } from '../../lib/typeid.ts';

export type StageEntry = {
  customerId: string;
  fromId: string | null;
  toId: string;
  occurredAt: Date;
  reason: string | null;
  /** Made by a rule; by a person unless told. */
  automatic?: boolean;
  /** A new id unless told. */
  id?: string;
};

/** Writes entries into stages. The caller holds the customers' locks and sets their `stageId` and `stageSince`. */
export async function recordStageEntry(ctx: CommandContext, entries: StageEntry[]): Promise<void> {
  const { kind, id } = ctx.viewer.actor;
  await insertRows(
    ctx.tx,
    'LifecycleTransition',
    entries.map((entry) => ({
      workspaceId: ctx.workspaceId,
      ...entry,
      id: entry.id ?? newId(),
      automatic: entry.automatic ?? false,
      actorKind: kind,
      actorId: id,
      createdAt: ctx.now,
    })),
  );
}
