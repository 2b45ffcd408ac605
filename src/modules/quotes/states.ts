// How far a quote may go from where it is, and the locks that every step takes.
import sql from 'sql-template-tag';
import type { CommandContext } from '../../commands/command.ts';
import { lockReached } from '../../commands/lock-reached.ts';
import { expectVersion, lockRow, notFound, writeChanges } from '../../commands/rows.ts';
import { reject } from '../../commands/user-errors.ts';
import type { OpportunityRow, QuoteRow, QuoteStatus } from '../../db/models.ts';

export type Locked = { quote: QuoteRow; opportunity: OpportunityRow };

/**
 * Locks the opportunity, then the quote: all offers of an opportunity wait for each other. Refuses with NOT_FOUND, with
 * VERSION_CONFLICT, and with QUOTE_STATUS unless the quote has one of `states`.
 */
export async function lockQuote(
  ctx: CommandContext,
  { id, expectedVersion }: { id: string; expectedVersion?: number | null },
  states: readonly QuoteStatus[],
): Promise<Locked> {
  const [found] = await ctx.tx.query<{ opportunityId: string }>(
    sql`select opportunity_id as "opportunityId" from quotes where workspace_id = ${ctx.workspaceId}::uuid and id = ${id}::uuid`,
  );
  if (!found) return notFound('Quote', ['id']);
  const opportunity = await lockReached(ctx, 'Opportunity', found.opportunityId, ['id'], 'Quote');
  const quote = (await lockRow(ctx, 'Quote', id)) ?? notFound('Quote', ['id']);
  expectVersion('Quote', quote, expectedVersion);
  if (!states.includes(quote.status))
    reject('QUOTE_STATUS', `The quote is ${quote.status}, and must be ${states.join(' or ')} for this.`, ['id']);
  return { quote, opportunity };
}

/** Writes changes of a locked quote and tells of them. */
export async function changeQuote(
  ctx: CommandContext,
  { quote, customerId }: { quote: QuoteRow; customerId: string | null },
  type: string,
  after: Partial<QuoteRow>,
): Promise<void> {
  await writeChanges(ctx, 'Quote', quote.id, after);
  const before = Object.fromEntries(Object.keys(after).map((name) => [name, quote[name as keyof QuoteRow]]));
  ctx.emit({ type, subjectType: 'Quote', subjectId: quote.id, customerId, data: { before, after } });
}

/** Lets the open quotes of an opportunity run out, but not `except`. The opportunity is locked. */
export async function expireOthers(ctx: CommandContext, opportunity: OpportunityRow, except: string): Promise<void> {
  const others = await ctx.tx.query<{ id: string }>(sql`select id from quotes where workspace_id = ${ctx.workspaceId}::uuid
    and opportunity_id = ${opportunity.id}::uuid and status in ('DRAFT', 'SENT') and id <> ${except}::uuid order by id`);
  for (const { id } of others) {
    const quote = (await lockRow(ctx, 'Quote', id))!;
    await changeQuote(ctx, { quote, customerId: opportunity.customerId }, 'quote.expired', { status: 'EXPIRED', decidedAt: ctx.now });
  }
}

/** The last day on which something sent can be accepted has passed; days are those of UTC. */
export function ranOut(quote: QuoteRow, now: Date): boolean {
  return quote.validUntil !== null && String(quote.validUntil).slice(0, 10) < now.toISOString().slice(0, 10);
}
