#!/usr/bin/env node
// Hands a mail over from a mail server: reads it from standard input, signs it and sends it. Stands alone, without Trato.
// TRATO_EMAIL_URL: https://crm.example.com/plugins/channel-email/inbound/<workspace>. TRATO_EMAIL_SECRET: the account's.
// Ends with 0 when it was taken, 75 (EX_TEMPFAIL) to be tried again, 65 (EX_DATAERR) when it never will be.
import { createHmac } from 'node:crypto';
import { buffer } from 'node:stream/consumers';

const TRY_AGAIN = 75;
const NEVER = 65;

async function deliver() {
  const { TRATO_EMAIL_URL: url, TRATO_EMAIL_SECRET: secret } = process.env;
  if (!url || !secret) throw new Error('TRATO_EMAIL_URL and TRATO_EMAIL_SECRET must be set');
  const mail = await buffer(process.stdin);
  const timestamp = String(Math.floor(Date.now() / 1000));
  const signature = createHmac('sha256', secret).update(`${timestamp}.`).update(mail).digest('hex');
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'message/rfc822',
      'x-email-timestamp': timestamp,
      'x-email-signature': `sha256=${signature}`,
    },
    body: mail,
    signal: AbortSignal.timeout(30_000),
  });
  if (response.ok) return 0;
  console.error(`the server answered ${response.status}`);
  return response.status === 400 || response.status === 413 ? NEVER : TRY_AGAIN;
}

process.exitCode = await deliver().catch((error) => {
  console.error(error.message);
  return TRY_AGAIN;
});
