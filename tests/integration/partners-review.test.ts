// What a review of messages and plugins found, each as the attack or the failure that it was.
import sql from 'sql-template-tag';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { z } from 'zod';
import { inWorkspace } from '../../src/commands/system.ts';
import { buildSchema } from '../../src/graphql/schema.ts';
import { encodeTypeId } from '../../src/lib/typeid.ts';
import { customerCreate } from '../../src/modules/customers/index.ts';
import { defineChannelProvider, messageSend, receiveMessage, reportMessage, sendDue } from '../../src/modules/messages/index.ts';
import { readContext, writeContext } from '../../src/plugin/context.ts';
import { definePlugin } from '../../src/plugin/definition.ts';
import { askedIn, oncePerRequest } from '../../src/plugin/parts/schema/failing.ts';
import { createTestDomain, type TestDomain } from '../support/domain.ts';
import { takePlugin } from '../support/plugins.ts';

const notes = takePlugin(
  definePlugin({
    id: 'own-notes',
    version: '1.0.0',
    api: '^1.0.0',
    description: 'Keeps notes.',
    config: z.object({}),
    capabilities: ['tables'],
    scopes: {},
    setup: ({ tables }) =>
      tables.migrations({
        '001_notes': 'create table notes (workspace_id uuid not null, id uuid not null, primary key (workspace_id, id))',
      }),
  }),
);

let domain: TestDomain;
let send: () => Promise<{ externalId: string }>;
beforeAll(async () => {
  domain = await createTestDomain();
  buildSchema();
  await notes.prepare(domain.db);
  defineChannelProvider({
    ...{ provider: 'mail', channelKey: 'email', addressKind: 'EMAIL', addressSystem: '', timeoutMs: 300 },
    send: () => send(),
  });
});
afterAll(() => domain?.stop());

const as = <T>(work: Parameters<typeof inWorkspace<T>>[2]) => domain.db.transaction((tx) => inWorkspace(tx, domain.workspaceId, work));

describe('half of a character, of a cut or a liar', () => {
  const receive = (message: Partial<Parameters<typeof receiveMessage>[3]> & { externalId: string }) =>
    as((ctx) => receiveMessage(ctx, 'mail', 'email', { from: { kind: 'EMAIL', value: 'a@example.org' }, body: 'Words', ...message }));

  it('does not keep a message from coming in', async () => {
    const cut = { name: `${'n'.repeat(199)}😀`, subject: `${'x'.repeat(499)}😀y`, body: `${'b'.repeat(99_999)}😀` };
    expect(await receive({ externalId: 'cut', ...cut })).toMatchObject({ isNew: true });
    expect(await receive({ externalId: 'half', body: 'a\ud800b', subject: '\udc00', inReplyTo: ['\ud800'] })).toMatchObject({
      isNew: true,
    });
    await expect(receive({ externalId: '\ud800' })).rejects.toMatchObject({ errors: [{ path: ['externalId'] }] });
  });

  const queued = async (value: string): Promise<string> => {
    const { id } = await domain.done(customerCreate, { displayName: 'Somebody', identities: [{ kind: 'EMAIL', value }] });
    return (await domain.done(messageSend, { customer: { id: encodeTypeId('customer', id) }, channel: 'email', body: 'Hi' })).id;
  };
  const statusOf = async (id: string) => (await domain.db.query(sql`select status, error from messages where id = ${id}::uuid`))[0];

  it('does not have a message sent for ever', async () => {
    const failing = await queued('b@example.org');
    send = async () => {
      throw new Error(`${'x'.repeat(499)}😀`);
    };
    await domain.db.execute(sql`update messages set attempts = 5 where id = ${failing}::uuid`);
    await sendDue(domain.db, 'email');
    expect(await statusOf(failing)).toEqual({ status: 'FAILED', error: `${'x'.repeat(499)}\ufffd` });
    const sent = await queued('c@example.org');
    send = async () => ({ externalId: 'a\ud800' });
    await sendDue(domain.db, 'email');
    expect(await statusOf(sent)).toMatchObject({ status: 'SENT' });
    expect(await as((ctx) => reportMessage(ctx, 'mail', 'a\ud800', { status: 'BOUNCED' }))).toBe(false);
  });
});

// They make a statement of text, in which no word gives it away.
describe('a statement of a plugin', () => {
  test.each([
    `select query_to_xml('select set_' || 'config(''role'', ''none'', LOCAL)', true, true, '')`,
    `select * from ts_stat('select to_tsvector(set_' || 'config(''role'', ''none'', LOCAL))')`,
    `select ts_rewrite('a'::tsquery, 'select ''a''::tsquery, (set_' || 'config(''role'', ''none'', LOCAL) || ''b'')::tsquery')`,
  ])('does not put off its role by %s', async (text) => {
    await domain.done(customerCreate, { displayName: 'Somebody' });
    const customers = sql`select id from public.customers`;
    const reading = readContext(notes.plugin, { db: domain.db, workspaceId: domain.workspaceId });
    await expect(reading.sql({ text: text.replace('LOCAL', 'false'), values: [] })).rejects.toThrow(/ctx\.sql/);
    await expect(reading.sql(customers)).rejects.toMatchObject({ code: '42501' });
    const writing = as(async (core) => {
      const ctx = writeContext(notes.plugin, core);
      await ctx.sql({ text: text.replace('LOCAL', 'true'), values: [] }).catch(() => undefined);
      return ctx.sql(customers);
    });
    await expect(writing).rejects.toMatchObject({ code: '42501' });
  });
});

test('one failure of a plugin is told of one request, and not of bodies of webhooks that come after it', async () => {
  const viewer = { workspaceId: 'w', credentialId: 'c', actor: { kind: 'API_KEY', id: 'c' } } as never;
  const fail = () => Promise.reject(new Error('once'));
  for (const [request, later] of [
    ['r', 'once'],
    ['', 'fine'],
  ] as const) {
    await expect(oncePerRequest(askedIn(request, viewer, 'points'), fail)).rejects.toThrow('once');
    const again = oncePerRequest(askedIn(request, viewer, 'points'), async () => 'fine').catch((error: Error) => error.message);
    expect(await again).toBe(later);
  }
});
