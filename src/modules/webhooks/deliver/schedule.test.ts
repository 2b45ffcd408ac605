import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { Webhook } from 'standardwebhooks';
import { afterEach, describe, expect, it, test } from 'vitest';
import { nextAttempt, retryAfterOf, setWebhookTiming } from './schedule.ts';
import { secretsAt, signatureOf } from './sign.ts';

const now = Date.UTC(2026, 0, 1);
const pauseAfter = (number: number, more: object = {}, random = 0.5) => {
  const next = nextAttempt({ kind: 'EVENT', number, now, retryAfter: null, ...more }, () => random);
  return next && (next.getTime() - now) / 1_000;
};
afterEach(() => setWebhookTiming());

describe('the schedule', () => {
  it('is that of Svix, and ends after eight attempts', () => {
    expect([1, 2, 3, 4, 5, 6, 7, 8].map((number) => pauseAfter(number))).toEqual([5, 300, 1_800, 7_200, 18_000, 36_000, 36_000, null]);
    expect([pauseAfter(1, {}, 0), pauseAfter(1, {}, 1)]).toEqual([4, 6]);
  });

  it('gives a test one more attempt', () => expect([pauseAfter(1, { kind: 'TEST' }), pauseAfter(2, { kind: 'TEST' })]).toEqual([5, null]));

  it('waits longer where the receiver asks, ten hours at most, and never shorter', () => {
    expect(pauseAfter(1, { retryAfter: 60 })).toBe(60);
    expect(pauseAfter(1, { retryAfter: 1e9 })).toBe(36_000);
    expect(pauseAfter(2, { retryAfter: 1 })).toBe(300);
    expect(pauseAfter(8, { retryAfter: 1 })).toBeNull();
  });

  it('takes other pauses, but none that are no numbers', () => {
    setWebhookTiming({ retrySeconds: [0.2, 0.4] });
    expect([pauseAfter(1), pauseAfter(2), pauseAfter(3)]).toEqual([0.2, 0.4, null]);
    for (const retrySeconds of [[], [Number.NaN], [-1], [1e9]]) expect(() => setWebhookTiming({ retrySeconds })).toThrow('pauses');
  });
});

test.each([
  [429, '7', 7],
  [503, new Date(now + 90_000).toUTCString(), 90],
  [503, new Date(now - 90_000).toUTCString(), 0],
  [500, '7', null],
  [429, undefined, null],
  [429, 'soon', null],
  [429, '-5', null],
])('Retry-After with %s: %s is %s', (status, header, seconds) => {
  // `-5` reads as a date of some year to a lenient parser: then it has passed.
  expect(retryAfterOf(status, header, now) || null).toBe(seconds || null);
});

describe('the signature', () => {
  const secretOf = () => `whsec_${randomBytes(32).toString('base64')}`;

  it('is verified by the public library, whatever the body', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), (text, id) => {
        const secret = secretOf();
        const body = JSON.stringify({ text });
        const timestamp = Math.floor(Date.now() / 1_000);
        const headers = (signature: string) => ({
          'webhook-id': id || 'x',
          'webhook-timestamp': String(timestamp),
          'webhook-signature': signature,
        });
        const signature = signatureOf([secret], id || 'x', timestamp, body);
        expect(new Webhook(secret).verify(body, headers(signature))).toEqual({ text });
        expect(() => new Webhook(secret).verify(`${body} `, headers(signature))).toThrow('No matching');
        expect(() => new Webhook(secretOf()).verify(body, headers(signature))).toThrow('No matching');
      }),
      { numRuns: 30 },
    );
  });

  it('is made with both secrets for as long as the one before is kept', () => {
    const at = new Date(now);
    const secrets = { secret: 'whsec_b25l', previousSecret: 'whsec_dHdv' };
    expect(secretsAt({ ...secrets, previousSecretUntil: new Date(now + 1) }, at)).toEqual(['whsec_b25l', 'whsec_dHdv']);
    expect(secretsAt({ ...secrets, previousSecretUntil: at }, at)).toEqual(['whsec_b25l']);
    expect(secretsAt({ secret: 'whsec_b25l', previousSecret: null, previousSecretUntil: null }, at)).toEqual(['whsec_b25l']);
    expect(signatureOf(['whsec_b25l', 'whsec_dHdv'], 'id', 1, '{}').split(' ')).toHaveLength(2);
  });
});
