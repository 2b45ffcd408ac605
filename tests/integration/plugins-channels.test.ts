// Channels of plugins over the whole server: what a plugin serves is sent by the API, and what it brings is seen there.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { drainWorkers } from '../../src/jobs/index.ts';
import '../../src/modules/messages/messages.schema.ts';
import { jobContext } from '../../src/plugin/context.ts';
import type { JobContext, WriteContext } from '../../src/plugin/contexts.ts';
import { definePlugin } from '../../src/plugin/definition.ts';
import type { ChannelPorts, OutboundMessage } from '../../src/plugin/host-channels.ts';
import { loadPlugin } from '../../src/plugin/load.ts';
import { PermanentFailure } from '../../src/plugin/permanent-failure.ts';
import { ask, codesOf, type Data, done, keyOfRole, makeCustomer, mutate } from '../support/core.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

let server: TestServer;
let ports: ChannelPorts;
let job: JobContext;
const sent: OutboundMessage[] = [];
const lines: string[] = [];
const say = (fields: object, text: string) => void lines.push(JSON.stringify({ ...fields, text }));

beforeAll(async () => {
  const plugin = loadPlugin(
    definePlugin({
      ...{ id: 'pigeon', version: '1.0.0', api: '^1.0.0', description: 'Carries.', config: z.object({}), scopes: {} },
      capabilities: ['channels'],
      setup({ channels }) {
        ports = channels.provide('chat', {
          addressKind: 'WEB_VISITOR',
          addressSystem: 'loft',
          async send(ctx, message) {
            if (message.body === 'never') throw new PermanentFailure(`no loft at ${message.address}`);
            expect(ctx.workspaceId).toBe(server.workspaceId);
            sent.push(message);
            return { externalId: `p-${message.id}` };
          },
        });
      },
    }),
    { log: { info: say, warn: say, error: say } },
  );
  expect(plugin.added).toEqual([{ kind: 'CHANNEL', name: 'chat' }]);
  const twin = definePlugin({
    ...{ id: 'crow', version: '1.0.0', api: '^1.0.0', description: 'Carries.', config: z.object({}), scopes: {} },
    capabilities: ['channels'],
    setup: ({ channels }) => void channels.provide('chat', { addressKind: 'PHONE', send: async () => ({ externalId: '' }) }),
  });
  expect(() => loadPlugin(twin, { log: { info: say, warn: say, error: say } })).toThrow(
    'crow: the channel chat is served by pigeon already',
  );
  server = await startTestServer();
  job = jobContext(plugin, { db: server.db });
});
afterAll(() => server?.stop());

const inside = <T>(work: (ctx: WriteContext) => Promise<T>) => job.inWorkspace(server.workspaceId, work);
const visitor = (value: string) => ({ kind: 'WEB_VISITOR' as const, system: 'loft', value });
const drain = () => drainWorkers(server.db, ['messages-chat']);
const fields =
  'message { id status address attempts error externalId interaction { body message { status } } channel { key } customer { displayName } }';
const send = async (customer: string, body: string) =>
  (await done(server, 'messageSend', { customer: { id: customer }, channel: 'chat', body }, fields)).message;
const messages = (filter: object) =>
  ask(
    server,
    'query ($filter: MessageFilter) { messages(filter: $filter, orderBy: { field: CREATED_AT, direction: ASC }) { nodes { status error } } }',
    {
      filter,
    },
  ).then((data) => data.messages.nodes);

test('a message is sent, answered and reported on', async () => {
  const customer = await makeCustomer(server, { displayName: 'Dove', identities: [visitor('v1')] });
  const message = await send(customer, 'Coo');
  expect(message).toMatchObject({ status: 'QUEUED', address: 'v1', channel: { key: 'chat' }, customer: { displayName: 'Dove' } });
  expect(message.interaction).toEqual({ body: 'Coo', message: { status: 'QUEUED' } });
  await drain();
  expect(sent).toMatchObject([{ address: 'v1', body: 'Coo' }]);
  const externalId = `p-${sent[0]!.id}`;
  const inbound = { externalId: 'in-1', from: visitor('v1'), body: 'Coo coo', inReplyTo: [externalId], name: 'Not Dove' };
  const first = await inside((ctx) => ports.receive(ctx, inbound));
  expect([first.isNew, (await inside((ctx) => ports.receive(ctx, inbound))).isNew]).toEqual([true, false]);
  expect(await inside((ctx) => ports.report(ctx, externalId, { status: 'DELIVERED' }))).toBe(true);
  const { customer: seen } = await ask(
    server,
    'query ($id: ID!) { customer(by: { id: $id }) { displayName conversations { nodes { interactions { nodes { body direction message { status } } } } } } }',
    {
      id: customer,
    },
  );
  const said = [
    { body: 'Coo coo', direction: 'INBOUND', message: null },
    { body: 'Coo', direction: 'OUTBOUND', message: { status: 'DELIVERED' } },
  ];
  expect(seen).toEqual({ displayName: 'Dove', conversations: { nodes: [{ interactions: { nodes: said } }] } });
  const query = 'query ($id: ID!) { events(subjectId: $id) { nodes { type origin } } }';
  const types = () =>
    ask(server, query, { id: message.id }).then((data) => data.events.nodes.map(({ type, origin }: Data) => `${type} ${origin}`));
  await expect.poll(types).toEqual(['message.queued null', 'message.sent plugin.pigeon', 'message.delivered plugin.pigeon']);
});

test('one that cannot be sent is given up, and the log tells nothing of it', async () => {
  const customer = await makeCustomer(server, { displayName: 'Crow', identities: [visitor('v-two')] });
  await send(customer, 'never');
  await drain();
  expect(await messages({ status: { eq: 'FAILED' }, customer: { eq: customer } })).toEqual([
    { status: 'FAILED', error: 'no loft at v-two' },
  ]);
  expect(lines.join()).toContain('a message was not sent');
  expect(lines.join()).not.toContain('v-two');
});

test('what cannot be taken in changes nothing, also where the plugin goes on', async () => {
  const customers = () => ask(server, '{ customers { totalCount { value } } }').then((data) => data.customers.totalCount.value);
  const before = await customers();
  const told = await inside(async (ctx) => {
    const bad = { externalId: 'in-2', from: { kind: 'EMAIL' as const, value: 'nonsense' }, body: '' };
    return ports.receive(ctx, bad).catch((error: Error) => error.message);
  });
  expect([told, await customers()]).toEqual(['EMAIL_INVALID from.identity.value', before]);
  let kept: WriteContext | undefined;
  await inside(async (ctx) => {
    kept = ctx;
  });
  await expect(ports.receive(kept!, { externalId: 'in-3', from: visitor('v3'), body: '' })).rejects.toThrow('after its function has ended');
});

test('it takes a permission to send and to see, and rows stay in their scope', async () => {
  const customer = await makeCustomer(server, { displayName: 'Owl', identities: [visitor('v4')] });
  const { id } = await send(customer, 'Hoo');
  const write = 'mutation ($input: MessageSendInput!) { messageSend(input: $input) { message { id } } }';
  const input = { customer: { id: customer }, channel: 'chat', body: 'Hoo' };
  const reader = await keyOfRole(server, { permissions: ['messages:read', 'customers:read'] });
  expect(await codesOf(server, write, { input }, reader)).toEqual(['FORBIDDEN']);
  expect((await ask(server, 'query ($id: ID!) { message(id: $id) { status } }', { id }, reader)).message).toEqual({ status: 'QUEUED' });
  const blind = await keyOfRole(server, { permissions: ['interactions:read', 'customers:read'] });
  expect(await codesOf(server, '{ messages { nodes { id } } }', {}, blind)).toEqual(['FORBIDDEN']);
  expect(await ask(server, '{ interactions { nodes { message { id } } } }', {}, blind)).toMatchObject({
    interactions: { nodes: expect.arrayContaining([{ message: null }]) },
  });
  const own = await keyOfRole(server, {
    permissions: ['messages:*', 'customers:read', 'interactions:read'],
    rowScopes: [{ subject: 'customers', scope: 'OWN' }],
  });
  expect((await ask(server, 'query ($id: ID!) { message(id: $id) { status } }', { id }, own)).message).toBeNull();
  const refused = await mutate(server, 'messageSend', input, 'message { id }', { key: own });
  expect(refused.userErrors).toMatchObject([{ code: 'NOT_FOUND', path: ['customer'] }]);
});
