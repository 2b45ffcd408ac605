// Keeps the health of customers by the rules: at risk if the rule of that holds, else healthy, else unknown.
import sql, { join, raw, type Sql } from 'sql-template-tag';
import type { CommandContext } from '../../commands/command.ts';
import { writeManyChanges } from '../../commands/rows.ts';
import type { Queryable } from '../../db/database.ts';
import type { CustomerHealth } from '../../db/models.ts';
import type { CompiledRule, RuleScope, StoredRule } from '../rules/index.ts';
import { keepChecks } from './checks.ts';
import { partsOf } from './chunks.ts';
import { type Among, amongSql } from './judge-stages.ts';

export type StoredHealthRule = { id: string; health: CustomerHealth; rule: StoredRule };
type HealthWork = {
  /** In the order in which they count. */
  rules: readonly { health: CustomerHealth; compile: (scope: RuleScope) => CompiledRule }[];
  unitId: string;
  customers: readonly string[] | null;
  cause: string;
};
type Verdict = { customerId: string; health: CustomerHealth; verdict: CustomerHealth; dueAt: Date | null };

/** The health rules of a workspace, that of customers at risk first. */
export function loadHealthRules(db: Queryable, workspaceId: string): Promise<StoredHealthRule[]> {
  return db.query<StoredHealthRule>(sql`select id, health, rule from health_rules where workspace_id = ${workspaceId}::uuid
    order by health = 'AT_RISK' desc`);
}

/** Judges customers, changes the health of those for whom it is another one, and notes when to look again. */
export async function followHealthRules(ctx: CommandContext, work: HealthWork): Promise<void> {
  for await (const part of partsOf(ctx.tx, ctx.workspaceId, work.customers)) {
    const judged = await ctx.tx.query<Verdict>(verdictsSql(ctx, work, part));
    await change(
      ctx,
      judged.filter(({ health, verdict }) => health !== verdict),
      work.cause,
    );
    await keepChecks(ctx, work.unitId, amongSql(part), judged);
  }
}

async function change(ctx: CommandContext, judged: readonly Verdict[], cause: string): Promise<void> {
  if (judged.length === 0) return;
  const verdicts = new Map(judged.map(({ customerId, verdict }) => [customerId, verdict]));
  const locked = await ctx.tx.query<{ id: string; health: CustomerHealth }>(sql`select id, health from customers
    where workspace_id = ${ctx.workspaceId}::uuid and id = any(${[...verdicts.keys()]}::uuid[]) order by id for no key update`);
  const changed = locked.filter(({ id, health }) => verdicts.get(id) !== health);
  await writeManyChanges(
    ctx,
    'Customer',
    changed.map(({ id }) => ({ id, after: { health: verdicts.get(id)! } })),
  );
  for (const { id, health } of changed) {
    const data = { before: { health }, after: { health: verdicts.get(id)! }, cause };
    ctx.emit({ type: 'customer.updated', subjectType: 'Customer', subjectId: id, customerId: id, data });
  }
}

function verdictsSql({ workspaceId, now }: CommandContext, { rules }: HealthWork, part: Among): Sql {
  const among = amongSql(part);
  const compiled = rules.map(({ compile }, i) => compile({ customer: 'c', workspaceId, now, among, prefix: `r${i}` }));
  const cases = compiled.map(({ holds }, i) => sql`when ${holds} then ${rules[i]!.health}`);
  const dues = compiled.flatMap(({ due }) => (due ? [sql`(${due})::timestamptz`] : []));
  return sql`
    select c.id as "customerId", c.health, case ${join(cases, ' ')} else 'UNKNOWN' end as verdict,
      ${dues.length > 0 ? sql`least(${join(dues, ', ')})` : raw('null::timestamptz')} as "dueAt"
    from customers c ${join([sql``, ...compiled.flatMap(({ joins }) => joins)], ' ')}
    where c.workspace_id = ${workspaceId}::uuid and c.archived_at is null and ${among(sql`c.id`)}`;
}
