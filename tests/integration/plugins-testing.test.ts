// The test host: what fails is tried again when the test says so, each once.
import { definePlugin, sql, z } from 'trato/plugin';
import { createTestHost, type TestHost } from 'trato/plugin/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { until } from '../support/eventually.ts';

let handle: () => Promise<void> = async () => undefined;
let send: () => Promise<void> = async () => undefined;
let sends = 0;

const plugin = definePlugin({
  id: 'faltering',
  version: '1.0.0',
  api: '^1.0.0',
  description: 'Fails as it is told to.',
  config: z.object({}),
  capabilities: ['events', 'tables', 'channels'],
  scopes: {},
  setup({ events, tables, channels }) {
    tables.migrations({ '001_heard': 'create table heard (workspace_id uuid, id uuid, primary key (workspace_id, id))' });
    events.on('hear', ['interaction.recorded'], async (ctx, { id }) => {
      await handle();
      await ctx.sql(sql`insert into heard values (${ctx.workspaceId}, ${id})`);
    });
    channels.provide('chat', {
      addressKind: 'WEB_VISITOR',
      addressSystem: 'site',
      async send(_ctx, { id }) {
        sends += 1;
        await send();
        return { externalId: id };
      },
    });
  },
});

let host: TestHost;
let customer: string;
beforeAll(async () => {
  host = await createTestHost({ plugins: [{ plugin, config: {} }] });
  customer = await host.makeCustomer({ identities: [{ kind: 'WEB_VISITOR', system: 'site', value: 'v1' }] });
});
afterAll(() => host?.stop());

const failing = () => Promise.reject(new Error('not now'));
const fine = async () => undefined;
const failures = async () => (await host.query('{ pluginFailures { nodes { attempts } } }')).pluginFailures.nodes;
const heard = () => host.db.query({ text: 'select id from plugin_faltering.heard', values: [] });
async function queue(): Promise<() => Promise<{ status: string; attempts: number }>> {
  const document = 'mutation ($input: MessageSendInput!) { messageSend(input: $input) { message { id } userErrors { message } } }';
  const { messageSend } = await host.query(document, { input: { customer: { id: customer }, channel: 'chat', body: 'Hello.' } });
  return async () => (await host.query('query ($id: ID!) { message(id: $id) { status attempts } }', messageSend.message)).message;
}

test('retryNow ends the pauses of events and messages that failed', async () => {
  [handle, send] = [failing, failing];
  const message = await queue(); // it is an interaction as well
  await host.drain();
  const [waiting, [failure]] = [await message(), await failures()];
  expect([waiting.status, failure.attempts > 0, await heard()]).toEqual(['QUEUED', true, []]);
  await host.retryNow();
  const [still, [again]] = [await message(), await failures()];
  expect([still.status, still.attempts > waiting.attempts, again.attempts > failure.attempts]).toEqual(['QUEUED', true, true]);
  [handle, send] = [fine, fine];
  await host.retryNow();
  const sent = await message();
  expect([sent.status, await failures(), await heard()]).toEqual(['SENT', [], [expect.anything()]]);
  await host.retryNow();
  expect(await message()).toEqual(sent);
});

test('what is being sent is not sent twice, and drain waits for it', async () => {
  const [entered, leave] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  send = () => {
    entered.resolve();
    return leave.promise;
  };
  const message = await queue();
  sends = 0;
  let begun = 0;
  const { transaction } = host.db;
  host.db.transaction = (work) => {
    begun += 1;
    return transaction(work);
  };
  const draining = host.drain();
  await entered.promise;
  const retrying = host.retryNow();
  // The worker waits for a while, then goes on beside what takes longer.
  const before = begun;
  await until(() => begun > before);
  leave.resolve();
  await draining;
  expect(await message()).toEqual({ status: 'SENT', attempts: 1 });
  await retrying;
  expect(sends).toBe(1);
});
