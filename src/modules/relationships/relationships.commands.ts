// Changing ties between customers, one or many at a time.
import type { z } from 'zod';
import { defineBulkCommand } from '../../commands/bulk.ts';
import { defineCommand } from '../../commands/command.ts';
import { input } from '../../commands/fields.ts';
import { UserErrors } from '../../commands/user-errors.ts';
import './relationships.entity.ts';
import { type EndsInput, endFields, type TieInput, tieFields } from './relationship-fields.ts';
import { resolveEnds } from './resolve-ends.ts';
import { writeTies } from './write-ties.ts';

const permission = 'relationships:write';

export const relationshipCreate = defineCommand<EndsInput & TieInput, { id: string }>({
  name: 'relationshipCreate',
  description: 'Ties two customers.',
  permission,
  input: input('RelationshipCreateInput', 'A new relationship.', { ...endFields, ...tieFields }) as unknown as z.ZodType<
    EndsInput & TieInput
  >,
  run: async (ctx, fields) => {
    const refuse = (_index: number, ...errors: Parameters<typeof UserErrors.prototype.errors.push>) => {
      throw new UserErrors(errors);
    };
    const writes = await resolveEnds(ctx, [{ index: 0, value: fields }], refuse);
    let made = '';
    await writeTies(ctx, writes, 'refuse', { done: (_index, _status, id) => (made = id), reject: refuse });
    return { id: made };
  },
});

export const relationshipsUpsert = defineBulkCommand<EndsInput & TieInput>({
  name: 'relationshipsUpsert',
  description:
    'Makes or changes relationships, matched by external reference, then by kind and both customers. Absent fields of existing ones stay; archived ones stay archived.',
  permission,
  inputName: 'RelationshipsUpsertInput',
  row: input('RelationshipUpsertRow', 'One relationship to make or change.', { ...endFields, ...tieFields }) as unknown as z.ZodType<
    EndsInput & TieInput
  >,
  keysOf: ({ kind, from, to, externalRef }) => [
    JSON.stringify([kind, from, to]),
    ...(externalRef ? [JSON.stringify([externalRef.system, externalRef.value])] : []),
  ],
  apply: async (ctx, rows, sink) => writeTies(ctx, await resolveEnds(ctx, rows, sink.reject), 'change', sink),
});
