// Finding one customer by any of its names, for queries.
import sql from 'sql-template-tag';
import { apiError } from '../../graphql/errors.ts';
import type { Reader } from '../../query/reader.ts';
import { isUserError, type NormalIdentity, normaliseIdentity } from './identity.ts';
import type { CustomerRef } from './resolve.ts';

/** The identity in comparable form; phone numbers without a prefix are read as of the workspace's country. Throws BAD_USER_INPUT. */
export async function identityAsked(
  reader: Reader,
  asked: { kind: string; system?: string | null; value: string },
): Promise<NormalIdentity> {
  const [workspace] =
    asked.kind === 'PHONE' && !asked.value.trim().startsWith('+')
      ? await reader.db.query<{ country: string | null }>(sql`select country from workspaces where id = ${reader.viewer.workspaceId}::uuid`)
      : [];
  const found = normaliseIdentity(asked as never, workspace?.country ?? null);
  if (isUserError(found)) throw apiError('BAD_USER_INPUT', found.message, { reason: found.code });
  return found;
}

/** The UUID that a reference names; null when nothing has that identity. */
export async function customerIdOf(reader: Reader, ref: CustomerRef): Promise<string | null> {
  if (ref.id) return ref.id;
  const identity = await identityAsked(reader, ref.identity ?? { kind: 'EXTERNAL', ...ref.externalId! });
  const [row] = await reader.db.query<{ customer_id: string }>(sql`select customer_id from identities
    where workspace_id = ${reader.viewer.workspaceId}::uuid and kind = ${identity.kind}::identity_kind and system = ${identity.system} and value = ${identity.value}`);
  return row?.customer_id ?? null;
}
