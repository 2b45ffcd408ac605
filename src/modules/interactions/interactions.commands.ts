// Recording interactions, one or many. The same external reference again is the same interaction.
import sql, { type Sql } from 'sql-template-tag';
import { type BulkRow, type BulkSink, defineBulkCommand } from '../../commands/bulk.ts';
import { type CommandContext, defineCommand } from '../../commands/command.ts';
import { allColumns, changesOf, insertSql, writeManyChanges } from '../../commands/rows.ts';
import { type UserError, UserErrors, userError } from '../../commands/user-errors.ts';
import { RetryTransaction } from '../../db/database.ts';
import type { InteractionRow } from '../../db/models.ts';
import { newId } from '../../lib/typeid.ts';
import { reachOf, reachPolicy } from '../customers/index.ts';
import { attachConversations } from './conversations.ts';
import { type InteractionInput, interactionInput, interactionRow } from './interaction-fields.ts';
import { correctParticipants, insertParticipants, resolveParticipants } from './participants.ts';
import { type Prepared, prepareInteractions } from './prepare.ts';
import { applyTraceless } from './traceless.ts';

const refKey = (system: unknown, value: unknown) => `${system}\n${value}`;

/** References `w` with the interaction `r` of each: one index look-up apiece, whatever the planner believes of the table's size. */
function recordedUnder(ctx: CommandContext, refs: { system: string; value: string }[]): Sql {
  return sql`unnest(${refs.map((ref) => ref.system)}::text[], ${refs.map((ref) => ref.value)}::text[]) as w(system, value)
    cross join lateral (select id, customer_id from interactions
      where workspace_id = ${ctx.workspaceId}::uuid and external_system = w.system and external_id = w.value limit 1) r`;
}

/** What was recorded under the references of these rows, locked. */
async function findByExternalRef(ctx: CommandContext, prepared: Prepared[]): Promise<Map<string, InteractionRow>> {
  const refs = prepared.flatMap((one) => one.input.externalRef ?? []);
  if (refs.length === 0) return new Map();
  const rows = await ctx.tx.query<InteractionRow>(sql`select ${allColumns('Interaction', 'i')} from interactions i
    where i.workspace_id = ${ctx.workspaceId}::uuid and i.id = any(array(select r.id from ${recordedUnder(ctx, refs)})) order by i.id for no key update`);
  return new Map(rows.map((row) => [refKey(row.externalSystem, row.externalId), row]));
}

/** Rejects rows whose reference is that of an interaction with a customer out of the caller's reach: they must not take it over. */
async function keepReach(ctx: CommandContext, rows: BulkRow<InteractionInput>[], sink: BulkSink): Promise<BulkRow<InteractionInput>[]> {
  const refs = rows.flatMap(({ value }) => value.externalRef ?? []);
  if (refs.length === 0 || reachOf(ctx) === 'ALL') return rows;
  const taken = await ctx.tx.query<{ system: string; value: string }>(sql`select w.system, w.value
    from ${recordedUnder(ctx, refs)} where not exists (select from customers c where c.id = r.customer_id and ${reachPolicy(ctx, 'c')})`);
  const keys = new Set(taken.map((ref) => refKey(ref.system, ref.value)));
  return rows.filter(({ index, value: { externalRef } }) => {
    if (!externalRef || !keys.has(refKey(externalRef.system, externalRef.value))) return true;
    sink.reject(
      index,
      userError('NOT_VISIBLE', 'This interaction is recorded, but with a customer not in the rows of your role.', ['externalRef']),
    );
    return false;
  });
}

async function recordAll(ctx: CommandContext, rows: BulkRow<InteractionInput>[], sink: BulkSink): Promise<void> {
  const found = await prepareInteractions(ctx, await keepReach(ctx, rows, sink), sink);
  const prepared = await resolveParticipants(ctx, await attachConversations(ctx, found, sink), sink);
  const known = await findByExternalRef(ctx, prepared);
  const isKnown = (one: Prepared) =>
    one.input.externalRef ? known.get(refKey(one.input.externalRef.system, one.input.externalRef.value)) : undefined;
  await insertNew(
    ctx,
    prepared.filter((one) => !isKnown(one)),
    sink,
  );
  await correctKnown(
    ctx,
    prepared.flatMap((one) => (isKnown(one) ? [{ one, row: isKnown(one)! }] : [])),
    sink,
  );
}

async function insertNew(ctx: CommandContext, fresh: Prepared[], sink: BulkSink): Promise<void> {
  if (fresh.length === 0) return;
  const { kind, id: actorId } = ctx.viewer.actor;
  const rows = fresh.map(({ columns }) => ({
    workspaceId: ctx.workspaceId,
    id: newId(),
    ...columns,
    userId: columns.userId ?? ctx.viewer.userId,
    actorKind: kind,
    actorId,
    createdAt: ctx.now,
    updatedAt: ctx.now,
  }));
  const inserted = await ctx.tx.execute(sql`${insertSql('Interaction', rows)} on conflict do nothing`);
  if (inserted < rows.length) throw new RetryTransaction('an external reference was taken meanwhile');
  await insertParticipants(
    ctx,
    fresh.map(({ participants }, i) => ({ id: rows[i]!.id, participants })),
  );
  fresh.forEach(({ index, columns }, i) => {
    sink.done(index, 'CREATED', rows[i]!.id);
    ctx.emit({
      type: 'interaction.recorded',
      subjectType: 'Interaction',
      subjectId: rows[i]!.id,
      customerId: columns.customerId,
      data: { after: withoutNulls(columns) },
    });
  });
}

async function correctKnown(ctx: CommandContext, known: { one: Prepared; row: InteractionRow }[], sink: BulkSink): Promise<void> {
  const others = await correctParticipants(ctx, known);
  const changed = known.flatMap(({ one, row }) => {
    const changes = changesOf(row, given(one, row));
    const changesAnything = changes !== null || others.has(row.id);
    sink.done(one.index, changesAnything ? 'UPDATED' : 'UNCHANGED', row.id);
    return changesAnything ? [{ row, columns: one.columns, changes: changes ?? { before: {}, after: {} } }] : [];
  });
  await writeManyChanges(
    ctx,
    'Interaction',
    changed.map(({ row, changes }) => ({ id: row.id, after: changes.after })),
  );
  for (const { row, columns, changes } of changed) {
    const { before, after } = others.get(row.id) ?? {};
    const data = { before: { ...changes.before, ...before }, after: { ...changes.after, ...after } };
    ctx.emit({ type: 'interaction.corrected', subjectType: 'Interaction', subjectId: row.id, customerId: columns.customerId, data });
  }
}

/** Which optional field of the input says what a column is to be; columns that are not here are always said. */
const saidBy: Record<string, keyof InteractionInput> = {
  touchPointId: 'touchPoint',
  userId: 'user',
  conversationId: 'conversation',
  occurredAt: 'occurredAt',
  subject: 'subject',
  body: 'body',
  outcome: 'outcome',
  sentiment: 'sentiment',
  duration: 'duration',
  costAmount: 'cost',
  costCurrency: 'cost',
  valueAmount: 'value',
  valueCurrency: 'value',
  attributes: 'attributes',
};
const neverCleared: (keyof InteractionInput)[] = ['occurredAt', 'attributes'];

/** The columns that the input says something about: what it leaves out stays as it was recorded, null clears. */
function given({ input, columns }: Prepared, row: InteractionRow): Record<string, unknown> {
  const said = Object.entries(columns).filter(([name]) => {
    const field = saidBy[name];
    return field === undefined || (neverCleared.includes(field) ? input[field] != null : input[field] !== undefined);
  });
  // A conversation is one customer's: with another customer the interaction leaves it.
  const leaves = columns.customerId !== row.customerId ? { conversationId: columns.conversationId } : {};
  return { ...Object.fromEntries(said), ...leaves };
}

function withoutNulls(columns: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(columns).filter(
      ([name, value]) => value !== null && !(name === 'attributes' && Object.keys(value as object).length === 0),
    ),
  );
}

export const interactionsRecord = defineBulkCommand<InteractionInput>({
  name: 'interactionsRecord',
  description:
    'Records interactions. Customers are recognised by their identities; unknown ones are made. The same external reference again changes nothing, or corrects what was recorded: absent fields stay, null clears.',
  permission: 'interactions:write',
  inputName: 'InteractionsRecordInput',
  row: interactionRow,
  keysOf: (row) => (row.externalRef ? [refKey(row.externalRef.system, row.externalRef.value)] : []),
  apply: (ctx, rows, sink) =>
    rows.some(({ value }) => value.conversation || value.participants?.length)
      ? applyTraceless(ctx, rows, sink, recordAll)
      : recordAll(ctx, rows, sink),
});

export const interactionRecord = defineCommand<InteractionInput, { id: string }>({
  name: 'interactionRecord',
  description: 'Records one interaction. The customer is recognised by its identity; an unknown one is made.',
  permission: 'interactions:write',
  input: interactionInput,
  run: async (ctx, value) => {
    let recorded: string | null = null;
    const errors: UserError[] = [];
    await recordAll(ctx, [{ index: 0, value }], {
      done: (_index, _status, id) => {
        recorded = id;
      },
      reject: (_index, ...found) => errors.push(...found),
      isRejected: () => errors.length > 0,
    });
    if (recorded === null) throw new UserErrors(errors);
    return { id: recorded };
  },
});
