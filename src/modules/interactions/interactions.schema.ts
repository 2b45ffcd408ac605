import sql from 'sql-template-tag';
import { isHidden } from '../../auth/permissions.ts';
import { ActorRef } from '../../graphql/actor.ts';
import { builder } from '../../graphql/builder.ts';
import { bulkMutation } from '../../graphql/bulk-mutation.ts';
import { entityConnection, type ListArgs, listArgs, resolveList } from '../../graphql/connection.ts';
import { viewerOf } from '../../graphql/context.ts';
import { apiError } from '../../graphql/errors.ts';
import { entityMutation } from '../../graphql/mutation.ts';
import { entityRootFields, entityType } from '../../graphql/object-type.ts';
import { refOf } from '../../graphql/refs.ts';
import { requireVisible } from '../../query/filter.ts';
import { requireRead } from '../../query/policy.ts';
import { addTimelineSource } from '../customers/index.ts';
import { descendantsSql, relationship } from '../relationships/index.ts';
import { conversationClose, conversationReopen } from './conversations.ts';
import { interactionRecord, interactionsRecord } from './interactions.commands.ts';
import { conversation, interaction, participant } from './interactions.entity.ts';

for (const entity of [interaction, conversation, participant]) {
  entityType(entity);
  entityRootFields(entity);
}
entityMutation(interactionRecord, 'Interaction');
bulkMutation(interactionsRecord, 'Interaction');
entityMutation(conversationClose as never, 'Conversation');
entityMutation(conversationReopen as never, 'Conversation');

addTimelineSource({ entity: 'Interaction', customerId: 'customerId', at: 'occurredAt' });
addTimelineSource({ entity: 'Conversation', customerId: 'customerId', at: 'createdAt' });

builder.objectField(refOf('Interaction'), 'actor', (t) =>
  t.field({
    type: ActorRef,
    nullable: true,
    description: 'Who recorded it.',
    resolve: (row) => ({ kind: row.actorKind, id: row.actorId }) as never,
  }),
);

builder.objectField(refOf('Customer'), 'interactions', (t) =>
  t.field({
    type: entityConnection(interaction),
    description: 'The contacts with this customer, newest first; with `rollUp` also those of everyone tied to it.',
    args: {
      ...(listArgs(t as never, interaction) as Record<string, never>),
      rollUp: t.arg.string({
        description:
          'Key of a relationship kind: counts in all who are tied to this customer by it, and those tied to them, for example `subsidiary_of`.',
      }),
    },
    resolve: (row, args, ctx) => {
      if (isHidden(viewerOf(ctx).role, 'Customer', 'interactions')) throw apiError('FORBIDDEN', 'The role hides Customer.interactions.');
      requireVisible(viewerOf(ctx), interaction, 'customer');
      const { rollUp, ...list } = args as ListArgs & { rollUp?: string | null };
      // Whose interactions come along tells who is tied to whom.
      if (rollUp != null) requireRead(viewerOf(ctx), relationship);
      const name = `Customer.interactions${rollUp == null ? '' : `:${rollUp}`}`;
      return resolveList(
        ctx,
        name,
        {
          entity: interaction,
          link: (c, parent, workspaceId) =>
            rollUp == null
              ? sql`${c('customerId')} = ${parent}`
              : sql`${c('customerId')} in (${descendantsSql(sql`${rollUp}`, parent, workspaceId)})`,
        },
        list,
        row.id,
      );
    },
  }),
);
