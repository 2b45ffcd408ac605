import type { JsonObject, JsonValue } from '../../db/models.ts';
import { builder } from '../../graphql/builder.ts';
import { readerOf } from '../../graphql/context.ts';
import { crudMutations } from '../../graphql/crud-mutations.ts';
import { entityRootFields, entityType } from '../../graphql/object-type.ts';
import { fromColumns, planned } from '../../graphql/planned.ts';
import { refOf } from '../../graphql/refs.ts';
import { relationPlan } from '../../query/entity-plans.ts';
import { writtenRules } from '../rules/index.ts';
import { opportunity } from '../sales/index.ts';
import { writtenSignals } from './resolve-signal.ts';
import { opportunityRuleCommands } from './rules.commands.ts';
import { opportunityRule } from './rules.entity.ts';
import './handler.ts';
import './dates.ts';
import './preview.schema.ts';
import './report.schema.ts';

entityType(opportunityRule);
entityRootFields(opportunityRule);
crudMutations(opportunityRuleCommands, 'OpportunityRule');

builder.objectFields(refOf('OpportunityRule'), (t) => ({
  signal: t.field({
    type: 'JSON',
    description: 'What it waits for, in the form of the input `OpportunitySignalInput`.',
    ...fromColumns(['signal', 'settings'], (row: { signal: never; settings: never }, _args, ctx) => {
      const { batch, db, viewer } = readerOf(ctx);
      return batch('OpportunityRule.signal', row, (rows: readonly (typeof row)[]) => writtenSignals(db, viewer.workspaceId, rows));
    }),
  }),
  condition: t.field({
    type: 'JSON',
    nullable: true,
    description: 'The rule that the customer must fulfil too, in the form of the input `SegmentRuleInput`.',
    ...fromColumns(['condition'], ({ condition }: { condition: JsonObject | null }, _args, ctx) => {
      const { batch, db, viewer } = readerOf(ctx);
      if (condition === null) return null;
      return batch('OpportunityRule.condition', condition, (rules: readonly JsonObject[]) =>
        writtenRules(db, viewer.workspaceId, [...rules]),
      );
    }),
  }),
  value: t.field({
    type: 'JSON',
    nullable: true,
    description: 'What its opportunities are worth, in the form of the input `OpportunityRuleValueInput`.',
    ...fromColumns(['value'], ({ value }: { value: JsonValue }) => value),
  }),
}));

const madeBy = { one: 'OpportunityRule', key: 'ruleId', description: 'The rule of the factory that made it.' } as const;

builder.objectFields(refOf('Opportunity'), (t) => ({
  rule: t.field({
    type: refOf('OpportunityRule'),
    nullable: true,
    description: madeBy.description,
    ...planned(relationPlan(opportunity, 'rule', madeBy)),
  }),
}));
