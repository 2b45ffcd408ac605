import { builder } from '../../graphql/builder.ts';
import { entityConnection, listArgs } from '../../graphql/connection.ts';
import { entityMutation } from '../../graphql/mutation.ts';
import { entityRootFields, entityType } from '../../graphql/object-type.ts';
import { planned } from '../../graphql/planned.ts';
import { refOf } from '../../graphql/refs.ts';
import { relationPlan } from '../../query/entity-plans.ts';
import { opportunity } from '../sales/index.ts';
import { quoteAccept, quoteReject, quoteRevise, quoteSend } from './decide.commands.ts';
import { quoteCreate, quoteLinesSet, quoteUpdate } from './quotes.commands.ts';
import { quote, quoteLine } from './quotes.entity.ts';
import './expire.ts';

entityType(quote);
entityRootFields(quote);
entityType(quoteLine);
for (const command of [quoteCreate, quoteUpdate, quoteLinesSet, quoteSend, quoteAccept, quoteReject, quoteRevise])
  entityMutation(command as never, 'Quote');

builder.objectField(refOf('Opportunity'), 'quotes', (t) =>
  t.field({
    type: entityConnection(quote) as never,
    description: 'The offers that were made for it, in all versions.',
    args: listArgs(t as never, quote) as Record<string, never>,
    ...planned(relationPlan(opportunity, 'quotes', { many: 'Quote', key: 'opportunityId', description: '' })),
  }),
);
