// What is known of a customer: identities, preferences and needs.
import sql from 'sql-template-tag';
import type { z } from 'zod';
import { type CommandContext, defineCommand } from '../../commands/command.ts';
import { bool, dateTime, id, input, oneOf, text, version } from '../../commands/fields.ts';
import { allColumns, type Change, changesOf, expectVersion, insertRows, lockRow, notFound, writeChanges } from '../../commands/rows.ts';
import { reject } from '../../commands/user-errors.ts';
import { type IdentityRow, KnowledgeBasisValues } from '../../db/models.ts';
import { newId } from '../../lib/typeid.ts';
import { lockCustomer } from './customers.commands.ts';
import { type IdentityInput, identityInput, identityKey, isUserError, normaliseIdentity } from './identity.ts';
import { adoptIdentities, type CustomerRef, customerRef, findByIdentities, requireCustomer, workspaceCountry } from './resolve.ts';

export const identityAdd = defineCommand<{ customer: CustomerRef; identity: IdentityInput }, { id: string }>({
  name: 'identityAdd',
  description: 'Adds a way in which a customer is known. DUPLICATE when it is known of another customer.',
  permission: 'customers:write',
  input: input('IdentityAddInput', 'An identity to add.', {
    customer: customerRef('The customer.'),
    identity: identityInput.meta({ gql: 'IdentityInput', description: 'The identity.' }),
  }) as unknown as z.ZodType<{ customer: CustomerRef; identity: IdentityInput }>,
  run: async (ctx, { customer, identity }) => {
    const customerId = await requireCustomer(ctx, customer, ['customer']);
    const normal = normaliseIdentity(identity, await workspaceCountry(ctx));
    if (isUserError(normal)) return reject(normal.code, normal.message, ['identity', ...normal.path]);
    const owner = (await findByIdentities(ctx, [normal])).get(identityKey(normal));
    if (owner && owner !== customerId)
      reject('DUPLICATE', 'This identity belongs to another customer.', ['identity'], { existing: { type: 'Customer', id: owner } });
    if (owner) return { id: customerId };
    await adoptIdentities(ctx, [{ customerId, identity: normal }]);
    return { id: customerId };
  },
});

/** An identity whose customer is locked and the caller's to touch; NOT_FOUND otherwise. */
async function lockIdentity(ctx: CommandContext, identityId: string): Promise<IdentityRow> {
  const read = () =>
    ctx.tx.query<IdentityRow>(
      sql`select ${allColumns('Identity')} from identities where workspace_id = ${ctx.workspaceId}::uuid and id = ${identityId}::uuid`,
    );
  const [found] = await read();
  if (!found) return notFound('Identity', ['id']);
  await lockCustomer(ctx, found.customerId, ['id'], 'Identity');
  // Read again: it may have been changed while the lock was waited for.
  const [row] = await read();
  return row ?? notFound('Identity', ['id']);
}

export const identityUpdate = defineCommand<{ id: string; verified?: boolean | null; primary?: boolean | null }, { id: string }>({
  name: 'identityUpdate',
  description: 'Says whether an identity is verified, and whether to prefer it. A preferred one takes the place of another of its kind.',
  permission: 'customers:write',
  input: input('IdentityUpdateInput', 'What to change of an identity.', {
    id: id('Identity', 'The identity.'),
    verified: bool('Whether the customer proved to own it.').nullish(),
    primary: bool('Whether to prefer it among those of its kind.').nullish(),
  }),
  run: async (ctx, { id: identityId, verified, primary }) => {
    const row = await lockIdentity(ctx, identityId);
    const changes = changesOf(row, { verified: verified ?? undefined, primary: primary ?? undefined });
    if (!changes) return { id: row.customerId };
    if (changes.after.primary) {
      await ctx.tx.execute(sql`update identities set is_primary = false
        where workspace_id = ${ctx.workspaceId}::uuid and customer_id = ${row.customerId}::uuid and kind = ${row.kind}::identity_kind and is_primary`);
    }
    await writeChanges(ctx, 'Identity', identityId, changes.after);
    const named = { kind: row.kind, system: row.system, value: row.value };
    const data = { before: { ...named, ...changes.before }, after: { ...named, ...changes.after } };
    ctx.emit({ type: 'identity.updated', subjectType: 'Customer', subjectId: row.customerId, customerId: row.customerId, data });
    return { id: row.customerId };
  },
});

export const identityRemove = defineCommand<{ id: string }, { id: string }>({
  name: 'identityRemove',
  description: 'Removes an identity; it is free for another customer then.',
  permission: 'customers:write',
  input: input('IdentityRemoveInput', 'An identity to remove.', { id: id('Identity', 'The identity.') }),
  run: async (ctx, { id: identityId }) => {
    const row = await lockIdentity(ctx, identityId);
    await ctx.tx.execute(sql`delete from identities where workspace_id = ${ctx.workspaceId}::uuid and id = ${identityId}::uuid`);
    const before = { kind: row.kind, system: row.system, value: row.value };
    ctx.emit({
      type: 'identity.removed',
      subjectType: 'Customer',
      subjectId: row.customerId,
      customerId: row.customerId,
      data: { before },
    });
    return { id: row.customerId };
  },
});

type Knowledge = {
  topic: string;
  value: string;
  basis: 'STATED' | 'INFERRED';
  source?: string | null;
  observedAt?: Date | null;
  metAt?: Date | null;
};
const knowledge = {
  topic: text('What it is about, for example `contact_time`.', 100),
  value: text('What the customer likes or lacks.', 2000),
  basis: oneOf('KnowledgeBasis', KnowledgeBasisValues, 'Stated or inferred.'),
  source: text('Where it is known from.', 200).nullish(),
  observedAt: dateTime('When it was stated or seen; now unless told.').nullish(),
};
const met = { metAt: dateTime('When the need was met.').nullish() };

function knowledgeCommands(model: 'Preference' | 'Need') {
  const noun = model.toLowerCase();
  const fields = model === 'Need' ? { ...knowledge, ...met } : knowledge;
  const event = (
    ctx: CommandContext,
    verb: string,
    subjectId: string,
    customerId: string,
    data: Change | { after: Record<string, unknown> },
  ) => ctx.emit({ type: `${noun}.${verb}`, subjectType: model, subjectId, customerId, data });
  const locked = async (ctx: CommandContext, rowId: string, expectedVersion: number | null | undefined) => {
    const row = await lockRow(ctx, model, rowId);
    if (!row) return notFound(model, ['id']);
    await lockCustomer(ctx, row.customerId, ['id'], model);
    expectVersion(model, row, expectedVersion);
    return row;
  };
  const add = defineCommand<Knowledge & { customer: CustomerRef }, { id: string }>({
    name: `${noun}Add`,
    description: `Notes a ${noun} of a customer.`,
    permission: 'customers:write',
    input: input(`${model}AddInput`, `A ${noun} to note.`, { customer: customerRef('The customer.'), ...fields }) as unknown as z.ZodType<
      Knowledge & { customer: CustomerRef }
    >,
    run: async (ctx, { customer, ...given }) => {
      const customerId = await requireCustomer(ctx, customer, ['customer']);
      const rowId = newId();
      const row = { ...given, source: given.source ?? null, observedAt: given.observedAt ?? ctx.now };
      await insertRows(ctx.tx, model, [{ workspaceId: ctx.workspaceId, id: rowId, customerId, ...row }] as never);
      event(ctx, 'added', rowId, customerId, { after: row });
      return { id: rowId };
    },
  });
  const update = defineCommand<
    Partial<Knowledge> & { id: string; expectedVersion?: number | null; archived?: boolean | null },
    { id: string }
  >({
    name: `${noun}Update`,
    description: `Changes or archives a ${noun}: absent fields stay.`,
    permission: 'customers:write',
    input: input(`${model}UpdateInput`, `Changes of a ${noun}.`, {
      id: id(model, `The ${noun}.`),
      expectedVersion: version(),
      archived: bool('Whether it is hidden from lists.').nullish(),
      ...Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, (field as z.ZodType).optional()])),
    }) as unknown as z.ZodType<Partial<Knowledge> & { id: string }>,
    run: async (ctx, { id: rowId, expectedVersion, archived, ...given }) => {
      const row = await locked(ctx, rowId, expectedVersion);
      if (given.observedAt === null) reject('REQUIRED', 'This field cannot be cleared.', ['observedAt']);
      const archivedAt = archived == null ? row.archivedAt : archived ? (row.archivedAt ?? ctx.now) : null;
      const changes = changesOf(row, { ...given, archivedAt });
      if (!changes) return { id: rowId };
      await writeChanges(ctx, model, rowId, changes.after);
      event(ctx, 'updated', rowId, row.customerId, changes);
      return { id: rowId };
    },
  });
  return { add, update };
}

export const preferenceCommands = knowledgeCommands('Preference');
export const needCommands = knowledgeCommands('Need');
