// Mutation fields made from bulk commands: row results in input order, and their sums.
import { type BulkInput, type BulkOutcome, bulkStatuses, type RowResult } from '../commands/bulk.ts';
import { type Command, offerCommand } from '../commands/command.ts';
import type { UserError } from '../commands/user-errors.ts';
import { builder } from './builder.ts';
import { encodeId } from './ids.ts';
import { callCommand, userErrorsField } from './mutation.ts';
import { enumOfNames } from './refs.ts';
import { describeInput } from './zod-inputs.ts';

type BulkPayload = { results: (RowResult & { entity: string })[]; userErrors: UserError[] };

const statusWords: Record<string, string> = {
  CREATED: 'A new record was made.',
  UPDATED: 'The record was changed.',
  UNCHANGED: 'The record was so already.',
  REJECTED: 'The row cannot be used; its userErrors say why.',
  ABORTED: 'The row is fine, but another one stopped the whole call.',
};
const BulkStatusRef = enumOfNames(
  'BulkStatus',
  'What became of a row of a bulk call.',
  [...bulkStatuses],
  (status) => statusWords[status]!,
);

const BulkResultRef = builder.objectRef<RowResult & { entity: string }>('BulkResult').implement({
  description: 'What became of one row of a bulk call.',
  fields: (t) => ({
    index: t.exposeInt('index', { description: 'Place of the row in the input, from 0.' }),
    status: t.field({ type: BulkStatusRef, description: 'What became of it.', resolve: (row) => row.status }),
    id: t.id({ nullable: true, description: 'Id of the record.', resolve: (row) => row.id && encodeId(row.entity, row.id) }),
    userErrors: userErrorsField(t as never),
  }),
});

const countOf = (status: string) => (payload: BulkPayload) => payload.results.filter((row) => row.status === status).length;

/** Adds a bulk mutation whose rows are records of `entity`. */
export function bulkMutation(command: Command<BulkInput, BulkOutcome>, entity: string): void {
  offerCommand(command);
  const name = command.name.charAt(0).toUpperCase() + command.name.slice(1);
  const payload = builder.objectRef<BulkPayload>(`${name}Payload`).implement({
    description: `What \`${command.name}\` answers.`,
    fields: (t) => ({
      results: t.field({ type: [BulkResultRef], description: 'One result per row, in input order.', resolve: (value) => value.results }),
      created: t.int({ description: 'How many records were made.', resolve: countOf('CREATED') }),
      updated: t.int({ description: 'How many records were changed.', resolve: countOf('UPDATED') }),
      unchanged: t.int({ description: 'How many rows changed nothing.', resolve: countOf('UNCHANGED') }),
      rejected: t.int({ description: 'How many rows were refused.', resolve: countOf('REJECTED') }),
      userErrors: userErrorsField(t as never),
    }),
  });
  builder.mutationField(command.name, (t) =>
    t.field({
      type: payload,
      description: `${command.description} Needs ${command.permission}.`,
      args: {
        input: t.arg({
          type: describeInput(command.input).type as never,
          required: true,
          description: 'The rows and what to do about bad ones.',
        }),
      },
      resolve: async (_root, args, ctx, info) => {
        const outcome = await callCommand(ctx, info, command, args.input);
        const results = (outcome.result?.results ?? []).map((row) => ({ ...row, entity }));
        return { results, userErrors: outcome.userErrors };
      },
    }),
  );
}
