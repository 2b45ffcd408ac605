// What rules decide here about every customer: the stage, and the health.
import { inWorkspace } from '../../commands/system.ts';
import { compileRule, defineUnitKind, dependenciesOf, type RuleScope, type UnitWork } from '../rules/index.ts';
import { isExact } from './exact.ts';
import { followHealthRules, loadHealthRules } from './follow-health.ts';
import { followStageRules } from './follow-rules.ts';
import type { StageRule } from './judge-stages.ts';
import { loadStages, type RuledStage } from './stages.ts';

/** Its id is that of the workspace. */
export const LIFECYCLE = 'LIFECYCLE';
/** Its id is that of the first health rule. */
export const HEALTH = 'HEALTH';

defineUnitKind({
  kind: LIFECYCLE,
  async load(db, workspaceId) {
    const rules = (await loadStages(db, workspaceId)).flatMap(({ rule }) => (rule ? [rule] : []));
    if (rules.length === 0) return new Map();
    const evaluate = async ({ tx, unitId, now, customers, cause }: UnitWork) => {
      // Read again: names change without the rules being worked out anew.
      const stages = await loadStages(tx, workspaceId);
      await inWorkspace(tx, workspaceId, (ctx) => followStageRules(ctx, { stages, rules: stageRules(stages), unitId, customers, cause }), {
        now,
      });
    };
    return new Map([[workspaceId, { dependencies: rules.map(dependenciesOf), evaluate }]]);
  },
});

/** The rules of stages that have one. */
export function stageRules(stages: readonly RuledStage[]): StageRule[] {
  return stages.flatMap((stage) => {
    const { rule } = stage;
    return rule ? [{ stage, exact: isExact(rule), compile: (scope) => compileRule(rule, scope) }] : [];
  });
}

defineUnitKind({
  kind: HEALTH,
  async load(db, workspaceId, ids) {
    const rules = await loadHealthRules(db, workspaceId);
    const unitId = ids.find((id) => rules.some((rule) => rule.id === id));
    if (!unitId) return new Map();
    const compiled = rules.map(({ health, rule }) => ({ health, compile: (scope: RuleScope) => compileRule(rule, scope) }));
    const evaluate = ({ tx, now, customers, cause }: UnitWork) =>
      inWorkspace(tx, workspaceId, (ctx) => followHealthRules(ctx, { rules: compiled, unitId, customers, cause }), { now });
    return new Map([[unitId, { dependencies: rules.map(({ rule }) => dependenciesOf(rule)), evaluate }]]);
  },
});
