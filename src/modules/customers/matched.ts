// Recognising somebody by what strategies say, where the caller makes the customer itself otherwise.
import type { CommandContext } from '../../commands/command.ts';
import { identityKey, isUserError, type NormalIdentity } from './identity.ts';
import { matchIdentities } from './match.ts';
import { adoptIdentities, type CustomerRef, identityOfRef, lockCustomers } from './resolve.ts';

/**
 * The customer whose these references, all of them unknown, are according to a strategy: locked, and known by them from now
 * on; null where there is none. `country` reads phone numbers without a prefix.
 */
export async function matchedCustomer(ctx: CommandContext, refs: readonly CustomerRef[], country: string | null): Promise<string | null> {
  const named = refs.map((ref) => identityOfRef(ref, country));
  // What is wrong with one of them, whoever makes the customer says.
  if (named.some((one) => one === null || isUserError(one))) return null;
  const identities = [...new Map((named as NormalIdentity[]).map((one) => [identityKey(one), one])).values()];
  const [customerId] = identities.length > 0 ? await matchIdentities(ctx, [identities]) : [];
  if (!customerId || !(await lockCustomers(ctx, [customerId])).has(customerId)) return null;
  await adoptIdentities(
    ctx,
    identities.map((identity) => ({ customerId, identity })),
  );
  return customerId;
}
