// Finding one customer by any of its names, for queries.
import sql, { type Sql } from 'sql-template-tag';
import { apiError } from '../../graphql/errors.ts';
import type { Reader } from '../../query/reader.ts';
import { isUserError, type NormalIdentity, normaliseIdentity } from './identity.ts';
import type { CustomerRef } from './resolve.ts';

type Asked = { kind: string; system?: string | null; value: string };

/** The identity in comparable form; phone numbers without a prefix are read as of the workspace's country. Throws BAD_USER_INPUT. */
export async function identityAsked(reader: Reader, asked: Asked): Promise<NormalIdentity> {
  const [workspace] = needsCountry(asked)
    ? await reader.db.query<{ country: string | null }>(sql`select country from workspaces where id = ${reader.viewer.workspaceId}::uuid`)
    : [];
  return checked(normaliseIdentity(asked as never, workspace?.country ?? null));
}

/** The UUID that a reference names; null when nothing has that identity. */
export async function customerIdOf(reader: Reader, ref: CustomerRef): Promise<string | null> {
  if (ref.id) return ref.id;
  const identity = await identityAsked(reader, askedIdentity(ref));
  const [row] = await reader.db.query<{ id: string | null }>(sql`select ${ownerSql(reader.viewer.workspaceId, identity)} as id`);
  return row!.id;
}

/** The UUID that a reference names, as SQL; null where it takes the workspace's country to read the number. Throws BAD_USER_INPUT. */
export function customerIdSql(workspaceId: string, ref: CustomerRef): Sql | null {
  if (ref.id) return sql`${ref.id}::uuid`;
  const asked = askedIdentity(ref);
  if (needsCountry(asked)) return null;
  return ownerSql(workspaceId, checked(normaliseIdentity(asked as never, null)));
}

const askedIdentity = (ref: CustomerRef): Asked => ref.identity ?? { kind: 'EXTERNAL', ...ref.externalId! };
const needsCountry = (asked: Asked): boolean => asked.kind === 'PHONE' && !asked.value.trim().startsWith('+');

function checked(found: ReturnType<typeof normaliseIdentity>): NormalIdentity {
  if (isUserError(found)) throw apiError('BAD_USER_INPUT', found.message, { reason: found.code });
  return found;
}

function ownerSql(workspaceId: string, { kind, system, value }: NormalIdentity): Sql {
  return sql`(select known.customer_id from identities known
    where known.workspace_id = ${workspaceId}::uuid and known.kind = ${kind}::identity_kind and known.system = ${system} and known.value = ${value})`;
}
