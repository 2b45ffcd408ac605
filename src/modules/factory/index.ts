// What other modules may use of the opportunity factory.
export { runDueDates } from './dates.ts';
export { takeSignals } from './handler.ts';
export { opportunityRuleCommands } from './rules.commands.ts';
export { opportunityRule } from './rules.entity.ts';
