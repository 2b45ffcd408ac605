// Against a real OpenID provider; what it would never sign is signed here, with its own private key or another's.
import { createHmac, createPublicKey } from 'node:crypto';
import fc from 'fast-check';
import type { JWK, JWTPayload } from 'jose';
import { exportJWK, generateKeyPair, importJWK, SignJWT } from 'jose';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { OidcProvider } from '../../tests/support/oidc.ts';
import { startOidcProvider } from '../../tests/support/oidc.ts';
import type { JwtConfig, TokenVerifier } from './jwt.ts';
import { createTokenVerifier } from './jwt.ts';

const audience = 'https://crm.example/graphql';
const invalid = expect.objectContaining({ code: 'TOKEN_INVALID' });
const expired = expect.objectContaining({ code: 'TOKEN_EXPIRED' });
const minute = 60_000;

let provider: OidcProvider;
beforeAll(async () => {
  provider = await startOidcProvider();
});
afterEach(() => provider.intercept());
afterAll(() => provider.stop());

const config = (): JwtConfig => ({ issuer: provider.issuer, audience });
const issue = (options = {}) => provider.issueToken({ sub: 'ana', audience, ...options });
const currentKey = () => provider.keys.at(-1) as JWK;
const inFiveMinutes = () => Math.floor(Date.now() / 1000) + 300;
const sign: OidcProvider['forgeToken'] = (...parts) => provider.forgeToken(...parts);
const goodClaims = (): JWTPayload => ({ iss: provider.issuer, aud: audience, sub: 'ana', exp: inFiveMinutes() });

const encode = (part: unknown) => Buffer.from(JSON.stringify(part)).toString('base64url');

/** A verifier whose clock the test moves. */
function withClock(more: Partial<JwtConfig> = {}): TokenVerifier & { advance: (ms: number) => void } {
  let ahead = 0;
  const verifier = createTokenVerifier({ ...config(), ...more }, { now: () => Date.now() + ahead });
  return { ...verifier, advance: (ms) => (ahead += ms) };
}

describe('a valid token', () => {
  it('is described', async () => {
    const claims = {
      email: 'ana@example.com',
      email_verified: true,
      name: 'Ana Ruiz',
      'https://crm.example/ws': 'acme',
    };
    const token = await issue({ claims, expiresIn: 120 });
    const verified = await createTokenVerifier({ ...config(), workspaceClaim: 'https://crm.example/ws' }).verify(token);
    expect(verified).toMatchObject({
      issuer: provider.issuer,
      subject: 'ana',
      email: 'ana@example.com',
      emailVerified: true,
      name: 'Ana Ruiz',
      workspace: 'acme',
    });
    expect(verified.expiresAt.getTime()).toBe((verified.claims.iat as number) * 1000 + 120_000);
    expect(verified.claims).toMatchObject({ ...claims, aud: audience });
  });

  it('without a profile has only a subject, and no verified e-mail', async () => {
    const verified = await createTokenVerifier({ ...config(), workspaceClaim: 'ws' }).verify(await issue());
    expect(Object.keys(verified).sort()).toEqual(['claims', 'emailVerified', 'expiresAt', 'issuer', 'subject']);
    expect(verified.emailVerified).toBe(false);
  });

  it.each(['RS256', 'PS256', 'EdDSA'] as const)('may be signed with %s', async (algorithm) => {
    const other = await startOidcProvider(algorithm);
    try {
      const verifier = createTokenVerifier({ issuer: other.issuer, audience, jwksUrl: `${other.issuer}/jwks` });
      await expect(verifier.verify(await other.issueToken({ sub: 'ana', audience }))).resolves.toMatchObject({
        subject: 'ana',
      });
      expect(other.requests('/.well-known')).toBe(0);
    } finally {
      await other.stop();
    }
  });

  it('costs no request once the keys are known', async () => {
    const verifier = createTokenVerifier(config());
    const tokens = await Promise.all([issue(), issue(), issue()]);
    const before = provider.requests('/jwks');
    await Promise.all(tokens.map(verifier.verify));
    for (const token of tokens) await verifier.verify(token);
    expect(provider.requests('/jwks') - before).toBe(1);
  });

  it('may name no key: each published one is tried', async () => {
    const others = await Promise.all([generateKeyPair('ES256'), generateKeyPair('ES256')]);
    const published = [...(await Promise.all(others.map((pair) => exportJWK(pair.publicKey)))), publicPart(currentKey())];
    provider.intercept((_, response) => response.end(JSON.stringify({ keys: published })));
    const verifier = createTokenVerifier({ ...config(), jwksUrl: `${provider.issuer}/jwks` });
    await expect(verifier.verify(await sign(goodClaims(), { kid: undefined }))).resolves.toMatchObject({
      subject: 'ana',
    });
    const stranger = await exportJWK((await generateKeyPair('ES256', { extractable: true })).privateKey);
    await expect(verifier.verify(await sign(goodClaims(), { kid: undefined }, stranger))).rejects.toEqual(invalid);
    const late = { ...goodClaims(), exp: 1_000_000_000 };
    await expect(verifier.verify(await sign(late, { kid: undefined }))).rejects.toEqual(expired);
  });
});

describe('times', () => {
  it('refuse an expired token, with some tolerance', async () => {
    const verifier = withClock({ clockToleranceSeconds: 30 });
    await expect(verifier.verify(await issue({ expiresIn: -120 }))).rejects.toEqual(expired);
    const token = await issue({ expiresIn: 60 });
    verifier.advance(1.25 * minute);
    await expect(verifier.verify(token)).resolves.toMatchObject({ subject: 'ana' });
    verifier.advance(minute);
    await expect(verifier.verify(token)).rejects.toEqual(expired);
  });

  it('refuse a token that is not valid yet', async () => {
    const verifier = withClock();
    const token = await issue({ claims: { nbf: Math.floor(Date.now() / 1000) + 120 } });
    await expect(verifier.verify(token)).rejects.toEqual(invalid);
    verifier.advance(3 * minute);
    await expect(verifier.verify(token)).resolves.toMatchObject({ subject: 'ana' });
  });
});

describe('a forged or foreign token', () => {
  const forgeries: [string, () => string | Promise<string>][] = [
    [
      'signed with another key under the same kid',
      async () => {
        const { privateKey } = await generateKeyPair('ES256', { extractable: true });
        return sign(goodClaims(), {}, await exportJWK(privateKey));
      },
    ],
    [
      'bringing its own key',
      async () => {
        const own = await exportJWK((await generateKeyPair('ES256', { extractable: true })).privateKey);
        return sign(goodClaims(), { jwk: publicPart(own), kid: 'own' }, own);
      },
    ],
    [
      'with changed claims',
      async () => {
        const [header, , signature] = (await issue()).split('.');
        return `${header}.${encode({ ...goodClaims(), sub: 'admin' })}.${signature}`;
      },
    ],
    ['without signature', async () => (await issue()).replace(/[^.]+$/, '')],
    ['of algorithm none', () => `${encode({ alg: 'none' })}.${encode(goodClaims())}.`],
    ['HS256 with the public key in PEM as secret', () => hmacForgery(publicPem())],
    ['HS256 with the public JWK as secret', () => hmacForgery(JSON.stringify(publicPart(currentKey())))],
    [
      'with an unknown critical header',
      async () => {
        const signing = new SignJWT(goodClaims()).setProtectedHeader({
          alg: 'ES256',
          kid: currentKey().kid as string,
          crit: ['x'],
          x: 1,
        });
        return signing.sign(await importJWK(currentKey(), 'ES256'), { crit: { x: true } });
      },
    ],
    ['for another audience', () => issue({ audience: 'https://other.example' })],
    ['without audience', () => sign({ ...goodClaims(), aud: undefined })],
    ['of another issuer, signed with the right key', () => sign({ ...goodClaims(), iss: 'https://evil.example' })],
    ['with a trailing slash more in the issuer', () => sign({ ...goodClaims(), iss: `${provider.issuer}/` })],
    ['without subject', () => sign({ ...goodClaims(), sub: undefined })],
    ['with an empty subject', () => sign({ ...goodClaims(), sub: '' })],
    ['that never expires', () => sign({ ...goodClaims(), exp: undefined })],
    ['with a workspace that is no text', () => sign({ ...goodClaims(), ws: ['acme'] })],
    ['of too many characters', () => sign({ ...goodClaims(), padding: 'x'.repeat(16_384) })],
  ];

  it.each(forgeries)('is refused: %s', async (_, forge) => {
    const verifier = createTokenVerifier({ ...config(), workspaceClaim: 'ws' });
    const token = await forge();
    const error = await verifier.verify(token).catch((thrown) => thrown);
    expect(error).toEqual(invalid);
    expect(error.cause).toBeUndefined();
    for (const part of token.split('.').filter((each) => each !== '')) expect(error.message).not.toContain(part);
    await expect(verifier.verify(await issue())).resolves.toMatchObject({ subject: 'ana' });
  });

  it('is refused whatever its bytes, without asking the issuer', async () => {
    const verifier = createTokenVerifier(config());
    const before = provider.requests('/');
    const part = fc.oneof(
      fc.string(),
      fc.json().map((json) => Buffer.from(json).toString('base64url')),
    );
    const text = fc.oneof(
      fc.string(),
      fc.tuple(part, part, part).map((parts) => parts.join('.')),
    );
    await fc.assert(
      fc.asyncProperty(text, async (token) => {
        await expect(verifier.verify(token)).rejects.toEqual(invalid);
      }),
    );
    expect(provider.requests('/')).toBe(before);
  });

  function publicPem(): string {
    return createPublicKey({ key: publicPart(currentKey()) as never, format: 'jwk' }).export({
      type: 'spki',
      format: 'pem',
    }) as string;
  }

  function hmacForgery(secret: string): string {
    const input = `${encode({ alg: 'HS256', kid: currentKey().kid })}.${encode(goodClaims())}`;
    return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`;
  }
});

describe('configuration', () => {
  it.each([
    ['a symmetric algorithm', { algorithms: ['RS256', 'HS256'] }],
    ['none', { algorithms: ['none'] }],
    ['no algorithm', { algorithms: [] }],
    ['no audience', { audience: '' }],
    ['an issuer that is no URL', { issuer: 'acme' }],
    ['a jwksUrl that is a file', { jwksUrl: 'file:///etc/keys' }],
  ])('is refused: %s', (_, part) => {
    expect(() => createTokenVerifier({ ...config(), ...part })).toThrow(TypeError);
  });

  it('may narrow the algorithms', async () => {
    const verifier = createTokenVerifier({ ...config(), algorithms: ['RS256'] });
    await expect(verifier.verify(await issue())).rejects.toEqual(invalid);
  });
});

function publicPart(key: JWK): JWK {
  const { d: _secret, ...rest } = key;
  return rest;
}
