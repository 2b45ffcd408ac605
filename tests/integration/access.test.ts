// API keys, the viewer and the workspace through the running server.
import sql, { raw } from 'sql-template-tag';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createWorkspace } from '../../src/modules/workspace/index.ts';
import { type Caller, callerOf } from '../support/caller.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

let server: TestServer;
let ask: Caller['ask'];
let change: Caller['change'];
let codesOf: Caller['codesOf'];
beforeAll(async () => {
  server = await startTestServer();
  ({ ask, change, codesOf } = callerOf(server));
});
afterAll(() => server?.stop());

const newKey = (role: string, more: object = {}) =>
  change('apiKeyCreate', { name: 'Test', role, ...more }, 'key apiKey { id prefix name }');

/** Every row of every table, as text. */
async function dump(): Promise<string> {
  const tables = await server.db.query<{ name: string }>(
    sql`select quote_ident(tablename) as name from pg_tables where schemaname = 'public'`,
  );
  const rows = await Promise.all(
    tables.map(({ name }) => server.db.query<{ row: string }>(sql`select t::text as row from ${raw(name)} t`)),
  );
  return rows.flatMap((table) => table.map(({ row }) => row)).join('\n');
}

describe('API keys', () => {
  it('are shown once, also to a repeated call, and stored nowhere', async () => {
    const document = `mutation ($input: ApiKeyCreateInput!, $once: String!) { apiKeyCreate(input: $input) @idempotent(key: $once) { key apiKey { id prefix role { key } } userErrors { code } } }`;
    const variables = { input: { name: 'Shop', role: 'integration' }, once: 'first try' };
    const first = (await ask(document, variables)).apiKeyCreate;
    const again = (await ask(document, variables)).apiKeyCreate;
    expect(again).toEqual({ ...first, key: null });
    expect(first.key.startsWith(first.apiKey.prefix)).toBe(true);
    expect(first.apiKey.role).toEqual({ key: 'integration' });

    const viewer = (await ask('{ viewer { apiKey { id } user { id } role { key } permissions } }', {}, first.key)).viewer;
    expect(viewer).toMatchObject({ apiKey: { id: first.apiKey.id }, user: null, role: { key: 'integration' } });
    await server.events.drained();
    const events = (await ask('{ events(first: 100, types: ["api_key.created"]) { nodes { data } } }')).events.nodes;
    const everything = [await dump(), JSON.stringify(events), ...server.logs].join('\n');
    expect(everything).toContain(first.apiKey.prefix);
    for (const secret of [first.key, server.adminKey]) {
      expect(everything).not.toContain(secret);
      // Nor the part of it that cannot be guessed.
      expect(everything).not.toContain(secret.slice(12));
    }
    const { api_keys: hashes } = { api_keys: await server.db.query<{ hash: string }>(sql`select hash from api_keys`) };
    expect(hashes.every(({ hash }) => /^[0-9a-f]{64}$/.test(hash))).toBe(true);
    for (const { hash } of hashes) expect(JSON.stringify(events) + server.logs.join('')).not.toContain(hash);
  });

  it('have no field that gives the hash', async () => {
    const { errors } = await server.query('{ apiKeys { nodes { hash } } }');
    expect(errors[0]?.extensions.code).toBe('GRAPHQL_VALIDATION_FAILED');
  });

  it('are refused from the moment they are withdrawn', async () => {
    const { key, apiKey } = await newKey('read-only');
    expect((await ask('{ viewer { role { key } } }', {}, key)).viewer.role).toEqual({ key: 'read-only' });
    await change('apiKeyRevoke', { id: apiKey.id }, 'apiKey { revokedAt }');
    const refused = await server.query('{ viewer { role { key } } }', {}, { key });
    expect([refused.status, refused.errors[0]?.extensions.code]).toEqual([401, 'TOKEN_INVALID']);
  });

  it('end when they are told to, and not before', async () => {
    expect(await codesOf('apiKeyCreate', { name: 'Late', role: 'read-only', expiresAt: '2020-01-01T00:00:00Z' })).toEqual([
      'IN_THE_PAST expiresAt',
    ]);
    const { key, apiKey } = await newKey('read-only', { expiresAt: '2099-01-01T00:00:00Z' });
    expect((await ask('{ viewer { expiresAt } }', {}, key)).viewer.expiresAt).toBe('2099-01-01T00:00:00.000Z');
    expect(apiKey.name).toBe('Test');
  });
});

describe('the viewer', () => {
  it('is told what it may do and what a request may ask for', async () => {
    await change('roleCreate', {
      key: 'narrow',
      name: 'Narrow',
      permissions: ['users:read'],
      rowScopes: [{ subject: 'users', scope: 'TEAM' }],
      hiddenFields: ['User.email'],
    });
    const { key } = await newKey('narrow');
    const { viewer } = await ask(
      '{ viewer { workspace { key name } permissions hiddenFields rowScopes { subject scope } expiresAt limits { pageSize bulkRows nodes idempotencyHours } } }',
      {},
      key,
    );
    expect(viewer).toEqual({
      workspace: { key: 'main', name: 'Main' },
      permissions: ['users:read'],
      hiddenFields: ['User.email'],
      rowScopes: [{ subject: 'users', scope: 'TEAM' }],
      expiresAt: null,
      limits: { pageSize: 100, bulkRows: 500, nodes: 100, idempotencyHours: 24 },
    });
    const { errors } = await server.query('{ workspace { key } }', {}, { key });
    expect(errors[0]?.extensions.code).toBe('FORBIDDEN');
    const nobody = await server.query('{ viewer { permissions } }', {}, { key: null });
    expect(nobody.errors[0]?.extensions.code).toBe('UNAUTHENTICATED');
  });
});

describe('the workspace', () => {
  it('is read and changed, a bad value refused', async () => {
    const fields = 'key name currency timeZone country';
    const before = (await ask(`{ workspace { ${fields} } }`)).workspace;
    const { workspace } = await change('workspaceUpdate', { name: 'Acme', currency: 'EUR', country: null }, `workspace { ${fields} }`);
    expect(workspace).toEqual({ ...before, name: 'Acme', currency: 'EUR', country: null });
    expect(await codesOf('workspaceUpdate', { currency: 'ABC' })).toEqual(['CURRENCY_INVALID currency']);
    expect(await codesOf('workspaceUpdate', { country: 'ZX' })).toEqual(['COUNTRY_INVALID country']);
    expect(await codesOf('workspaceUpdate', { timeZone: 'Europe/Nowhere' })).toEqual(['TIME_ZONE_INVALID timeZone']);
    expect(await codesOf('workspaceUpdate', { name: null })).toEqual(['REQUIRED name']);
    expect(await codesOf('workspaceUpdate', { name: 'X' }, (await newKey('read-only')).key)).toEqual(['FORBIDDEN']);
    await server.events.drained();
    const [event] = (await ask('{ events(types: ["workspace.updated"]) { nodes { data } } }')).events.nodes;
    expect(event.data.after).toEqual({ name: 'Acme', currency: 'EUR', country: null });
    await change('workspaceUpdate', { name: before.name, currency: before.currency, country: before.country });
  });

  it('is found by its id, and no other', async () => {
    const other = await createWorkspace(server.db, { key: 'unseen', name: 'Unseen' });
    const { id } = (await ask('{ workspace { id } }')).workspace;
    const theirs = (await ask('{ workspace { id } }', {}, other.apiKey)).workspace.id;
    const document = 'query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Workspace { key } } }';
    expect((await ask(document, { ids: [id, theirs] })).nodes).toEqual([{ key: 'main' }, null]);
  });
});
