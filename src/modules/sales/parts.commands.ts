// The parts of an opportunity: its lines, who takes part in it, and who else wants to win it.
import sql from 'sql-template-tag';
import type { z } from 'zod';
import { type Command, type CommandContext, defineCommand } from '../../commands/command.ts';
import { id, input, key, longText, version } from '../../commands/fields.ts';
import { expectVersion, insertSql, writeChanges } from '../../commands/rows.ts';
import { reject, type UserError, UserErrors } from '../../commands/user-errors.ts';
import type { OpportunityRow } from '../../db/models.ts';
import { encodeId } from '../../graphql/ids.ts';
import { newId } from '../../lib/typeid.ts';
import { type CustomerRef, customerRef, requireCustomer } from '../customers/index.ts';
import { resolveKeys } from '../vocabularies/index.ts';
import { emitOpportunity } from './opportunity-events.ts';
import { linesInput, priceListRef, type WrittenLine } from './opportunity-fields.ts';
import { lockOpportunity } from './ownership.ts';
import { prepareDrafts } from './prepare.ts';
import { saveOpportunity } from './save.ts';

const permission = 'opportunities:write';
type Target = { opportunity: string; expectedVersion?: number | null };
const target = { opportunity: id('Opportunity', 'The opportunity.'), expectedVersion: version() };

async function lockTarget(ctx: CommandContext, { opportunity, expectedVersion }: Target): Promise<OpportunityRow> {
  const row = await lockOpportunity(ctx, opportunity, ['opportunity']);
  expectVersion('Opportunity', row, expectedVersion);
  return row;
}

/** Raises the version of an opportunity whose parts changed, and tells it. */
async function touched(
  ctx: CommandContext,
  row: OpportunityRow,
  what: string,
  data: { before?: object; after?: object },
): Promise<{ id: string }> {
  await writeChanges(ctx, 'Opportunity', row.id, { name: row.name });
  emitOpportunity(ctx, what, row, data as never);
  return { id: row.id };
}

async function requireKey(ctx: CommandContext, model: 'OpportunityRole' | 'Competitor', wanted: string, field: string): Promise<string> {
  const found = (await resolveKeys(ctx, model, [wanted])).get(wanted);
  return found ?? reject('NOT_FOUND', `There is no such ${model}.`, [field]);
}

type LinesInput = Target & { lines: WrittenLine[]; priceList?: string | null };

export const opportunityLinesSet = defineCommand<LinesInput, { id: string }>({
  name: 'opportunityLinesSet',
  description: 'Replaces the lines of an opportunity; their sum is its value. Without lines the value stays as it was.',
  permission,
  input: input('OpportunityLinesSetInput', 'The lines that an opportunity shall have.', {
    ...target,
    lines: linesInput(),
    priceList: priceListRef('Key of the price list for lines without a price.').nullish(),
  }) as unknown as z.ZodType<LinesInput>,
  run: async (ctx, { lines, priceList, ...asked }) => {
    const row = await lockTarget(ctx, asked);
    const refuse = (_index: number, ...errors: UserError[]) => {
      throw new UserErrors(errors);
    };
    const [draft] = await prepareDrafts(ctx, [{ index: 0, value: { lines, priceList: priceList ?? null }, row }], refuse);
    return saveOpportunity(ctx, draft!);
  },
});

type ContactInput = Target & { customer: CustomerRef; role: string; note?: string | null };
const contactFields = { customer: customerRef('The customer who takes part.'), role: key('Key of the role.') };
const note = longText('What there is to say about it.', 2000).nullish();
const told = (customerId: string, role: string) => ({ contact: encodeId('Customer', customerId), role });

export const opportunityContactAdd = defineCommand<ContactInput, { id: string }>({
  name: 'opportunityContactAdd',
  description: 'Has a customer take part in an opportunity in a role; again with another note: changes the note.',
  permission,
  input: input('OpportunityContactAddInput', 'Who takes part, and in which role.', {
    ...target,
    ...contactFields,
    note,
  }) as unknown as z.ZodType<ContactInput>,
  run: async (ctx, given) => {
    const row = await lockTarget(ctx, given);
    const customerId = await requireCustomer(ctx, given.customer, ['customer']);
    const roleId = await requireKey(ctx, 'OpportunityRole', given.role, 'role');
    const made = { workspaceId: ctx.workspaceId, id: newId(), opportunityId: row.id, customerId, roleId, note: given.note ?? null };
    const written = await ctx.tx.execute(sql`${insertSql('OpportunityContact', [{ ...made, createdAt: ctx.now, updatedAt: ctx.now }])}
      on conflict (workspace_id, opportunity_id, customer_id, role_id) do update set note = excluded.note, updated_at = excluded.updated_at
      where ${given.note !== undefined} and opportunity_contacts.note is distinct from excluded.note`);
    return written === 0 ? { id: row.id } : touched(ctx, row, 'contact_added', { after: told(customerId, given.role) });
  },
});

export const opportunityContactRemove = defineCommand<ContactInput, { id: string }>({
  name: 'opportunityContactRemove',
  description: 'Has a customer no longer take part in an opportunity in a role.',
  permission,
  input: input('OpportunityContactRemoveInput', 'Who no longer takes part, and in which role.', {
    ...target,
    ...contactFields,
  }) as unknown as z.ZodType<ContactInput>,
  run: async (ctx, given) => {
    const row = await lockTarget(ctx, given);
    const customerId = await requireCustomer(ctx, given.customer, ['customer']);
    const roleId = await requireKey(ctx, 'OpportunityRole', given.role, 'role');
    const removed = await ctx.tx.execute(sql`delete from opportunity_contacts where workspace_id = ${ctx.workspaceId}::uuid
      and opportunity_id = ${row.id}::uuid and customer_id = ${customerId}::uuid and role_id = ${roleId}::uuid`);
    return removed === 0 ? { id: row.id } : touched(ctx, row, 'contact_removed', { before: told(customerId, given.role) });
  },
});

type CompetitorInput = Target & { competitor: string; note?: string | null };

export const opportunityCompetitorAdd = defineCommand<CompetitorInput, { id: string }>({
  name: 'opportunityCompetitorAdd',
  description: 'Notes that a competitor wants to win the opportunity too; again with another note: changes the note.',
  permission,
  input: input('OpportunityCompetitorAddInput', 'Who else wants to win it.', {
    ...target,
    competitor: key('Key of the competitor.'),
    note,
  }) as unknown as z.ZodType<CompetitorInput>,
  run: async (ctx, given) => {
    const row = await lockTarget(ctx, given);
    const competitorId = await requireKey(ctx, 'Competitor', given.competitor, 'competitor');
    const made = { workspaceId: ctx.workspaceId, id: newId(), opportunityId: row.id, competitorId, note: given.note ?? null };
    const written = await ctx.tx.execute(sql`${insertSql('OpportunityCompetitor', [{ ...made, createdAt: ctx.now, updatedAt: ctx.now }])}
      on conflict (workspace_id, opportunity_id, competitor_id) do update set note = excluded.note, updated_at = excluded.updated_at
      where ${given.note !== undefined} and opportunity_competitors.note is distinct from excluded.note`);
    return written === 0 ? { id: row.id } : touched(ctx, row, 'competitor_added', { after: { competitor: given.competitor } });
  },
});

export const opportunityCompetitorRemove: Command<CompetitorInput, { id: string }> = defineCommand<CompetitorInput, { id: string }>({
  name: 'opportunityCompetitorRemove',
  description: 'Notes that a competitor is out of the race.',
  permission,
  input: input('OpportunityCompetitorRemoveInput', 'Who is out of the race.', {
    ...target,
    competitor: key('Key of the competitor.'),
  }) as unknown as z.ZodType<CompetitorInput>,
  run: async (ctx, given) => {
    const row = await lockTarget(ctx, given);
    const competitorId = await requireKey(ctx, 'Competitor', given.competitor, 'competitor');
    const removed = await ctx.tx.execute(sql`delete from opportunity_competitors where workspace_id = ${ctx.workspaceId}::uuid
      and opportunity_id = ${row.id}::uuid and competitor_id = ${competitorId}::uuid`);
    return removed === 0 ? { id: row.id } : touched(ctx, row, 'competitor_removed', { before: { competitor: given.competitor } });
  },
});
