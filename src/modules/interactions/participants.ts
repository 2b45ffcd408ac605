// Who else took part in an interaction.
import type { BulkSink } from '../../commands/bulk.ts';
import type { CommandContext } from '../../commands/command.ts';
import { userError } from '../../commands/user-errors.ts';
import { resolveUserRefs } from '../access/index.ts';
import { resolveCustomerRefs } from '../customers/index.ts';
import type { ParticipantInput } from './interaction-fields.ts';
import type { Prepared } from './prepare.ts';

/** Finds the customers and users who took part; unknown identities become customers. Rejects rows that name neither or both, or nobody known. */
export async function resolveParticipants(ctx: CommandContext, prepared: Prepared[], sink: BulkSink): Promise<Prepared[]> {
  const named = prepared.flatMap((one) => (one.input.participants ?? []).map((given, i) => ({ one, given, path: ['participants', String(i)] })));
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
  const users = await resolveUserRefs(ctx, sound.map(({ given }) => given.user));
  const withCustomer = sound.filter(({ given }) => given.customer);
  const customers = await resolveCustomerRefs(ctx, withCustomer.map(({ given }) => given.customer!), { create: true });
  const byEntry = new Map(withCustomer.map((entry, i) => [entry, customers[i]!]));
  for (const [i, entry] of sound.entries()) {
    const { one, given, path } = entry;
    const customer = byEntry.get(entry);
    if (customer && 'error' in customer) refuse(one, customer.error.code, customer.error.message, [...path, 'customer', ...customer.error.path]);
    else if (given.user && !users[i]) refuse(one, 'NOT_FOUND', 'There is no such user.', [...path, 'user']);
    else addParticipant(one, given, customer && 'id' in customer ? customer.id : null, users[i] ?? null);
  }
  return prepared.filter((one) => !rejected.has(one));
}

function addParticipant(one: Prepared, given: ParticipantInput, customerId: string | null, userId: string | null): void {
  one.participants ??= [];
  one.participants.push({ customerId, userId, role: given.role });
}
