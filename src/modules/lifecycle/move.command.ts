// Moving a customer through the lifecycle.
import sql from 'sql-template-tag';
import type { z } from 'zod';
import { type CommandContext, defineCommand } from '../../commands/command.ts';
import { dateTime, input, key, longText, version } from '../../commands/fields.ts';
import { expectVersion, lockRow, notFound, writeChanges } from '../../commands/rows.ts';
import { reject } from '../../commands/user-errors.ts';
import type { CustomerRow } from '../../db/models.ts';
import { type CustomerRef, customerRef, recordStageEntry, requireCustomer } from '../customers/index.ts';
import { resolveKeys } from '../vocabularies/index.ts';

type MoveInput = {
  customer: CustomerRef;
  stage: string;
  occurredAt?: Date | null;
  reason?: string | null;
  expectedVersion?: number | null;
};

export const customerMoveToStage = defineCommand<MoveInput, { id: string }>({
  name: 'customerMoveToStage',
  description: 'Moves a customer to a lifecycle stage and keeps the move in its history. To the stage where it stands: changes nothing.',
  permission: 'customers:write',
  input: input('CustomerMoveToStageInput', 'Who moves where.', {
    customer: customerRef('Who moves.'),
    stage: key('Key of the stage to enter.'),
    occurredAt: dateTime('When it entered the stage; now unless told. Not in the future and not before its last move.').nullish(),
    reason: longText('Why.', 2000).nullish(),
    expectedVersion: version(),
  }) as unknown as z.ZodType<MoveInput>,
  run: async (ctx, { customer, stage, occurredAt, reason, expectedVersion }) => {
    if (occurredAt && occurredAt > ctx.now) reject('IN_FUTURE', 'A move cannot happen in the future.', ['occurredAt']);
    const id = await requireCustomer(ctx, customer, ['customer']);
    const row = (await lockRow(ctx, 'Customer', id)) ?? notFound('Customer', ['customer']);
    expectVersion('Customer', row, expectedVersion);
    const toId = (await resolveKeys(ctx, 'LifecycleStage', [stage])).get(stage) ?? notFound('LifecycleStage', ['stage']);
    if (toId !== row.stageId) await move(ctx, row, toId, occurredAt ?? null, reason ?? null);
    return { id };
  },
});

async function move(ctx: CommandContext, row: CustomerRow, toId: string, asked: Date | null, reason: string | null): Promise<void> {
  const last = await lastMove(ctx, row);
  if (asked && last && asked < last) {
    reject('STAGE_HISTORY_ORDER', `The customer last moved at ${last.toISOString()}: a move before that is not possible.`, ['occurredAt']);
  }
  // Of two moves at the same moment the one that waited for the other began earlier, yet happens later.
  const occurredAt = asked ?? (last && last > ctx.now ? last : ctx.now);
  await writeChanges(ctx, 'Customer', row.id, { stageId: toId, stageSince: occurredAt });
  await recordStageEntry(ctx, [{ customerId: row.id, fromId: row.stageId, toId, occurredAt, reason }]);
  ctx.emit({
    type: 'customer.stage_changed',
    subjectType: 'Customer',
    subjectId: row.id,
    customerId: row.id,
    data: {
      before: { stageId: row.stageId, stageSince: row.stageSince },
      after: { stageId: toId, stageSince: occurredAt },
      ...(reason ? { reason } : {}),
    },
  });
}

async function lastMove(ctx: CommandContext, row: CustomerRow): Promise<Date | null> {
  const [last] = await ctx.tx.query<{
    at: Date | null;
  }>(sql`select greatest(max(occurred_at), ${row.stageSince}::timestamptz) as at from lifecycle_transitions
    where workspace_id = ${ctx.workspaceId}::uuid and customer_id = ${row.id}::uuid`);
  return last!.at;
}
