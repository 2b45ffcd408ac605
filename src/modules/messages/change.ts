// How a message comes from one status to another, and what is kept of what a provider says.
import type { CommandContext } from '../../commands/command.ts';
import { writeChanges } from '../../commands/rows.ts';
import type { MessageRow, MessageStatus } from '../../db/models.ts';
import { storable } from '../../lib/storable-text.ts';
import { wakeNext } from './order.ts';

const MOST_ERROR = 500;

/**
 * What a provider says, as far as it is kept: 500 characters, empty where it is no text. A cut must not halve a character: its
 * event could not be written, and the message would be sent again for ever.
 */
export const textOf = (said: unknown): string => (typeof said === 'string' ? storable(said, MOST_ERROR) : '');

type Changes = Partial<Pick<MessageRow, 'externalId' | 'sentAt' | 'nextAttemptAt' | 'settledAt' | 'error' | 'attempts'>> & {
  status: MessageStatus;
};

/** Changes a message that is locked, and tells it. One that leaves the queue lets the next to its customer go. */
export async function change(ctx: CommandContext, row: MessageRow, after: Changes): Promise<void> {
  await writeChanges(ctx, 'Message', row.id, after);
  if (row.status === 'QUEUED' && after.status !== 'QUEUED') await wakeNext(ctx.tx, row);
  const { status, attempts, externalId, error } = after;
  const anew = attempts !== undefined;
  ctx.emit({
    type: `message.${status.toLowerCase()}`,
    subjectType: 'Message',
    subjectId: row.id,
    customerId: row.customerId,
    data: {
      before: { status: row.status, ...(anew && { attempts: row.attempts }) },
      after: { status, ...(anew && { attempts }), ...(externalId && { externalId }), ...(error && { error }) },
    },
  });
}
