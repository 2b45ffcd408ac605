// TypeIDs (https://github.com/jetify-com/typeid, spec v0.3): `customer_01j…` in the API, UUIDv7 in columns.
import { toUUID } from 'typeid-js';
import { v7 } from 'uuid';

/** A new UUIDv7: ids sort by the time they were made. */
export function newId(): string {
  return v7();
}

/** Writes a UUID as a TypeID: `('customer', '0190…')` -> `customer_01j…`. */
export function encodeTypeId(prefix: string, uuid: string): string {
  return `${prefix}_${typeIdSuffix(uuid, 0)}`;
}

const TYPE_ID = /^([a-z]{1,63})_[0-7][0-9a-hjkmnp-tv-z]{25}$/;

/** Reads a TypeID; null when the text is not one. */
export function decodeTypeId(text: string): { prefix: string; uuid: string } | null {
  const match = TYPE_ID.exec(text);
  return match ? { prefix: match[1]!, uuid: toUUID(text as Parameters<typeof toUUID>[0]) } : null;
}

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';
/** Ten bits as two characters. */
const PAIRS = Array.from({ length: 1024 }, (_, bits) => ALPHABET[bits >> 5]! + ALPHABET[bits & 31]!);
/** The 16 bytes of a UUID, as places of their first hexadecimal digit. */
const PLACES = [0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34];
const bytes = new Uint8Array(16);

/**
 * The 26 characters of a TypeID for the UUID that begins at `at`. Answers of the read engine hold thousands of ids in
 * one text, so this reads them in place: about a tenth of the time of typeid-js.
 */
export function typeIdSuffix(text: string, at: number): string {
  for (let i = 0; i < 16; i++) {
    const place = at + PLACES[i]!;
    bytes[i] = (digit(text.charCodeAt(place)) << 4) | digit(text.charCodeAt(place + 1));
  }
  let suffix = PAIRS[bytes[0]!]!; // 128 bits after two that are always 0: 8 bits, then three times 40
  for (let i = 1; i < 16; i += 5) {
    const [a, b, c, d, e] = [bytes[i]!, bytes[i + 1]!, bytes[i + 2]!, bytes[i + 3]!, bytes[i + 4]!];
    suffix +=
      PAIRS[(a << 2) | (b >> 6)]! + PAIRS[((b & 63) << 4) | (c >> 4)]! + PAIRS[((c & 15) << 6) | (d >> 2)]! + PAIRS[((d & 3) << 8) | e]!;
  }
  return suffix;
}

/** The value of a hexadecimal digit in lower case. */
function digit(code: number): number {
  return code < 58 ? code - 48 : code - 87;
}
