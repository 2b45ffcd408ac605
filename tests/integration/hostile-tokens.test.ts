// Tokens that have expired, were forged, or were meant for somebody else: each is a 401 with its code, and nothing runs.
import { exportJWK, generateKeyPair } from 'jose';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type OidcProvider, startOidcProvider } from '../support/oidc.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { tableCounts } from '../support/table-counts.ts';

const audience = 'https://crm.example.com';
const claims = { email: 'ann@example.com', email_verified: true };
let provider: OidcProvider;
let server: TestServer;
let good = '';
beforeAll(async () => {
  provider = await startOidcProvider();
  server = await startTestServer({ auth: { jwt: { issuer: provider.issuer, audience } } });
  const user = { name: 'Ann', email: 'ann@example.com', role: 'administrator' };
  await server.query('mutation ($user: UserCreateInput!) { userCreate(input: $user) { userErrors { code } } }', { user });
  good = await provider.issueToken({ sub: 'ann', audience, claims });
  await create(good);
  await server.events.drained();
});
afterAll(async () => {
  await server?.stop();
  await provider?.stop();
});

const create = (token: string) =>
  server.query('mutation { customerCreate(input: { displayName: "Eve" }) { customer { id } userErrors { code } } }', {}, { key: token });
const now = () => Math.floor(Date.now() / 1000);
const claimed = () => ({ iss: provider.issuer, aud: audience, sub: 'ann', exp: now() + 300, iat: now(), ...claims });
const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
/** The good token with its parts changed. */
const changed = (change: (parts: string[]) => string[]) => change(good.split('.')).join('.');

test('a good one opens', async () => {
  const answer = await create(good);
  expect([answer.status, answer.errors, answer.data.customerCreate.userErrors]).toEqual([200, [], []]);
  await server.events.drained();
});

test.for<[string, () => string | Promise<string>, string]>([
  ['expired', () => provider.issueToken({ sub: 'ann', audience, claims, expiresIn: -60 }), 'TOKEN_EXPIRED'],
  ['not valid yet', () => provider.forgeToken({ ...claimed(), nbf: now() + 600 }), 'TOKEN_INVALID'],
  ['without an end', () => provider.forgeToken({ ...claimed(), exp: undefined }), 'TOKEN_INVALID'],
  ['for another audience', () => provider.issueToken({ sub: 'ann', audience: 'https://other.example.com', claims }), 'TOKEN_INVALID'],
  ['of another issuer', () => provider.forgeToken({ ...claimed(), iss: 'https://evil.example.com' }), 'TOKEN_INVALID'],
  ['without a subject', () => provider.forgeToken({ ...claimed(), sub: undefined }), 'TOKEN_INVALID'],
  [
    'with other claims under the same signature',
    () => changed(([head, , signature]) => [head!, part({ ...claimed(), sub: 'root' }), signature!]),
    'TOKEN_INVALID',
  ],
  ['with another signature', () => changed(([head, body]) => [head!, body!, Buffer.alloc(64, 1).toString('base64url')]), 'TOKEN_INVALID'],
  ['without a signature', () => changed(([head, body]) => [head!, body!, '']), 'TOKEN_INVALID'],
  ['that says it needs no signature', () => [part({ alg: 'none' }), part(claimed()), ''].join('.'), 'TOKEN_INVALID'],
  [
    'that brings its own key',
    async () => {
      const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true });
      return provider.forgeToken(claimed(), { kid: undefined, jwk: await exportJWK(publicKey) }, await exportJWK(privateKey));
    },
    'TOKEN_INVALID',
  ],
  [
    'signed with another key under a known name',
    async () => {
      const { privateKey } = await generateKeyPair('ES256', { extractable: true });
      return provider.forgeToken(claimed(), {}, await exportJWK(privateKey));
    },
    'TOKEN_INVALID',
  ],
  ['cut in the middle', () => good.slice(0, -20), 'TOKEN_INVALID'],
  ['that is far too long', () => `${good.slice(0, -1)}${'A'.repeat(10_000)}`, 'TOKEN_INVALID'],
])('one %s', async ([, token, code]) => {
  const before = await tableCounts(server.db);
  const answer = await create(await token());
  expect([answer.status, answer.data ?? null, answer.errors.map((error) => error.extensions.code)]).toEqual([401, null, [code]]);
  expect(answer.errors[0]!.message).not.toContain('eyJ');
  expect(await tableCounts(server.db)).toEqual(before);
});
