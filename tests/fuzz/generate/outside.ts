// What the fuzzer leaves out: fields that are worked out by statements or in JavaScript of their own, or that depend on the
// moment. Each is held against a naive computation by tests of its own.
const rules = 'rules are written back by the rule language; src/modules/rules has tests of it';
const units = 'what is evaluated is no part of the fuzzed rows; tests/integration/segments*.test.ts';
const sent = 'is for those who see as much as the credential of the webhook: tests/integration/webhooks-api.test.ts';

/** `Type.field` -> why, and what tests it. */
export const outside: Record<string, string> = {
  'Query.forecast': 'groups and periods: tests/integration/forecast.test.ts compares with a naive computation',
  'Query.salesPerformance': 'groups and periods: tests/integration/performance.test.ts compares with a naive computation',
  'Query.portfolio': 'sums by segment: tests/integration/segments*.test.ts',
  'Query.lifecycleFunnel': 'medians and conversion: tests/integration/funnel*.test.ts compares with a naive computation',
  'Query.segmentPreview': rules,
  'Query.segmentExplain': rules,
  'Query.territoryOf': rules,
  'Query.opportunityRulePreview': rules,
  'Segment.rule': rules,
  'Territory.rule': rules,
  'LeadCriterion.rule': rules,
  'LifecycleStage.rule': rules,
  'HealthRule.rule': rules,
  'OpportunityRule.condition': rules,
  'OpportunityRule.signal': 'settings are written back with keys: tests/integration/factory*.test.ts',
  'OpportunityRule.value': 'settings are written back with keys: tests/integration/factory*.test.ts',
  'OpportunityRule.report': 'sums by rule: tests/integration/factory*.test.ts',
  'Segmentation.measure': 'settings are written back with keys: tests/integration/segments*.test.ts',
  'Segment.evaluation': units,
  'Segmentation.evaluation': units,
  'WebhookDelivery.body': sent,
  'WebhookAttempt.responseHeaders': sent,
  'WebhookAttempt.responseBody': sent,
  'Query.plugins': 'tells what is loaded, which are no rows: tests/integration/plugins-loading.test.ts',
  'Opportunity.secondsInStage': 'grows with the time: tests/integration/opportunities*.test.ts',
  'Opportunity.timeInStages': 'grows with the time: tests/integration/opportunities*.test.ts',
};

export function isOutside(type: string, field: string): boolean {
  return Object.hasOwn(outside, `${type}.${field}`);
}
