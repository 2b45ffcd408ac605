import { isHidden } from '../../auth/permissions.ts';
import type { Command } from '../../commands/command.ts';
import type { UserError } from '../../commands/user-errors.ts';
import { builder } from '../../graphql/builder.ts';
import { viewerOf } from '../../graphql/context.ts';
import { ROWS_PER_POINT } from '../../graphql/field-cost.ts';
import { callCommand, entityMutation, userErrorsField } from '../../graphql/mutation.ts';
import { entityRootFields, entityType } from '../../graphql/object-type.ts';
import { fromColumns } from '../../graphql/planned.ts';
import { enumOfNames, refOf } from '../../graphql/refs.ts';
import { describeInput } from '../../graphql/zod-inputs.ts';
import { encodeTypeId } from '../../lib/typeid.ts';
import { type ManyFailures, MOST_AT_ONCE, pluginFailuresDiscard, pluginFailuresRetry } from './failures.bulk.commands.ts';
import { pluginFailureDiscard, pluginFailureRetry } from './failures.commands.ts';
import { pluginFailure } from './failures.entity.ts';
import { scheduleRetention } from './retention.ts';

scheduleRetention();
entityType(pluginFailure);
entityRootFields(pluginFailure);
entityMutation(pluginFailureRetry, 'PluginFailure');
// What was given up is no longer there: the payload has no record.
entityMutation(pluginFailureDiscard, 'PluginFailure', { payload: 'PluginFailureDiscardPayload' });
manyFailures(pluginFailuresRetry, 'tried again');
manyFailures(pluginFailuresDiscard, 'given up');

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

type ManyPayload = Partial<ManyFailures> & { userErrors: UserError[] };

// Ten thousand events cost as much as in any other bulk call.
function manyFailures<Input>(command: Command<Input, ManyFailures>, done: string): void {
  const name = command.name.charAt(0).toUpperCase() + command.name.slice(1);
  const payload = builder.objectRef<ManyPayload>(`${name}Payload`).implement({
    description: `What \`${command.name}\` answers.`,
    fields: (t) => ({
      count: t.int({
        nullable: true,
        description: `How many events are ${done}. Null when there are user errors.`,
        resolve: ({ count }) => count ?? null,
      }),
      hasMore: t.boolean({
        nullable: true,
        description: 'Whether there are more of them: then call it again. Null when there are user errors.',
        resolve: ({ hasMore }) => hasMore ?? null,
      }),
      userErrors: userErrorsField(t as never),
    }),
  });
  const asked = describeInput(command.input);
  builder.mutationField(command.name, (t) =>
    t.field({
      type: payload,
      description: `${command.description} Needs ${command.permission}.`,
      args: { input: t.arg({ type: asked.type as never, required: true, description: asked.description }) },
      extensions: { cost: { complexity: MOST_AT_ONCE / ROWS_PER_POINT } },
      resolve: async (_root, args, ctx, info) => {
        const { result, userErrors } = await callCommand(ctx, info, command, args.input);
        return { ...result, userErrors };
      },
    }),
  );
}
