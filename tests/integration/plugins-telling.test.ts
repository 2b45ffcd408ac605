// What operators are told of plugins that fail: where in the plugin, for which request, how much waits. And of nobody's data.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { arg, definePlugin, v, z } from '../../src/plugin/index.ts';
import { createTestHost, type TestHost } from '../../src/plugin/testing/index.ts';
import { eventually } from '../support/eventually.ts';

const described = { description: 'For the test.' };
let scheduleFails = false;
const late = Promise.withResolvers<never>();

const plugin = definePlugin({
  id: 'tells-all',
  version: '1.0.0',
  api: '^1.0.0',
  description: 'Fails in many ways.',
  config: z.object({}),
  capabilities: ['schema', 'events', 'guards', 'schedules', 'http', 'channels', 'write:channels', 'read:customers'],
  scopes: { 'tells-all:read': 'See.', 'tells-all:write': 'Do.' },
  setup({ schema, events, guards, schedules, http, channels }) {
    const fails = async () => {
      throw new Error('private words');
    };
    schema.field('Customer', 'late', { ...described, value: v.int(), timeoutMs: 50, load: () => late.promise });
    schema.query('asks', {
      ...described,
      value: v.int(),
      scope: 'tells-all:read',
      // Without read:interactions.
      resolve: async (ctx) => (await ctx.query('{ interactions { nodes { id } } }')).interactions.nodes.length,
    });
    schema.mutation('does', {
      ...described,
      scope: 'tells-all:write',
      input: { n: arg.int('A number.') },
      gives: { n: { ...described, value: v.int() } },
      run: fails,
    });
    guards.before('channelCreate', fails);
    events.on('follow', ['customer.created'], fails);
    events.on('follow-nothing', ['team.created'], async () => undefined);
    schedules.every('tick', 1, async () => {
      if (scheduleFails) await fails();
    });
    channels.provide('email', { addressKind: 'EMAIL', send: fails });
    http.route('GET', 'page/:id', { verify: fails, handle: fails });
  },
});

let host: TestHost;
beforeAll(async () => {
  host = await createTestHost({ plugins: [{ plugin }] });
});
afterAll(() => host?.stop());

type Line = { plugin?: string; place?: string; requestId?: string; reason?: string; at?: string };
/** The line of an error at a place; JSON.parse would hide that a name stands twice. */
function told(place: string): Line {
  const found = host.logs.filter((line) => line.includes(`"place":"${place}"`) && line.includes('"level":"error"'));
  expect(found.length, place).toBeGreaterThan(0);
  for (const name of ['plugin', 'requestId', 'place'])
    expect(found[0]!.split(`"${name}":`).length, `${name} in ${found[0]}`).toBeLessThan(3);
  expect(found[0]).not.toContain('private');
  return JSON.parse(found[0]!);
}

/** The error of an operation, which names the request. */
async function errorOf(document: string): Promise<{ code: string; requestId: string }> {
  const { errors } = await host.answer(document);
  return errors[0]!.extensions as never;
}

test('a failure is told with its place, its request, and where in the plugin it was thrown', async () => {
  await host.makeCustomer({ displayName: 'Ada' });
  const field = await errorOf('{ customers { nodes { tellsAllLate } } }');
  expect(field.code).toBe('PLUGIN_UNAVAILABLE');
  expect(told('Customer.tellsAllLate')).toMatchObject({
    plugin: 'tells-all',
    requestId: field.requestId,
    reason: 'no answer within 50 ms',
  });

  const asked = await errorOf('{ tellsAllAsks }');
  expect(told('Query.tellsAllAsks')).toMatchObject({ plugin: 'tells-all', requestId: asked.requestId, reason: 'FORBIDDEN' });

  const done = await errorOf('mutation { tellsAllDoes(input: { n: 1 }) { n } }');
  expect(told('Mutation.tellsAllDoes')).toMatchObject({
    requestId: done.requestId,
    reason: 'Error',
    at: expect.stringContaining('plugins-telling'),
  });

  const guarded = await errorOf('mutation { channelCreate(input: { key: "a", name: "A" }) { channel { id } userErrors { code } } }');
  expect(guarded.code).toBe('PLUGIN_UNAVAILABLE');
  expect(told('guard channelCreate')).toMatchObject({ requestId: guarded.requestId });

  const page = await host.http('GET', '/plugins/tells-all/page/secret-1');
  expect(page.status).toBe(503);
  expect(told('route GET /plugins/tells-all/page/:id')).toMatchObject({ plugin: 'tells-all', requestId: page.headers.get('x-request-id') });
});

test('what an error says stands in the log at the level debug alone; the test host tells it', () => {
  expect(host.logs.join('')).not.toContain('private');
  expect(host.errors).toContainEqual(
    expect.objectContaining({ plugin: 'tells-all', place: 'Mutation.tellsAllDoes', said: 'private words' }),
  );
  expect(host.errors.find(({ place }) => place === 'Query.tellsAllAsks')?.said).toContain('interactions:read');
});

const metrics = async (): Promise<Record<string, number>> => {
  const page = await (await host.http('GET', '/metrics')).text();
  return Object.fromEntries(
    [...page.matchAll(/^(trato_(?:plugin_(?:handler|failures|schedule)|messages)\w*\{[^}]*\}) (\S+)$/gm)].map(([, name, n]) => [
      name,
      Number(n),
    ]),
  );
};

test('metrics tell what waits and what fails, by plugin', async () => {
  // Nothing drained yet: the customer waits for the handler.
  const handler = (name: string) => `plugin="tells-all",handler="${name}"`;
  await eventually(async () =>
    expect((await metrics())[`trato_plugin_handler_lag_events{${handler('follow')}}`]).toBeGreaterThanOrEqual(1),
  );
  scheduleFails = true;
  await eventually(() => expect(host.drain()).rejects.toThrow('private'), { interval: 200 });
  const read = async () => (await host.query('{ plugins { id schedules { name lastRunAt lastFailedAt failure } } }')).plugins;
  const [{ schedules: failed }] = await read();
  expect(failed).toEqual([{ name: 'tick', lastRunAt: failed[0].lastFailedAt, lastFailedAt: expect.any(String), failure: 'Error' }]);
  scheduleFails = false;
  await host.drain();
  const [{ schedules: mended }] = await read();
  expect(mended[0].lastRunAt > mended[0].lastFailedAt).toBe(true);
  expect(told('handler follow')).toMatchObject({ plugin: 'tells-all', reason: 'Error' });
  expect(told('schedule tick')).toMatchObject({ plugin: 'tells-all', reason: 'Error' });
  const page = await metrics();
  expect(page).toMatchObject({
    [`trato_plugin_handler_lag_events{${handler('follow')}}`]: 0,
    [`trato_plugin_failures{${handler('follow')},state="waiting"}`]: 1,
    [`trato_plugin_failures{${handler('follow')},state="dead"}`]: 0,
    [`trato_plugin_failures{${handler('follow-nothing')},state="waiting"}`]: 0,
  });
  const schedule = 'plugin="tells-all",schedule="tick"';
  expect(page[`trato_plugin_schedule_failures_total{${schedule}}`]).toBeGreaterThanOrEqual(1);
  expect(page[`trato_plugin_schedule_runs_total{${schedule}}`]).toBeGreaterThan(page[`trato_plugin_schedule_failures_total{${schedule}}`]!);
  await host.db.query({ text: `update plugin_failures set dead_at = now(), next_attempt_at = null`, values: [] } as never);
  expect(await metrics()).toMatchObject({
    [`trato_plugin_failures{${handler('follow')},state="waiting"}`]: 0,
    [`trato_plugin_failures{${handler('follow')},state="dead"}`]: 1,
  });
});

test('messages that wait are counted by who sends them', async () => {
  const customer = await host.makeCustomer({ displayName: 'Dove', identities: [{ kind: 'EMAIL', value: 'dove@example.com' }] });
  await host.query('mutation ($input: MessageSendInput!) { messageSend(input: $input) { userErrors { code } } }', {
    input: { customer: { id: customer }, channel: 'email', subject: 'Coo', body: 'Coo' },
  });
  expect((await metrics())['trato_messages_queued{provider="tells-all"}']).toBe(1);
});
