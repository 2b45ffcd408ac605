// Makes and changes many ties at once: each statement of it serves all rows.
import sql from 'sql-template-tag';
import { type BulkRow, wavesOf } from '../../commands/bulk.ts';
import type { CommandContext } from '../../commands/command.ts';
import { allColumns, type Change, changesOf, insertSql, writeManyChanges } from '../../commands/rows.ts';
import { type UserError, userError } from '../../commands/user-errors.ts';
import { RetryTransaction } from '../../db/database.ts';
import type { RelationshipRow } from '../../db/models.ts';
import { newId } from '../../lib/typeid.ts';
import { reachOf, reachPolicy } from '../customers/index.ts';
import type { Kind } from './kinds.ts';
import { addTie, loadTies, objection, removeTie, type Tie, type Ties } from './rules.ts';

/** The columns that a caller gives besides the ends; absent ones are undefined. */
export type TieFields = Partial<Pick<RelationshipRow, 'title' | 'since' | 'until' | 'externalSystem' | 'externalId'>>;
export type TieWrite = { kind: Kind; fromId: string; toId: string; fields: TieFields };
export type TieReport = {
  done: (index: number, status: 'CREATED' | 'UPDATED' | 'UNCHANGED', id: string) => void;
  reject: (index: number, error: UserError) => void;
};
type Write = BulkRow<TieWrite>;
type Plan = { created: RelationshipRow[]; updated: { row: RelationshipRow; changes: Change }[] };

const tripleOf = (tie: { kindId: string; fromId: string; toId: string }) => `${tie.kindId} ${tie.fromId} ${tie.toId}`;
const tripleOfWrite = ({ kind, fromId, toId }: TieWrite) => tripleOf({ kindId: kind.id, fromId, toId });
const refOf = (system: string | null | undefined, value: string | null | undefined) =>
  system == null ? null : JSON.stringify([system, value]);
const keysOf = (write: TieWrite) =>
  [tripleOfWrite(write), refOf(write.fields.externalSystem, write.fields.externalId)].filter((key) => key !== null);

/**
 * Makes ties, or changes the one with the same external reference or the same kind and ends. The caller holds the locks
 * of the kinds and customers. `existing: 'refuse'` rejects what is there already with DUPLICATE.
 */
export async function writeTies(ctx: CommandContext, writes: Write[], existing: 'change' | 'refuse', report: TieReport): Promise<void> {
  // Names in different words can mean the same tie: only now, with ids, it shows.
  for (const wave of wavesOf(writes, keysOf)) {
    for (let left = wave; left.length > 0; ) left = await writeWave(ctx, left, existing, report);
  }
}

/** Answers the writes that must come after these, since they found a tie that one of these changes. */
async function writeWave(ctx: CommandContext, wave: Write[], existing: 'change' | 'refuse', report: TieReport): Promise<Write[]> {
  const found = await findTies(ctx, wave);
  const ties = await loadTies(
    ctx,
    wave.map(({ value }) => value),
  );
  const foreign = await outOfReach(ctx, [...found.byRef.values()]);
  const plan: Plan = { created: [], updated: [] };
  const claimed = new Set<RelationshipRow>();
  const left: Write[] = [];
  for (const write of wave) {
    const { index, value } = write;
    const byRef = found.byRef.get(refOf(value.fields.externalSystem, value.fields.externalId) ?? '');
    const byTriple = found.byTriple.get(tripleOfWrite(value));
    const row = byRef ?? byTriple;
    if ((byRef && claimed.has(byRef)) || (byTriple && claimed.has(byTriple))) {
      left.push(write);
      continue;
    }
    if (row) claimed.add(row);
    const duplicate = row && (existing === 'refuse' || (byRef && byTriple && byRef !== byTriple));
    const taken = byRef && foreign.has(byRef.id) ? NOT_VISIBLE : null;
    const error = taken ?? (duplicate ? duplicateOf(byTriple ?? row) : null);
    if (error) report.reject(index, error);
    else planOne(ctx, plan, ties, index, value, row ?? null, report);
  }
  await carryOut(ctx, plan);
  return left;
}

const NOT_VISIBLE = userError('NOT_VISIBLE', 'This relationship is known, but between customers not in the rows of your role.', [
  'externalRef',
]);

/** Ties with a customer that the caller may not touch: a reference must not take them over. */
async function outOfReach(ctx: CommandContext, rows: RelationshipRow[]): Promise<Set<string>> {
  if (rows.length === 0 || reachOf(ctx) === 'ALL') return new Set();
  const ends = [...new Set(rows.flatMap((row) => [row.fromId, row.toId]))];
  const near = await ctx.tx.query<{ id: string }>(
    sql`select c.id from customers c where ${reachPolicy(ctx, 'c')} and c.id = any(${ends}::uuid[])`,
  );
  const reached = new Set(near.map(({ id }) => id));
  return new Set(rows.filter((row) => !reached.has(row.fromId) || !reached.has(row.toId)).map((row) => row.id));
}

function duplicateOf(row: RelationshipRow): UserError {
  return userError('DUPLICATE', 'There is such a relationship already.', [], { existing: { type: 'Relationship', id: row.id } });
}

function planOne(
  ctx: CommandContext,
  plan: Plan,
  ties: Ties,
  index: number,
  write: TieWrite,
  row: RelationshipRow | null,
  report: TieReport,
): void {
  const ends = { kindId: write.kind.id, fromId: write.fromId, toId: write.toId };
  const changes = row && changesOf(row, { ...ends, ...write.fields });
  if (row && !changes) {
    report.done(index, 'UNCHANGED', row.id);
    return;
  }
  const after = { ...(row ?? blank(ctx)), ...ends, ...given(write.fields) };
  const error = wrongPeriod(after) ?? applyTie(ctx, ties, write.kind, row, after);
  if (error) {
    report.reject(index, error);
    return;
  }
  if (row) plan.updated.push({ row, changes: changes! });
  else plan.created.push(after);
  report.done(index, row ? 'UPDATED' : 'CREATED', after.id);
}

/** Plays a change of a tie on those there are; answers what speaks against it and then leaves them as they were. */
export function applyTie(
  ctx: CommandContext,
  ties: Ties,
  kind: Kind,
  before: RelationshipRow | null,
  after: RelationshipRow,
): UserError | null {
  if (isActiveTie(ctx, after)) {
    const error = objection(ties, kind, after);
    if (error) return error;
  }
  if (before) removeTie(ties, before);
  if (isActiveTie(ctx, after)) addTie(ties, after);
  return null;
}

function isActiveTie(ctx: CommandContext, tie: RelationshipRow): boolean {
  return tie.archivedAt === null && (tie.until === null || tie.until >= ctx.now.toISOString().slice(0, 10));
}

/** Refuses a tie that ends before it begins. */
export function wrongPeriod({ since, until }: { since: string | null; until: string | null }): UserError | null {
  return since !== null && until !== null && until < since ? userError('PERIOD_INVALID', 'It ends before it begins.', ['until']) : null;
}

function blank(ctx: CommandContext): RelationshipRow {
  const empty = { kindId: '', fromId: '', toId: '', title: null, since: null, until: null, externalSystem: null, externalId: null };
  return { workspaceId: ctx.workspaceId, id: newId(), ...empty, version: 1, createdAt: ctx.now, updatedAt: ctx.now, archivedAt: null };
}

function given(fields: TieFields): TieFields {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

type Found = { byRef: Map<string, RelationshipRow>; byTriple: Map<string, RelationshipRow> };

async function findTies(ctx: CommandContext, wave: Write[]): Promise<Found> {
  const refs = wave.flatMap(({ value: { fields } }) => (fields.externalSystem == null ? [] : [fields]));
  const rows = await ctx.tx.query<RelationshipRow>(sql`select ${allColumns('Relationship', 'r')} from relationships r
    where r.workspace_id = ${ctx.workspaceId}::uuid and r.id in (
      select t.id from unnest(${wave.map(({ value }) => value.kind.id)}::uuid[], ${wave.map(({ value }) => value.fromId)}::uuid[], ${wave.map(({ value }) => value.toId)}::uuid[]) as w(kind_id, from_id, to_id)
        cross join lateral (select x.id from relationships x where x.workspace_id = ${ctx.workspaceId}::uuid and x.kind_id = w.kind_id and x.from_id = w.from_id and x.to_id = w.to_id limit 1) t
      union all
      select t.id from unnest(${refs.map((ref) => ref.externalSystem)}::text[], ${refs.map((ref) => ref.externalId)}::text[]) as w(external_system, external_id)
        cross join lateral (select x.id from relationships x where x.workspace_id = ${ctx.workspaceId}::uuid and x.external_system = w.external_system and x.external_id = w.external_id limit 1) t)
    order by r.id for no key update of r`);
  return {
    byRef: new Map(
      rows.flatMap((row) => (row.externalSystem === null ? [] : [[refOf(row.externalSystem, row.externalId)!, row] as const])),
    ),
    byTriple: new Map(rows.map((row) => [tripleOf(row), row])),
  };
}

async function carryOut(ctx: CommandContext, { created, updated }: Plan): Promise<void> {
  if (created.length > 0) {
    const inserted = await ctx.tx.execute(sql`${insertSql('Relationship', created)} on conflict do nothing`);
    if (inserted < created.length) throw new RetryTransaction('a relationship was made meanwhile');
  }
  await writeManyChanges(
    ctx,
    'Relationship',
    updated.map(({ row, changes }) => ({ id: row.id, after: changes.after })),
  ).catch(retryTaken);
  for (const row of created) emitTie(ctx, 'created', row, { after: contentOf(row) });
  for (const { row, changes } of updated) emitTie(ctx, 'updated', { ...row, ...changes.after } as Tie, changes);
}

// Another transaction took the same external reference meanwhile: begun again, this one finds it.
export function retryTaken(error: unknown): never {
  if ((error as { code?: string }).code === '23505') throw new RetryTransaction('an external reference was taken meanwhile');
  throw error;
}

function contentOf({ kindId, fromId, toId, ...row }: RelationshipRow): Record<string, unknown> {
  const { title, since, until, externalSystem, externalId } = row;
  const optional = Object.fromEntries(
    Object.entries({ title, since, until, externalSystem, externalId }).filter(([, value]) => value !== null),
  );
  return { kindId, fromId, toId, ...optional };
}

/** Appends `relationship.<what>`; it concerns the first customer. */
export function emitTie(
  ctx: CommandContext,
  what: string,
  tie: { id: string; fromId: string },
  data: { before?: Record<string, unknown>; after?: Record<string, unknown> },
): void {
  ctx.emit({ type: `relationship.${what}`, subjectType: 'Relationship', subjectId: tie.id, customerId: tie.fromId, data });
}
