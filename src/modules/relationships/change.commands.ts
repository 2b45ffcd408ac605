// Changing one tie that is there: its fields, or whether it is archived. Its kind and customers stay.
import sql from 'sql-template-tag';
import type { z } from 'zod';
import { type Command, type CommandContext, defineCommand } from '../../commands/command.ts';
import { id, input, version } from '../../commands/fields.ts';
import { changesOf, expectVersion, lockRow, notFound, writeChanges } from '../../commands/rows.ts';
import { reject, UserErrors } from '../../commands/user-errors.ts';
import { RetryTransaction } from '../../db/database.ts';
import type { RelationshipRow } from '../../db/models.ts';
import { lockCustomers } from '../customers/index.ts';
import { type Kind, kindById, lockKinds } from './kinds.ts';
import { type TieInput, tieFields, toTieFields } from './relationship-fields.ts';
import { loadTies } from './rules.ts';
import { applyTie, emitTie, retryTaken, wrongPeriod } from './write-ties.ts';
import './relationships.entity.ts';

type Target = { id: string; expectedVersion?: number | null };
const permission = 'relationships:write';
const target = { id: id('Relationship', 'The relationship.'), expectedVersion: version() };

/** Locks a tie with its kind and customers, in the order of everyone who writes ties. */
async function lockTie(ctx: CommandContext, { id: tieId, expectedVersion }: Target): Promise<{ row: RelationshipRow; kind: Kind }> {
  const [seen] = await ctx.tx.query<{
    kindId: string;
    fromId: string;
    toId: string;
  }>(sql`select kind_id as "kindId", from_id as "fromId", to_id as "toId"
    from relationships where workspace_id = ${ctx.workspaceId}::uuid and id = ${tieId}::uuid`);
  if (!seen) notFound('Relationship', ['id']);
  const kind = await kindById(ctx, seen.kindId);
  await lockKinds(ctx, [kind]);
  const visible = await lockCustomers(ctx, [seen.fromId, seen.toId]);
  if (visible.size < 2) notFound('Relationship', ['id']);
  const row = (await lockRow(ctx, 'Relationship', tieId)) ?? notFound('Relationship', ['id']);
  if (row.kindId !== seen.kindId || row.fromId !== seen.fromId || row.toId !== seen.toId)
    throw new RetryTransaction('the relationship moved meanwhile');
  expectVersion('Relationship', row, expectedVersion);
  return { row, kind };
}

async function checkRules(ctx: CommandContext, kind: Kind, before: RelationshipRow, after: RelationshipRow): Promise<void> {
  const ties = await loadTies(ctx, [{ kind, fromId: after.fromId, toId: after.toId }]);
  const error = wrongPeriod(after) ?? applyTie(ctx, ties, kind, before, after);
  if (error) throw new UserErrors([error]);
}

export const relationshipUpdate = defineCommand<Target & TieInput, { id: string }>({
  name: 'relationshipUpdate',
  description: 'Changes a relationship: absent fields stay, null clears. Its kind and customers stay: make another one instead.',
  permission,
  input: input('RelationshipUpdateInput', 'Changes of a relationship.', { ...target, ...tieFields }) as unknown as z.ZodType<
    Target & TieInput
  >,
  run: async (ctx, given) => {
    const { row, kind } = await lockTie(ctx, given);
    const changes = changesOf(row, toTieFields(given));
    if (!changes) return { id: row.id };
    await checkRules(ctx, kind, row, { ...row, ...changes.after });
    if (changes.after.externalId) await refuseTakenRef(ctx, given.externalRef!);
    await writeChanges(ctx, 'Relationship', row.id, changes.after).catch(retryTaken);
    emitTie(ctx, 'updated', row, changes);
    return { id: row.id };
  },
});

async function refuseTakenRef(ctx: CommandContext, ref: { system: string; value: string }): Promise<void> {
  const [other] = await ctx.tx.query<{ id: string }>(sql`select id from relationships
    where workspace_id = ${ctx.workspaceId}::uuid and external_system = ${ref.system} and external_id = ${ref.value}`);
  if (other)
    reject('DUPLICATE', 'Another relationship has this external reference.', ['externalRef'], {
      existing: { type: 'Relationship', id: other.id },
    });
}

function archiving(verb: 'Archive' | 'Restore'): Command<Target, { id: string }> {
  const archive = verb === 'Archive';
  return defineCommand<Target, { id: string }>({
    name: `relationship${verb}`,
    description: archive
      ? 'Archives a relationship: it no longer counts, lists hide it, nothing is lost.'
      : 'Brings an archived relationship back, if the rules of its kind allow it.',
    permission,
    input: input(`Relationship${verb}Input`, `Which relationship to ${verb.toLowerCase()}.`, target) as unknown as z.ZodType<Target>,
    run: async (ctx, given) => {
      const { row, kind } = await lockTie(ctx, given);
      if ((row.archivedAt !== null) === archive) return { id: row.id };
      const after = { archivedAt: archive ? ctx.now : null };
      if (!archive) await checkRules(ctx, kind, row, { ...row, ...after });
      await writeChanges(ctx, 'Relationship', row.id, after);
      emitTie(ctx, archive ? 'archived' : 'restored', row, { before: { archivedAt: row.archivedAt }, after });
      return { id: row.id };
    },
  });
}

export const relationshipArchive = archiving('Archive');
export const relationshipRestore = archiving('Restore');
