import { isHidden } from '../../auth/permissions.ts';
import { builder } from '../../graphql/builder.ts';
import { viewerOf } from '../../graphql/context.ts';
import { entityMutation } from '../../graphql/mutation.ts';
import { entityRootFields, entityType } from '../../graphql/object-type.ts';
import { fromColumns } from '../../graphql/planned.ts';
import { enumOfNames, refOf } from '../../graphql/refs.ts';
import { encodeTypeId } from '../../lib/typeid.ts';
import { pluginFailureDiscard, pluginFailureRetry } from './failures.commands.ts';
import { pluginFailure } from './failures.entity.ts';
import { scheduleRetention } from './retention.ts';

scheduleRetention();
entityType(pluginFailure);
entityRootFields(pluginFailure);
entityMutation(pluginFailureRetry, 'PluginFailure');
// What was given up is no longer there: the payload has no record.
entityMutation(pluginFailureDiscard, 'PluginFailure', { payload: 'PluginFailureDiscardPayload' });

const statusWords = {
  WAITING: 'It is tried again, by itself or after those before it.',
  DEAD: 'It was set aside: somebody has to see to it.',
};
const StatusRef = enumOfNames(
  'PluginFailureStatus',
  'What becomes of an event that a plugin failed at.',
  Object.keys(statusWords),
  (name) => statusWords[name as keyof typeof statusWords],
);

builder.objectFields(refOf('PluginFailure'), (t) => ({
  status: t.field({
    type: StatusRef,
    nullable: true,
    description: 'Whether it is still tried, or set aside; filter by `deadAt`. Null for a role that hides `deadAt`.',
    ...fromColumns(['deadAt'], ({ deadAt }: { deadAt: unknown }, _args, ctx) =>
      isHidden(viewerOf(ctx).role, 'PluginFailure', 'deadAt') ? null : deadAt === null ? 'WAITING' : 'DEAD',
    ),
  }),
  eventId: t.field({
    type: 'ID',
    description: 'The event, as `Query.node` finds it.',
    ...fromColumns(['eventId'], ({ eventId }: { eventId: string }) => encodeTypeId('event', eventId)),
  }),
}));
