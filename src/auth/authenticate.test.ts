import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { countStatements } from '../../tests/support/counting.ts';
import { createTestDomain, type TestDomain } from '../../tests/support/domain.ts';
import type { Database } from '../db/database.ts';
import { encodeId } from '../graphql/ids.ts';
import { apiKeyCreate, apiKeyRevoke, roleArchive, roleCreate, roleUpdate, secretOf } from '../modules/access/index.ts';
import { createApiKey } from './api-key.ts';
import { type Authenticator, type AuthenticatorOptions, createAuthenticator } from './authenticate.ts';

let domain: TestDomain;
const made: Authenticator[] = [];
beforeAll(async () => {
  domain = await createTestDomain();
});
afterAll(() => domain?.stop());
afterEach(() => {
  for (const authenticator of made.splice(0)) authenticator.close();
});

function authenticator(options: AuthenticatorOptions & { db?: Database } = {}): Authenticator {
  const one = createAuthenticator(options.db ?? domain.db, options);
  made.push(one);
  return one;
}
const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'accepted',
    (error: { extensions?: { code?: string }; message: string }) => error.extensions?.code ?? error.message,
  );
const bearer = (token: string) => `Bearer ${token}`;
async function newKey(input: object = {}): Promise<{ id: string; token: string }> {
  const result = await domain.done(apiKeyCreate, { name: 'Test', role: 'read-only', ...input });
  return { id: encodeId('ApiKey', result.id), token: secretOf(result)! };
}

describe('API keys', () => {
  it('tell who is asking', async () => {
    const { id, token } = await newKey({ expiresAt: new Date(Date.now() + 3_600_000) });
    const { authenticate } = authenticator();
    const viewer = await authenticate(bearer(token), 'shop-sync');
    expect(viewer).toMatchObject({
      workspaceId: domain.workspaceId,
      userId: null,
      teamIds: [],
      roleName: 'read-only',
      origin: 'shop-sync',
      actor: { kind: 'API_KEY' },
    });
    expect(encodeId('ApiKey', viewer!.credentialId)).toBe(id);
    expect(viewer!.expiresAt).toBeInstanceOf(Date);
    expect(viewer!.role.permissions).toContain('customers:read');
    expect(await authenticate(undefined, null)).toBeNull();
  });

  it.each([['two words'], ['a'.repeat(101)], [''], ['a\nb'], ['naïve'], ['plugin.loyalty']])(
    "ignore an origin that is malformed, or a plugin's: %j",
    async (origin) => {
      const { token } = await newKey();
      expect((await authenticator().authenticate(bearer(token), origin))?.origin).toBeNull();
    },
  );

  it('are refused when malformed, forged, revoked, expired or of an archived role, each with its code', async () => {
    let now = Date.now();
    const { authenticate } = authenticator({ now: () => now });
    const { token } = await newKey();
    const swapped = token.slice(0, -1) + (token.endsWith('a') ? 'b' : 'a');
    expect(await codeOf(authenticate('Basic abc', null))).toBe('AUTHORIZATION_MALFORMED');
    expect(await codeOf(authenticate(bearer(swapped), null))).toBe('AUTHORIZATION_MALFORMED');
    expect(await codeOf(authenticate(bearer(createApiKey().token), null))).toBe('TOKEN_INVALID');
    expect(await codeOf(authenticate(bearer('a-key-that-nobody-has'), null))).toBe('TOKEN_INVALID');

    const expiring = await newKey({ expiresAt: new Date(now + 60_000) });
    expect(await codeOf(authenticate(bearer(expiring.token), null))).toBe('accepted');
    now += 60_000;
    expect(await codeOf(authenticate(bearer(expiring.token), null))).toBe('TOKEN_EXPIRED');

    const { id: roleId } = await domain.done(roleCreate, { key: 'short-lived', name: 'R', permissions: ['users:read'] });
    const ofRole = await newKey({ role: 'short-lived' });
    expect(await codeOf(authenticate(bearer(ofRole.token), null))).toBe('accepted');
    await domain.done(roleArchive, { id: encodeId('Role', roleId) });
    expect(await codeOf(authenticate(bearer(ofRole.token), null))).toBe('TOKEN_INVALID');
  });

  it('cost one look-up for many requests, and follow changes at once in this process, after the cache time in others', async () => {
    let now = 0;
    const { db, count } = countStatements(domain.db);
    const here = authenticator({ db, now: () => now });
    const elsewhere = authenticator({ db, now: () => now });
    elsewhere.close(); // does not hear of commits here, like another process
    const { id: roleId } = await domain.done(roleCreate, { key: 'changing', name: 'R', permissions: ['users:read'] });
    const { id, token } = await newKey({ role: 'changing' });
    const ask = (one: Authenticator) => one.authenticate(bearer(token), null);
    await Promise.all(Array.from({ length: 50 }, () => ask(here)));
    await ask(here);
    expect(count()).toBe(1);
    await ask(elsewhere);

    await domain.done(roleUpdate, { id: encodeId('Role', roleId), permissions: ['users:read', 'teams:read'] });
    expect([...(await ask(here))!.role.permissions]).toEqual(['users:read', 'teams:read']);
    expect([...(await ask(elsewhere))!.role.permissions]).toEqual(['users:read']);
    await domain.done(apiKeyRevoke, { id });
    expect(await codeOf(ask(here))).toBe('TOKEN_INVALID');
    expect(await codeOf(ask(elsewhere))).toBe('accepted');
    now = 3_000;
    expect(await codeOf(ask(elsewhere))).toBe('TOKEN_INVALID');
  });
});
