// Who else took part in an interaction.
import sql from 'sql-template-tag';
import type { BulkSink } from '../../commands/bulk.ts';
import type { CommandContext } from '../../commands/command.ts';
import { type Change, insertRows } from '../../commands/rows.ts';
import { userError } from '../../commands/user-errors.ts';
import { newId } from '../../lib/typeid.ts';
import { resolveUserRefs } from '../access/index.ts';
import { resolveCustomerRefs } from '../customers/index.ts';
import type { ParticipantInput } from './interaction-fields.ts';
import type { Prepared } from './prepare.ts';

/** Finds the customers and users who took part; unknown identities become customers. Rejects rows that name neither or both, or nobody known. */
export async function resolveParticipants(ctx: CommandContext, prepared: Prepared[], sink: BulkSink): Promise<Prepared[]> {
  const named = prepared.flatMap((one) =>
    (one.input.participants ?? []).map((given, i) => ({ one, given, path: ['participants', String(i)] })),
  );
  if (named.length === 0) return prepared;
  const rejected = new Set<Prepared>();
  const refuse = (one: Prepared, code: string, message: string, path: string[]) => {
    rejected.add(one);
    sink.reject(one.index, userError(code, message, path));
  };
  for (const { one, given, path } of named) {
    if (Boolean(given.customer) === Boolean(given.user)) refuse(one, 'PARTICIPANT_INVALID', 'Name either a customer or a user.', path);
  }
  const sound = named.filter(({ one }) => !rejected.has(one));
  const users = await resolveUserRefs(
    ctx,
    sound.map(({ given }) => given.user),
  );
  const withCustomer = sound.filter(({ given }) => given.customer);
  const customers = await resolveCustomerRefs(
    ctx,
    withCustomer.map(({ given }) => given.customer!),
    { create: true },
  );
  const byEntry = new Map(withCustomer.map((entry, i) => [entry, customers[i]!]));
  for (const [i, entry] of sound.entries()) {
    const { one, given, path } = entry;
    const customer = byEntry.get(entry);
    if (customer && 'error' in customer)
      refuse(one, customer.error.code, customer.error.message, [...path, 'customer', ...customer.error.path]);
    else if (given.user && !users[i]) refuse(one, 'NOT_FOUND', 'There is no such user.', [...path, 'user']);
    else addParticipant(one, given, customer && 'id' in customer ? customer.id : null, users[i] ?? null);
  }
  return prepared.filter((one) => !rejected.has(one));
}

function addParticipant(one: Prepared, given: ParticipantInput, customerId: string | null, userId: string | null): void {
  one.participants ??= [];
  one.participants.push({ customerId, userId, role: given.role });
}

type Participant = { customerId: string | null; userId: string | null; role: string };

/** Writes the participants of new interactions. */
export async function insertParticipants(
  ctx: CommandContext,
  made: { id: string; participants: Participant[] | undefined }[],
): Promise<void> {
  const rows = made.flatMap(({ id: interactionId, participants }) =>
    (participants ?? []).map((one) => ({ workspaceId: ctx.workspaceId, id: newId(), interactionId, ...one })),
  );
  await insertRows(ctx.tx, 'InteractionParticipant', rows);
}

const setOf = (participants: Participant[]) =>
  JSON.stringify(participants.map(({ customerId, userId, role }) => [customerId, userId, role]).sort());

/** Replaces the participants of recorded interactions by those that the input names, where it names any; answers what changed, told by their roles. */
export async function correctParticipants(
  ctx: CommandContext,
  known: { one: Prepared; row: { id: string } }[],
): Promise<Map<string, Change>> {
  const named = known.filter(({ one }) => one.input.participants);
  if (named.length === 0) return new Map();
  const ids = named.map(({ row }) => row.id);
  const rows = await ctx.tx.query<Participant & { interactionId: string }>(sql`
    select interaction_id as "interactionId", customer_id as "customerId", user_id as "userId", role from interaction_participants
    where workspace_id = ${ctx.workspaceId}::uuid and interaction_id = any(${ids}::uuid[])`);
  const present = Map.groupBy(rows, (row) => row.interactionId);
  const rolesOf = (participants: Participant[]) => ({ participants: participants.map(({ role }) => role).sort() });
  const changed = named.flatMap(({ one: { participants = [] }, row: { id } }) => {
    const before = present.get(id) ?? [];
    return setOf(before) === setOf(participants) ? [] : [{ id, participants, before }];
  });
  if (changed.length === 0) return new Map();
  await ctx.tx.execute(
    sql`delete from interaction_participants where workspace_id = ${ctx.workspaceId}::uuid and interaction_id = any(${changed.map(({ id }) => id)}::uuid[])`,
  );
  await insertParticipants(ctx, changed);
  return new Map(changed.map(({ id, participants, before }) => [id, { before: rolesOf(before), after: rolesOf(participants) }]));
}
