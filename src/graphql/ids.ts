// Ids of the API: TypeIDs whose prefix tells the entity.
import { decodeTypeId, encodeTypeId } from '../lib/typeid.ts';
import { entityNamed, entityOfPrefix } from '../query/entity.ts';
import { apiError } from './errors.ts';

/** The API's id of a row. */
export function encodeId(entity: string, uuid: string): string {
  return encodeTypeId(entityNamed(entity).prefix, uuid);
}

/** The UUID in an id of this entity. Throws ID_INVALID for anything else. */
export function decodeId(id: string, entity: string): string {
  const uuid = tryDecodeId(id, entity);
  if (!uuid) throw apiError('ID_INVALID', `Not the id of a ${entity}: ids of this type look like ${entityNamed(entity).prefix}_01….`);
  return uuid;
}

/** The UUID in an id of this entity; null for anything else. */
export function tryDecodeId(id: string, entity: string): string | null {
  const parts = decodeTypeId(id);
  return parts && parts.prefix === entityNamed(entity).prefix ? parts.uuid : null;
}

/** The entity and UUID of any id; null when it is none. */
export function decodeAnyId(id: string): { entity: string; uuid: string } | null {
  const parts = decodeTypeId(id);
  const entity = parts && entityOfPrefix(parts.prefix);
  return parts && entity ? { entity: entity.name, uuid: parts.uuid } : null;
}
