// Changing one customer: create, update, archive and restore.
import type { z } from 'zod';
import { type CommandContext, defineCommand } from '../../commands/command.ts';
import { dateTime, id, input, key, version } from '../../commands/fields.ts';
import { changesOf, expectVersion, lockRow, notFound, writeChanges } from '../../commands/rows.ts';
import { reject, UserErrors } from '../../commands/user-errors.ts';
import type { CustomerRow } from '../../db/models.ts';
import { newId } from '../../lib/typeid.ts';
import { type CustomerFields, customerFields, knownBy, nameFromParts, type Patch, resolveReferences, toPatch } from './customer-fields.ts';
import { type IdentityInput, identityKey, isUserError, type NormalIdentity, nameFromIdentities, normaliseIdentity } from './identity.ts';
import { findByIdentities, identitiesOf, insertCustomers, lockCustomers, workspaceCountry } from './resolve.ts';
import { recordStageEntry } from './stage-entry.ts';
import { newColumns } from './upsert.command.ts';
import { writePatches } from './write-patches.ts';

type CreateInput = CustomerFields & {
  externalId?: { system: string; value: string } | null;
  identities?: IdentityInput[] | null;
  createdAt?: Date | null;
};

export const customerCreate = defineCommand<CreateInput, { id: string }>({
  name: 'customerCreate',
  description: 'Makes a customer. DUPLICATE names the customer who has one of the identities already.',
  permission: 'customers:write',
  input: input('CustomerCreateInput', 'A new customer.', {
    ...customerFields,
    ...knownBy,
    stage: key('Key of the lifecycle stage.').nullish(),
    createdAt: dateTime('When the customer was first known; now unless told.').nullish(),
  }) as unknown as z.ZodType<CreateInput>,
  run: async (ctx, fields) => {
    const named = await normaliseAll(ctx, fields);
    await refuseTaken(ctx, named);
    const identities = named.map((one) => one.identity);
    const { patch } = await patchOf(ctx, fields, null);
    const createdAt = fields.createdAt ?? ctx.now;
    const made = { id: newId(), identities, columns: newColumns(ctx, patch, identities, createdAt), createdAt };
    if (!made.columns.displayName) reject('NAME_REQUIRED', 'A customer needs a name or an identity to build it from.', ['displayName']);
    await insertCustomers(ctx, [made]);
    if (patch.stageId)
      await recordStageEntry(ctx, [
        { customerId: made.id, fromId: null, toId: patch.stageId as string, occurredAt: createdAt, reason: null },
      ]);
    return { id: made.id };
  },
});

async function patchOf(ctx: CommandContext, fields: CustomerFields, current: CustomerRow | null): Promise<{ patch: Patch }> {
  const made = await toPatch(ctx, fields, await resolveReferences(ctx, [fields]), 0, current);
  if ('errors' in made) throw new UserErrors(made.errors);
  return made;
}

type Named = { identity: NormalIdentity; path: (string | number)[] };

async function normaliseAll(ctx: CommandContext, fields: CreateInput): Promise<Named[]> {
  const country = (fields.country as string | null | undefined) ?? (await workspaceCountry(ctx));
  const given: [IdentityInput, (string | number)[]][] = (fields.identities ?? []).map((one, i) => [one, ['identities', i]]);
  if (fields.externalId) given.push([{ kind: 'EXTERNAL', ...fields.externalId }, ['externalId']]);
  const normal = given.map(([one, path]) => {
    const found = normaliseIdentity(one, country);
    if (isUserError(found)) return reject(found.code, found.message, [...path, ...found.path]);
    return { identity: found, path };
  });
  return [...new Map(normal.map((one) => [identityKey(one.identity), one])).values()];
}

async function refuseTaken(ctx: CommandContext, named: Named[]): Promise<void> {
  const known = await findByIdentities(
    ctx,
    named.map((one) => one.identity),
  );
  for (const { identity, path } of named) {
    const id = known.get(identityKey(identity));
    if (id) reject('DUPLICATE', 'A customer with this identity is known already.', path, { existing: { type: 'Customer', id } });
  }
}

/** Locks a customer the caller sees; refuses with NOT_FOUND otherwise. `asked` is what the caller named: a row of a customer out of sight is missing itself. */
export async function lockCustomer(ctx: CommandContext, customerId: string, path = ['id'], asked = 'Customer'): Promise<CustomerRow> {
  const visible = await lockCustomers(ctx, [customerId]);
  const row = visible.has(customerId) ? await lockRow(ctx, 'Customer', customerId) : null;
  return row ?? notFound(asked, path);
}

type UpdateInput = CustomerFields & { id: string; expectedVersion?: number | null };

export const customerUpdate = defineCommand<UpdateInput, { id: string }>({
  name: 'customerUpdate',
  description: 'Changes a customer: absent fields stay, null clears.',
  permission: 'customers:write',
  input: input('CustomerUpdateInput', 'Changes of a customer.', {
    id: id('Customer', 'The customer.'),
    expectedVersion: version(),
    ...customerFields,
  }) as unknown as z.ZodType<UpdateInput>,
  run: async (ctx, { id: customerId, expectedVersion, ...fields }) => {
    const row = await lockCustomer(ctx, customerId);
    expectVersion('Customer', row, expectedVersion);
    const { patch } = await patchOf(ctx, fields, row);
    if (patch.displayName === '') {
      const built = nameFromParts({ ...row, ...patch }) || nameFromIdentities(await identitiesOf(ctx, customerId));
      patch.displayName =
        built || reject('NAME_REQUIRED', 'Without names and identities the display name cannot be cleared.', ['displayName']);
    }
    const changes = changesOf(row, patch);
    if (changes) await writePatches(ctx, [{ row, changes }]);
    return { id: customerId };
  },
});

function archiving(verb: 'Archive' | 'Restore') {
  const archive = verb === 'Archive';
  return defineCommand<{ id: string; expectedVersion?: number | null }, { id: string }>({
    name: `customer${verb}`,
    description: archive ? 'Archives a customer: lists hide it, nothing is lost.' : 'Brings an archived customer back.',
    permission: 'customers:write',
    input: input(`Customer${verb}Input`, `Which customer to ${verb.toLowerCase()}.`, {
      id: id('Customer', 'The customer.'),
      expectedVersion: version(),
    }),
    run: async (ctx, { id: customerId, expectedVersion }) => {
      const row = await lockCustomer(ctx, customerId);
      expectVersion('Customer', row, expectedVersion);
      if ((row.archivedAt !== null) === archive) return { id: customerId };
      const after = { archivedAt: archive ? ctx.now : null };
      await writeChanges(ctx, 'Customer', customerId, after);
      ctx.emit({
        type: `customer.${archive ? 'archived' : 'restored'}`,
        subjectType: 'Customer',
        subjectId: customerId,
        customerId,
        data: { before: { archivedAt: row.archivedAt }, after },
      });
      return { id: customerId };
    },
  });
}

export const customerArchive = archiving('Archive');
export const customerRestore = archiving('Restore');
