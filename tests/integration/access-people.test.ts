// Signing in, roles and the border between workspaces through the running server.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createWorkspace } from '../../src/modules/workspace/index.ts';
import { type Caller, callerOf } from '../support/caller.ts';
import { type OidcProvider, startOidcProvider } from '../support/oidc.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

const audience = 'https://crm.example.com';
let provider: OidcProvider;
let server: TestServer;
let ask: Caller['ask'];
let change: Caller['change'];
let codesOf: Caller['codesOf'];
beforeAll(async () => {
  provider = await startOidcProvider();
  server = await startTestServer({ auth: { jwt: { issuer: provider.issuer, audience, workspaceClaim: 'workspace' } } });
  ({ ask, change, codesOf } = callerOf(server));
});
afterAll(async () => {
  await server?.stop();
  await provider?.stop();
});

const newKey = (role: string) => change('apiKeyCreate', { name: 'Test', role }, 'key');
const signIn = (sub: string, email: string) =>
  provider.issueToken({ sub, audience, claims: { email, email_verified: true, workspace: 'main' } });

describe('signing in', () => {
  it('makes a person the viewer, whose role is cut to the team', async () => {
    await change('roleCreate', {
      key: 'team-lead',
      name: 'Team lead',
      permissions: ['users:read', 'teams:read'],
      rowScopes: [
        { subject: 'users', scope: 'TEAM' },
        { subject: 'teams', scope: 'TEAM' },
      ],
      hiddenFields: ['User.email', 'User.externalId'],
    });
    const rows = (names: string[]) =>
      names.map((name) => ({ externalId: { system: 'hr', value: name }, name, email: `${name}@example.com` }));
    await change('usersUpsert', { rows: [...rows(['ann', 'ben', 'cat', 'dan'])] });
    await change('usersUpsert', { rows: [{ ...rows(['ann'])[0], role: 'team-lead' }] });
    const ref = (value: string) => ({ externalId: { system: 'hr', value } });
    await change('teamsUpsert', {
      rows: [
        { ...ref('north'), name: 'North', lead: { email: 'ann@example.com' } },
        { ...ref('north-1'), name: 'North 1', parent: ref('north') },
        { ...ref('south'), name: 'South' },
      ],
    });
    for (const [team, user] of [
      ['north-1', 'ben'],
      ['south', 'cat'],
    ])
      await change('teamMemberAdd', { team: ref(team!), user: ref(user!) });

    const key = await signIn('ann', 'ann@example.com');
    const seen = await ask(
      '{ viewer { user { name teams { nodes { name } } ledTeams { nodes { name } } } role { key } } users { nodes { name email } totalCount { value } } teams { nodes { name members { nodes { name } } } } }',
      {},
      key,
    );
    expect(seen.viewer).toEqual({
      user: { name: 'ann', teams: { nodes: [] }, ledTeams: { nodes: [{ name: 'North' }] } },
      role: { key: 'team-lead' },
    });
    expect(seen.users).toEqual({
      nodes: [
        { name: 'ann', email: null },
        { name: 'ben', email: null },
      ],
      totalCount: { value: 2 },
    });
    expect(seen.teams.nodes).toEqual([
      { name: 'North', members: { nodes: [] } },
      { name: 'North 1', members: { nodes: [{ name: 'ben' }] } },
    ]);

    const one = async (by: object, as?: string) =>
      server.query('query ($by: UserRef!) { user(by: $by) { id name email } }', { by }, as === undefined ? {} : { key: as });
    expect((await one(ref('ben'))).data.user).toMatchObject({ name: 'ben', email: 'ben@example.com' });
    expect((await one({ email: 'BEN@example.com' })).data.user).toMatchObject({ name: 'ben' });
    const cat = (await one(ref('cat'))).data.user.id;
    expect((await one({ id: cat }, key)).data.user).toBeNull();
    // What is hidden cannot be found out by asking for it either.
    expect((await one({ email: 'ben@example.com' }, key)).errors[0]?.extensions.code).toBe('FORBIDDEN');
    expect((await one(ref('ben'), key)).errors[0]?.extensions.code).toBe('FORBIDDEN');
    const guess = await server.query('{ users(filter: { email: { eq: "ben@example.com" } }) { nodes { id } } }', {}, { key });
    expect(guess.errors[0]?.extensions.code).toBe('FORBIDDEN');
  });

  it('survives a rotation of keys and ends with the user', async () => {
    await change('userCreate', { name: 'Eve', email: 'eve@example.com', role: 'service' });
    const before = await signIn('eve', 'eve@example.com');
    expect((await ask('{ viewer { user { name } } }', {}, before)).viewer.user).toEqual({ name: 'Eve' });
    await provider.rotateKeys();
    const after = await provider.issueToken({ sub: 'eve', audience, claims: { workspace: 'main' } });
    const { id } = (await ask('{ viewer { user { id } } }', {}, after)).viewer.user;
    await change('userArchive', { id }, 'user { archivedAt }');
    const refused = await server.query('{ viewer { permissions } }', {}, { key: after });
    expect([refused.status, refused.errors[0]?.extensions.code]).toEqual([401, 'TOKEN_INVALID']);
  });

  it('with an origin marks what is changed', async () => {
    const document = 'mutation { teamCreate(input: { name: "From the shop" }) { team { id } userErrors { code } } }';
    const { data } = await server.query(document, {}, { headers: { 'x-trato-origin': 'shop-sync' } });
    await server.events.drained();
    const { events } = await ask('query ($id: ID!) { events(subjectId: $id) { nodes { type origin actor { kind apiKey { name } } } } }', {
      id: data.teamCreate.team.id,
    });
    expect(events.nodes).toEqual([
      { type: 'team.created', origin: 'shop-sync', actor: { kind: 'API_KEY', apiKey: { name: 'Administrator' } } },
    ]);
  });
});

describe('roles', () => {
  it('cannot be climbed through the API', async () => {
    await change('roleCreate', { key: 'deputy', name: 'Deputy', permissions: ['roles:*', 'users:*', 'api-keys:*'] });
    const { key } = await newKey('deputy');
    expect(await codesOf('roleCreate', { key: 'more', name: 'More', permissions: ['*'] }, key)).toEqual([
      'ROLE_EXCEEDS_CALLER permissions',
    ]);
    expect(await codesOf('apiKeyCreate', { name: 'More', role: 'administrator' }, key)).toEqual(['ROLE_EXCEEDS_CALLER role']);
    expect(await codesOf('userCreate', { name: 'More', role: 'administrator' }, key)).toEqual(['ROLE_EXCEEDS_CALLER role']);
    const role = (await ask('{ roles(filter: { key: { eq: "deputy" } }) { nodes { id permissions rowScopes { scope } } } }', {}, key)).roles
      .nodes[0];
    expect(await codesOf('roleUpdate', { id: role.id, permissions: ['*'] }, key)).toEqual(['ROLE_EXCEEDS_CALLER permissions']);
    const { key: writer } = await newKey('integration');
    expect(await codesOf('userCreate', { name: 'X', role: 'recogniser' }, writer)).toEqual(['FORBIDDEN']);
    expect(await codesOf('userCreate', { name: 'X' }, writer)).toEqual([]);
    expect(await codesOf('apiKeyCreate', { name: 'X', role: 'recogniser' }, writer)).toEqual(['FORBIDDEN']);
  });
});

describe('another workspace', () => {
  it('is out of reach for references, ids and keys', async () => {
    const other = await createWorkspace(server.db, { key: 'other', name: 'Other' });
    const theirs = {
      user: (
        await change(
          'userCreate',
          { name: 'Their', email: 'their@example.com', externalId: { system: 'hr', value: 'their' } },
          'user { id }',
          other.apiKey,
        )
      ).user.id,
      team: (await change('teamCreate', { name: 'Their team', externalId: { system: 'hr', value: 'their' } }, 'team { id }', other.apiKey))
        .team.id,
      role: (await ask('{ roles(first: 1) { nodes { id } } }', {}, other.apiKey)).roles.nodes[0].id,
      key: (await ask('{ apiKeys { nodes { id } } }', {}, other.apiKey)).apiKeys.nodes[0].id,
    };
    const absent = await ask(
      'query ($user: ID!, $team: ID!, $role: ID!, $key: ID!) { a: user(by: { id: $user }) { id } b: user(by: { email: "their@example.com" }) { id } c: team(by: { id: $team }) { id } d: team(by: { externalId: { system: "hr", value: "their" } }) { id } e: role(id: $role) { id } f: apiKey(id: $key) { id } nodes(ids: [$user, $team, $role, $key]) { id } }',
      theirs,
    );
    expect(absent).toEqual({ a: null, b: null, c: null, d: null, e: null, f: null, nodes: [null, null, null, null] });
    expect(await codesOf('userUpdate', { id: theirs.user, name: 'X' })).toEqual(['NOT_FOUND id']);
    expect(await codesOf('teamCreate', { name: 'X', lead: { id: theirs.user } })).toEqual(['NOT_FOUND lead']);
    expect(await codesOf('teamCreate', { name: 'X', parent: { id: theirs.team } })).toEqual(['NOT_FOUND parent']);
    expect(await codesOf('userCreate', { name: 'X', teams: [{ id: theirs.team }] })).toEqual(['NOT_FOUND teams.0']);
    expect(await codesOf('roleUpdate', { id: theirs.role, name: 'X' })).toEqual(['NOT_FOUND id']);
    expect(await codesOf('apiKeyRevoke', { id: theirs.key })).toEqual(['NOT_FOUND id']);
    expect(await codesOf('teamMemberAdd', { team: { id: theirs.team }, user: { id: theirs.user } })).toEqual(['NOT_FOUND team']);
    // The same address and reference mean someone else here.
    expect(await codesOf('userCreate', { name: 'Ours', email: 'their@example.com', externalId: { system: 'hr', value: 'their' } })).toEqual(
      [],
    );
    expect(await codesOf('userUpdate', { id: theirs.team, name: 'X' })).toEqual(['ID_INVALID id']);
  });
});
