// Mutation fields made from commands: payload types, user errors and @idempotent.
import {
  type DirectiveLocation,
  GraphQLDirective,
  GraphQLNonNull,
  type GraphQLResolveInfo,
  GraphQLString,
  getDirectiveValues,
} from 'graphql';
import { type Command, offerCommand, runCommand } from '../commands/command.ts';
import type { UserError } from '../commands/user-errors.ts';
import { entityNamed } from '../query/entity.ts';
import { mayRead } from '../query/policy.ts';
import { builder } from './builder.ts';
import { type Context, viewerOf } from './context.ts';
import { apiError } from './errors.ts';
import { entityRow } from './planned.ts';
import { refOf } from './refs.ts';
import { userErrorTypes } from './user-error-types.ts';
import { describeInput } from './zod-inputs.ts';

export const idempotentDirective = new GraphQLDirective({
  name: 'idempotent',
  description:
    'Runs the mutation at most once: a second call with the same key and input within 24 hours answers the first result, read afresh. The key belongs to the credential.',
  locations: ['FIELD' as DirectiveLocation],
  args: { key: { type: new GraphQLNonNull(GraphQLString), description: 'Any text of 1 to 200 characters, chosen by the caller.' } },
});

/** The idempotency key of this field. Throws IDEMPOTENCY_KEY_INVALID for two keys on one response name or a key out of bounds. */
export function idempotencyKey(info: GraphQLResolveInfo): string | null {
  const keys = info.fieldNodes.flatMap(
    (node) => (getDirectiveValues(idempotentDirective, node, info.variableValues)?.key as string | undefined) ?? [],
  );
  if (keys.length > 1) throw apiError('IDEMPOTENCY_KEY_INVALID', 'Two idempotency keys on one response name.');
  const key = keys[0];
  if (key !== undefined && (key.length < 1 || key.length > 200 || key.includes('\0'))) {
    throw apiError('IDEMPOTENCY_KEY_INVALID', 'An idempotency key has 1 to 200 characters.');
  }
  return key ?? null;
}

export type Payload = { id: string | null; userErrors: UserError[] };
const payloads = new Set<string>();

function payloadType(name: string, entity: string, field: string) {
  const ref = builder.objectRef<Payload>(name);
  if (payloads.has(name)) return name;
  payloads.add(name);
  ref.implement({
    description: `What a change of ${entity} answers.`,
    fields: (t) => ({
      [field]: t.field({
        type: refOf(entity),
        nullable: true,
        description: `The ${entity} after the change; null when there are user errors or the role does not see it.`,
        resolve: (payload, _args, ctx, info) => loadResult(ctx, info, entity, payload.id),
      }),
      userErrors: userErrorsField(t as never),
    }),
  });
  payloadRefs.set(name, ref);
  return ref;
}
const payloadRefs = new Map<string, unknown>();

/** The row that a command wrote, as far as the role sees it. */
export function loadResult(ctx: Context, info: GraphQLResolveInfo, entity: string, uuid: string | null) {
  return uuid && mayRead(viewerOf(ctx), entityNamed(entity)) ? entityRow(ctx, info, entityNamed(entity), uuid) : null;
}

/** The `userErrors` field of a payload. */
export function userErrorsField(t: { field(options: object): never }) {
  return t.field({
    type: [userErrorTypes.UserError],
    description: 'What the caller can mend; nothing was changed when there are any.',
    resolve: (payload: Payload) => payload.userErrors,
  });
}

/** Runs a command for the caller of this field. */
export async function callCommand<Input, Result>(ctx: Context, info: GraphQLResolveInfo, command: Command<Input, Result>, input: unknown) {
  return runCommand({ db: ctx.db, viewer: viewerOf(ctx), requestId: ctx.requestId, idempotencyKey: idempotencyKey(info) }, command, input);
}

/** Adds a mutation that answers one entity: `{ <field>, userErrors }`. The command's result is `{ id }`. */
export function entityMutation<Input>(
  command: Command<Input, { id: string }>,
  entity: string,
  options: { payload?: string; field?: string } = {},
): void {
  const field = options.field ?? entity.charAt(0).toLowerCase() + entity.slice(1);
  const name = options.payload ?? `${entity}Payload`;
  const type = payloadRefs.get(name) ?? payloadType(name, entity, field);
  const input = describeInput(command.input);
  offerCommand(command);
  builder.mutationField(command.name, (t) =>
    t.field({
      type: type as never,
      description: `${command.description} Needs ${command.permission}.`,
      args: { input: t.arg({ type: input.type as never, required: true, description: input.description }) },
      resolve: async (_root, args, ctx, info) => {
        const outcome = await callCommand(ctx, info, command, args.input);
        return { id: outcome.result?.id ?? null, userErrors: outcome.userErrors } as never;
      },
    }),
  );
}
