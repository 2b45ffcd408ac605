// What becomes of a lead: worked on, closed, or made an opportunity. Its history, consents and source stay.
import sql from 'sql-template-tag';
import type { z } from 'zod';
import { hasPermission } from '../../auth/permissions.ts';
import { type CommandContext, defineCommand } from '../../commands/command.ts';
import { date, id, input, key, longText, money, oneOf, text, version } from '../../commands/fields.ts';
import { lockReached } from '../../commands/lock-reached.ts';
import { changesOf, expectVersion, lockRow, notFound, writeChanges } from '../../commands/rows.ts';
import { reject } from '../../commands/user-errors.ts';
import type { LeadRow } from '../../db/models.ts';
import { apiError } from '../../graphql/errors.ts';
import { requireTeamRef, requireUserRef, type TeamRef, teamRef, type UserRef, userRef } from '../access/index.ts';
import { createOpportunity, requireStage } from '../sales/index.ts';
import { productNamed } from './capture.commands.ts';
import { scoreLeadsOf } from './judge.ts';
import { shareScores } from './score.ts';

type Target = { id: string; expectedVersion?: number | null };
const target = { id: id('Lead', 'The lead.'), expectedVersion: version() };

// The customer before the lead, as on capture: two that touch both wait for each other one way only.
async function lockLead(ctx: CommandContext, asked: Target): Promise<LeadRow> {
  const [found] = await ctx.tx.query<{ customerId: string }>(
    sql`select customer_id as "customerId" from leads where workspace_id = ${ctx.workspaceId}::uuid and id = ${asked.id}::uuid`,
  );
  if (!found) return notFound('Lead', ['id']);
  await lockRow(ctx, 'Customer', found.customerId);
  const row = await lockReached(ctx, 'Lead', asked.id, ['id']);
  expectVersion('Lead', row, asked.expectedVersion);
  return row;
}

function refuseConverted(row: LeadRow): void {
  if (row.status === 'CONVERTED') reject('LEAD_CONVERTED', 'The lead became an opportunity already.', ['id']);
}

async function change(ctx: CommandContext, row: LeadRow, type: string, patch: Partial<LeadRow>, more: object = {}): Promise<void> {
  const changes = changesOf(row, patch);
  if (!changes) return;
  await writeChanges(ctx, 'Lead', row.id, changes.after);
  ctx.emit({ type, subjectType: 'Lead', subjectId: row.id, customerId: row.customerId, data: { ...changes, ...more } });
}

type UpdateInput = Target & {
  status?: 'NEW' | 'WORKING' | 'QUALIFIED' | null;
  owner?: UserRef | null;
  team?: TeamRef | null;
  interest?: string | null;
  message?: string | null;
  product?: string | null;
};

export const leadUpdate = defineCommand<UpdateInput, { id: string }>({
  name: 'leadUpdate',
  description:
    'Changes a lead that is no opportunity yet: absent fields stay, null clears. A new status takes up a disqualified one again.',
  permission: 'leads:write',
  input: input('LeadUpdateInput', 'Changes of a lead.', {
    ...target,
    status: oneOf('LeadOpenStatus', ['NEW', 'WORKING', 'QUALIFIED'], 'How far it is.').nullish(),
    owner: userRef('The user who follows it up.').nullish(),
    team: teamRef('The team that follows it up.').nullish(),
    interest: text('What the customer is interested in.', 500).nullish(),
    message: longText('What the customer wrote.').nullish(),
    product: key('Key of the product that the customer is interested in.').nullish(),
  }) as unknown as z.ZodType<UpdateInput>,
  run: async (ctx, asked) => {
    if (asked.status === null) reject('REQUIRED', 'This field cannot be cleared.', ['status']);
    const row = await lockLead(ctx, asked);
    refuseConverted(row);
    const reopens = row.status === 'DISQUALIFIED' && asked.status !== undefined;
    if (reopens) await shareScores(ctx.tx, ctx.workspaceId);
    await change(ctx, row, 'lead.updated', {
      status: asked.status!,
      interest: asked.interest!,
      message: asked.message!,
      ...(asked.owner !== undefined && { ownerId: await requireUserRef(ctx, asked.owner, ['owner']) }),
      ...(asked.team !== undefined && { teamId: await requireTeamRef(ctx, asked.team, ['team']) }),
      ...(asked.product !== undefined && { productId: await productNamed(ctx, asked.product) }),
      ...(reopens && { closeNote: null }),
    });
    if (reopens) await scoreLeadsOf(ctx, [row.customerId], 'REOPENED');
    return { id: row.id };
  },
});

export const leadDisqualify = defineCommand<Target & { note?: string | null }, { id: string }>({
  name: 'leadDisqualify',
  description: 'Says that nothing will come of a lead, and why.',
  permission: 'leads:write',
  input: input('LeadDisqualifyInput', 'Which lead, and why.', {
    ...target,
    note: longText('Why nothing came of it.', 10_000).nullish(),
  }) as unknown as z.ZodType<Target & { note?: string | null }>,
  run: async (ctx, asked) => {
    const row = await lockLead(ctx, asked);
    refuseConverted(row);
    if (row.status !== 'DISQUALIFIED') {
      await change(ctx, row, 'lead.disqualified', { status: 'DISQUALIFIED', closeNote: asked.note ?? null });
    }
    return { id: row.id };
  },
});

type ConvertInput = Target & {
  name?: string | null;
  pipeline?: string | null;
  stage?: string | null;
  owner?: UserRef | null;
  team?: TeamRef | null;
  value?: { amount: string; currency: string } | null;
  expectedCloseOn?: string | null;
};

export const leadConvert = defineCommand<ConvertInput, { id: string }>({
  name: 'leadConvert',
  description:
    'Makes an opportunity of a lead, of the same customer, source, owner and team. The lead stays, with all that belongs to it. Needs opportunities:write too.',
  permission: 'leads:write',
  input: input('LeadConvertInput', 'Which lead, and what is to be sold.', {
    ...target,
    name: text('What the opportunity is about; what the customer is interested in unless told.').nullish(),
    pipeline: key('Key of the pipeline; the default one unless told.').nullish(),
    stage: key('Key of the stage of that pipeline; its first open one unless told.').nullish(),
    owner: userRef('Who works on it; the owner of the lead unless told.').nullish(),
    team: teamRef('The team that works on it; that of the lead unless told.').nullish(),
    value: money('What it is worth.').nullish(),
    expectedCloseOn: date('Day on which it is expected to be closed.').nullish(),
  }) as unknown as z.ZodType<ConvertInput>,
  run: convert,
});

async function convert(ctx: CommandContext, asked: ConvertInput): Promise<{ id: string }> {
  if (!hasPermission(ctx.viewer.role, 'opportunities:write')) {
    throw apiError('FORBIDDEN', 'Converting a lead makes an opportunity: that needs the permission opportunities:write.');
  }
  const row = await lockLead(ctx, asked);
  refuseConverted(row);
  if (asked.stage && !asked.pipeline) reject('REQUIRED', 'Name the pipeline of the stage.', ['pipeline']);
  const place = asked.pipeline ? await requireStage(ctx, { pipeline: asked.pipeline, stage: asked.stage ?? null }) : {};
  const owner = await requireUserRef(ctx, asked.owner, ['owner']);
  const team = await requireTeamRef(ctx, asked.team, ['team']);
  const about = await aboutOf(ctx, row);
  const made = await createOpportunity(ctx, {
    ...place,
    customerId: row.customerId,
    leadId: row.id,
    name: asked.name ?? about.name,
    source: about.source,
    ownerId: owner ?? row.ownerId,
    teamId: team ?? row.teamId,
    value: asked.value ?? null,
    // Without a price nothing could be said of the line.
    lines: about.productId && !asked.value && about.priced ? [{ productId: about.productId }] : [],
    expectedCloseOn: asked.expectedCloseOn ?? null,
  });
  await change(ctx, row, 'lead.converted', { status: 'CONVERTED', convertedAt: ctx.now }, { opportunityId: made.id });
  return { id: row.id };
}

type About = { name: string; source: string; productId: string | null; priced: boolean };

async function aboutOf(ctx: CommandContext, row: LeadRow): Promise<About> {
  const [about] = await ctx.tx.query<About>(sql`
    select left(coalesce(l.interest, p.name, nullif(c.display_name, ''), s.name), 200) as name, s.key as source, p.id as "productId",
      p.price_amount is not null as priced
    from leads l join customers c on c.workspace_id = l.workspace_id and c.id = l.customer_id
    join lead_sources s on s.workspace_id = l.workspace_id and s.id = l.source_id
    left join products p on p.workspace_id = l.workspace_id and p.id = l.product_id and p.archived_at is null
    where l.workspace_id = ${ctx.workspaceId}::uuid and l.id = ${row.id}::uuid`);
  return about!;
}
