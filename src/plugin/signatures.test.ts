import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { Webhook } from 'standardwebhooks';
import { describe, expect, it } from 'vitest';
import { verifyHmac, verifyStandardWebhook } from './signatures.ts';

const sign = (secret: string | Buffer, text: string | Buffer, encoding: 'hex' | 'base64' = 'hex') =>
  createHmac('sha256', secret).update(text).digest(encoding);
const now = new Date('2026-03-01T12:00:00Z');
const seconds = now.getTime() / 1000;

describe('verifyHmac', () => {
  it('accepts exactly what was signed with the secret', () => {
    fc.assert(
      fc.property(
        fc.uint8Array(),
        fc.string({ minLength: 1 }),
        fc.uint8Array(),
        fc.string({ minLength: 1 }),
        (bytes, secret, other, wrong) => {
          const body = Buffer.from(bytes);
          const signature = sign(secret, body);
          expect(verifyHmac({ secret, body, signature })).toBe(true);
          expect(verifyHmac({ secret, body, signature: signature.toUpperCase() })).toBe(true);
          const same = body.equals(Buffer.from(other));
          expect(verifyHmac({ secret, body: Buffer.from(other), signature })).toBe(same);
          // HMAC pads short keys with zero bytes.
          if (wrong.replace(/\0+$/, '') !== secret.replace(/\0+$/, '')) expect(verifyHmac({ secret: wrong, body, signature })).toBe(false);
        },
      ),
    );
  });

  it('refuses what is missing, cut, longer or not in the encoding', () => {
    const signature = sign('s', 'text');
    for (const claimed of [undefined, '', signature.slice(0, -2), `${signature}00`, `${signature}zz`, ` ${signature}`, 'zz', []]) {
      expect(verifyHmac({ secret: 's', body: 'text', signature: claimed })).toBe(false);
    }
    expect(verifyHmac({ secret: 's', body: 'text', signature: sign('s', 'text', 'base64').toLowerCase(), encoding: 'base64' })).toBe(false);
    expect(verifyHmac({ secret: 's', body: 'text', signature: sign('s', 'text', 'base64'), encoding: 'base64' })).toBe(true);
  });

  it('wants the prefix', () => {
    const signature = `sha256=${sign('s', 'text')}`;
    expect(verifyHmac({ secret: 's', body: 'text', signature, prefix: 'sha256=' })).toBe(true);
    expect(verifyHmac({ secret: 's', body: 'text', signature })).toBe(false);
    expect(verifyHmac({ secret: 's', body: 'text', signature: sign('s', 'text'), prefix: 'sha256=' })).toBe(false);
  });

  it('signs the timestamp too, and refuses what is old, of the future or not told', () => {
    const claim = (value: string | undefined, signedAt = value) => ({
      secret: 's',
      body: 'text',
      signature: sign('s', `${signedAt}.text`),
      timestamp: { value },
      now,
    });
    expect(verifyHmac(claim(String(seconds)))).toBe(true);
    expect(verifyHmac(claim(String(seconds - 300)))).toBe(true);
    expect(verifyHmac(claim(String(seconds + 301)))).toBe(false);
    expect(verifyHmac(claim(String(seconds - 301)))).toBe(false);
    expect(verifyHmac({ ...claim(String(seconds - 301)), toleranceSeconds: 400 })).toBe(true);
    expect(verifyHmac(claim(String(seconds), String(seconds - 1)))).toBe(false);
    for (const value of [undefined, '', 'NaN', '-1', '1e9', `${seconds}.5`]) expect(verifyHmac(claim(value))).toBe(false);
    const slack = { ...claim(String(seconds)), signature: `v0=${sign('s', `v0:${seconds}:text`)}`, prefix: 'v0=' };
    expect(verifyHmac({ ...slack, signed: (timestamp, body) => `v0:${timestamp}:${body}` })).toBe(true);
  });

  it('knows several secrets and several signatures, and no empty secret', () => {
    const signature = ['junk', sign('old', 'text')];
    expect(verifyHmac({ secret: ['new', 'old'], body: 'text', signature })).toBe(true);
    expect(verifyHmac({ secret: ['new'], body: 'text', signature })).toBe(false);
    for (const secret of ['', [], ['new', '']]) expect(() => verifyHmac({ secret, body: 'text', signature })).toThrow('empty');
  });
});

describe('verifyStandardWebhook', () => {
  const secret = `whsec_${Buffer.from('a secret of thirty-two bytes, so').toString('base64')}`;
  const body = JSON.stringify({ text: 'Grüße' });
  const headers = {
    'webhook-id': 'msg_1',
    'webhook-timestamp': String(seconds),
    'webhook-signature': new Webhook(secret).sign('msg_1', now, body),
  };

  it('accepts what the public library signs', () => {
    expect(verifyStandardWebhook({ secret, headers, body, now })).toEqual({ id: 'msg_1', sentAt: now });
    const rotated = { ...headers, 'webhook-signature': `v1,AAAA v1a,xx ${headers['webhook-signature']}` };
    expect(verifyStandardWebhook({ secret: ['whsec_AAAA', secret], headers: rotated, body: Buffer.from(body), now })).not.toBeNull();
  });

  it('refuses another body, id, time, secret or version, and what lacks a header', () => {
    const wrong = [
      { body: `${body} ` },
      { headers: { ...headers, 'webhook-id': 'msg_2' } },
      { headers: { ...headers, 'webhook-timestamp': String(seconds + 1) } },
      { headers: { ...headers, 'webhook-signature': headers['webhook-signature'].replace('v1,', 'v2,') } },
      { secret: 'whsec_AAAA' },
      { now: new Date(now.getTime() + 301_000) },
      ...Object.keys(headers).map((name) => ({ headers: { ...headers, [name]: undefined as never } })),
    ];
    for (const change of wrong) expect(verifyStandardWebhook({ secret, headers, body, now, ...change })).toBeNull();
  });
});
