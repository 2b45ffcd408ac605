import sql from 'sql-template-tag';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createTestDomain, type TestDomain } from '../../tests/support/domain.ts';
import { type OidcProvider, startOidcProvider } from '../../tests/support/oidc.ts';
import type { Database } from '../db/database.ts';
import { encodeId } from '../graphql/ids.ts';
import { teamArchive, teamCreate, teamMemberAdd, userArchive, userCreate, userUpdate } from '../modules/access/index.ts';
import { createWorkspace } from '../modules/workspace/index.ts';
import { type Authenticator, type AuthenticatorOptions, createAuthenticator } from './authenticate.ts';

let domain: TestDomain;
let provider: OidcProvider;
const made: Authenticator[] = [];
beforeAll(async () => {
  [domain, provider] = await Promise.all([createTestDomain(), startOidcProvider()]);
});
afterAll(() => Promise.all([domain?.stop(), provider?.stop()]));
afterEach(() => {
  for (const authenticator of made.splice(0)) authenticator.close();
});

const audience = 'https://crm.example.com';
function authenticator(options: AuthenticatorOptions & { db?: Database } = {}): Authenticator {
  const one = createAuthenticator(options.db ?? domain.db, { jwt: { issuer: provider.issuer, audience }, ...options });
  made.push(one);
  return one;
}
const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'accepted',
    (error: { extensions?: { code?: string }; message: string }) => error.extensions?.code ?? error.message,
  );
const bearer = (token: string) => `Bearer ${token}`;
describe('tokens of the identity provider', () => {
  const token = (sub: string, claims: Record<string, unknown> = {}, expiresIn = 300) =>
    provider.issueToken({ sub, audience, claims, expiresIn });
  const linkedTo = async (id: string) =>
    (await domain.db.query<{ subject: string | null }>(sql`select auth_subject as subject from users where id = ${id}::uuid`))[0]!.subject;
  const events = async (id: string) =>
    (
      await domain.db.query<{ type: string; actor: string }>(
        sql`select type, actor_id as actor from event_inbox where subject_id = ${id}::uuid order by position`,
      )
    ).map((row) => row.type);

  it('sign in the user with the verified address the first time, and the same user ever after', async () => {
    const { id } = await domain.done(userCreate, { name: 'Ada', email: 'ada@example.com', role: 'sales' });
    const { authenticate, forget } = authenticator();
    const first = await token('ada-1', { email: 'Ada@Example.com', email_verified: true });
    const viewer = await authenticate(bearer(first), null);
    expect(viewer).toMatchObject({
      userId: id,
      credentialId: id,
      actor: { kind: 'USER', id },
      roleName: 'sales',
      workspaceId: domain.workspaceId,
    });
    expect(viewer!.expiresAt!.getTime()).toBeGreaterThan(Date.now());
    expect(await linkedTo(id)).toBe(`${provider.issuer}|ada-1`);
    await domain.done(userUpdate, { id: encodeId('User', id), email: 'ada.lovelace@example.com' });
    forget();
    expect((await authenticate(bearer(await token('ada-1')), null))?.userId).toBe(id);
    expect(await events(id)).toEqual(['user.created', 'user.linked', 'user.updated']);
    const stranger = await token('ada-2', { email: 'ada.lovelace@example.com', email_verified: true });
    expect(await codeOf(authenticate(bearer(stranger), null))).toBe('TOKEN_INVALID');
    expect(await linkedTo(id)).toBe(`${provider.issuer}|ada-1`);
  });

  it('are refused without a verified address, for archived users, and for users without a role', async () => {
    const { id } = await domain.done(userCreate, { name: 'Bob', email: 'bob@example.com' });
    const { authenticate } = authenticator();
    const signIn = async (claims: object) =>
      codeOf(authenticate(bearer(await token('bob', { email: 'bob@example.com', ...claims })), null));
    expect(await signIn({})).toBe('TOKEN_INVALID');
    expect(await signIn({ email_verified: false })).toBe('TOKEN_INVALID');
    expect(await linkedTo(id)).toBeNull();
    expect(await signIn({ email_verified: true })).toBe('FORBIDDEN');
    await domain.done(userUpdate, { id: encodeId('User', id), role: 'service' });
    expect(await signIn({})).toBe('accepted');
    await domain.done(userArchive, { id: encodeId('User', id) });
    expect(await signIn({})).toBe('TOKEN_INVALID');
    await domain
      .done(userCreate, { name: 'Gone', email: 'gone@example.com', role: 'service' })
      .then(({ id: gone }) => domain.done(userArchive, { id: encodeId('User', gone) }));
    expect(await codeOf(authenticate(bearer(await token('gone', { email: 'gone@example.com', email_verified: true })), null))).toBe(
      'TOKEN_INVALID',
    );
  });

  it('link one subject to an address, however many try at the same moment', async () => {
    const { id } = await domain.done(userCreate, { name: 'Cy', email: 'cy@example.com', role: 'sales' });
    const tokens = await Promise.all(
      Array.from({ length: 6 }, (_, i) => token(`cy-${i % 3}`, { email: 'cy@example.com', email_verified: true, n: i })),
    );
    const codes = await Promise.all(tokens.map((one) => codeOf(authenticator().authenticate(bearer(one), null))));
    expect(codes.filter((code) => code === 'accepted')).toHaveLength(2);
    expect(codes.filter((code) => code === 'TOKEN_INVALID')).toHaveLength(4);
    expect((await events(id)).filter((type) => type === 'user.linked')).toHaveLength(1);
  });

  it('are refused when expired, forged or for others, and follow a rotation of keys', async () => {
    await domain.done(userCreate, { name: 'Di', email: 'di@example.com', role: 'sales' });
    const claims = { email: 'di@example.com', email_verified: true };
    const { authenticate, forget } = authenticator();
    const old = await token('di', claims);
    expect(await codeOf(authenticate(bearer(old), null))).toBe('accepted');
    expect(await codeOf(authenticate(bearer(await token('di', claims, -60)), null))).toBe('TOKEN_EXPIRED');
    const elsewhere = await provider.issueToken({ sub: 'di', audience: 'https://other.example.com' });
    expect(await codeOf(authenticate(bearer(elsewhere), null))).toBe('TOKEN_INVALID');
    const [head, , signature] = old.split('.');
    const body = Buffer.from(
      JSON.stringify({ ...JSON.parse(Buffer.from(old.split('.')[1]!, 'base64url').toString()), sub: 'ada-1' }),
    ).toString('base64url');
    expect(await codeOf(authenticate(bearer(`${head}.${body}.${signature}`), null))).toBe('TOKEN_INVALID');
    await provider.rotateKeys();
    expect(await codeOf(authenticate(bearer(await token('di')), null))).toBe('accepted');
    forget();
    expect(await codeOf(authenticate(bearer(old), null))).toBe('TOKEN_INVALID');
    expect(await codeOf(createAuthenticator(domain.db).authenticate(bearer(old), null))).toBe('TOKEN_INVALID');
  });

  it('are remembered no longer than they last', async () => {
    await domain.done(userCreate, { name: 'Ed', email: 'ed@example.com', role: 'sales' });
    let now = Date.now();
    const { authenticate } = authenticator({ now: () => now, cacheMs: 3_600_000 });
    const short = await token('ed', { email: 'ed@example.com', email_verified: true }, 60);
    expect(await codeOf(authenticate(bearer(short), null))).toBe('accepted');
    now += 70_000;
    expect(await codeOf(authenticate(bearer(short), null))).toBe('TOKEN_EXPIRED');
  });

  it('bring the teams of the user and those they lead, with all sub-teams, as they are now', async () => {
    const team = async (name: string, parent?: { id: string }, lead?: string) =>
      domain.done(teamCreate, {
        name,
        ...(parent && { parent: { id: encodeId('Team', parent.id) } }),
        ...(lead && { lead: { email: lead } }),
      });
    const { id } = await domain.done(userCreate, { name: 'Flo', email: 'flo@example.com', role: 'sales' });
    const region = await team('Region');
    const office = await team('Office', region);
    const desk = await team('Desk', office);
    const led = await team('Led', undefined, 'flo@example.com');
    const below = await team('Below', led);
    await team('Other', region);
    const { authenticate } = authenticator();
    const signedIn = await token('flo', { email: 'flo@example.com', email_verified: true });
    const teams = async () => (await authenticate(bearer(signedIn), null))!.teamIds;
    expect(await teams()).toEqual([led.id, below.id].sort());
    await domain.done(teamMemberAdd, { team: { id: encodeId('Team', office.id) }, user: { id: encodeId('User', id) } });
    expect(await teams()).toEqual([office.id, desk.id, led.id, below.id].sort());
    await domain.done(teamArchive, { id: encodeId('Team', led.id) });
    expect(await teams()).toEqual([office.id, desk.id].sort());
  });

  it('belong to the workspace that they name, where there are several', async () => {
    const second = await createWorkspace(domain.db, { key: 'second', name: 'Second' });
    try {
      const jwt = { issuer: provider.issuer, audience, workspaceClaim: 'workspace' };
      const { authenticate } = authenticator({ jwt });
      const signIn = async (claims: object) =>
        codeOf(authenticate(bearer(await token('gil', { email: 'gil@example.com', email_verified: true, ...claims })), null));
      await domain.done(userCreate, { name: 'Gil', email: 'gil@example.com', role: 'sales' });
      expect(await signIn({})).toBe('TOKEN_INVALID');
      expect(await signIn({ workspace: 'nowhere' })).toBe('TOKEN_INVALID');
      expect(await signIn({ workspace: 'second' })).toBe('TOKEN_INVALID');
      expect(await signIn({ workspace: 'test' })).toBe('accepted');
      expect((await authenticator().authenticate(bearer(second.apiKey), null))?.workspaceId).toBe(second.workspaceId);
    } finally {
      // The other tests have one workspace.
      await domain.db.execute(sql`update api_keys set revoked_at = now() where workspace_id = ${second.workspaceId}::uuid`);
      await domain.db.execute(sql`delete from workspaces where id = ${second.workspaceId}::uuid`);
    }
  });
});
