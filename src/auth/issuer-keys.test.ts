// Rotation and failure of the issuer, seen through the verifier, against a real OpenID provider.
import { randomUUID } from 'node:crypto';
import type { JWK } from 'jose';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { OidcProvider } from '../../tests/support/oidc.ts';
import { startOidcProvider } from '../../tests/support/oidc.ts';
import type { TokenVerifier } from './jwt.ts';
import { createTokenVerifier } from './jwt.ts';

const audience = 'https://crm.example/graphql';
const invalid = expect.objectContaining({ code: 'TOKEN_INVALID' });
const unreachable = expect.objectContaining({ code: 'TOKEN_ISSUER_UNREACHABLE' });
const minute = 60_000;

let provider: OidcProvider;
beforeAll(async () => {
  provider = await startOidcProvider();
});
afterEach(() => provider.intercept());
afterAll(() => provider.stop());

const config = () => ({ issuer: provider.issuer, audience });
const issue = (options = {}) => provider.issueToken({ sub: 'ana', audience, ...options });
const signWithKid = (kid: string) =>
  provider.forgeToken({ iss: provider.issuer, aud: audience, sub: 'ana', exp: Date.now() / 1000 + 300 }, { kid });

/** A verifier whose clock the test moves. */
function withClock(): TokenVerifier & { advance: (ms: number) => void } {
  let ahead = 0;
  const verifier = createTokenVerifier(config(), { now: () => Date.now() + ahead });
  return { ...verifier, advance: (ms) => (ahead += ms) };
}

describe('rotation', () => {
  it('takes a new key at once, several times in a row, and drops the old one with it', async () => {
    const verifier = createTokenVerifier(config());
    for (let turn = 0; turn < 3; turn += 1) {
      const old = await issue();
      await expect(verifier.verify(old)).resolves.toMatchObject({ subject: 'ana' });
      await provider.rotateKeys();
      await expect(verifier.verify(await issue())).resolves.toMatchObject({ subject: 'ana' });
      await expect(verifier.verify(old)).rejects.toEqual(invalid);
    }
  });

  it('is seen by many callers at once through one request', async () => {
    const verifier = createTokenVerifier(config());
    await verifier.verify(await issue());
    await provider.rotateKeys();
    const tokens = await Promise.all(Array.from({ length: 40 }, () => issue()));
    const before = provider.requests('/');
    await Promise.all(tokens.map(verifier.verify));
    expect(provider.requests('/') - before).toBe(1);
  });

  it('drops a removed key in ten minutes, also when nobody comes with a new one', async () => {
    const verifier = withClock();
    const old = await issue({ expiresIn: 3600 });
    await verifier.verify(old);
    await provider.rotateKeys();
    verifier.advance(9 * minute);
    await expect(verifier.verify(old)).resolves.toMatchObject({ subject: 'ana' });
    verifier.advance(minute);
    await expect(verifier.verify(old)).rejects.toEqual(invalid);
  });

  it('is never looked for on behalf of a token that names another issuer', async () => {
    const before = provider.requests('/');
    const foreign = await provider.forgeToken({ iss: 'https://evil.example', aud: audience, sub: 'ana', exp: 9e9 });
    await expect(createTokenVerifier(config()).verify(foreign)).rejects.toEqual(invalid);
    expect(provider.requests('/')).toBe(before);
  });

  it('cannot be abused: random key ids cost the issuer a handful of requests, and honest callers nothing', async () => {
    const verifier = withClock();
    const honest = await issue({ expiresIn: 3600 });
    await verifier.verify(honest);
    const before = provider.requests('/');
    const storm = await Promise.all(Array.from({ length: 60 }, () => signWithKid(randomUUID())));
    for (const token of storm.slice(0, 30)) await expect(verifier.verify(token)).rejects.toEqual(invalid);
    await Promise.all(storm.slice(30).map((token) => expect(verifier.verify(token)).rejects.toEqual(invalid)));
    expect(provider.requests('/') - before).toBe(5);
    await expect(verifier.verify(honest)).resolves.toMatchObject({ subject: 'ana' });

    await provider.rotateKeys();
    const rotated = await issue();
    await expect(verifier.verify(rotated)).rejects.toEqual(invalid);
    verifier.advance(10_000);
    await expect(verifier.verify(rotated)).resolves.toMatchObject({ subject: 'ana' });
  });
});

describe('an issuer that fails', () => {
  it('and is down: unreachable; known keys serve for an hour; back again, all is well', async () => {
    const warm = withClock();
    const cold = withClock();
    const token = await issue({ expiresIn: 7200 });
    const unknown = await signWithKid('not-known');
    await warm.verify(token);
    await provider.pause();
    try {
      await expect(cold.verify(token)).rejects.toEqual(unreachable);
      await expect(warm.verify(token)).resolves.toMatchObject({ subject: 'ana' });
      await expect(warm.verify(unknown)).rejects.toEqual(unreachable);
      warm.advance(59 * minute);
      await expect(warm.verify(token)).resolves.toMatchObject({ subject: 'ana' });
      warm.advance(minute);
      await expect(warm.verify(token)).rejects.toEqual(unreachable);
    } finally {
      await provider.resume();
    }
    for (const verifier of [warm, cold]) {
      verifier.advance(5_000);
      await expect(verifier.verify(token)).resolves.toMatchObject({ subject: 'ana' });
    }
  });

  it('is not asked again at once', async () => {
    const verifier = withClock();
    const token = await issue();
    provider.intercept((_, response) => response.writeHead(503).end());
    const before = provider.requests('/');
    await Promise.all([1, 2, 3].map(() => expect(verifier.verify(token)).rejects.toEqual(unreachable)));
    for (let turn = 0; turn < 5; turn += 1) await expect(verifier.verify(token)).rejects.toEqual(unreachable);
    expect(provider.requests('/') - before).toBe(1);
    verifier.advance(5_000);
    await expect(verifier.verify(token)).rejects.toEqual(unreachable);
    expect(provider.requests('/') - before).toBe(2);
  });

  /** Discovery document and key set in one. */
  function goodDocument(jwksPath: string): string {
    const { d: _secret, ...publicKey } = provider.keys.at(-1) as JWK;
    return JSON.stringify({ issuer: provider.issuer, jwks_uri: `${provider.issuer}${jwksPath}`, keys: [publicKey] });
  }

  it('but is trusted when one document serves as discovery and keys, as in the cases below', async () => {
    const token = await issue();
    provider.intercept((_, response) => response.end(goodDocument('/jwks')));
    await expect(createTokenVerifier(config()).verify(token)).resolves.toMatchObject({ subject: 'ana' });
  });

  const answers: [string, Parameters<OidcProvider['intercept']>[0]][] = [
    [
      'redirects, even to good keys',
      ({ url = '' }, response) =>
        url.startsWith('/real') ? response.end(goodDocument('/real/jwks')) : response.writeHead(302, { location: `/real${url}` }).end(),
    ],
    ['answers more than 256 KiB', (_, response) => response.end(goodDocument('/jwks') + ' '.repeat(262_144))],
    ['answers with an error', (_, response) => response.writeHead(500).end(goodDocument('/jwks'))],
    ['answers something else than JSON', (_, response) => response.end('<html>')],
    ['answers no key set', (_, response) => response.end('{"keys":"none"}')],
    ['answers null', (_, response) => response.end('null')],
    ['breaks off', (_, response) => response.writeHead(200, { 'content-length': 99 }).write('{', () => response.destroy())],
  ];
  it.each(answers)('because it %s', async (_, answer) => {
    const token = await issue();
    provider.intercept(answer);
    for (const jwksUrl of [undefined, `${provider.issuer}/jwks`]) {
      const verifier = createTokenVerifier({ ...config(), ...(jwksUrl && { jwksUrl }) });
      await expect(verifier.verify(token)).rejects.toEqual(unreachable);
    }
  });

  it('because it never answers', async () => {
    const token = await issue();
    provider.intercept(() => {});
    const verifier = createTokenVerifier(config(), { fetchTimeoutMs: 50 });
    await expect(verifier.verify(token)).rejects.toEqual(unreachable);
  });

  it.each([
    ['another issuer', () => ({ issuer: 'https://evil.example' })],
    ['keys inside itself', () => ({ jwks_uri: `data:application/json,${encodeURIComponent(goodDocument('/jwks'))}` })],
    ['no keys', () => ({ jwks_uri: undefined })],
  ])('because its discovery document names %s', async (_, part) => {
    const token = await issue();
    provider.intercept((_request, response) => {
      response.end(JSON.stringify({ ...JSON.parse(goodDocument('/jwks')), ...part() }));
    });
    await expect(createTokenVerifier(config()).verify(token)).rejects.toEqual(unreachable);
  });

  it('because its keys have moved, until they are discovered anew', async () => {
    const verifier = withClock();
    const token = await issue();
    provider.intercept(({ url }, response) => (url === '/jwks' ? response.writeHead(404).end() : response.end(goodDocument('/jwks'))));
    await expect(verifier.verify(token)).rejects.toEqual(unreachable);
    provider.intercept(({ url }, response) => (url === '/jwks' ? response.writeHead(404).end() : response.end(goodDocument('/moved'))));
    verifier.advance(5_000);
    await expect(verifier.verify(token)).resolves.toMatchObject({ subject: 'ana' });
  });
});
