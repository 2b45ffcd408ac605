// Ids for plugins: TypeIDs stand in the API, plain UUIDs in contexts, events and tables.
import { decodeAnyId, encodeId } from '../graphql/ids.ts';

/** The API's id of a core record: `typeId('Customer', uuid)` is `customer_01…`. */
export function typeId(type: string, uuid: string): string {
  return encodeId(type, uuid);
}

/** The UUID in an id of the API; null where the text is none. */
export function uuidOf(id: string): string | null {
  return decodeAnyId(id)?.uuid ?? null;
}
