// Writing quotes: making one for an opportunity, and changing it while it is a draft.
import sql from 'sql-template-tag';
import type { z } from 'zod';
import { type CommandContext, defineCommand } from '../../commands/command.ts';
import { currency, date, id, input, key, longText, version } from '../../commands/fields.ts';
import { lockReached } from '../../commands/lock-reached.ts';
import { changesOf, insertRows } from '../../commands/rows.ts';
import { reject } from '../../commands/user-errors.ts';
import type { OpportunityRow, QuoteRow } from '../../db/models.ts';
import { newId } from '../../lib/typeid.ts';
import { type LineInput, linesInput, percent } from './line-input.ts';
import { counted, type Line, linesOfOpportunity, linesOfQuote, priceLines, writeLines } from './lines.ts';
import { changeQuote, lockQuote } from './states.ts';

type CreateInput = {
  opportunity: string;
  priceList?: string | null;
  currency?: string | null;
  lines?: LineInput[] | null;
  discountPercent?: string | null;
  validUntil?: string | null;
  note?: string | null;
};

const terms = {
  discountPercent: percent('Discount on the whole, in percent.').nullish(),
  validUntil: date('Last day on which it can be accepted.').nullish(),
  note: longText('What there is to say about it.', 10_000).nullish(),
};

export const quoteCreate = defineCommand<CreateInput, { id: string }>({
  name: 'quoteCreate',
  description: 'Makes the draft of an offer for an open opportunity: of the lines given, or of those of the opportunity.',
  permission: 'quotes:write',
  input: input('QuoteCreateInput', 'A new quote.', {
    opportunity: id('Opportunity', 'What it is an offer for.'),
    priceList: key('Key of the price list that its prices come from.').nullish(),
    currency: currency('Currency of all its amounts; of the price list, the opportunity or the workspace unless told.').nullish(),
    lines: linesInput('What is offered; the lines of the opportunity unless told.').nullish(),
    ...terms,
  }) as unknown as z.ZodType<CreateInput>,
  run: async (ctx, asked) => {
    const opportunity = await lockReached(ctx, 'Opportunity', asked.opportunity, ['opportunity']);
    requireOpen(opportunity, ['opportunity']);
    const list = await priceListOf(ctx, asked.priceList ?? null);
    const pricing = { currency: await currencyOf(ctx, asked, list, opportunity), priceListId: list?.id ?? null };
    const lines = asked.lines ? await priceLines(ctx, asked.lines, pricing) : await copied(ctx, opportunity, pricing.currency);
    const number = await nextNumber(ctx);
    const made = {
      ...pricing,
      opportunityId: opportunity.id,
      previousId: null,
      number,
      revision: 1,
      discountPercent: asked.discountPercent ?? '0.0000',
      validUntil: (asked.validUntil ?? null) as never,
      note: asked.note ?? null,
    };
    return { id: await insertQuote(ctx, opportunity, made, lines) };
  },
});

type NewQuote = Pick<
  QuoteRow,
  'opportunityId' | 'priceListId' | 'previousId' | 'number' | 'revision' | 'currency' | 'discountPercent' | 'validUntil' | 'note'
>;

/** Writes a new draft with its lines; answers its id. */
export async function insertQuote(
  ctx: CommandContext,
  opportunity: OpportunityRow,
  made: NewQuote,
  lines: readonly Line[],
): Promise<string> {
  const quoteId = newId();
  const { rows, whole } = counted(lines, String(made.discountPercent), made.currency);
  const after = { ...made, status: 'DRAFT' as const, ...whole };
  await insertRows(ctx.tx, 'Quote', [
    { workspaceId: ctx.workspaceId, id: quoteId, ...after, createdAt: ctx.now, updatedAt: ctx.now } as Partial<QuoteRow>,
  ]);
  await writeLines(ctx, quoteId, rows);
  ctx.emit({ type: 'quote.created', subjectType: 'Quote', subjectId: quoteId, customerId: opportunity.customerId, data: { after } });
  return quoteId;
}

/** Refuses with OPPORTUNITY_CLOSED unless the opportunity is open. */
export function requireOpen(opportunity: OpportunityRow, path: string[]): void {
  if (opportunity.status !== 'OPEN') reject('OPPORTUNITY_CLOSED', `The opportunity is ${opportunity.status}.`, path);
}

type PriceList = { id: string; currency: string };

async function priceListOf(ctx: CommandContext, wanted: string | null): Promise<PriceList | null> {
  if (wanted === null) return null;
  const [list] = await ctx.tx.query<PriceList & { holds: boolean }>(sql`
    select id, currency, ${ctx.now}::date between coalesce(valid_from, '-infinity') and coalesce(valid_until, 'infinity') as holds
    from price_lists where workspace_id = ${ctx.workspaceId}::uuid and key = ${wanted} and archived_at is null`);
  if (!list) return reject('NOT_FOUND', 'There is no such PriceList.', ['priceList']);
  return list.holds ? list : reject('PRICE_LIST_EXPIRED', 'The price list does not hold today.', ['priceList']);
}

async function currencyOf(ctx: CommandContext, asked: CreateInput, list: PriceList | null, opportunity: OpportunityRow): Promise<string> {
  if (list && asked.currency && asked.currency !== list.currency)
    reject('CURRENCY_MISMATCH', `The price list is in ${list.currency}.`, ['currency']);
  const known = asked.currency ?? list?.currency ?? opportunity.valueCurrency;
  if (known) return known;
  const [workspace] = await ctx.tx.query<{ currency: string }>(sql`select currency from workspaces where id = ${ctx.workspaceId}::uuid`);
  return workspace!.currency;
}

// Prices of the opportunity are in its own currency.
async function copied(ctx: CommandContext, opportunity: OpportunityRow, wanted: string): Promise<Line[]> {
  const lines = await linesOfOpportunity(ctx, opportunity.id);
  if (lines.length > 0 && opportunity.valueCurrency !== wanted)
    reject('CURRENCY_MISMATCH', `The lines of the opportunity are in ${opportunity.valueCurrency}: give lines.`, ['currency']);
  return lines;
}

async function nextNumber(ctx: CommandContext): Promise<string> {
  const [row] = await ctx.tx.query<{ value: number }>(sql`insert into counters (workspace_id, name, value)
    values (${ctx.workspaceId}::uuid, 'quote', 1) on conflict (workspace_id, name) do update set value = counters.value + 1 returning value`);
  return `Q-${String(row!.value).padStart(6, '0')}`;
}

type UpdateInput = Pick<CreateInput, 'discountPercent' | 'validUntil' | 'note'> & { id: string; expectedVersion?: number | null };

export const quoteUpdate = defineCommand<UpdateInput, { id: string }>({
  name: 'quoteUpdate',
  description: 'Changes the terms of a draft: absent fields stay, null clears. Its amounts are worked out anew.',
  permission: 'quotes:write',
  input: input('QuoteUpdateInput', 'Changes of a quote.', {
    id: id('Quote', 'The quote.'),
    expectedVersion: version(),
    ...terms,
  }) as unknown as z.ZodType<UpdateInput>,
  run: async (ctx, asked) => {
    const { quote, opportunity } = await lockQuote(ctx, asked, ['DRAFT']);
    const discountPercent = asked.discountPercent === undefined ? String(quote.discountPercent) : (asked.discountPercent ?? '0.0000');
    const { rows, whole } = counted(await linesOfQuote(ctx, quote.id), discountPercent, quote.currency);
    const wanted = { discountPercent, validUntil: asked.validUntil, note: asked.note, ...whole };
    const changes = changesOf(quote, wanted);
    if (!changes) return { id: quote.id };
    if (discountPercent !== quote.discountPercent) await writeLines(ctx, quote.id, rows);
    await changeQuote(ctx, { quote, customerId: opportunity.customerId }, 'quote.updated', changes.after);
    return { id: quote.id };
  },
});

type LinesSetInput = { id: string; lines: LineInput[]; expectedVersion?: number | null };

export const quoteLinesSet = defineCommand<LinesSetInput, { id: string }>({
  name: 'quoteLinesSet',
  description: 'Puts lines in place of those of a draft, and works out its amounts.',
  permission: 'quotes:write',
  input: input('QuoteLinesSetInput', 'The lines of a quote.', {
    id: id('Quote', 'The quote.'),
    expectedVersion: version(),
    lines: linesInput('What is offered, in this order.'),
  }) as unknown as z.ZodType<LinesSetInput>,
  run: async (ctx, asked) => {
    const { quote, opportunity } = await lockQuote(ctx, asked, ['DRAFT']);
    const lines = await priceLines(ctx, asked.lines, { currency: quote.currency, priceListId: quote.priceListId });
    const { rows, whole } = counted(lines, String(quote.discountPercent), quote.currency);
    await writeLines(ctx, quote.id, rows);
    // Raises the version whatever the amounts are: the lines are others.
    await changeQuote(ctx, { quote, customerId: opportunity.customerId }, 'quote.updated', { ...whole });
    return { id: quote.id };
  },
});
