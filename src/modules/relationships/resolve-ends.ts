// From the names of a tie's kind and customers to ids, for one row or for 500. Takes the locks that writing ties needs.
import type { BulkRow } from '../../commands/bulk.ts';
import type { CommandContext } from '../../commands/command.ts';
import { type UserError, userError } from '../../commands/user-errors.ts';
import { resolveCustomerRefs } from '../customers/index.ts';
import { kindsByKey, lockKinds } from './kinds.ts';
import { type EndsInput, type TieInput, toTieFields } from './relationship-fields.ts';
import type { TieWrite } from './write-ties.ts';

/** The rows whose names all mean something; the others are rejected with every reason there is. */
export async function resolveEnds(
  ctx: CommandContext,
  rows: BulkRow<EndsInput & TieInput>[],
  rejectRow: (index: number, ...errors: UserError[]) => void,
): Promise<BulkRow<TieWrite>[]> {
  const kinds = await kindsByKey(
    ctx,
    rows.map(({ value }) => value.kind),
  );
  await lockKinds(ctx, kinds.values());
  const customers = await resolveCustomerRefs(
    ctx,
    rows.flatMap(({ value }) => [value.from, value.to]),
    { create: false },
  );
  return rows.flatMap(({ index, value }, i) => {
    const kind = kinds.get(value.kind);
    const errors = kind ? [] : [userError('NOT_FOUND', `There is no relationship kind ${value.kind}.`, ['kind'])];
    const [from, to] = (['from', 'to'] as const).map((side, j) => {
      const resolved = customers[2 * i + j]!;
      if ('id' in resolved) return resolved.id;
      errors.push({ ...resolved.error, path: [side, ...resolved.error.path] });
      return null;
    });
    if (from && from === to) errors.push(userError('RELATIONSHIP_TO_ITSELF', 'A customer is not tied to itself.', ['to']));
    if (errors.length === 0) return [{ index, value: { kind: kind!, fromId: from!, toId: to!, fields: toTieFields(value) } }];
    rejectRow(index, ...errors);
    return [];
  });
}
