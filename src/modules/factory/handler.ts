// Signals from the event log: what happened is matched with the active rules, set by set.
import sql from 'sql-template-tag';
import type { CommandContext } from '../../commands/command.ts';
import { inWorkspace } from '../../commands/system.ts';
import { userError } from '../../commands/user-errors.ts';
import type { Transaction } from '../../db/database.ts';
import type { OpportunityRuleRow } from '../../db/models.ts';
import { inSavepoint } from '../../db/savepoint.ts';
import type { EventRow } from '../../events/index.ts';
import { defineEventHandler, isPassing } from '../../jobs/index.ts';
import { baseAmountSql } from '../sales/index.ts';
import { type Candidate, fire, tellFailure } from './fire.ts';
import { reasonOf, type Settings } from './settings.ts';

type Rule = Pick<OpportunityRuleRow, 'id' | 'signal' | 'settings' | 'periodDays'>;

const signalOf: Record<string, keyof Settings> = {
  'segment.entered': 'SEGMENT_ENTERED',
  'customer.stage_changed': 'STAGE_CHANGED',
  'interaction.recorded': 'INTERACTION',
  'opportunity.won': 'COMPANION_MISSING',
};

defineEventHandler({ name: 'opportunity-factory', types: Object.keys(signalOf), handle: takeSignals });

/** Takes in events of several workspaces; the opportunities they lead to are part of the transaction. */
export async function takeSignals(tx: Transaction, events: EventRow[]): Promise<void> {
  for (const [workspaceId, group] of Map.groupBy(events, (event) => event.workspaceId)) {
    const signals = [...new Set(group.map(({ type }) => signalOf[type]!))];
    const rules = await tx.query<Rule>(sql`select id, signal, settings, period_days as "periodDays" from opportunity_rules
      where workspace_id = ${workspaceId}::uuid and signal = any(${signals}::signal_kind[]) and active and archived_at is null order by id`);
    if (rules.length === 0 || (await attempt(tx, workspaceId, rules, group)) === null) continue;
    // One rule that fails must not keep the others, or other workspaces, from going on.
    for (const rule of rules) {
      const error = await attempt(tx, workspaceId, [rule], group);
      if (error !== null) await inWorkspace(tx, workspaceId, async (ctx) => tellFailure(ctx, rule.id, null, [internal(error)], null));
    }
  }
}

/** Null, or why it failed: then it has left nothing behind. */
async function attempt(tx: Transaction, workspaceId: string, rules: Rule[], events: EventRow[]): Promise<unknown> {
  try {
    await inSavepoint(tx, () => inWorkspace(tx, workspaceId, async (ctx) => fire(ctx, await candidatesOf(ctx, rules, events))));
    return null;
  } catch (error) {
    if (isPassing(error)) throw error;
    return error;
  }
}

// Its message may hold data of customers, so the code alone is told.
const internal = (error: unknown) => userError('UNEXPECTED', `The rule failed: ${(error as { code?: string }).code ?? 'unknown'}.`, []);

async function candidatesOf(ctx: CommandContext, rules: readonly Rule[], events: readonly EventRow[]): Promise<Candidate[]> {
  const of = (signal: keyof Settings) => rules.filter((rule) => rule.signal === signal);
  const typed = (type: string) => events.filter((event) => event.type === type);
  return [
    ...byPlace(ctx, of('SEGMENT_ENTERED'), typed('segment.entered'), 'segmentId', 'enteredAt'),
    ...byPlace(ctx, of('STAGE_CHANGED'), typed('customer.stage_changed'), 'stageId', 'stageSince'),
    ...(await byInteraction(ctx, of('INTERACTION'), typed('interaction.recorded'))),
    ...(await byPurchase(ctx, of('COMPANION_MISSING'), typed('opportunity.won'))),
  ];
}

const candidate = ({ id, signal, settings }: Rule, customerId: string, cause: string | null): Candidate => ({
  ruleId: id,
  customerId,
  reason: reasonOf(signal as keyof Settings, settings as never),
  cause,
});

// What lies further back than the rule remembers is history that was imported, and no news.
function isNews(ctx: CommandContext, { periodDays }: Rule, at: unknown): boolean {
  const moment = at == null ? Number.NaN : new Date(at as string).getTime();
  return Number.isNaN(moment) || moment > ctx.now.getTime() - periodDays * 86_400_000;
}

function byPlace(ctx: CommandContext, rules: Rule[], events: EventRow[], place: 'segmentId' | 'stageId', since: string): Candidate[] {
  return rules.flatMap((rule) =>
    events.flatMap(({ id, customerId, data: { after } }) =>
      customerId && after?.[place] === (rule.settings as Record<string, unknown>)[place] && isNews(ctx, rule, after?.[since])
        ? [candidate(rule, customerId, id)]
        : [],
    ),
  );
}

type Contact = {
  id: string;
  customerId: string;
  kindId: string;
  direction: string;
  occurredAt: Date;
  amount: string | null;
  currency: string | null;
};

async function byInteraction(ctx: CommandContext, rules: Rule[], events: EventRow[]): Promise<Candidate[]> {
  if (rules.length === 0 || events.length === 0) return [];
  const cause = new Map(events.map(({ subjectId, id }) => [subjectId, id]));
  const wanted = rules.map((rule) => ({ rule, ...(rule.settings as Settings['INTERACTION']) }));
  const base = baseAmountSql(ctx.workspaceId, sql`i.value_amount`, sql`i.value_currency`, sql`(i.occurred_at at time zone 'UTC')::date`);
  const rows = await ctx.tx.query<Contact & { ruleId: string }>(sql`
    select w.rule_id as "ruleId", i.id, i.customer_id as "customerId", i.occurred_at as "occurredAt", i.value_amount::text as amount, i.value_currency as currency
    from interactions i
    join unnest(${wanted.map(({ rule }) => rule.id)}::uuid[], ${wanted.map(({ kindId }) => kindId)}::uuid[], ${wanted.map(({ direction }) => direction)}::text[],
      ${wanted.map(({ minimumValue }) => minimumValue)}::numeric[]) w(rule_id, kind_id, direction, minimum)
      on w.kind_id = i.kind_id and (w.direction is null or w.direction = i.direction::text)
    where i.workspace_id = ${ctx.workspaceId}::uuid and i.id = any(${[...cause.keys()]}::uuid[]) and (w.minimum is null or ${base} >= w.minimum)
    order by i.occurred_at, i.id`);
  const byId = new Map(rules.map((rule) => [rule.id, rule]));
  return rows.flatMap(({ ruleId, id, customerId, occurredAt, amount, currency }) => {
    const rule = byId.get(ruleId)!;
    if (!isNews(ctx, rule, occurredAt)) return [];
    return [{ ...candidate(rule, customerId, cause.get(id)!), worth: amount && currency ? { amount, currency } : null }];
  });
}

// Neither bought nor being bought: an open opportunity for the companion is reason enough to make no other.
async function byPurchase(ctx: CommandContext, rules: Rule[], events: EventRow[]): Promise<Candidate[]> {
  if (rules.length === 0 || events.length === 0) return [];
  const cause = new Map(events.map(({ subjectId, id }) => [subjectId, id]));
  const wanted = rules.map((rule) => ({ id: rule.id, ...(rule.settings as Settings['COMPANION_MISSING']) }));
  const rows = await ctx.tx.query<{ ruleId: string; id: string; customerId: string; closedAt: Date }>(sql`
    select distinct w.rule_id as "ruleId", o.id, o.customer_id as "customerId", o.closed_at as "closedAt"
    from opportunities o
    join opportunity_lines l on l.workspace_id = o.workspace_id and l.opportunity_id = o.id
    join unnest(${wanted.map(({ id }) => id)}::uuid[], ${wanted.map(({ productId }) => productId)}::uuid[], ${wanted.map(({ companionId }) => companionId)}::uuid[])
      w(rule_id, product_id, companion_id) on w.product_id = l.product_id
    where o.workspace_id = ${ctx.workspaceId}::uuid and o.id = any(${[...cause.keys()]}::uuid[]) and o.status = 'WON' and o.customer_id is not null
      and not exists (select from opportunities p join opportunity_lines q on q.workspace_id = p.workspace_id and q.opportunity_id = p.id
        where p.workspace_id = o.workspace_id and p.customer_id = o.customer_id and p.status <> 'LOST' and p.archived_at is null and q.product_id = w.companion_id)`);
  const byId = new Map(rules.map((rule) => [rule.id, rule]));
  return rows.flatMap(({ ruleId, id, customerId, closedAt }) =>
    isNews(ctx, byId.get(ruleId)!, closedAt) ? [candidate(byId.get(ruleId)!, customerId, cause.get(id)!)] : [],
  );
}
