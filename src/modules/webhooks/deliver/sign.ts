// Signatures after Standard Webhooks (https://www.standardwebhooks.com): HMAC-SHA256 over `id.timestamp.body`.
import { createHmac } from 'node:crypto';
import type { WebhookRow } from '../../../db/models.ts';

type Secrets = Pick<WebhookRow, 'secret' | 'previousSecret' | 'previousSecretUntil'>;

/** The secrets that sign at a moment: the present one, and the one before for as long as it is kept. */
export function secretsAt({ secret, previousSecret, previousSecretUntil }: Secrets, now: Date): string[] {
  const kept = previousSecret !== null && previousSecretUntil !== null && previousSecretUntil > now;
  return kept ? [secret, previousSecret] : [secret];
}

/** The value of `webhook-signature`: one signature for each secret. */
export function signatureOf(secrets: readonly string[], messageId: string, timestamp: number, body: string): string {
  const text = `${messageId}.${timestamp}.${body}`;
  return secrets.map((secret) => `v1,${createHmac('sha256', keyOf(secret)).update(text).digest('base64')}`).join(' ');
}

function keyOf(secret: string): Buffer {
  return Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
}
