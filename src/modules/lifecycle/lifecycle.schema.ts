import { builder } from '../../graphql/builder.ts';
import { readerOf } from '../../graphql/context.ts';
import { crudMutations } from '../../graphql/crud-mutations.ts';
import { entityMutation } from '../../graphql/mutation.ts';
import { entityRootFields, entityType } from '../../graphql/object-type.ts';
import { fromColumns } from '../../graphql/planned.ts';
import { refOf } from '../../graphql/refs.ts';
import { type StoredRule, writtenRules } from '../rules/index.ts';
import { healthRuleSet } from './health.command.ts';
import { lifecycleStageCommands } from './lifecycle.commands.ts';
import { healthRule, lifecycleStage, lifecycleTransition } from './lifecycle.entity.ts';
import { customerMoveToStage } from './move.command.ts';
import './funnel.schema.ts';

for (const entity of [lifecycleStage, lifecycleTransition, healthRule]) entityType(entity);
for (const entity of [lifecycleStage, healthRule]) entityRootFields(entity);
crudMutations(lifecycleStageCommands, 'LifecycleStage');
entityMutation(customerMoveToStage, 'Customer');
entityMutation(healthRuleSet, 'HealthRule');

const written = fromColumns(['rule'], ({ rule }: { rule: StoredRule | null }, _args, ctx) => {
  const { batch, db, viewer } = readerOf(ctx);
  if (!rule) return null;
  return batch('lifecycle rules', rule, (rules: readonly StoredRule[]) => writtenRules(db, viewer.workspaceId, [...rules]));
});

builder.objectFields(refOf('LifecycleStage'), (t) => ({
  rule: t.field({
    type: 'JSON',
    nullable: true,
    description: 'The rule that brings customers there, in the form of `SegmentRuleInput`; null: only people move customers there.',
    ...written,
  }),
}));
builder.objectFields(refOf('HealthRule'), (t) => ({
  rule: t.field({ type: 'JSON', description: 'When customers are that, in the form of `SegmentRuleInput`.', ...written }),
}));
