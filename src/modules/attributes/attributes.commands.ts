// Changing which custom attributes there are. Their indexes follow what is written, in the same transaction.
import { z } from 'zod';
import type { Command, CommandContext } from '../../commands/command.ts';
import { type CrudCommands, crudCommands } from '../../commands/crud.ts';
import { attributeKey, bool, id, input, longText, oneOf, text, version } from '../../commands/fields.ts';
import { AttributeEntityValues, AttributeTypeValues } from '../../db/models.ts';
import './attributes.entity.ts';
import { checkDefinition } from './definition-rules.ts';
import { syncIndexes } from './indexes.ts';

const changeable = {
  name: text('Name shown to people.'),
  description: longText('What it means.', 2000).nullish(),
  type: oneOf('AttributeType', AttributeTypeValues, 'What values it takes. Fixed once a record has one.'),
  required: bool('Whether every new record must have it; false unless told.').optional(),
  options: z.array(text('An option.')).max(500, 'At most 500 options.').nullish().meta({
    description:
      'The values that a SELECT or MULTI_SELECT can take, in the order to show them; only for these types. Records keep what they have when one goes.',
  }),
  indexed: bool(
    'Whether an index serves ranges and orders by it; false unless told. At most 20 for customers and 20 for interactions.',
  ).optional(),
};

const creating = new WeakSet<CommandContext>();

const crud = crudCommands({
  entity: 'AttributeDefinition',
  noun: 'attributeDefinition',
  plural: 'attributeDefinitions',
  unique: ['entity', 'key'],
  fields: {
    entity: oneOf('AttributeEntity', AttributeEntityValues, 'What it belongs to.'),
    key: attributeKey('Stable name, unique for what it belongs to: lower-case letters, digits and _.'),
    ...changeable,
  },
  columns: (ctx, values, current) => checkDefinition(ctx, values, current, creating.has(ctx)),
});

/** The command, and after it the indexes of what it changed. */
function indexing<Input, Result>(command: Command<Input, Result>, changedBy: (result: Result) => string[]): Command<Input, Result> {
  return {
    ...command,
    run: async (ctx, given) => {
      if (command.name.endsWith('Create')) creating.add(ctx);
      const result = await command.run(ctx, given);
      await syncIndexes(ctx, changedBy(result));
      return result;
    },
  };
}

const optional = (field: z.ZodType) => field.nullish();
const one = ({ id: made }: { id: string }) => [made];

/** Create, update, archive, restore and upsert of attribute definitions. */
export const attributeDefinitionCommands: CrudCommands = {
  create: indexing(crud.create, one),
  update: indexing(
    {
      ...crud.update,
      // Values are found by entity and key: these stay.
      input: input('AttributeDefinitionUpdateInput', 'Changes of an attribute definition.', {
        id: id('AttributeDefinition', 'The AttributeDefinition.'),
        expectedVersion: version(),
        ...Object.fromEntries(Object.entries(changeable).map(([name, field]) => [name, optional(field)])),
      }) as never,
    },
    one,
  ),
  archive: indexing(crud.archive, one),
  restore: indexing(crud.restore, one),
  upsert: indexing(crud.upsert, ({ results }) => results.flatMap(({ status, id: made }) => (made && status !== 'UNCHANGED' ? [made] : []))),
};
