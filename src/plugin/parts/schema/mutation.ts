// Mutations of plugins: each is a command, with its transaction, its guards and its repeats, and a payload like the core's.
import { defineCommand, runCommand } from '../../../commands/command.ts';
import { input } from '../../../commands/fields.ts';
import type { UserError } from '../../../commands/user-errors.ts';
import { builder } from '../../../graphql/builder.ts';
import { viewerOf } from '../../../graphql/context.ts';
import { idempotencyKey, userErrorsField } from '../../../graphql/mutation.ts';
import { describeInput } from '../../../graphql/zod-inputs.ts';
import { assertFinished, withTimeout, writeCallContext } from '../../context.ts';
import type { SchemaHost } from '../../host-schema.ts';
import type { LoadedPlugin } from '../../loaded.ts';
import { capital } from '../../names.ts';
import { placedDatabase } from '../../places.ts';
import type { Value } from '../../values.ts';
import { describedShape, type Shape } from './arguments.ts';
import { fieldNamed, requireDescription, requireFieldName, takeField, takeType } from './names.ts';
import { requireScope } from './options.ts';
import { type OwnTypes, outputOf, requireValue, resolverOf } from './types.ts';
import { checkedValue } from './values.ts';

const TIMEOUT_MS = 10_000;

type Spec = Parameters<SchemaHost<string>['mutation']>[1];
type Given = Record<string, { description: string; value: Value<unknown> }>;
type Payload = { given: Record<string, unknown> | null; userErrors: UserError[] };

export function addMutation(plugin: LoadedPlugin, own: OwnTypes, name: string, spec: Spec): void {
  const full = fieldNamed(plugin, name);
  const gives = spec.gives as Given;
  requireDescription(full, spec.description);
  requireScope(plugin, full, spec.scope);
  if (typeof spec.run !== 'function') throw new Error(`${full} needs a function run`);
  for (const [field, { description, value }] of Object.entries(gives)) {
    requireFieldName(full, field);
    if (field === 'userErrors') throw new Error(`${full}: every payload has userErrors already`);
    requireDescription(`${full}.${field}`, description);
    requireValue(own, value, `${full}.${field}`);
  }
  const shape = spec.input as Shape;
  if (Object.keys(shape).length === 0) throw new Error(`${full} needs an input of at least one field`);
  describedShape(plugin, full, shape);
  takeField(plugin, 'MUTATION', 'Mutation', full);
  const command = commandOf(plugin, own, full, spec);
  const described = describeInput(command.input);
  const payload = payloadType(plugin, own, full, gives);
  builder.mutationField(full, (t) =>
    t.field({
      type: payload,
      description: `${spec.description} Needs ${spec.scope}.`,
      args: { input: t.arg({ type: described.type as never, required: true, description: described.description }) },
      resolve: async (_root, args, ctx, info) => {
        const { requestId } = ctx;
        const call = { db: placedDatabase(plugin, ctx.db), viewer: viewerOf(ctx), requestId, idempotencyKey: idempotencyKey(info) };
        const { result, userErrors } = await runCommand(call, command, args.input);
        return { given: result, userErrors };
      },
    }),
  );
}

function commandOf(plugin: LoadedPlugin, own: OwnTypes, full: string, spec: Spec) {
  const name = `${capital(full)}Input`;
  takeType(plugin, name, false);
  const gives = Object.entries(spec.gives as Given);
  return defineCommand<never, Record<string, unknown>>({
    name: full,
    description: spec.description,
    permission: spec.scope,
    input: input(name, spec.description, spec.input as Shape) as never,
    run: (ctx, asked) =>
      withTimeout(
        plugin,
        TIMEOUT_MS,
        async (signal) => {
          const given = (await spec.run(writeCallContext(plugin, ctx, ctx.viewer, { signal }), asked)) as Record<string, unknown>;
          await assertFinished(plugin, ctx);
          // What is wrong is found before it is committed, and stored for repeats as it is told.
          return Object.fromEntries(
            gives.map(([field, { value }]) => [field, checkedValue(own, value, given?.[field], `${full}.${field}`)]),
          );
        },
        `Mutation.${full}`,
      ),
  });
}

function payloadType(plugin: LoadedPlugin, own: OwnTypes, full: string, gives: Given) {
  const name = `${capital(full)}Payload`;
  takeType(plugin, name, false);
  return builder.objectRef<Payload>(name).implement({
    description: `What ${full} answers.`,
    fields: (t) => ({
      ...Object.fromEntries(
        Object.entries(gives).map(([field, { description, value }]) => [
          field,
          t.field({
            ...outputOf(own, value, true),
            description: `${description} Null when there are user errors.`,
            resolve: resolverOf(value, (payload) => (payload as Payload).given?.[field]),
          } as never),
        ]),
      ),
      userErrors: userErrorsField(t as never),
    }),
  });
}
