import sql from 'sql-template-tag';
import { builder } from '../../graphql/builder.ts';
import { entityMutation } from '../../graphql/mutation.ts';
import { entityRootFields, entityType } from '../../graphql/object-type.ts';
import { planned } from '../../graphql/planned.ts';
import { refOf } from '../../graphql/refs.ts';
import { oneSql } from '../../query/entity-plans.ts';
import { columnsAt } from '../../query/plan.ts';
import { hidesColumn } from '../../query/policy.ts';
import { message } from './messages.entity.ts';
import { messageSend } from './send.command.ts';
import { messageCancel, messageRetry } from './state.commands.ts';
import './worker.ts';

entityType(message);
entityRootFields(message);
entityMutation(messageSend, 'Message');
entityMutation(messageCancel, 'Message');
entityMutation(messageRetry, 'Message');

builder.objectField(refOf('Interaction'), 'message', (t) =>
  t.field({
    type: refOf('Message'),
    nullable: true,
    description: 'The message that it was sent as, and how far it is; null where it was not sent from here or the role does not see it.',
    ...planned((place) => {
      // A hidden link is hidden from both ends.
      if (hidesColumn(place.build, message, 'interactionId')) return sql`null::json`;
      const c = columnsAt(place);
      const id = sql`(select m.id from messages m where m.workspace_id = ${c('workspaceId')} and m.interaction_id = ${c('id')})`;
      return oneSql(place, message, id);
    }),
  }),
);
