// What other modules may use of the lifecycle.
export { defaultStageRules, resolveDefaultStageRules } from './default-rules.ts';
export { type FunnelArgs, type FunnelStage, readFunnel } from './funnel.ts';
export { healthRuleSet } from './health.command.ts';
export { lifecycleStageCommands } from './lifecycle.commands.ts';
export { healthRule, lifecycleStage, lifecycleTransition } from './lifecycle.entity.ts';
export { customerMoveToStage } from './move.command.ts';
export { HEALTH, LIFECYCLE } from './units.ts';
