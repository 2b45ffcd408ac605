import { builder } from '../../graphql/builder.ts';
import { entityConnection, listArgs } from '../../graphql/connection.ts';
import { entityMutation } from '../../graphql/mutation.ts';
import { entityType } from '../../graphql/object-type.ts';
import { planned } from '../../graphql/planned.ts';
import { refOf } from '../../graphql/refs.ts';
import { relationPlan } from '../../query/entity-plans.ts';
import { addTimelineSource, customer } from '../customers/index.ts';
import { consentGive, consentWithdraw } from './consents.commands.ts';
import { consent } from './consents.entity.ts';

entityType(consent);
entityMutation(consentGive, 'Consent');
entityMutation(consentWithdraw, 'Consent');
addTimelineSource({ entity: 'Consent', customerId: 'customerId', at: 'givenAt' });

builder.objectField(refOf('Customer'), 'consents', (t) =>
  t.field({
    type: entityConnection(consent) as never,
    description: 'What the customer agreed to, withdrawn consents among it.',
    args: listArgs(t as never, consent) as Record<string, never>,
    ...planned(relationPlan(customer, 'consents', { many: 'Consent', key: 'customerId', description: '' })),
  }),
);
