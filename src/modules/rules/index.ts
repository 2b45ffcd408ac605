// What other modules may use of the rule language.
export { compileRule } from './compile.ts';
export { dependenciesOf } from './dependencies.ts';
export { explainRule, type RuleExplanation, type RuleNode } from './explain.ts';
export * from './keep/index.ts';
export { resolveRule } from './resolve.ts';
export { type RuleInput, ruleInput } from './rule-input.ts';
export { type NameOf, sentenceOf } from './sentence.ts';
export type { CompiledRule, FactFamily, RuleDependencies, RuleScope, StoredRule } from './types.ts';
export { requireRuleVisible } from './visible.ts';
export { writtenRules } from './written.ts';
