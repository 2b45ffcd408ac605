import sql, { raw } from 'sql-template-tag';
import { ActorRef } from '../../graphql/actor.ts';
import { builder } from '../../graphql/builder.ts';
import { bulkMutation } from '../../graphql/bulk-mutation.ts';
import { entityConnection, listArgs } from '../../graphql/connection.ts';
import { entityMutation } from '../../graphql/mutation.ts';
import { entityRootFields, entityType } from '../../graphql/object-type.ts';
import { planned } from '../../graphql/planned.ts';
import { refOf } from '../../graphql/refs.ts';
import { entityList } from '../../query/entity-list.ts';
import { requireVisible } from '../../query/filter.ts';
import { listSql } from '../../query/list-plan.ts';
import { columnsAt, compositeSql, type Place } from '../../query/plan.ts';
import { requireRead } from '../../query/policy.ts';
import type { Run } from '../../query/template.ts';
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
    ...planned((place) => {
      const c = columnsAt(place);
      return compositeSql(place, (alias) => sql`from (select ${c('actorKind')} as kind, ${c('actorId')} as id) ${raw(alias)}`);
    }),
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
    ...planned(interactionsPlan),
  }),
);

function interactionsPlan(place: Place) {
  const parent = columnsAt(place)('id');
  const rollUp = (run: Run) => (place.field.args(run) as { rollUp?: string | null }).rollUp ?? null;
  const list = entityList(place, interaction, {
    name: (run) => `Customer.interactions${rollUp(run) === null ? '' : `:${rollUp(run)}`}`,
    check(run) {
      requireVisible(run.viewer, interaction, 'customer');
      // Whose interactions come along tells who is tied to whom.
      if (rollUp(run) !== null) requireRead(run.viewer, relationship);
    },
    link: (c, workspaceId, run) =>
      rollUp(run) === null
        ? sql`${c('customerId')} = ${parent}`
        : sql`${c('customerId')} in (${descendantsSql(sql`${rollUp(run)}`, parent, workspaceId)})`,
  });
  return listSql(place, list);
}
