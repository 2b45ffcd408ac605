// Making opportunities: each rule once for a customer and reason within its period. The rule's row is locked before
// anybody looks what it made, so two processes that bring the same signal make one opportunity.
import sql, { join } from 'sql-template-tag';
import type { CommandContext } from '../../commands/command.ts';
import { allColumns, insertSql } from '../../commands/rows.ts';
import { reject, type UserError, UserErrors } from '../../commands/user-errors.ts';
import type { JsonObject, OpportunityRuleRow } from '../../db/models.ts';
import { compileRule } from '../rules/index.ts';
import { createOpportunity, fromUnits, type NewOpportunity, toUnits } from '../sales/index.ts';
import { assign } from '../territories/index.ts';
import type { Settings, StoredValue } from './settings.ts';

/** 100 percent, in ten-thousandths. */
const HUNDRED = 1_000_000n;
/** What numeric(19,4) cannot hold, in ten-thousandths. */
const LIMIT = 10n ** 19n;

type Money = { amount: string; currency: string };

/** A customer for whom a rule may make an opportunity. */
export type Candidate = {
  ruleId: string;
  customerId: string;
  reason: string;
  /** The event that is the signal. */
  cause: string | null;
  /** What the contact was worth, where the signal is one. */
  worth?: Money | null;
};

type Facts = {
  rules: Map<string, OpportunityRuleRow>;
  customers: Map<string, string>;
  products: Map<string, string>;
  averages: Map<string, string>;
  currency: string;
  today: string;
};

const keyOf = ({ ruleId, customerId, reason }: Omit<Candidate, 'cause'>) => `${ruleId} ${customerId} ${reason}`;

/** Makes the opportunities that these candidates shall have; answers how many. */
export async function fire(ctx: CommandContext, all: readonly Candidate[]): Promise<number> {
  // The first signal of a batch counts.
  const distinct = [...new Map([...all].reverse().map((one) => [keyOf(one), one])).values()].reverse();
  if (distinct.length === 0) return 0;
  const rules = await lockRules(ctx, distinct);
  let left = distinct.filter(({ ruleId }) => rules.has(ruleId));
  left = await withoutRecent(ctx, left);
  left = await fulfilling(ctx, rules, left);
  const customers = await lockCustomers(ctx, left);
  left = left.filter(({ customerId }) => customers.has(customerId));
  if (left.length === 0) return 0;
  const facts = { rules, customers, ...(await factsFor(ctx, rules, left)) };
  const made: { candidate: Candidate; opportunityId: string }[] = [];
  for (const candidate of left) {
    const opportunityId = await makeOne(ctx, facts, candidate);
    if (opportunityId) made.push({ candidate, opportunityId });
  }
  await remember(ctx, made);
  return made.length;
}

async function lockRules(ctx: CommandContext, candidates: readonly Candidate[]): Promise<Map<string, OpportunityRuleRow>> {
  const ids = [...new Set(candidates.map(({ ruleId }) => ruleId))];
  const rows = await ctx.tx.query<OpportunityRuleRow>(sql`select ${allColumns('OpportunityRule')} from opportunity_rules
    where workspace_id = ${ctx.workspaceId}::uuid and id = any(${ids}::uuid[]) and active and archived_at is null order by id for no key update`);
  return new Map(rows.map((row) => [row.id, row]));
}

async function withoutRecent(ctx: CommandContext, candidates: Candidate[]): Promise<Candidate[]> {
  if (candidates.length === 0) return [];
  const rows = await ctx.tx.query<Omit<Candidate, 'cause'>>(sql`
    select f.rule_id as "ruleId", f.customer_id as "customerId", f.reason
    from unnest(${candidates.map((one) => one.ruleId)}::uuid[], ${candidates.map((one) => one.customerId)}::uuid[], ${candidates.map((one) => one.reason)}::text[]) w(rule_id, customer_id, reason)
    join opportunity_rule_firings f on f.workspace_id = ${ctx.workspaceId}::uuid and f.rule_id = w.rule_id and f.customer_id = w.customer_id and f.reason = w.reason
    join opportunity_rules r on r.workspace_id = f.workspace_id and r.id = f.rule_id
    where f.fired_at > ${ctx.now}::timestamptz - r.period_days * interval '1 day'`);
  const recent = new Set(rows.map(keyOf));
  return candidates.filter((one) => !recent.has(keyOf(one)));
}

// One statement for each rule with a condition, about the customers concerned alone.
async function fulfilling(ctx: CommandContext, rules: Map<string, OpportunityRuleRow>, candidates: Candidate[]): Promise<Candidate[]> {
  const kept: Candidate[] = [];
  for (const [ruleId, group] of Map.groupBy(candidates, (one) => one.ruleId)) {
    const condition = rules.get(ruleId)!.condition as JsonObject | null;
    const ids = [...new Set(group.map(({ customerId }) => customerId))];
    const holding = condition ? await customersOf(ctx, condition, ids) : null;
    kept.push(...group.filter(({ customerId }) => !holding || holding.has(customerId)));
  }
  return kept;
}

/** Which of these customers fulfil a rule. */
export async function customersOf(ctx: CommandContext, condition: JsonObject, ids: readonly string[]): Promise<Set<string>> {
  const { workspaceId, now } = ctx;
  const { joins, holds } = compileRule(condition, {
    customer: 'c',
    workspaceId,
    now,
    among: (id) => sql`${id} = any(${[...ids]}::uuid[])`,
    prefix: 'r',
  });
  const rows = await ctx.tx.query<{ id: string }>(sql`select c.id from customers c ${joins.length > 0 ? join(joins, ' ') : sql``}
    where c.workspace_id = ${workspaceId}::uuid and c.id = any(${[...ids]}::uuid[]) and ${holds}`);
  return new Set(rows.map(({ id }) => id));
}

async function lockCustomers(ctx: CommandContext, candidates: Candidate[]): Promise<Map<string, string>> {
  const ids = [...new Set(candidates.map(({ customerId }) => customerId))];
  if (ids.length === 0) return new Map();
  const rows = await ctx.tx.query<{ id: string; name: string }>(sql`select id, display_name as name from customers
    where workspace_id = ${ctx.workspaceId}::uuid and id = any(${ids}::uuid[]) and archived_at is null order by id for no key update`);
  return new Map(rows.map(({ id, name }) => [id, name]));
}

async function factsFor(
  ctx: CommandContext,
  rules: Map<string, OpportunityRuleRow>,
  candidates: Candidate[],
): Promise<Omit<Facts, 'rules' | 'customers'>> {
  const productIds = [...rules.values()].flatMap((rule) => productOf(rule) ?? []);
  const averaged = candidates.filter(({ ruleId }) => 'averageWon' in ((rules.get(ruleId)!.value ?? {}) as object));
  const [workspace] = await ctx.tx.query<{ currency: string; today: string }>(sql`
    select currency, to_char(${ctx.now}::timestamptz at time zone time_zone, 'YYYY-MM-DD') as today from workspaces where id = ${ctx.workspaceId}::uuid`);
  const products = await ctx.tx.query<{ id: string; name: string }>(sql`select id, name from products
    where workspace_id = ${ctx.workspaceId}::uuid and id = any(${productIds}::uuid[])`);
  const averages = averaged.length
    ? await ctx.tx.query<{
        id: string;
        average: string;
      }>(sql`select customer_id as id, round(avg(base_amount), 4)::text as average from opportunities
        where workspace_id = ${ctx.workspaceId}::uuid and customer_id = any(${averaged.map(({ customerId }) => customerId)}::uuid[])
          and status = 'WON' and archived_at is null and base_amount is not null group by 1`)
    : [];
  return {
    currency: workspace!.currency,
    today: workspace!.today,
    products: new Map(products.map(({ id, name }) => [id, name])),
    averages: new Map(averages.map(({ id, average }) => [id, average])),
  };
}

function productOf({ productId, signal, settings }: OpportunityRuleRow): string | null {
  return productId ?? (signal === 'COMPANION_MISSING' ? (settings as Settings['COMPANION_MISSING']).companionId : null);
}

async function makeOne(ctx: CommandContext, facts: Facts, candidate: Candidate): Promise<string | null> {
  const rule = facts.rules.get(candidate.ruleId)!;
  const { customerId, cause } = candidate;
  const caused: CommandContext = { ...ctx, emit: (event) => ctx.emit({ ...event, data: { ...event.data, cause } }) };
  const holder = { model: 'OpportunityRule', id: rule.id } as const;
  try {
    const { strategy, strategyName, userId, teamId } = rule;
    const who = await assign(ctx, { strategy, strategyName, userId, teamId, customerId, holder });
    return (await createOpportunity(caused, { ...newOpportunity(facts, rule, candidate), ...who })).id;
  } catch (error) {
    if (!(error instanceof UserErrors)) throw error;
    // What a stage asks for may be missing: said in the log, so that the rule can be mended; the next signal tries again.
    tellFailure(ctx, rule.id, customerId, error.errors, cause);
    return null;
  }
}

/** Says in the log that a rule could not make what it should have made. */
export function tellFailure(
  ctx: CommandContext,
  ruleId: string,
  customerId: string | null,
  faults: readonly UserError[],
  cause: string | null,
): void {
  const errors = faults.map(({ code, message, path }) => ({ code, message, path }));
  ctx.emit({
    type: 'opportunity_rule.failed',
    subjectType: 'OpportunityRule',
    subjectId: ruleId,
    customerId,
    data: { after: { errors }, cause },
  });
}

function newOpportunity(facts: Facts, rule: OpportunityRuleRow, candidate: Candidate): NewOpportunity {
  const productId = productOf(rule);
  const words: Record<string, string> = {
    customer: facts.customers.get(candidate.customerId)!,
    product: (productId && facts.products.get(productId)) ?? '',
    rule: rule.name,
  };
  const name = rule.nameTemplate.replace(/\{(customer|product|rule)\}/g, (_all, word: string) => words[word]!).trim();
  return {
    customerId: candidate.customerId,
    name: name.slice(0, 200) || rule.name,
    pipelineId: rule.pipelineId,
    stageId: rule.stageId,
    value: worthOf(facts, rule.value as StoredValue | null, candidate),
    ...(productId ? { lines: [{ productId }] } : {}),
    expectedCloseOn: rule.closeInDays === null ? null : dayAfter(facts.today, rule.closeInDays),
    ruleId: rule.id,
  };
}

function worthOf({ averages, currency }: Facts, value: StoredValue | null, { customerId, worth }: Candidate): Money | null {
  if (!value) return null;
  if ('fixed' in value) return value.fixed;
  if ('averageWon' in value) return averages.has(customerId) ? { amount: averages.get(customerId)!, currency } : null;
  if (!('interactionValue' in value) || !worth) return null;
  const units = (toUnits(worth.amount) * toUnits(value.interactionValue.percent)) / HUNDRED;
  const size = units < 0n ? -units : units;
  if (size >= LIMIT) reject('TOO_LONG', 'The value is larger than can be kept.', ['value']);
  return { ...worth, amount: fromUnits(units) };
}

/** The day that lies so many days after a day. */
export function dayAfter(day: string, days: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10);
}

async function remember(ctx: CommandContext, made: { candidate: Candidate; opportunityId: string }[]): Promise<void> {
  if (made.length === 0) return;
  const rows = made.map(({ candidate: { ruleId, customerId, reason }, opportunityId }) => ({
    ...{ workspaceId: ctx.workspaceId, ruleId, customerId, reason, firedAt: ctx.now, opportunityId },
  }));
  await ctx.tx.execute(sql`${insertSql('OpportunityRuleFiring', rows)}
    on conflict (workspace_id, rule_id, customer_id, reason) do update set fired_at = excluded.fired_at, opportunity_id = excluded.opportunity_id`);
}
