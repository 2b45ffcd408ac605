// The rules with which the stages of a new workspace begin: by orders. As somebody would write them, by keys.
import type { CommandContext } from '../../commands/command.ts';
import { resolveRule, ruleInput, type StoredRule } from '../rules/index.ts';

type WrittenRule = { readonly [branch: string]: unknown };

const orders = { kinds: ['order_placed'] };

/** Rule by the key of its stage. Lost customers come back as repeat or loyal ones: those are returnable. */
export const defaultStageRules: Readonly<Record<string, { rule: WrittenRule; returnable: boolean }>> = {
  first_purchase: { rule: { interactions: { where: orders, count: { gte: 1 } } }, returnable: false },
  repeat: { rule: { interactions: { where: orders, count: { gte: 2 } } }, returnable: true },
  loyal: { rule: { interactions: { where: orders, within: { days: 365 }, count: { gte: 5 } } }, returnable: true },
  lost: { rule: { interactions: { where: orders, last: { olderThan: { days: 365 } } } }, returnable: false },
};

/** The default rules as they are stored. The workspace must have its interaction kinds. */
export async function resolveDefaultStageRules(ctx: CommandContext): Promise<Record<string, { rule: StoredRule; returnable: boolean }>> {
  const resolved: Record<string, { rule: StoredRule; returnable: boolean }> = {};
  for (const [key, { rule, returnable }] of Object.entries(defaultStageRules)) {
    resolved[key] = { rule: await resolveRule(ctx, ruleInput('A rule.').parse(rule), [key]), returnable };
  }
  return resolved;
}
