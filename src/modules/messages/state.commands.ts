// Taking messages back, and sending them again.
import sql from 'sql-template-tag';
import { type CommandContext, defineCommand } from '../../commands/command.ts';
import { id, input, version } from '../../commands/fields.ts';
import { lockReached } from '../../commands/lock-reached.ts';
import { expectVersion } from '../../commands/rows.ts';
import { reject } from '../../commands/user-errors.ts';
import type { MessageRow } from '../../db/models.ts';
import { change } from './change.ts';
import { holdNext, underWaySql } from './order.ts';
import { providerOf } from './providers.ts';
import './messages.entity.ts';

export const messageCancel = defineCommand({
  name: 'messageCancel',
  description:
    'Takes back a message that is not sent yet; its interaction stays as it is. MESSAGE_UNDER_WAY and MESSAGE_SETTLED say that it is too late, for the moment or for good.',
  permission: 'messages:write',
  input: input('MessageCancelInput', 'Which message to take back.', {
    id: id('Message', 'The message.'),
    expectedVersion: version(),
  }),
  run: async (ctx, { id: wanted, expectedVersion }) => {
    const row = await lockReached(ctx, 'Message', wanted, ['id']);
    expectVersion('Message', row, expectedVersion);
    await refuseUnlessWaiting(ctx, row);
    await change(ctx, row, { status: 'CANCELLED', nextAttemptAt: null, settledAt: ctx.now });
    return { id: row.id };
  },
});

export const messageRetry = defineCommand({
  name: 'messageRetry',
  description:
    'Has a message that was given up, or that waits for its next attempt, be sent again at once. Its attempts begin anew; earlier messages to the customer still go first. MESSAGE_UNDER_WAY and MESSAGE_SETTLED say that there is nothing to send.',
  permission: 'messages:write',
  input: input('MessageRetryInput', 'Which message to send again.', { id: id('Message', 'The message.') }),
  run: async (ctx, { id: wanted }) => {
    const row = await lockReached(ctx, 'Message', wanted, ['id']);
    if (row.status !== 'FAILED') await refuseUnlessWaiting(ctx, row);
    // It was not tried yet, or goes as soon as those before it have gone.
    if (row.status === 'QUEUED' && row.error === null) return { id: row.id };
    await refuseUnlessServed(ctx, row);
    await holdNext(ctx.tx, row);
    const forgotten = { externalId: null, sentAt: null, settledAt: null, error: null };
    await change(ctx, row, { status: 'QUEUED', attempts: 0, nextAttemptAt: ctx.now, ...forgotten });
    return { id: row.id };
  },
});

/** The row is locked: whoever took it before has said so in it. */
async function refuseUnlessWaiting({ tx, workspaceId }: CommandContext, row: MessageRow): Promise<void> {
  if (row.status !== 'QUEUED') reject('MESSAGE_SETTLED', `The message is ${row.status}.`, ['id']);
  const [found] = await tx.query<{ underWay: boolean }>(sql`select ${underWaySql(sql`m`)} as "underWay" from messages m
    where m.workspace_id = ${workspaceId}::uuid and m.id = ${row.id}::uuid`);
  if (found?.underWay) reject('MESSAGE_UNDER_WAY', 'The message is being sent at this moment: look again when that has ended.', ['id']);
}

async function refuseUnlessServed({ tx, workspaceId }: CommandContext, row: MessageRow): Promise<void> {
  const [channel] = await tx.query<{ key: string }>(sql`select key from channels
    where workspace_id = ${workspaceId}::uuid and id = ${row.channelId}::uuid`);
  if (channel && providerOf(channel.key)?.provider === row.provider) return;
  reject('CHANNEL_NOT_SERVED', 'The plugin that was to send the message does not serve its channel here.', ['id']);
}
