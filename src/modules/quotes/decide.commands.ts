// What becomes of a quote: sent, accepted, rejected, or taken up again in a new version.
import sql from 'sql-template-tag';
import type { z } from 'zod';
import { hasPermission } from '../../auth/permissions.ts';
import { type CommandContext, defineCommand } from '../../commands/command.ts';
import { id, input, longText, version } from '../../commands/fields.ts';
import { reject } from '../../commands/user-errors.ts';
import { apiError } from '../../graphql/errors.ts';
import { winOpportunity } from '../sales/index.ts';
import { counted, linesOfQuote } from './lines.ts';
import { insertQuote, requireOpen } from './quotes.commands.ts';
import { soldLines } from './sold-lines.ts';
import { changeQuote, expireOthers, lockQuote, ranOut } from './states.ts';

type Target = { id: string; expectedVersion?: number | null };
type Decision = Target & { note?: string | null };

/** Winning an opportunity is changing it. Throws FORBIDDEN. */
function requireSelling(ctx: CommandContext): void {
  if (!hasPermission(ctx.viewer.role, 'opportunities:write')) {
    throw apiError('FORBIDDEN', 'Accepting a quote wins its opportunity: that needs the permission opportunities:write.');
  }
}

const target = { id: id('Quote', 'The quote.'), expectedVersion: version() };
const said = { ...target, note: longText('What the customer said.', 10_000).nullish() };

export const quoteSend = defineCommand<Target, { id: string }>({
  name: 'quoteSend',
  description: 'Says that the customer has the quote. From then on it cannot be changed, only revised.',
  permission: 'quotes:write',
  input: input('QuoteSendInput', 'Which quote was sent.', target) as unknown as z.ZodType<Target>,
  run: async (ctx, asked) => {
    const { quote, opportunity } = await lockQuote(ctx, asked, ['DRAFT']);
    requireOpen(opportunity, ['id']);
    if ((await linesOfQuote(ctx, quote.id)).length === 0) reject('QUOTE_EMPTY', 'A quote without lines offers nothing.', ['id']);
    if (ranOut(quote, ctx.now)) reject('IN_THE_PAST', 'The last day on which it can be accepted has passed.', ['id']);
    await changeQuote(ctx, { quote, customerId: opportunity.customerId }, 'quote.sent', { status: 'SENT', sentAt: ctx.now });
    return { id: quote.id };
  },
});

export const quoteAccept = defineCommand<Decision, { id: string }>({
  name: 'quoteAccept',
  description:
    'The customer said yes: the opportunity is won with the net value and the lines of the quote, and its other open quotes run out. Needs opportunities:write too.',
  permission: 'quotes:write',
  input: input('QuoteAcceptInput', 'Which quote was accepted.', said) as unknown as z.ZodType<Decision>,
  run: async (ctx, asked) => {
    const { quote, opportunity } = await lockQuote(ctx, asked, ['SENT']);
    if (ranOut(quote, ctx.now)) reject('QUOTE_STATUS', 'The last day on which it can be accepted has passed.', ['id']);
    // It may be won by hand already: the quote then says for what.
    if (opportunity.status !== 'WON') requireOpen(opportunity, ['id']);
    requireSelling(ctx);
    await expireOthers(ctx, opportunity, quote.id);
    const lines = await linesOfQuote(ctx, quote.id);
    const after = { status: 'ACCEPTED' as const, decidedAt: ctx.now, decisionNote: asked.note ?? null };
    await changeQuote(ctx, { quote, customerId: opportunity.customerId }, 'quote.accepted', after);
    await winOpportunity(ctx, opportunity.id, {
      at: ctx.now,
      value: { amount: String(quote.netAmount), currency: quote.currency },
      ...soldLines(counted(lines, String(quote.discountPercent), quote.currency).rows, String(quote.discountPercent)),
    });
    return { id: quote.id };
  },
});

export const quoteReject = defineCommand<Decision, { id: string }>({
  name: 'quoteReject',
  description: 'The customer said no to this offer. The opportunity stays open: the quote can be revised.',
  permission: 'quotes:write',
  input: input('QuoteRejectInput', 'Which quote was rejected.', said) as unknown as z.ZodType<Decision>,
  run: async (ctx, asked) => {
    const { quote, opportunity } = await lockQuote(ctx, asked, ['SENT']);
    const after = { status: 'REJECTED' as const, decidedAt: ctx.now, decisionNote: asked.note ?? null };
    await changeQuote(ctx, { quote, customerId: opportunity.customerId }, 'quote.rejected', after);
    return { id: quote.id };
  },
});

export const quoteRevise = defineCommand<Target, { id: string }>({
  name: 'quoteRevise',
  description:
    'Makes a new version of a quote that was sent, rejected or ran out: a draft with the same number and lines. One that is still open runs out.',
  permission: 'quotes:write',
  input: input('QuoteReviseInput', 'Which quote to take up again.', target) as unknown as z.ZodType<Target>,
  run: async (ctx, asked) => {
    const { quote, opportunity } = await lockQuote(ctx, asked, ['SENT', 'REJECTED', 'EXPIRED']);
    requireOpen(opportunity, ['id']);
    if (quote.status === 'SENT') {
      const after = { status: 'EXPIRED' as const, decidedAt: ctx.now };
      await changeQuote(ctx, { quote, customerId: opportunity.customerId }, 'quote.expired', after);
    }
    const [last] = await ctx.tx.query<{ revision: number }>(sql`select max(revision) as revision from quotes
      where workspace_id = ${ctx.workspaceId}::uuid and number = ${quote.number}`);
    const { opportunityId, priceListId, number, currency, discountPercent, note } = quote;
    const made = { opportunityId, priceListId, number, currency, discountPercent, note, revision: last!.revision + 1 };
    // A day that has passed would have the new version run out before it is read.
    const validUntil = ranOut(quote, ctx.now) ? null : quote.validUntil;
    return { id: await insertQuote(ctx, opportunity, { ...made, previousId: quote.id, validUntil }, await linesOfQuote(ctx, quote.id)) };
  },
});
