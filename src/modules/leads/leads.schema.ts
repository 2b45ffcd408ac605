import { builder } from '../../graphql/builder.ts';
import { bulkMutation } from '../../graphql/bulk-mutation.ts';
import { entityConnection, listArgs } from '../../graphql/connection.ts';
import { readerOf } from '../../graphql/context.ts';
import { crudMutations } from '../../graphql/crud-mutations.ts';
import { entityMutation } from '../../graphql/mutation.ts';
import { entityRootFields, entityType } from '../../graphql/object-type.ts';
import { fromColumns, planned } from '../../graphql/planned.ts';
import { refOf } from '../../graphql/refs.ts';
import { relationPlan } from '../../query/entity-plans.ts';
import { addTimelineSource, customer } from '../customers/index.ts';
import { type StoredRule, writtenRules } from '../rules/index.ts';
import { opportunity } from '../sales/index.ts';
import { leadCapture, leadsCapture } from './capture.commands.ts';
import { leadCriterionCommands, leadSourceCommands } from './criteria.commands.ts';
import { leadConvert, leadDisqualify, leadUpdate } from './leads.commands.ts';
import { lead, leadCriterion, leadPoints, leadSource } from './leads.entity.ts';

for (const entity of [leadSource, leadCriterion, lead]) {
  entityType(entity);
  entityRootFields(entity);
}
entityType(leadPoints);
crudMutations(leadSourceCommands, 'LeadSource');
crudMutations(leadCriterionCommands, 'LeadCriterion');
for (const command of [leadCapture, leadUpdate, leadDisqualify, leadConvert]) entityMutation(command as never, 'Lead');
bulkMutation(leadsCapture, 'Lead');
addTimelineSource({ entity: 'Lead', customerId: 'customerId', at: 'capturedAt' });

builder.objectField(refOf('LeadCriterion'), 'rule', (t) =>
  t.field({
    type: 'JSON',
    description: 'Which customers have it: the rule in the form of `SegmentRuleInput`.',
    ...fromColumns(['id', 'rule'], (row: { rule: StoredRule }, _args, ctx) => {
      const { batch, db, viewer } = readerOf(ctx);
      return batch('LeadCriterion.rule', row.rule, (rules: readonly StoredRule[]) => writtenRules(db, viewer.workspaceId, [...rules]));
    }),
  }),
);

builder.objectField(refOf('Customer'), 'leads', (t) =>
  t.field({
    type: entityConnection(lead) as never,
    description: 'What the customer showed interest in.',
    args: listArgs(t as never, lead) as Record<string, never>,
    ...planned(relationPlan(customer, 'leads', { many: 'Lead', key: 'customerId', description: '' })),
  }),
);

builder.objectField(refOf('Opportunity'), 'lead', (t) =>
  t.field({
    type: refOf('Lead'),
    nullable: true,
    description: 'The lead that it was made of; null without one or when the role does not see it.',
    ...planned(relationPlan(opportunity, 'lead', { one: 'Lead', key: 'leadId', description: '' })),
  }),
);
