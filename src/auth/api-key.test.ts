import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { apiKeyPrefix, assertUsableApiKey, createApiKey, hashApiKey, isApiKeyFormat, parseAuthorization } from './api-key.ts';

const malformed = expect.objectContaining({ code: 'AUTHORIZATION_MALFORMED' });
const unusable = expect.objectContaining({ code: 'API_KEY_UNUSABLE' });
const jwtOf = (header: unknown, signature = 'c2ln') => `${Buffer.from(JSON.stringify(header)).toString('base64url')}.e30.${signature}`;

describe('issued keys', () => {
  it('have the promised shape, are all different, and match their hash and prefix', () => {
    const keys = Array.from({ length: 500 }, createApiKey);
    expect(new Set(keys.map((key) => key.token)).size).toBe(500);
    for (const { token, hash, prefix } of keys) {
      expect(token).toMatch(/^trato_[0-9A-Za-z]{49}$/);
      expect(isApiKeyFormat(token)).toBe(true);
      expect(hash).toBe(createHash('sha256').update(token, 'utf8').digest('hex'));
      expect(hashApiKey(token)).toBe(hash);
      expect(prefix).toBe(token.slice(0, 12));
      expect(parseAuthorization(`Bearer ${token}`)).toEqual({ scheme: 'api-key', token });
    }
  });

  it('are recognised as mistyped after any one wrong character or swap of two neighbours', () => {
    const alphabet = [...'0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'];
    fc.assert(
      fc.property(fc.integer({ min: 6, max: 54 }), fc.constantFrom(...alphabet), fc.boolean(), (at, other, swap) => {
        const { token } = createApiKey();
        const wrong =
          swap && at < 54
            ? token.slice(0, at) + token.charAt(at + 1) + token.charAt(at) + token.slice(at + 2)
            : token.slice(0, at) + other + token.slice(at + 1);
        fc.pre(wrong !== token);
        expect(isApiKeyFormat(wrong)).toBe(false);
        expect(() => parseAuthorization(`Bearer ${wrong}`)).toThrow(malformed);
        expect(() => assertUsableApiKey(wrong)).toThrow(unusable);
      }),
    );
  });

  it('have a checksum that others can compute: CRC-32 of all before it, in base 62', () => {
    expect(isApiKeyFormat(`trato_${'0'.repeat(43)}3xIclp`)).toBe(true);
  });
});

describe('parseAuthorization', () => {
  it('gives null without a header', () => {
    expect(parseAuthorization(undefined)).toBeNull();
  });

  it.each([
    ['a key someone chose', 'Bearer my-own-key-of-16+'],
    ['any case of the scheme', 'bEARER my-own-key-of-16+'],
    ['dots that make no JWT', 'Bearer aaaaaa.bbbbbb.cccccc'],
    ['a header that is JSON but no object', `Bearer ${Buffer.from('"alg-alg-alg"').toString('base64url')}.e30.sig`],
    ['a header without alg', `Bearer ${jwtOf({ typ: 'JWT' })}`],
    ['an alg that is no text', `Bearer ${jwtOf({ alg: 1 })}`],
    ['a trato_ key someone chose', 'Bearer trato_development_key'],
  ])('reads an opaque key: %s', (_, header) => {
    expect(parseAuthorization(header)).toEqual({ scheme: 'api-key', token: header.slice(7) });
  });

  it('reads a JWT, also an unsigned one, which the verifier then refuses', () => {
    for (const token of [jwtOf({ alg: 'ES256', kid: '1' }), jwtOf({ alg: 'none' }, '')]) {
      expect(parseAuthorization(`Bearer ${token}`)).toEqual({ scheme: 'jwt', token });
    }
  });

  it.each([
    ['empty', ''],
    ['no token', 'Bearer '],
    ['no scheme', 'my-own-key-of-16+'],
    ['another scheme', 'Basic bXktb3duLWtleS1vZi0xNis='],
    ['two tokens', 'Bearer my-own-key-of-16+ my-own-key-of-16+'],
    ['too short', 'Bearer fifteen-letters'],
    ['too long', `Bearer ${'k'.repeat(513)}`],
    ['not ASCII', 'Bearer schlüssel-schlüssel'],
  ])('refuses: %s', (_, header) => {
    expect(() => parseAuthorization(header)).toThrow(malformed);
  });

  it('answers any header with a result or its own code, and never repeats it', () => {
    const headers = fc.oneof(
      fc.string(),
      fc.string({ unit: 'binary' }).map((text) => `Bearer ${text}`),
      fc.string({ minLength: 16 }).map((text) => `Bearer ${text}`),
    );
    fc.assert(
      fc.property(headers, (header) => {
        try {
          const parsed = parseAuthorization(header);
          expect(header).toContain(parsed?.token);
        } catch (error) {
          expect(error).toEqual(malformed);
          const token = header.slice(7);
          if (token.length > 20) expect((error as Error).message).not.toContain(token);
        }
      }),
    );
  });
});

describe('a key someone chose', () => {
  it('is usable exactly when a request can present it', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ maxLength: 40 }), fc.constant(jwtOf({ alg: 'RS256' }))), (token) => {
        const usable = attempt(() => assertUsableApiKey(token));
        const presentable = attempt(() => expect(parseAuthorization(`Bearer ${token}`)).toEqual({ scheme: 'api-key', token }));
        expect(usable).toBe(presentable);
      }),
    );
  });

  it('shows little of itself', () => {
    expect(apiKeyPrefix('my-own-key-of-16+')).toBe('my-o');
  });
});

function attempt(action: () => unknown): boolean {
  try {
    action();
    return true;
  } catch {
    return false;
  }
}
