// Telling whether a request comes from whom it says: what the `verify` of HTTP routes is mostly made of.
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

const TOLERANCE_SECONDS = 300;

export type HmacClaim = {
  /** What both sides know; several while it is being exchanged. Empty ones are a mistake and throw. */
  secret: string | Buffer | readonly (string | Buffer)[];
  /** The bytes of the request's body, as they came. */
  body: Buffer | string;
  /** What the sender claims; several where it sends several. Absent: not verified. */
  signature: string | readonly string[] | undefined;
  algorithm?: 'sha256' | 'sha512' | 'sha384' | 'sha1';
  encoding?: 'hex' | 'base64' | 'base64url';
  /** What stands before the signature: `sha256=`. */
  prefix?: string;
  /** Seconds since 1970, as the sender wrote them. Then they are signed too, and requests that are too old or new are refused. Absent: not verified. */
  timestamp?: { value: string | undefined };
  /** What is signed where a timestamp is: `<timestamp>.<body>` unless told. */
  signed?: (timestamp: string, body: Buffer) => string | Buffer;
  /** How far the timestamp may be from now; 300 unless told. */
  toleranceSeconds?: number;
  now?: Date;
};

/**
 * Whether a request is signed with the secret (HMAC). Takes the same time for every wrong signature.
 *
 * @example
 * verifyHmac({ secret: config.secret, body: request.body, signature: request.headers['x-hub-signature-256'], prefix: 'sha256=' })
 */
export function verifyHmac(claim: HmacClaim): boolean {
  const { algorithm = 'sha256', encoding = 'hex', prefix = '', timestamp, now = new Date() } = claim;
  const body = Buffer.from(claim.body as string);
  let signed: string | Buffer = body;
  if (timestamp) {
    if (!isRecent(timestamp.value, claim.toleranceSeconds, now)) return false;
    signed = (claim.signed ?? pointBetween)(timestamp.value as string, body);
  }
  const expected = secretsOf(claim.secret).map((secret) => `${prefix}${createHmac(algorithm, secret).update(signed).digest(encoding)}`);
  const plain = (text: string) => (encoding === 'hex' ? text.toLowerCase() : text);
  const given = [claim.signature ?? []].flat().map(plain);
  // All are compared, so that time tells nothing.
  return expected.flatMap((one) => given.map((other) => sameText(plain(one), other))).some(Boolean);
}

export type StandardWebhookClaim = {
  /** As it was shown, with or without `whsec_`; several while it is being exchanged. */
  secret: string | readonly string[];
  headers: Record<string, string>;
  body: Buffer | string;
  toleranceSeconds?: number;
  now?: Date;
};

/**
 * Verifies a request by Standard Webhooks, as Trato itself sends them; null where it is not genuine. `id` is the same when
 * the request is repeated.
 */
export function verifyStandardWebhook(claim: StandardWebhookClaim): { id: string; sentAt: Date } | null {
  const { headers } = claim;
  const [id, timestamp, signatures] = ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map((name) => headers[name]);
  if (!id || !timestamp || !signatures) return null;
  const verified = verifyHmac({
    secret: [claim.secret].flat().map((secret) => Buffer.from(secret.replace(/^whsec_/, ''), 'base64')),
    body: claim.body,
    signature: signatures.split(' '),
    encoding: 'base64',
    prefix: 'v1,',
    timestamp: { value: timestamp },
    signed: (seconds, body) => Buffer.concat([Buffer.from(`${id}.${seconds}.`), body]),
    ...(claim.toleranceSeconds !== undefined && { toleranceSeconds: claim.toleranceSeconds }),
    ...(claim.now && { now: claim.now }),
  });
  return verified ? { id, sentAt: new Date(Number(timestamp) * 1000) } : null;
}

const pointBetween = (timestamp: string, body: Buffer): Buffer => Buffer.concat([Buffer.from(`${timestamp}.`), body]);

function isRecent(seconds: string | undefined, tolerance = TOLERANCE_SECONDS, now: Date): boolean {
  return seconds !== undefined && /^\d{1,12}$/.test(seconds) && Math.abs(now.getTime() / 1000 - Number(seconds)) <= tolerance;
}

function secretsOf(secret: HmacClaim['secret']): (string | Buffer)[] {
  const secrets = (Array.isArray(secret) ? secret : [secret]) as (string | Buffer)[];
  if (secrets.length === 0 || secrets.some((one) => one.length === 0)) throw new Error('the secret of a signature is empty');
  return secrets;
}

/** Digests have one length, whatever was sent. */
function sameText(one: string, other: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(one), digest(other));
}
