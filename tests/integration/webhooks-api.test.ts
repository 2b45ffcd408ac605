// Webhooks through the API: what is refused, whose eyes they have, and that nothing of their secrets is ever seen again.
import { GraphQLObjectType, GraphQLSchema, type OperationDefinitionNode, parse } from 'graphql';
import sql from 'sql-template-tag';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import '../../src/modules/webhooks/webhooks.schema.ts';
import { createApiKey } from '../../src/auth/api-key.ts';
import { systemViewer } from '../../src/auth/system-viewer.ts';
import { runCommand } from '../../src/commands/command.ts';
import { builtSchema } from '../../src/graphql/built-schema.ts';
import { compileCost } from '../../src/graphql/cost.ts';
import { configureLimits, defaultLimits } from '../../src/graphql/limits.ts';
import { buildSchema } from '../../src/graphql/schema.ts';
import { decodeTypeId } from '../../src/lib/typeid.ts';
import { deleteOldDeliveries, eraseDeliveriesOf, recheckWebhooks, webhookCreate, webhookUpdate } from '../../src/modules/webhooks/index.ts';
import { createWorkspace } from '../../src/modules/workspace/index.ts';
import { ask, codesOf, type Data, done, keyOfRole, makeCustomer, mutate } from '../support/core.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server?.stop());

const url = 'https://hooks.example.com/trato';
const document = `subscription Changes($types: [String!]) {
  events(types: $types) { ... on Event { type data subject { ... on Customer { displayName birthDate } } } }
}`;
const variables = { types: ['customer.created', 'customer.updated'] };
const valid = { name: 'ERP', url, document, variables };

const create = (more: object = {}, select = 'webhook { id cursor } secret', options: { key?: string; idempotent?: string } = {}) =>
  done(server, 'webhookCreate', { ...valid, ...more }, select, options);
const refusal = async (name: string, input: object, key?: string): Promise<string[]> =>
  (await mutate(server, name, input, '', key === undefined ? {} : { key })).userErrors.map(
    (error: { code: string; path: string[] }) => `${error.code} ${error.path.join('.')}`,
  );
const uuidOf = (id: string) => decodeTypeId(id)!.uuid;
/** The place of the end of the log, once all that was committed is in it. */
async function endOfLog(): Promise<string> {
  await server.events.drained();
  const { events } = await ask(server, '{ events(first: 1) { nodes { cursor } } }');
  const [{ head }] = (await server.db.query<{ head: bigint }>(sql`select coalesce(max(seq), 0) as head from events`)) as [{ head: bigint }];
  return events.nodes.length === 0 ? Buffer.from('event:0').toString('base64url') : Buffer.from(`event:${head}`).toString('base64url');
}
/** Says that a webhook has come past everything, as its deliveries would. */
async function catchUp(id: string): Promise<void> {
  await server.events.drained();
  await server.db.execute(sql`update webhooks set cursor = (select max(seq) from events) where id = ${uuidOf(id)}::uuid`);
}

/** Writes an attempt at a delivery, as sending it would. */
async function answered(delivery: string, body: string): Promise<void> {
  await server.db.execute(sql`insert into webhook_attempts
      (workspace_id, id, delivery_id, number, started_at, duration_ms, request_headers, response_headers, response_body)
    values (${server.workspaceId}, gen_random_uuid(), ${uuidOf(delivery)}::uuid, 1, now(), 5, '{}', '{"a": "b"}', ${body})`);
}

describe('a webhook is refused', () => {
  it('for its document, with a code and a place', async () => {
    const refused = (text: string, given: object = {}) => refusal('webhookCreate', { ...valid, document: text, variables: given });
    expect(await refused('subscription {')).toEqual(['DOCUMENT_INVALID document']);
    expect(await refused('subscription { events { ... on Event { nothing } } }')).toEqual(['DOCUMENT_INVALID document']);
    expect(await refused('{ viewer { workspace { id } } }')).toEqual(['DOCUMENT_NOT_A_SUBSCRIPTION document']);
    expect(await refused('subscription A { events { __typename } } subscription B { events { __typename } }')).toEqual([
      'DOCUMENT_NOT_A_SUBSCRIPTION document',
    ]);
    expect(await refused('fragment A on Event { id } ')).not.toEqual([]);
    expect(await refused('subscription { events(after: "x") { __typename } }')).toEqual(['DOCUMENT_AFTER document']);
    expect(await refused('subscription ($after: String) { events(after: $after) { __typename } }')).toEqual(['DOCUMENT_AFTER document']);
    expect(await refused('subscription ($types: [String!]!) { events(types: $types) { __typename } }')).toEqual([
      'VARIABLES_INVALID variables',
    ]);
    expect(await refused('subscription { events(subjectId: "nobody") { __typename } }')).toEqual(['DOCUMENT_INVALID document']);
    expect(await refused(`subscription { events { __typename } } #${'x'.repeat(20_000)}`)).toEqual(['TOO_LONG document']);
    expect(await refused('subscription { events { __typename } }', { a: 'x'.repeat(20_000) })).toEqual(['TOO_LONG variables']);
    const hungry = `subscription { interactionRecorded { customer { interactions(first: 100) { nodes { customer { interactions(first: 100) { nodes {
      customer { interactions(first: 100) { nodes { id } } } } } } } } } } }`;
    expect(await refused(hungry)).toEqual(['DOCUMENT_TOO_EXPENSIVE document']);
    // By the limits that the server is configured with.
    configureLimits({ ...defaultLimits, costMaximum: 1 });
    expect(await refused('subscription { interactionRecorded { customer { displayName } } }')).toEqual(['DOCUMENT_TOO_EXPENSIVE document']);
    configureLimits(defaultLimits);
    expect(await refused('subscription { interactionRecorded { customer { displayName } } }')).toEqual([]);
  });

  it('where the workspace has 100 that are not archived, also when several are made at once', async () => {
    const other = await createWorkspace(server.db, { key: 'many', name: 'Many', currency: 'EUR', country: 'DE' });
    const key = other.apiKey!;
    const { webhook } = await create({}, 'webhook { id }', { key });
    await server.db.execute(sql`insert into webhooks (workspace_id, id, name, url, document, api_key_id, secret, cursor)
      select workspace_id, gen_random_uuid(), name, url, document, api_key_id, secret, cursor
      from webhooks cross join generate_series(1, 96) where id = ${uuidOf(webhook.id)}::uuid`);
    const answers = await Promise.all(Array.from({ length: 6 }, () => refusal('webhookCreate', valid, key)));
    expect(answers.flat()).toEqual(Array(3).fill('TOO_MANY_WEBHOOKS '));
    await done(server, 'webhookArchive', { id: webhook.id }, 'webhook { id }', { key });
    expect(await refusal('webhookCreate', valid, key)).toEqual([]);
    // Its own figure, not that of all workspaces.
    await done(server, 'webhookArchive', { id: (await create()).webhook.id }, 'webhook { id }');
  });

  it('for its address and its figures', async () => {
    const refused = (more: object) => refusal('webhookCreate', { ...valid, ...more });
    for (const wrong of ['nowhere', 'ftp://example.com', 'javascript:alert(1)', 'https://me:word@example.com/', 'https://']) {
      expect(await refused({ url: wrong })).toEqual(['URL_INVALID url']);
    }
    for (const inside of [
      'http://127.0.0.1/',
      'http://[::1]:80/',
      'https://10.1.2.3/x',
      'http://0x7f.1/',
      'http://169.254.169.254/latest',
    ]) {
      expect(await refused({ url: inside })).toEqual(['URL_PRIVATE url']);
    }
    expect(await refused({ url: `https://example.com/${'x'.repeat(2_000)}` })).toEqual(['TOO_LONG url']);
    expect(await refused({ concurrency: 0 })).toEqual(['TOO_SHORT concurrency']);
    expect(await refused({ timeoutMs: 60_001 })).toEqual(['TOO_LONG timeoutMs']);
    expect(await refused({ ignoreOrigins: ['a b'] })).toEqual(['INVALID ignoreOrigins.0']);
    expect(await refused({ after: 'soon' })).toEqual(['CURSOR_INVALID after']);
    expect(await refused({ after: Buffer.from('event:999999').toString('base64url') })).toEqual(['CURSOR_AHEAD after']);
  });

  it('for what the role may not read', async () => {
    const key = await keyOfRole(server, {
      permissions: ['webhooks:*', 'interactions:read', 'customers:read'],
      hiddenFields: ['Customer.displayName', 'Customer.birthDate'],
    });
    const refused = (text: string) => refusal('webhookCreate', { ...valid, document: text, variables: {} }, key);
    expect(await refused('subscription { events { __typename } }')).toEqual(['DOCUMENT_FORBIDDEN document']);
    expect(await refused('subscription { interactionRecorded { customer { displayName } } }')).toEqual(['DOCUMENT_FORBIDDEN document']);
    expect(await refused('subscription { interactionRecorded { customer { owner { id } } } }')).toEqual(['DOCUMENT_FORBIDDEN document']);
    expect(await refused('subscription { interactionRecorded(filter: { customer: { displayName: { eq: "Ann" } } }) { id } }')).toEqual([
      'DOCUMENT_FORBIDDEN document',
    ]);
    expect(await refused('subscription { interactionRecorded { customer { birthDate } } }')).toEqual([]);
    const reader = await keyOfRole(server, { permissions: ['webhooks:read', 'events:read'] });
    expect(
      await codesOf(server, 'mutation ($input: WebhookCreateInput!) { webhookCreate(input: $input) { secret } }', { input: valid }, reader),
    ).toEqual(['FORBIDDEN']);
  });
});

describe('its secret', () => {
  it('is shown once, and nowhere else', async () => {
    const { webhook, secret } = await create({}, 'webhook { id } secret', { idempotent: 'once' });
    expect(Buffer.from(secret.slice('whsec_'.length), 'base64')).toHaveLength(32);
    const again = await create({}, 'webhook { id } secret', { idempotent: 'once' });
    expect(again).toMatchObject({ webhook, secret: null });
    const turned = await done(
      server,
      'webhookRotateSecret',
      { id: webhook.id, keepPreviousFor: 5 },
      'webhook { previousSecretUntil } secret',
    );
    expect(turned.secret).not.toBe(secret);
    const [row] = await server.db.query<Data>(
      sql`select secret, previous_secret, previous_secret_until from webhooks where id = ${uuidOf(webhook.id)}::uuid`,
    );
    expect(row).toMatchObject({ secret: turned.secret, previous_secret: secret });
    expect(turned.webhook.previousSecretUntil).toBe(row.previous_secret_until.toISOString());
    const dropped = await done(
      server,
      'webhookRotateSecret',
      { id: webhook.id, keepPreviousFor: 0 },
      'webhook { previousSecretUntil } secret',
    );
    expect(dropped.webhook.previousSecretUntil).toBeNull();
    await server.events.drained();
    const stored = JSON.stringify([
      await server.db.query(sql`select * from events`).then((rows) => rows.map((one) => ({ ...one, seq: '' }))),
      await server.db.query(sql`select * from idempotency_records`),
      server.logs,
      await ask(server, '{ webhooks { nodes { id name url document variables status } } }'),
    ]);
    for (const one of [secret, turned.secret, dropped.secret]) expect(stored).not.toContain(one.slice(6, 40));
    expect(stored).toContain('webhook.secret_rotated');
    const fields = await ask(server, '{ __type(name: "Webhook") { fields { name } } }');
    expect(fields.__type.fields.map((field: Data) => field.name).filter((name: string) => /secret$/i.test(name))).toEqual([]);
    expect(await refusal('webhookRotateSecret', { id: webhook.id, keepPreviousFor: 50_000 })).toEqual(['TOO_LONG keepPreviousFor']);
  });
});

describe('a try', () => {
  it('answers the newest event that fits, as the maker’s role sees it', async () => {
    const key = await keyOfRole(server, {
      permissions: ['webhooks:*', 'events:read', 'customers:read'],
      hiddenFields: ['Customer.birthDate'],
    });
    const { webhook } = await create({}, 'webhook { id apiKey { id } user { id } }', { key });
    await makeCustomer(server, { displayName: 'Ann', birthDate: '1990-01-01' });
    await server.events.drained();
    const { webhookDelivery } = await done(
      server,
      'webhookTest',
      { id: webhook.id },
      'webhookDelivery { id kind status eventType body messageId attempts }',
      { key },
    );
    expect(webhookDelivery).toMatchObject({ kind: 'TEST', status: 'PENDING', eventType: 'webhook.test', attempts: 0 });
    const body = JSON.parse(webhookDelivery.body);
    expect(body).toMatchObject({
      type: 'webhook.test',
      event: {
        subjectType: 'Customer',
        customerId: expect.stringMatching(/^customer_/),
        actor: { kind: 'API_KEY', id: null },
        origin: null,
      },
      data: { events: { type: 'customer.created', subject: { displayName: 'Ann', birthDate: null } } },
    });
    expect(body.errors).toBeUndefined();
    expect(body.event.changed).toContain('displayName');
    expect(webhookDelivery.body).not.toMatch(/1990-|birthDate":"/);
    expect(body.event.changed).not.toContain('birthDate');
    // Whoever sees less than the maker sees that something was sent, not what; an administrator sees it.
    await answered(webhookDelivery.id, 'echo of Ann');
    const log = 'query ($id: ID!) { webhookDelivery(id: $id) { body sent { nodes { number responseBody responseHeaders } } } }';
    const bodyFor = async (as?: string) => {
      const { body, sent } = (await ask(server, log, { id: webhookDelivery.id }, as)).webhookDelivery;
      const echo =
        body === null ? { responseBody: null, responseHeaders: null } : { responseBody: 'echo of Ann', responseHeaders: { a: 'b' } };
      expect(sent.nodes).toEqual([{ number: 1, ...echo }]);
      return body;
    };
    expect(await bodyFor(await keyOfRole(server, { permissions: ['webhooks:read'] }))).toBeNull();
    expect(
      await bodyFor(
        await keyOfRole(server, {
          permissions: ['webhooks:read', 'events:read', 'customers:read'],
          rowScopes: [{ subject: 'customers', scope: 'OWN' }],
        }),
      ),
    ).toBeNull();
    expect(await bodyFor(await keyOfRole(server, { permissions: ['webhooks:read', 'events:read', 'customers:read'] }))).toBe(
      webhookDelivery.body,
    );
    expect(await bodyFor()).toBe(webhookDelivery.body);
  });

  it('has no data where nothing fits, and is not made while nothing is sent', async () => {
    const { webhook } = await create({ variables: { types: ['quote.accepted'] } });
    const { webhookDelivery } = await done(server, 'webhookTest', { id: webhook.id }, 'webhookDelivery { body }');
    expect(JSON.parse(webhookDelivery.body)).toEqual({ type: 'webhook.test', timestamp: expect.any(String), event: null, data: null });
    await done(server, 'webhookPause', { id: webhook.id }, '');
    expect(await refusal('webhookTest', { id: webhook.id })).toEqual(['WEBHOOK_INACTIVE id']);
  });
});

describe('changing it', () => {
  it('lends it the role of whoever says what is sent or where to', async () => {
    const { webhook } = await create();
    const key = await keyOfRole(server, { permissions: ['webhooks:*', 'events:read'] });
    const state = 'webhook { version name url apiKey { id } status problem }';
    const { webhook: before } = await done(server, 'webhookUpdate', { id: webhook.id }, state);
    const { webhook: named } = await done(server, 'webhookUpdate', { id: webhook.id, name: 'New' }, state);
    expect(named).toEqual({ ...before, name: 'New', version: 2 });
    await done(server, 'webhookUpdate', { id: webhook.id, name: 'Newer', concurrency: 3 }, '', { key });
    const { webhook: same } = await done(server, 'webhookPause', { id: webhook.id }, state);
    expect(same.apiKey).toEqual(before.apiKey);
    // It has sent what that key may not see: what is kept of it and what waits would be the key's.
    const elsewhere = { id: webhook.id, url: 'https://elsewhere.example.com' };
    expect(await refusal('webhookUpdate', elsewhere, key)).toEqual(['ROLE_EXCEEDS_CALLER id']);
    await done(server, 'webhookUpdate', elsewhere, '', { key: await keyOfRole(server, { permissions: ['*'] }) });
    const { webhook: moved } = await done(server, 'webhookUpdate', { id: webhook.id }, state);
    expect(moved).toMatchObject({ url: 'https://elsewhere.example.com/', status: 'PAUSED' });
    expect(moved.apiKey.id).not.toBe(before.apiKey.id);
    // Nobody has the data of another sent to themselves.
    const blind = await keyOfRole(server, { permissions: ['webhooks:*'] });
    expect(await refusal('webhookUpdate', { id: webhook.id, url: 'https://mine.example.com' }, blind)).toEqual([
      'DOCUMENT_FORBIDDEN document',
    ]);
    expect(await refusal('webhookUpdate', { id: webhook.id, name: 'x', expectedVersion: 1 })).toEqual(['VERSION_CONFLICT expectedVersion']);
    expect(await refusal('webhookUpdate', { id: webhook.id, name: null })).toEqual(['REQUIRED name']);
    expect(await refusal('webhookUpdate', { id: webhook.id, variables: { types: 1 } })).toEqual(['VARIABLES_INVALID variables']);
  });

  it('pauses, enables, skips and archives', async () => {
    const { webhook } = await create();
    const id = webhook.id;
    await makeCustomer(server, { displayName: 'Waiting' });
    await server.events.drained();
    await done(server, 'webhookTest', { id }, 'webhookDelivery { id }');
    await done(server, 'webhookPause', { id }, '');
    const { webhook: enabled } = await done(server, 'webhookEnable', { id }, 'webhook { status cursor deliveries { nodes { status } } }');
    expect(enabled).toEqual({ status: 'ACTIVE', cursor: webhook.cursor, deliveries: { nodes: [{ status: 'PENDING' }] } });
    const end = await endOfLog();
    const { webhook: skipped } = await done(
      server,
      'webhookEnable',
      { id, skip: true },
      'webhook { cursor deliveries(filter: { status: { in: [FAILED] } }) { nodes { lastError nextAttemptAt } } }',
    );
    expect(skipped).toEqual({ cursor: end, deliveries: { nodes: [{ lastError: 'SKIPPED', nextAttemptAt: null }] } });
    const { webhook: archived } = await done(server, 'webhookArchive', { id }, 'webhook { archivedAt }');
    expect(archived.archivedAt).toEqual(expect.any(String));
    for (const name of ['webhookPause', 'webhookEnable', 'webhookTest', 'webhookRotateSecret'])
      expect(await refusal(name, { id })).toEqual(['NOT_FOUND id']);
    await server.events.drained();
    const types = await server.db.query<{ type: string }>(sql`select type from events where subject_id = ${uuidOf(id)}::uuid order by seq`);
    expect(types.map(({ type }) => type.replace('webhook.', ''))).toEqual([
      'created',
      'tested',
      'paused',
      'enabled',
      'enabled',
      'archived',
    ]);
  });
});

describe('restoring it', () => {
  const restored = 'webhook { status cursor archivedAt version failingSince apiKey { id } }';

  it('has it go on at the end of the log with its own credential, once', async () => {
    const { webhook } = await create({}, 'webhook { id apiKey { id } }');
    const { id } = webhook;
    await makeCustomer(server, { displayName: 'Waiting' });
    await server.events.drained();
    await done(server, 'webhookTest', { id }, '');
    await done(server, 'webhookPause', { id }, '');
    await server.db.execute(sql`update webhooks set failing_since = now() - interval '9 days' where id = ${uuidOf(id)}::uuid`);
    await done(server, 'webhookArchive', { id }, '');
    await makeCustomer(server, { displayName: 'Missed' });
    const other = await keyOfRole(server, { permissions: ['*'] });
    const end = await endOfLog();
    expect(await refusal('webhookRestore', { id, expectedVersion: 2 })).toEqual(['VERSION_CONFLICT expectedVersion']);
    const back = await done(server, 'webhookRestore', { id, expectedVersion: 3 }, restored, { key: other });
    const { apiKey } = webhook;
    expect(back.webhook).toEqual({ status: 'PAUSED', cursor: end, archivedAt: null, version: 4, failingSince: null, apiKey });
    expect((await done(server, 'webhookRestore', { id }, restored)).webhook.version).toBe(4);
    const look = 'query ($id: ID!) { webhook(id: $id) { deliveries { nodes { status lastError } } } }';
    expect((await ask(server, look, { id })).webhook.deliveries.nodes).toEqual([{ status: 'FAILED', lastError: 'ARCHIVED' }]);
    await server.events.drained();
    const [told, ...more] = await server.db.query<{ data: Data }>(
      sql`select data from events where subject_id = ${uuidOf(id)}::uuid and type = 'webhook.restored'`,
    );
    expect(told!.data).toMatchObject({ before: { archivedAt: expect.any(String) }, after: { archivedAt: null, cursor: end } });
    expect(more).toEqual([]);
    expect((await done(server, 'webhookEnable', { id }, 'webhook { status }')).webhook.status).toBe('ACTIVE');
  });

  it('is refused where it could not be made, or sees what the caller does not', async () => {
    const archived = async (key?: string) => {
      const options = key === undefined ? {} : { key };
      const { webhook } = await create({}, 'webhook { id apiKey { id } }', options);
      await done(server, 'webhookArchive', { id: webhook.id }, '', options);
      return webhook;
    };
    const { id } = await archived();
    const weak = await keyOfRole(server, { permissions: ['webhooks:*', 'events:read'] });
    expect(await refusal('webhookRestore', { id }, weak)).toEqual(['ROLE_EXCEEDS_CALLER id']);
    const set = (column: 'document' | 'url', text: string) =>
      server.db.execute(
        column === 'url'
          ? sql`update webhooks set url = ${text} where id = ${uuidOf(id)}::uuid`
          : sql`update webhooks set document = ${text} where id = ${uuidOf(id)}::uuid`,
      );
    await set('url', 'http://10.1.2.3/');
    expect(await refusal('webhookRestore', { id })).toEqual(['URL_PRIVATE url']);
    await set('url', url);
    await set('document', 'subscription { events { ... on Event { gone } } }');
    expect(await refusal('webhookRestore', { id })).toEqual(['DOCUMENT_INVALID document']);
    await set('document', document);
    const orphan = await archived(await keyOfRole(server, { permissions: ['webhooks:*', 'events:read', 'api-keys:read'] }));
    await done(server, 'apiKeyRevoke', { id: orphan.apiKey.id }, '');
    expect(await refusal('webhookRestore', { id: orphan.id })).toEqual(['CREDENTIAL_GONE id']);
    const { apiKey: key, workspaceId } = await createWorkspace(server.db, { key: 'full', name: 'Full', currency: 'EUR', country: 'DE' });
    const { id: last } = await archived(key!);
    expect(await refusal('webhookRestore', { id: last })).toEqual(['NOT_FOUND id']);
    await server.db.execute(sql`insert into webhooks (workspace_id, id, name, url, document, api_key_id, secret, cursor)
      select workspace_id, gen_random_uuid(), name, url, document, api_key_id, secret, cursor
      from webhooks cross join generate_series(1, 100) where workspace_id = ${workspaceId}::uuid`);
    expect(await refusal('webhookRestore', { id: last }, key!)).toEqual(['TOO_MANY_WEBHOOKS ']);
    expect(await refusal('webhookRestore', { id })).toEqual([]);
  });
});

it('is made by nobody without a credential of their own, as a plugin or Trato itself', async () => {
  const call = { db: server.db, viewer: systemViewer(server.workspaceId), requestId: 'x' };
  const codes = async (command: Parameters<typeof runCommand>[1], input: object) =>
    (await runCommand(call, command, input)).userErrors.map(({ code }) => code);
  expect(await codes(webhookCreate as never, valid)).toEqual(['CREDENTIAL_REQUIRED']);
  const { webhook } = await create();
  expect(await codes(webhookUpdate as never, { id: webhook.id, url: 'https://b.example.com' })).toEqual(['CREDENTIAL_REQUIRED']);
  expect(await codes(webhookUpdate as never, { id: webhook.id, name: 'Only called another name' })).toEqual([]);
});

describe('replay', () => {
  it('costs what its most events would cost as rows of a bulk call', async () => {
    const costOf = (field: string) => {
      const { definitions } = parse(`mutation { ${field} { userErrors { code } } }`);
      return compileCost(builtSchema(), definitions[0] as OperationDefinitionNode, () => undefined)({});
    };
    expect(costOf('webhookReplay(input: { delivery: "x" })')).toEqual({ requested: 1_001, work: 999 });
    expect(costOf('webhookPause(input: { id: "x" })').requested).toBe(11);
  });

  it('of one delivery repeats its body under its id', async () => {
    const { webhook } = await create();
    const { webhookDelivery: first } = await done(server, 'webhookTest', { id: webhook.id }, 'webhookDelivery { id messageId body }');
    const { webhookDelivery: second, count } = await done(
      server,
      'webhookReplay',
      { delivery: first.id },
      'count webhookDelivery { id kind messageId body replayOf { id } }',
    );
    expect(second).toEqual({ ...first, id: second.id, kind: 'REPLAY', replayOf: { id: first.id } });
    expect([count, second.id === first.id]).toEqual([1, false]);
    const { webhookDelivery: third } = await done(server, 'webhookReplay', { delivery: second.id }, 'webhookDelivery { replayOf { id } }');
    expect(third.replayOf.id).toBe(first.id);
    expect(await refusal('webhookReplay', { delivery: webhook.id })).toEqual(['ID_INVALID delivery']);
  });

  it('of a range renders what the document selects anew, up to where the webhook has come', async () => {
    const { webhook } = await create({ ignoreOrigins: ['erp'] });
    const after = await endOfLog();
    const names = ['A', 'B', 'C'];
    for (const displayName of names) await makeCustomer(server, { displayName });
    const made = 'mutation ($input: CustomerCreateInput!) { customerCreate(input: $input) { customer { id } } }';
    await server.query(made, { input: { displayName: 'own write' } }, { headers: { 'x-trato-origin': 'erp' } });
    await done(server, 'teamCreate', { name: 'not selected' }, '');
    const range = { webhook: webhook.id, after };
    expect((await done(server, 'webhookReplay', { range }, 'count')).count).toBe(0);
    await catchUp(webhook.id);
    expect((await done(server, 'webhookReplay', { range: { ...range, types: ['team.created'] } }, 'count')).count).toBe(0);
    expect(await done(server, 'webhookReplay', { range }, 'count webhookDelivery { id }')).toMatchObject({
      count: 3,
      webhookDelivery: null,
    });
    await done(server, 'webhookReplay', { range }, 'count');
    const { webhook: log } = await ask(
      server,
      'query ($id: ID!) { webhook(id: $id) { deliveries(first: 10, orderBy: [{ field: CREATED_AT, direction: ASC }]) { nodes { kind status messageId eventId body } } } }',
      { id: webhook.id },
    );
    const nodes: Data[] = log.deliveries.nodes;
    expect(nodes.map(({ body }) => JSON.parse(body).data.events.subject.displayName).sort()).toEqual(['A', 'A', 'B', 'B', 'C', 'C']);
    expect(new Set(nodes.map(({ messageId }) => messageId)).size).toBe(3);
    expect(new Set(nodes.map(({ eventId }) => eventId)).size).toBe(3);
    expect(nodes.every(({ kind, status }) => kind === 'REPLAY' && status === 'PENDING')).toBe(true);
    expect(await refusal('webhookReplay', { range: { ...range, after: 'x' } })).toEqual(['CURSOR_INVALID range.after']);
  });

  it('of too much changes nothing', async () => {
    const { webhook } = await create({ variables: { types: ['mass.made'] } });
    const after = await endOfLog();
    await server.db.execute(sql`insert into event_inbox (workspace_id, id, type, subject_type, subject_id, actor_kind, occurred_at, data)
      select ${server.workspaceId}::uuid, gen_random_uuid(), 'mass.made', 'Customer', gen_random_uuid(), 'SYSTEM', now(), '{}' from generate_series(1, 10001)`);
    await done(server, 'teamCreate', { name: 'wakes the sequencer' }, '');
    await catchUp(webhook.id);
    expect(await refusal('webhookReplay', { range: { webhook: webhook.id, after } })).toEqual(['REPLAY_TOO_LARGE range']);
    const [row] = await server.db.query<Data>(
      sql`select count(*)::int as n from webhook_deliveries where webhook_id = ${uuidOf(webhook.id)}::uuid`,
    );
    expect(row.n).toBe(0);
  });
});

describe('another workspace', () => {
  it('sees and touches none of it', async () => {
    const other = createApiKey();
    const { workspaceId } = await createWorkspace(server.db, { key: 'other', name: 'Other', apiKey: other.token });
    const { webhook } = await create();
    const { webhookDelivery: delivery } = await done(server, 'webhookTest', { id: webhook.id }, 'webhookDelivery { id }');
    const look = `query ($id: ID!, $delivery: ID!) { webhook(id: $id) { id } webhookDelivery(id: $delivery) { id } webhooks { nodes { id } }
      node(id: $delivery) { id } }`;
    expect(await ask(server, look, { id: webhook.id, delivery: delivery.id }, other.token)).toEqual({
      ...{ webhook: null, webhookDelivery: null, webhooks: { nodes: [] }, node: null },
    });
    for (const name of [
      'webhookUpdate',
      'webhookPause',
      'webhookEnable',
      'webhookArchive',
      'webhookTest',
      'webhookRotateSecret',
      'webhookRestore',
    ]) {
      expect(await refusal(name, { id: webhook.id }, other.token)).toEqual(['NOT_FOUND id']);
    }
    expect(await refusal('webhookReplay', { delivery: delivery.id }, other.token)).toEqual(['NOT_FOUND delivery']);
    const range = { webhook: webhook.id, after: await endOfLog() };
    expect(await refusal('webhookReplay', { range }, other.token)).toEqual(['NOT_FOUND range.webhook']);
    const { webhook: own } = await create({ after: Buffer.from('event:0').toString('base64url') }, 'webhook { id }', { key: other.token });
    const { webhookDelivery: foreign } = await done(server, 'webhookTest', { id: own.id }, 'webhookDelivery { body }', {
      key: other.token,
    });
    expect(JSON.parse(foreign.body)).toMatchObject({ event: null, data: null });
    expect(workspaceId).not.toBe(server.workspaceId);
  });
});

describe('what is no longer as it was', () => {
  it('stops webhooks at start, and lets them go on once it is again', async () => {
    const { webhook } = await create();
    const gone = await keyOfRole(server, { permissions: ['webhooks:*', 'events:read', 'api-keys:read'] });
    const { webhook: orphan } = await create({}, 'webhook { id apiKey { id } }', { key: gone });
    await done(server, 'apiKeyRevoke', { id: orphan.apiKey.id }, '');
    const saved = (text: string) => server.db.execute(sql`update webhooks set document = ${text} where id = ${uuidOf(webhook.id)}::uuid`);
    await saved('subscription { events { ... on Event { gone } } }');
    expect(await recheckWebhooks(server.db)).toEqual({ disabled: 2, enabled: 0 });
    expect(await recheckWebhooks(server.db)).toEqual({ disabled: 0, enabled: 0 });
    const state = 'query ($id: ID!) { webhook(id: $id) { status problem problemDetail } }';
    expect((await ask(server, state, { id: webhook.id })).webhook).toMatchObject({
      status: 'DISABLED',
      problem: 'DOCUMENT_INVALID',
      problemDetail: expect.stringContaining('gone'),
    });
    expect((await ask(server, state, { id: orphan.id })).webhook).toMatchObject({ status: 'DISABLED', problem: 'CREDENTIAL_GONE' });
    expect(await refusal('webhookEnable', { id: webhook.id })).toEqual(['DOCUMENT_INVALID document']);
    expect(await refusal('webhookEnable', { id: orphan.id })).toEqual(['CREDENTIAL_GONE id']);
    await saved(document);
    expect(await recheckWebhooks(server.db)).toEqual({ disabled: 0, enabled: 1 });
    expect((await ask(server, state, { id: webhook.id })).webhook).toEqual({ status: 'ACTIVE', problem: null, problemDetail: null });
    await done(server, 'webhookUpdate', { id: orphan.id, url: 'https://adopted.example.com' }, '');
    expect((await done(server, 'webhookEnable', { id: orphan.id }, 'webhook { status }')).webhook.status).toBe('ACTIVE');
    await server.events.drained();
    const told = await server.db.query<{ type: string; actor_kind: string }>(
      sql`select type, actor_kind from events where subject_id = ${uuidOf(webhook.id)}::uuid order by seq`,
    );
    expect(told.slice(1)).toEqual([
      { type: 'webhook.disabled', actor_kind: 'SYSTEM' },
      { type: 'webhook.enabled', actor_kind: 'SYSTEM' },
    ]);
  });

  it('stops those that the schema of a newer server no longer knows, and no others', async () => {
    const { webhook: lost } = await create();
    const { webhook: kept } = await create({ document: 'subscription { customerCreated { displayName } }', variables: {} });
    const { subscription, types, ...whole } = buildSchema().toConfig();
    const { events: _gone, ...fields } = subscription!.toConfig().fields;
    const newer = new GraphQLSchema({
      ...whole,
      types: types.filter((type) => type !== subscription),
      subscription: new GraphQLObjectType({ ...subscription!.toConfig(), fields }),
    });
    expect((await recheckWebhooks(server.db, newer)).disabled).toBeGreaterThan(0);
    const state = '{ webhooks(first: 100) { nodes { id status } } }';
    const { nodes } = (await ask(server, state)).webhooks;
    const statusOf = (id: string) => nodes.find((one: Data) => one.id === id).status;
    expect([statusOf(lost.id), statusOf(kept.id)]).toEqual(['DISABLED', 'ACTIVE']);
    expect((await recheckWebhooks(server.db)).enabled).toBeGreaterThan(0);
  });

  it('forgets a person who is erased, and what is old', async () => {
    const { webhook } = await create();
    const person = await makeCustomer(server, { displayName: 'Forget Me' });
    await server.events.drained();
    const { webhookDelivery } = await done(server, 'webhookTest', { id: webhook.id }, 'webhookDelivery { id body }');
    expect(webhookDelivery.body).toContain('Forget Me');
    await answered(webhookDelivery.id, 'thanks for Forget Me');
    await server.db.transaction((tx) => eraseDeliveriesOf(tx, server.workspaceId, uuidOf(person)));
    const look = 'query ($id: ID!) { webhookDelivery(id: $id) { status lastError body sent { nodes { number responseBody } } } }';
    expect((await ask(server, look, { id: webhookDelivery.id })).webhookDelivery).toEqual({
      ...{ status: 'FAILED', lastError: 'ERASED', body: '{"erased": true}', sent: { nodes: [{ number: 1, responseBody: null }] } },
    });
    expect(await refusal('webhookReplay', { delivery: webhookDelivery.id })).toEqual(['DELIVERY_ERASED delivery']);
    // What was being made while the person was erased is found by the event, which is told itself.
    const seqs = await server.db.query<{ seq: bigint }>(sql`insert into webhook_deliveries
        (workspace_id, id, webhook_id, kind, message_id, event_seq, event_type, subject_key, body)
      select workspace_id, gen_random_uuid(), webhook_id, 'EVENT', n::text, n, 'x', subject_key, 'late' from webhook_deliveries d, generate_series(1, 2) n
      where d.id = ${uuidOf(webhookDelivery.id)}::uuid returning event_seq as seq`);
    expect(seqs).toHaveLength(2);
    await server.db.transaction((tx) => eraseDeliveriesOf(tx, server.workspaceId, uuidOf(person), { before: 2n }));
    const late = await server.db.query<Data>(
      sql`select body, status::text from webhook_deliveries where webhook_id = ${uuidOf(webhook.id)}::uuid and kind = 'EVENT' order by event_seq`,
    );
    expect(late).toEqual([
      { body: '{"erased": true}', status: 'FAILED' },
      { body: 'late', status: 'PENDING' },
    ]);
    expect(await deleteOldDeliveries(server.db)).toBe(0);
    const later = new Date(Date.now() + 31 * 86_400_000);
    expect(await deleteOldDeliveries(server.db, later)).toBeGreaterThan(0);
    expect((await ask(server, look, { id: webhookDelivery.id })).webhookDelivery).toBeNull();
  });
});
