import type { JsonValue } from '../../db/models.ts';
import { encodeCursor } from '../../events/index.ts';
import { builder } from '../../graphql/builder.ts';
import { type Context, readerOf } from '../../graphql/context.ts';
import { type DeclaredCost, ROWS_PER_POINT } from '../../graphql/field-cost.ts';
import { callCommand, entityMutation, loadResult, type Payload, userErrorsField } from '../../graphql/mutation.ts';
import { entityRootFields, entityType } from '../../graphql/object-type.ts';
import { fromColumns } from '../../graphql/planned.ts';
import { refOf } from '../../graphql/refs.ts';
import { describeInput } from '../../graphql/zod-inputs.ts';
import { encodeTypeId } from '../../lib/typeid.ts';
import { seesSent } from './body-view.ts';
import { eraseAgain } from './erase.ts';
import { MOST_REPLAYED, webhookReplay } from './replay.command.ts';
import { webhookRestore } from './restore.command.ts';
import { scheduleRetention } from './retention.ts';
import { webhookRotateSecret } from './rotate.command.ts';
import { shownSecret } from './secrets.ts';
import { webhookArchive, webhookEnable, webhookPause } from './state.commands.ts';
import { webhookTest } from './test.command.ts';
import { webhookCreate, webhookUpdate } from './webhooks.commands.ts';
import { webhook, webhookAttempt, webhookDelivery } from './webhooks.entity.ts';

scheduleRetention();
eraseAgain();

for (const entity of [webhookAttempt, webhookDelivery, webhook]) {
  entityType(entity);
  entityRootFields(entity);
}

builder.objectField(refOf('Webhook'), 'cursor', (t) =>
  t.field({
    type: 'String',
    description: 'Up to which place of the log its events were made into deliveries, as a cursor of the feeds.',
    ...fromColumns(['cursor'], (row: { cursor: bigint | string }) => encodeCursor(BigInt(row.cursor))),
  }),
);

builder.objectFields(refOf('WebhookDelivery'), (t) => ({
  eventId: t.field({
    type: 'ID',
    nullable: true,
    description: 'The event that it tells of; null for tries.',
    ...fromColumns(['eventId'], (row: { eventId: string | null }) => row.eventId && encodeTypeId('event', row.eventId)),
  }),
  body: t.field({
    type: 'String',
    nullable: true,
    description: 'The JSON that is sent. Null for those who see less than the credential whose role the webhook has.',
    ...fromColumns(['body', 'id'], async (row: { body: string; id: string }, _args, ctx) =>
      (await showsSent(ctx, row.id)) ? row.body : null,
    ),
  }),
}));

builder.objectFields(refOf('WebhookAttempt'), (t) => ({
  responseHeaders: t.field({
    type: 'JSON',
    nullable: true,
    description: 'The headers of the answer. Null like the body of the delivery.',
    ...fromColumns(['responseHeaders', 'deliveryId'], async (row: { responseHeaders: JsonValue; deliveryId: string }, _args, ctx) =>
      (await showsSent(ctx, row.deliveryId)) ? row.responseHeaders : null,
    ),
  }),
  responseBody: t.field({
    type: 'String',
    nullable: true,
    description: 'The beginning of the answer, which may repeat what was sent. Null like the body of the delivery.',
    ...fromColumns(['responseBody', 'deliveryId'], async (row: { responseBody: string | null; deliveryId: string }, _args, ctx) =>
      (await showsSent(ctx, row.deliveryId)) ? row.responseBody : null,
    ),
  }),
}));

/** Whether the caller may see what was sent with a delivery, asked for all at once. */
function showsSent(ctx: Context, delivery: string): Promise<boolean> {
  const reader = readerOf(ctx);
  return reader.batch('webhook-sent', delivery, (ids: readonly string[]) => seesSent(reader, ids));
}

for (const command of [webhookUpdate, webhookPause, webhookEnable, webhookArchive, webhookRestore]) {
  entityMutation(command as never, 'Webhook');
}
entityMutation(webhookTest, 'WebhookDelivery');

type SecretPayload = Payload & { secret: string | null };

/** Adds a mutation that answers a webhook and, this once, its secret. */
function secretMutation(command: typeof webhookCreate | typeof webhookRotateSecret, payload: string): void {
  const ref = builder.objectRef<SecretPayload>(payload).implement({
    description: `What \`${command.name}\` answers.`,
    fields: (t) => ({
      webhook: t.field({
        type: refOf('Webhook'),
        nullable: true,
        description: 'The Webhook; null when there are user errors or the role does not see it.',
        resolve: (made, _args, ctx, info) => loadResult(ctx, info, 'Webhook', made.id),
      }),
      secret: t.exposeString('secret', {
        nullable: true,
        description: 'The secret that signs its deliveries, this once; null in the answer to a repeated call.',
      }),
      userErrors: userErrorsField(t as never),
    }),
  });
  const input = describeInput(command.input);
  builder.mutationField(command.name, (t) =>
    t.field({
      type: ref,
      description: `${command.description} Needs ${command.permission}.`,
      args: { input: t.arg({ type: input.type as never, required: true, description: input.description }) },
      resolve: async (_root, args, ctx, info) => {
        const { result, userErrors } = await callCommand<never, { id: string }>(ctx, info, command as never, args.input);
        return { id: result?.id ?? null, secret: shownSecret(result), userErrors };
      },
    }),
  );
}

secretMutation(webhookCreate, 'WebhookCreatePayload');
secretMutation(webhookRotateSecret, 'WebhookRotateSecretPayload');

const WebhookReplayPayloadRef = builder.objectRef<Payload & { count: number }>('WebhookReplayPayload').implement({
  description: 'What `webhookReplay` answers.',
  fields: (t) => ({
    webhookDelivery: t.field({
      type: refOf('WebhookDelivery'),
      nullable: true,
      description: 'The new delivery, where one delivery was asked for again.',
      resolve: (made, _args, ctx, info) => loadResult(ctx, info, 'WebhookDelivery', made.id),
    }),
    count: t.exposeInt('count', { description: 'How many deliveries were made.' }),
    userErrors: userErrorsField(t as never),
  }),
});

/** What as many rows of a bulk call would cost, for any replay: how much a range holds is only known when it has been read. */
const REPLAY_COST = MOST_REPLAYED / ROWS_PER_POINT;

builder.mutationField(webhookReplay.name, (t) =>
  t.field({
    type: WebhookReplayPayloadRef,
    description: `${webhookReplay.description} Costs ${REPLAY_COST} points, however much there is. Needs ${webhookReplay.permission}.`,
    extensions: { cost: { complexity: REPLAY_COST } satisfies DeclaredCost },
    args: { input: t.arg({ type: describeInput(webhookReplay.input).type as never, required: true, description: 'What is sent again.' }) },
    resolve: async (_root, args, ctx, info) => {
      const { result, userErrors } = await callCommand(ctx, info, webhookReplay, args.input);
      return { id: result?.id ?? null, count: result?.count ?? 0, userErrors };
    },
  }),
);
