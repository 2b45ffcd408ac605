// API keys: only their hash is stored, and they are shown once. A key we issue ends in a checksum, so that scanners of
// secrets and readers of typos recognise it without the database.
import { createHash, randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { authError } from './auth-error.ts';

const base62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const issuedPrefix = 'trato_';
const secretLength = 43;
const checksumLength = 6;
const issuedPattern = new RegExp(`^${issuedPrefix}[0-9A-Za-z]{${secretLength + checksumLength}}$`);
const minLength = 16;
const maxLength = 512;
/** Visible ASCII: what fits into a header without quoting. */
const opaquePattern = /^[\x21-\x7e]+$/;

export type Authorization = { scheme: 'api-key'; token: string } | { scheme: 'jwt'; token: string };

/**
 * A new key: `token` (`trato_`, 43 characters of 32 random bytes, 6 of checksum) to show once, `hash` to store, and
 * `prefix`, its first 12 characters, to tell keys apart by.
 */
export function createApiKey(): { token: string; hash: string; prefix: string } {
  const secret = toBase62(BigInt(`0x${randomBytes(32).toString('hex')}`), secretLength);
  const token = withChecksum(`${issuedPrefix}${secret}`);
  return { token, hash: hashApiKey(token), prefix: apiKeyPrefix(token) };
}

/** SHA-256 in hex. Needs no salt or stretching: an issued key has 256 random bits. */
export function hashApiKey(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

/** Whether this is a key as `createApiKey` makes them, checksum included. */
export function isApiKeyFormat(token: string): boolean {
  return issuedPattern.test(token) && withChecksum(token.slice(0, -checksumLength)) === token;
}

/** What may be shown of a key: 12 characters of an issued one, 4 of one that someone chose and that may be short. */
export function apiKeyPrefix(token: string): string {
  return token.slice(0, isApiKeyFormat(token) ? 12 : 4);
}

/**
 * Checks a key that someone chose (`TRATO_API_KEY`): 16 to 512 visible ASCII characters, nothing that a request would
 * take for a JWT or for a mistyped issued key. Throws code `API_KEY_UNUSABLE`.
 */
export function assertUsableApiKey(token: string): void {
  const reason = unusable(token);
  if (reason) throw authError('API_KEY_UNUSABLE', `The API key ${reason}.`);
  if (isJwtFormat(token)) throw authError('API_KEY_UNUSABLE', 'The API key looks like a JWT.');
}

/**
 * Reads an `Authorization` header: null without one, else a bearer token told apart by its shape.
 * Throws code `AUTHORIZATION_MALFORMED`, also for an issued key with a typo.
 */
export function parseAuthorization(header: string | undefined): Authorization | null {
  if (header === undefined) return null;
  const [, token] = /^bearer +(\S+) *$/i.exec(header) ?? [];
  if (!token) throw authError('AUTHORIZATION_MALFORMED', 'The Authorization header must be "Bearer" and a token.');
  if (isJwtFormat(token)) return { scheme: 'jwt', token };
  const reason = unusable(token);
  if (reason) throw authError('AUTHORIZATION_MALFORMED', `The API key ${reason}.`);
  return { scheme: 'api-key', token };
}

/** Three base64url parts, the first of which is a JSON object with a text `alg`; an unsigned one has an empty third. */
export function isJwtFormat(token: string): boolean {
  const [, header] = /^([\w-]+)\.[\w-]+\.[\w-]*$/.exec(token) ?? [];
  if (!header) return false;
  try {
    const parsed: unknown = JSON.parse(Buffer.from(header, 'base64url').toString());
    return typeof parsed === 'object' && parsed !== null && 'alg' in parsed && typeof parsed.alg === 'string';
  } catch {
    return false;
  }
}

function unusable(token: string): string | null {
  if (token.length < minLength) return `is shorter than ${minLength} characters`;
  if (token.length > maxLength) return `is longer than ${maxLength} characters`;
  if (!opaquePattern.test(token)) return 'has characters other than visible ASCII';
  if (issuedPattern.test(token) && !isApiKeyFormat(token)) return 'is mistyped: its checksum does not match';
  return null;
}

function withChecksum(text: string): string {
  return text + toBase62(BigInt(crc32(text)), checksumLength);
}

function toBase62(value: bigint, length: number): string {
  let text = '';
  for (let rest = value; text.length < length; rest /= 62n) text = base62[Number(rest % 62n)] + text;
  return text;
}
