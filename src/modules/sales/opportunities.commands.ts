// Making and changing opportunities, one or many at a time.
import sql from 'sql-template-tag';
import type { z } from 'zod';
import { type BulkRow, type BulkSink, defineBulkCommand, rowError } from '../../commands/bulk.ts';
import { type Command, type CommandContext, defineCommand } from '../../commands/command.ts';
import { id, input, version } from '../../commands/fields.ts';
import { expectVersion, writeChanges } from '../../commands/rows.ts';
import { reject, UserErrors } from '../../commands/user-errors.ts';
import { RetryTransaction } from '../../db/database.ts';
import type { OpportunityRow } from '../../db/models.ts';
import { type OpportunityInput, opportunityName, plainFields, wholeFields } from './opportunity-fields.ts';
import './opportunities.entity.ts';
import { emitOpportunity } from './opportunity-events.ts';
import { lockOpportunities, lockOpportunity, reachOf } from './ownership.ts';
import { prepareDrafts } from './prepare.ts';
import { saveOpportunities, saveOpportunity, takenRef } from './save.ts';

const permission = 'opportunities:write';
type Ref = { system: string; value: string };
type Target = { id: string; expectedVersion?: number | null };
const target = { id: id('Opportunity', 'The opportunity.'), expectedVersion: version() };

/** The draft of one command; throws what is wrong with it. */
async function draftOf(ctx: CommandContext, value: OpportunityInput, row: OpportunityRow | null) {
  const [draft] = await prepareDrafts(ctx, [{ index: 0, value, row }], (_index, ...errors) => {
    throw new UserErrors(errors);
  });
  return draft!;
}

async function refuseTaken(ctx: CommandContext, ref: Ref | null | undefined, self: string | null): Promise<void> {
  if (!ref) return;
  const [found] = await findByRef(ctx, [ref]);
  if (found && found.id !== self) throw new UserErrors([takenRef(found.id)]);
}

type Found = Ref & { id: string };

function findByRef(ctx: CommandContext, refs: readonly Ref[]): Promise<Found[]> {
  return ctx.tx.query<Found>(sql`select o.id, w.system, w.value
    from unnest(${refs.map((ref) => ref.system)}::text[], ${refs.map((ref) => ref.value)}::text[]) as w(system, value)
    cross join lateral (select x.id from opportunities x
      where x.workspace_id = ${ctx.workspaceId}::uuid and x.external_system = w.system and x.external_id = w.value limit 1) o`);
}

export const opportunityCreate = defineCommand<OpportunityInput & { name: string }, { id: string }>({
  name: 'opportunityCreate',
  description:
    'Makes an opportunity, in the first open stage of its pipeline unless told. One that is closed already gets its whole history.',
  permission,
  input: input('OpportunityCreateInput', 'A new opportunity.', { name: opportunityName(), ...wholeFields }) as unknown as z.ZodType<
    OpportunityInput & { name: string }
  >,
  run: async (ctx, fields) => {
    await refuseTaken(ctx, fields.externalRef, null);
    return saveOpportunity(ctx, await draftOf(ctx, fields, null));
  },
});

export const opportunityUpdate = defineCommand<Target & OpportunityInput, { id: string }>({
  name: 'opportunityUpdate',
  description: 'Changes an opportunity: absent fields stay, null clears. Where it stands is changed by opportunityMove.',
  permission,
  input: input('OpportunityUpdateInput', 'Changes of an opportunity.', {
    ...target,
    name: opportunityName().nullish(),
    ...plainFields,
  }) as unknown as z.ZodType<Target & OpportunityInput>,
  run: async (ctx, { id: asked, expectedVersion, ...fields }) => {
    if (fields.name === null) reject('REQUIRED', 'This field cannot be cleared.', ['name']);
    const row = await lockOpportunity(ctx, asked);
    expectVersion('Opportunity', row, expectedVersion);
    await refuseTaken(ctx, fields.externalRef, row.id);
    return saveOpportunity(ctx, await draftOf(ctx, fields, row));
  },
});

function archiving(verb: 'Archive' | 'Restore'): Command<Target, { id: string }> {
  const archive = verb === 'Archive';
  return defineCommand<Target, { id: string }>({
    name: `opportunity${verb}`,
    description: archive
      ? 'Archives an opportunity: lists hide it and figures leave it out, nothing is lost.'
      : 'Brings an archived opportunity back.',
    permission,
    input: input(`Opportunity${verb}Input`, `Which opportunity to ${verb.toLowerCase()}.`, target) as unknown as z.ZodType<Target>,
    run: async (ctx, { id: asked, expectedVersion }) => {
      const row = await lockOpportunity(ctx, asked);
      expectVersion('Opportunity', row, expectedVersion);
      if ((row.archivedAt !== null) === archive) return { id: row.id };
      const after = { archivedAt: archive ? ctx.now : null };
      await writeChanges(ctx, 'Opportunity', row.id, after);
      emitOpportunity(ctx, archive ? 'archived' : 'restored', row, { before: { archivedAt: row.archivedAt }, after });
      return { id: row.id };
    },
  });
}

export const opportunityArchive = archiving('Archive');
export const opportunityRestore = archiving('Restore');

type UpsertRow = OpportunityInput & { externalRef: Ref; name: string };

export const opportunitiesUpsert = defineBulkCommand<UpsertRow>({
  name: 'opportunitiesUpsert',
  description:
    'Makes or changes opportunities, matched by external reference. Absent fields of existing ones stay; archived ones stay archived. The same rows again change nothing.',
  permission,
  inputName: 'OpportunitiesUpsertInput',
  row: input('OpportunityUpsertRow', 'One opportunity to make or change.', {
    name: opportunityName(),
    ...wholeFields,
    externalRef: plainFields.externalRef.unwrap().unwrap(),
  }) as unknown as z.ZodType<UpsertRow>,
  keysOf: ({ externalRef }) => [JSON.stringify([externalRef.system, externalRef.value])],
  apply: upsert,
});

async function upsert(ctx: CommandContext, rows: BulkRow<UpsertRow>[], sink: BulkSink): Promise<void> {
  const keyOf = (ref: Ref) => JSON.stringify([ref.system, ref.value]);
  const found = new Map(
    (
      await findByRef(
        ctx,
        rows.map(({ value }) => value.externalRef),
      )
    ).map((one) => [keyOf(one), one.id]),
  );
  const locked = new Map((await lockOpportunities(ctx, [...found.values()])).map((row) => [row.id, row]));
  const seen = rows.filter(({ index, value }) => {
    const known = found.get(keyOf(value.externalRef));
    if (!known || locked.has(known)) return true;
    if (reachOf(ctx) === 'ALL') throw new RetryTransaction('the opportunity was removed meanwhile');
    sink.reject(index, rowError('NOT_VISIBLE', 'This opportunity is known, but not in the rows of your role.', ['externalRef']));
    return false;
  });
  const written = seen.map(({ index, value }) => ({ index, value, row: locked.get(found.get(keyOf(value.externalRef)) ?? '') ?? null }));
  await saveOpportunities(ctx, await prepareDrafts(ctx, written, sink.reject), sink);
}
