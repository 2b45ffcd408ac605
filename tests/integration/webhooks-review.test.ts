// What a review of webhooks found: taking over one that is somebody else's, and what it misses inside of a transaction.
import sql from 'sql-template-tag';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { viewerOfCredential } from '../../src/auth/credential.ts';
import { allColumns } from '../../src/commands/rows.ts';
import type { WebhookRow } from '../../src/db/models.ts';
import { decodeCursor, readEvents } from '../../src/events/index.ts';
import { openWebhook, renderEvents } from '../../src/modules/webhooks/index.ts';
import { definePlugin } from '../../src/plugin/definition.ts';
import { v } from '../../src/plugin/values.ts';
import { ask, done, keyOfRole, makeCustomer, mutate } from '../support/core.ts';
import { takePlugin } from '../support/plugins.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

const { prepare } = takePlugin(
  definePlugin({
    id: 'noted',
    version: '1.0.0',
    api: '^1.0.0',
    description: 'Counts notes.',
    config: z.object({}),
    capabilities: ['tables', 'schema'],
    scopes: { 'noted:read': 'See notes.' },
    setup({ tables, schema }) {
      tables.migrations({
        '001_notes': 'create table notes (workspace_id uuid not null, id uuid not null, primary key (workspace_id, id))',
      });
      schema.field('Customer', 'count', {
        description: 'How many notes there are.',
        value: v.int(),
        scope: 'noted:read',
        load: async (ctx, ids) => {
          const [row] = await ctx.sql<{ n: number }>(
            sql`select count(*)::int as n from notes where workspace_id = ${ctx.workspaceId}::uuid`,
          );
          return new Map(ids.map((id) => [id, row!.n]));
        },
      });
    },
  }),
);

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
  await prepare(server.db);
});
afterAll(() => server?.stop());

const document = `subscription { events(types: ["customer.created"]) { ... on Event { type subject { ... on Customer { displayName birthDate } } } } }`;
const LOG = 'query ($id: ID!) { webhookDelivery(id: $id) { body } }';

it('a weaker role cannot have it sent to itself, nor read what was sent', async () => {
  const { webhook } = await done(server, 'webhookCreate', { name: 'ERP', url: 'https://erp.example.com', document }, 'webhook { id }');
  await makeCustomer(server, { displayName: 'Ann', birthDate: '1990-01-01' });
  await server.events.drained();
  const { webhookDelivery: sent } = await done(server, 'webhookTest', { id: webhook.id }, 'webhookDelivery { id body }');
  expect(sent.body).toContain('1990-01-01');
  const thief = await keyOfRole(server, { permissions: ['webhooks:*', 'events:read'] });
  const bodyFor = async (key: string) => (await ask(server, LOG, { id: sent.id }, key)).webhookDelivery.body;
  expect(await bodyFor(thief)).toBeNull();
  for (const change of [
    { url: 'https://thief.example.com', document: 'subscription { events { __typename } }' },
    { document: 'subscription { events { __typename } }' },
    { variables: { a: 1 } },
  ]) {
    const { userErrors } = await mutate(server, 'webhookUpdate', { id: webhook.id, ...change }, '', { key: thief });
    expect(userErrors.map(({ code }: { code: string }) => code)).toEqual(['ROLE_EXCEEDS_CALLER']);
  }
  await done(server, 'webhookReplay', { delivery: sent.id }, '', { key: thief });
  const [row] = await server.db.query<{ url: string; body: string }>(
    sql`select w.url, d.body from webhook_deliveries d join webhooks w on w.id = d.webhook_id where d.kind = 'REPLAY'`,
  );
  expect(row!.url).toBe('https://erp.example.com/');
  expect(await bodyFor(thief)).toBeNull();
  // Equals may take over, each other's and that of a key that is theirs.
  const one = await keyOfRole(server, { permissions: ['webhooks:*', 'events:read', 'customers:read'] });
  const other = await keyOfRole(server, { permissions: ['webhooks:*', 'events:read', 'customers:read'] });
  const { webhook: theirs } = await done(server, 'webhookCreate', { name: 'A', url: 'https://a.example.com', document }, 'webhook { id }', {
    key: one,
  });
  await done(server, 'webhookUpdate', { id: theirs.id, url: 'https://b.example.com' }, '', { key: other });
  await done(server, 'webhookUpdate', { id: theirs.id, url: 'https://c.example.com' }, '');
});

it('has fields of plugins, in many bodies at once and in tries and replays, which are made in a transaction', async () => {
  const document = `subscription { events(types: ["customer.created"]) { ... on Event { subject { ... on Customer { displayName notedCount } } } } }`;
  const { webhook } = await done(
    server,
    'webhookCreate',
    { name: 'Counts', url: 'https://counts.example.com', document },
    'webhook { id cursor }',
  );
  for (let i = 1; i <= 25; i++) await makeCustomer(server, { displayName: `Person ${i}` });
  await server.events.drained();
  const noted = (body: string) => JSON.parse(body).data.events.subject;
  const { webhookDelivery } = await done(server, 'webhookTest', { id: webhook.id }, 'webhookDelivery { body }');
  expect(noted(webhookDelivery.body)).toEqual({ displayName: 'Person 25', notedCount: 0 });
  await server.db.execute(sql`update webhooks set cursor = (select max(seq) from events) where name = 'Counts'`);
  const { count } = await done(server, 'webhookReplay', { range: { webhook: webhook.id, after: webhook.cursor } }, 'count');
  expect(count).toBe(25);
  const replayed = await server.db.query<{ body: string }>(
    sql`select d.body from webhook_deliveries d join webhooks w on w.id = d.webhook_id where w.name = 'Counts' and d.kind = 'REPLAY'`,
  );
  const [row] = await server.db.query<WebhookRow>(sql`select ${allColumns('Webhook')} from webhooks where name = 'Counts'`);
  const viewer = await viewerOfCredential(server.db, row!);
  const events = await readEvents(server.db, { ...openWebhook(viewer!, row!).filter, after: decodeCursor(webhook.cursor), limit: 100 });
  const rendered = await renderEvents(server.db, row!, viewer!, events);
  expect([replayed.length, rendered.length]).toEqual([25, 25]);
  for (const body of [...replayed, ...rendered].map((one) => one!.body)) expect(noted(body).notedCount).toBe(0);
});

it('is not asked to send again what would never end', async () => {
  const { webhook } = await done(
    server,
    'webhookCreate',
    { name: 'Full', url: 'https://full.example.com', document },
    'webhook { id cursor }',
  );
  const { webhookDelivery } = await done(server, 'webhookTest', { id: webhook.id }, 'webhookDelivery { id }');
  await server.db.execute(sql`insert into webhook_deliveries (workspace_id, id, webhook_id, kind, message_id, event_type, body)
    select workspace_id, gen_random_uuid(), id, 'REPLAY', 'msg', 'x', '{}' from webhooks, generate_series(2, 20000) where name = 'Full'`);
  for (const what of [{ delivery: webhookDelivery.id }, { range: { webhook: webhook.id, after: webhook.cursor } }]) {
    const { userErrors } = await mutate(server, 'webhookReplay', what, '');
    expect(userErrors).toMatchObject([{ code: 'REPLAY_TOO_LARGE' }]);
  }
  expect((await mutate(server, 'webhookTest', { id: webhook.id }, '')).userErrors).toMatchObject([{ code: 'REPLAY_TOO_LARGE' }]);
});
