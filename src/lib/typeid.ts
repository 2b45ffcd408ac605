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
  if (!match) return null;
  try {
    return { prefix: match[1]!, uuid: toUUID(text as Parameters<typeof toUUID>[0]) };
  } catch {
    return null; // 128 bits of which no version of UUID is made
  }
}

const CODES = Uint8Array.from('0123456789abcdefghjkmnpqrstvwxyz', (character) => character.charCodeAt(0));
const DIGITS = new Uint8Array(128);
for (let value = 0; value < 16; value++) DIGITS[value.toString(16).charCodeAt(0)] = value;

/**
 * The 26 characters of a TypeID for the UUID that begins at `at`. Answers of the read engine hold thousands of ids in
 * one text, so this reads them in place and makes each suffix at once: a small part of the time of typeid-js.
 */
export function typeIdSuffix(text: string, at: number): string {
  const first = byteAt(text, at); // 128 bits after two that are always 0: 8 bits, then three times 40
  const a1 = byteAt(text, at + 2),
    a2 = byteAt(text, at + 4),
    a3 = byteAt(text, at + 6),
    a4 = byteAt(text, at + 9),
    a5 = byteAt(text, at + 11);
  const b1 = byteAt(text, at + 14),
    b2 = byteAt(text, at + 16),
    b3 = byteAt(text, at + 19),
    b4 = byteAt(text, at + 21),
    b5 = byteAt(text, at + 24);
  const c1 = byteAt(text, at + 26),
    c2 = byteAt(text, at + 28),
    c3 = byteAt(text, at + 30),
    c4 = byteAt(text, at + 32),
    c5 = byteAt(text, at + 34);
  // biome-ignore format: eight characters a line for five bytes
  return String.fromCharCode(
    CODES[first >> 5]!, CODES[first & 31]!,
    CODES[a1 >> 3]!, CODES[((a1 & 7) << 2) | (a2 >> 6)]!, CODES[(a2 >> 1) & 31]!, CODES[((a2 & 1) << 4) | (a3 >> 4)]!, CODES[((a3 & 15) << 1) | (a4 >> 7)]!, CODES[(a4 >> 2) & 31]!, CODES[((a4 & 3) << 3) | (a5 >> 5)]!, CODES[a5 & 31]!,
    CODES[b1 >> 3]!, CODES[((b1 & 7) << 2) | (b2 >> 6)]!, CODES[(b2 >> 1) & 31]!, CODES[((b2 & 1) << 4) | (b3 >> 4)]!, CODES[((b3 & 15) << 1) | (b4 >> 7)]!, CODES[(b4 >> 2) & 31]!, CODES[((b4 & 3) << 3) | (b5 >> 5)]!, CODES[b5 & 31]!,
    CODES[c1 >> 3]!, CODES[((c1 & 7) << 2) | (c2 >> 6)]!, CODES[(c2 >> 1) & 31]!, CODES[((c2 & 1) << 4) | (c3 >> 4)]!, CODES[((c3 & 15) << 1) | (c4 >> 7)]!, CODES[(c4 >> 2) & 31]!, CODES[((c4 & 3) << 3) | (c5 >> 5)]!, CODES[c5 & 31]!,
  );
}

/** The byte that two hexadecimal digits in lower case write. */
function byteAt(text: string, at: number): number {
  return (DIGITS[text.charCodeAt(at)]! << 4) | DIGITS[text.charCodeAt(at + 1)]!;
}
