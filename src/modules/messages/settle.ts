// What became of a try to send, and what the provider says later.
import sql from 'sql-template-tag';
import type { CommandContext } from '../../commands/command.ts';
import { allColumns } from '../../commands/rows.ts';
import { inWorkspace } from '../../commands/system.ts';
import { type Database, RetryTransaction } from '../../db/database.ts';
import type { MessageRow } from '../../db/models.ts';
import { isPermanent } from '../../lib/permanent-failure.ts';
import { faultOf } from '../../lib/storable-text.ts';
import { change, textOf } from './change.ts';
import type { Claimed } from './claim.ts';

/** Pauses between tries; after the last the message is given up. */
export const RETRY_SECONDS = [5, 60, 300, 1_800, 7_200];
const MOST_ID = 500;
const UNIQUE_VIOLATION = '23505';

export type Outcome = { externalId: unknown } | { error: unknown };

/** Writes down how a try ended. */
export async function settle(db: Database, provider: string, claimed: Claimed, outcome: Outcome): Promise<void> {
  await db.transaction((tx) =>
    inWorkspace(
      tx,
      claimed.workspaceId,
      async (ctx) => {
        const row = await lockMessage(ctx, 'id', claimed.id);
        if (!row) return;
        // Also of a message that was given up or taken back meanwhile, since this try was taken for dead: it did go out.
        if ('externalId' in outcome) {
          if (row.sentAt === null) await sent(ctx, row, outcome.externalId);
        } else if (row.status === 'QUEUED' && row.attempts === claimed.attempts) await failed(ctx, row, outcome.error);
      },
      { origin: `plugin.${provider}` },
    ),
  );
}

async function sent(ctx: CommandContext, row: MessageRow, given: unknown): Promise<void> {
  const named = typeof given === 'string' && given !== '' && given.length <= MOST_ID && faultOf(given) === null;
  const [other] = named
    ? await ctx.tx.query(sql`select from messages
    where workspace_id = ${ctx.workspaceId}::uuid and provider = ${row.provider} and external_id = ${given} and id <> ${row.id}::uuid`)
    : [];
  const externalId = named && !other ? given : null;
  const error = externalId === null ? 'The provider gave no id of its own: what becomes of the message cannot be told.' : null;
  try {
    await change(ctx, row, { status: 'SENT', externalId, sentAt: ctx.now, settledAt: null, nextAttemptAt: null, error });
  } catch (failure) {
    if ((failure as { code?: string }).code === UNIQUE_VIOLATION)
      throw new RetryTransaction('the id was given to another message meanwhile');
    throw failure;
  }
}

async function failed(ctx: CommandContext, row: MessageRow, cause: unknown): Promise<void> {
  // Never empty: without an error the message would count as under way.
  const error = (cause instanceof Error && textOf(cause.message)) || 'It failed without a reason.';
  const pause = RETRY_SECONDS[row.attempts - 1];
  if (pause === undefined || isPermanent(cause)) {
    await change(ctx, row, { status: 'FAILED', nextAttemptAt: null, settledAt: ctx.now, error });
    return;
  }
  await ctx.tx.execute(sql`update messages set next_attempt_at = now() + ${pause} * interval '1 second', error = ${error}, updated_at = ${ctx.now}
    where workspace_id = ${ctx.workspaceId}::uuid and id = ${row.id}::uuid`);
}

async function lockMessage(ctx: CommandContext, by: 'id', id: string): Promise<MessageRow | null>;
async function lockMessage(ctx: CommandContext, by: 'externalId', id: string, provider: string): Promise<MessageRow | null>;
async function lockMessage(ctx: CommandContext, by: 'id' | 'externalId', id: string, provider = ''): Promise<MessageRow | null> {
  const which = by === 'id' ? sql`id = ${id}::uuid` : sql`provider = ${provider} and external_id = ${id}`;
  const [row] = await ctx.tx.query<MessageRow>(
    sql`select ${allColumns('Message')} from messages where workspace_id = ${ctx.workspaceId}::uuid and ${which} for no key update`,
  );
  return row ?? null;
}

export type News = { status: 'DELIVERED' | 'BOUNCED' | 'FAILED'; detail?: string };

/**
 * Takes in what a provider says of a message that it took; false where it is not known, perhaps not yet: the id that `send` gave
 * is written down a moment later. What is settled stays so, but for a
 * bounce: it may come long after a delivery.
 */
export async function reportMessage(ctx: CommandContext, provider: string, externalId: string, news: News): Promise<boolean> {
  if (!['DELIVERED', 'BOUNCED', 'FAILED'].includes(news.status)) throw new Error('a message is DELIVERED, BOUNCED or FAILED');
  if (typeof externalId !== 'string' || faultOf(externalId) !== null) return false;
  const row = await lockMessage(ctx, 'externalId', externalId, provider);
  if (!row) return false;
  const settled = row.status !== 'SENT';
  if (settled && (news.status !== 'BOUNCED' || row.status === 'BOUNCED')) return true;
  const error = news.status === 'DELIVERED' ? null : textOf(news.detail) || null;
  await change(ctx, row, { status: news.status, settledAt: ctx.now, error });
  return true;
}
