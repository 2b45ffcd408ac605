// TypeIDs (https://github.com/jetify-com/typeid, spec v0.3): `customer_01j…` in the API, UUIDv7 in columns.
import { fromUUID, toUUID } from 'typeid-js';
import { v7 } from 'uuid';

/** A new UUIDv7: ids sort by the time they were made. */
export function newId(): string {
  return v7();
}

/** Writes a UUID as a TypeID: `('customer', '0190…')` -> `customer_01j…`. */
export function encodeTypeId(prefix: string, uuid: string): string {
  return fromUUID(uuid, prefix);
}

const TYPE_ID = /^([a-z]{1,63})_[0-7][0-9a-hjkmnp-tv-z]{25}$/;

/** Reads a TypeID; null when the text is not one. */
export function decodeTypeId(text: string): { prefix: string; uuid: string } | null {
  const match = TYPE_ID.exec(text);
  return match ? { prefix: match[1]!, uuid: toUUID(text as Parameters<typeof toUUID>[0]) } : null;
}
