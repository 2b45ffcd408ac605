import { builder } from '../../graphql/builder.ts';
import { readerOf, viewerOf } from '../../graphql/context.ts';
import { crudMutations } from '../../graphql/crud-mutations.ts';
import { decodeId } from '../../graphql/ids.ts';
import { entityMutation } from '../../graphql/mutation.ts';
import { entityRootFields, entityType } from '../../graphql/object-type.ts';
import { entityRow, fromColumns } from '../../graphql/planned.ts';
import { refOf } from '../../graphql/refs.ts';
import { entityNamed } from '../../query/entity.ts';
import { requireRead } from '../../query/policy.ts';
import { type StoredRule, writtenRules } from '../rules/index.ts';
import { customerAssign } from './customer-assign.command.ts';
import { territoriesFor } from './find.ts';
import { isVisibleCustomer } from './reach.ts';
import { territoryCommands } from './territories.commands.ts';
import { territory } from './territories.entity.ts';

entityType(territory);
entityRootFields(territory);
crudMutations(territoryCommands, 'Territory');
entityMutation(customerAssign, 'Customer');

builder.objectField(refOf('Territory'), 'rule', (t) =>
  t.field({
    type: 'JSON',
    description: 'Which customers belong to it: the rule in the form of `SegmentRuleInput`.',
    ...fromColumns(['id', 'rule'], (row: { id: string; rule: StoredRule }, _args, ctx) => {
      const { batch, db, viewer } = readerOf(ctx);
      return batch('Territory.rule', row.rule, (rules: readonly StoredRule[]) => writtenRules(db, viewer.workspaceId, [...rules]));
    }),
  }),
);

builder.queryField('territoryOf', (t) =>
  t.field({
    type: refOf('Territory'),
    nullable: true,
    description: 'The territory that takes a customer: the first by position whose rule holds. Needs customers:read.',
    args: { customer: t.arg.id({ required: true, description: 'Id of the customer.' }) },
    resolve: async (_root, { customer }, ctx, info) => {
      const viewer = viewerOf(ctx);
      requireRead(viewer, territory);
      requireRead(viewer, entityNamed('Customer'));
      const id = decodeId(String(customer), 'Customer');
      const { db } = readerOf(ctx);
      if (!(await isVisibleCustomer(db, viewer, id))) return null;
      const found = (await territoriesFor(db, viewer.workspaceId, [id], new Date())).get(id);
      return found ? entityRow(ctx, info, territory, found.id) : null;
    },
  }),
);
