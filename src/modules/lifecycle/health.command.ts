// Saying when customers are healthy or at risk.
import sql from 'sql-template-tag';
import type { z } from 'zod';
import { type CommandContext, defineCommand } from '../../commands/command.ts';
import { input, oneOf } from '../../commands/fields.ts';
import { changesOf, insertRows, writeChanges } from '../../commands/rows.ts';
import { takeLock } from '../../db/locks.ts';
import type { HealthRuleRow } from '../../db/models.ts';
import { newId } from '../../lib/typeid.ts';
import { changeUnit, type RuleInput, removeUnit, resolveRule, ruleInput, type StoredRule } from '../rules/index.ts';
import { asksForHealth, refuseCircle } from './refuse-circle.ts';
import { HEALTH } from './units.ts';
import './lifecycle.entity.ts';

type Health = 'AT_RISK' | 'HEALTHY';
type HealthRuleInput = { health: Health; rule?: RuleInput | null };
type Known = Pick<HealthRuleRow, 'id' | 'health' | 'rule'>;

export const healthRuleSet = defineCommand<HealthRuleInput, { id: string }>({
  name: 'healthRuleSet',
  description:
    'Says by which rule customers are at risk or healthy, in place of the rule before. At risk comes first; customers for whom no rule holds are UNKNOWN. A health that a person sets stands until something happens to the customer that the rules look at.',
  permission: 'lifecycle:write',
  input: input('HealthRuleSetInput', 'Which health, by which rule.', {
    health: oneOf('CustomerHealth', ['AT_RISK', 'HEALTHY'], 'AT_RISK or HEALTHY.'),
    rule: ruleInput('The rule; null removes it. Without any rule people alone say how healthy customers are.').nullish(),
  }) as unknown as z.ZodType<HealthRuleInput>,
  run: async (ctx, { health, rule }) => {
    const stored = rule ? await resolveRule(ctx, rule, ['rule']) : null;
    if (stored) await refuseCircle(ctx, stored, asksForHealth, 'health');
    const known = await lockRules(ctx);
    const current = known.find((one) => one.health === health) ?? null;
    const id = current?.id ?? newId();
    if (!stored && !current) return { id };
    const changed = stored ? await write(ctx, health, id, current, stored) : await remove(ctx, current!);
    if (changed) await unitChanged(ctx, known[0]?.id ?? null);
    return { id };
  },
});

// There may be no row yet that could be locked.
async function lockRules(ctx: CommandContext): Promise<Known[]> {
  await takeLock(ctx.tx, `health rules ${ctx.workspaceId}`);
  return ctx.tx.query<Known>(
    sql`select id, health, rule from health_rules where workspace_id = ${ctx.workspaceId}::uuid order by id for update`,
  );
}

async function write(ctx: CommandContext, health: Health, id: string, current: Known | null, rule: StoredRule): Promise<boolean> {
  const subject = { subjectType: 'HealthRule', subjectId: id, customerId: null };
  if (!current) {
    await insertRows(ctx.tx, 'HealthRule', [{ workspaceId: ctx.workspaceId, id, health, rule }]);
    ctx.emit({ type: 'health_rule.created', ...subject, data: { after: { health, rule } } });
    return true;
  }
  const changes = changesOf(current, { rule });
  if (!changes) return false;
  await writeChanges(ctx, 'HealthRule', id, changes.after);
  ctx.emit({ type: 'health_rule.updated', ...subject, data: changes });
  return true;
}

async function remove(ctx: CommandContext, { id, health, rule }: Known): Promise<boolean> {
  await ctx.tx.execute(sql`delete from health_rules where workspace_id = ${ctx.workspaceId}::uuid and id = ${id}::uuid`);
  ctx.emit({ type: 'health_rule.removed', subjectType: 'HealthRule', subjectId: id, customerId: null, data: { before: { health, rule } } });
  return true;
}

/** The unit goes by the id of the first rule there is. */
async function unitChanged(ctx: CommandContext, before: string | null): Promise<void> {
  const [first] = await ctx.tx.query<{ id: string }>(
    sql`select id from health_rules where workspace_id = ${ctx.workspaceId}::uuid order by id limit 1`,
  );
  if (before && before !== first?.id) await removeUnit(ctx.tx, ctx.workspaceId, before);
  if (first) await changeUnit(ctx.tx, ctx.workspaceId, HEALTH, first.id);
}
