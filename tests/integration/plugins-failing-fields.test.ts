// A field of a plugin that fails, however it fails, is null with PLUGIN_UNAVAILABLE, and harms nothing beside it.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { definePlugin, v, z } from '../../src/plugin/index.ts';
import { loadPlugin } from '../../src/plugin/load.ts';
import { operationOf } from '../../src/plugin/parts/schema/failing.ts';
import { done, makeCustomer } from '../support/core.ts';
import { until } from '../support/eventually.ts';
import { follow } from '../support/feed.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

const log = { info() {}, warn() {}, error() {} };
type Load = (ids: readonly string[], signal: AbortSignal) => unknown;
let load: Load;
let calls = 0;
const unhandled: unknown[] = [];
const onUnhandled = (error: unknown) => void unhandled.push(error);

const described = { description: 'For the test.' };
const base = {
  version: '1.0.0',
  api: '^1.0.0',
  description: 'A sample.',
  config: z.object({}),
  capabilities: ['schema'],
  scopes: {},
} as const;

const bad = definePlugin({
  ...base,
  id: 'bad',
  scopes: { 'bad:read': 'See.' },
  setup({ schema }) {
    const thing = schema.type('Thing', { ...described, fields: { size: { ...described, value: v.int() } } });
    const loaded = (ctx: { signal: AbortSignal }, ids: readonly string[]) => {
      calls++;
      return load(ids, ctx.signal) as never;
    };
    schema.field('Customer', 'number', { ...described, value: v.int(), timeoutMs: 150, load: loaded });
    schema.field('Customer', 'thing', { ...described, value: thing, timeoutMs: 150, load: loaded });
    schema.query('answer', {
      ...described,
      value: v.int(),
      scope: 'bad:read',
      timeoutMs: 150,
      resolve: async (ctx) => load([], ctx.signal) as never,
    });
  },
});
const good = definePlugin({
  ...base,
  id: 'good',
  setup({ schema }) {
    schema.field('Customer', 'number', { ...described, value: v.int(), load: async (_ctx, ids) => new Map(ids.map((id) => [id, 7])) });
  },
});

let server: TestServer;
const core: object[] = [];

beforeAll(async () => {
  process.on('unhandledRejection', onUnhandled);
  loadPlugin(bad as never, { log });
  loadPlugin(good as never, { log });
  server = await startTestServer();
  for (let i = 0; i < 3; i++)
    core.push({ id: await makeCustomer(server, { kind: 'PERSON', givenName: `C${i}` }), displayName: `C${i}`, goodNumber: 7 });
});
afterAll(async () => {
  await server?.stop();
  process.off('unhandledRejection', onUnhandled);
});
beforeEach(() => {
  calls = 0;
});

const hang = () => new Promise(() => {});
const values = (value: unknown) => (ids: readonly string[]) => Promise.resolve(new Map(ids.map((id) => [id, value])));

const failures: [string, Load][] = [
  [
    'throws',
    () => {
      throw new Error('at once');
    },
  ],
  ['rejects', async () => Promise.reject(new Error('later'))],
  ['rejects with nothing', async () => Promise.reject(undefined)],
  [
    'throws an error like those of the API',
    async () => Promise.reject(Object.assign(new Error('x'), { extensions: { code: 'FORBIDDEN' } })),
  ],
  ['hangs', hang],
  [
    'hangs, then rejects',
    (_ids, signal) => new Promise((_resolve, reject) => signal.addEventListener('abort', () => setTimeout(reject, 5, new Error('late')))),
  ],
  ['gives no Map', async () => ({})],
  ['gives nothing', async () => null],
  ['gives values of another type', values('seven')],
  ['gives numbers that are too large', values(2 ** 40)],
  [
    'gives things that break when they are looked at',
    values(
      new Proxy(
        {},
        {
          get() {
            throw new Error('no');
          },
        },
      ),
    ),
  ],
];

describe.each(['badNumber', 'badThing { size }'])('%s', (field) => {
  const name = field.split(' ')[0]!;
  const query = `{ customers(orderBy: [{ field: CREATED_AT, direction: ASC }]) { nodes { id displayName goodNumber ${field} } } }`;

  it.each(failures)('that %s', async (_what, failing) => {
    load = failing;
    // The second time over the short way of known queries, where there is one.
    for (let i = 0; i < 2; i++) {
      calls = 0;
      const { status, data, errors } = await server.query(query);
      expect(status).toBe(200);
      expect(data.customers.nodes).toEqual(core.map((row) => ({ ...row, [name]: null })));
      expect(errors.map(({ path, extensions }) => ({ path, code: extensions.code, plugin: extensions.plugin }))).toEqual(
        core.map((_row, at) => ({ path: ['customers', 'nodes', at, name], code: 'PLUGIN_UNAVAILABLE', plugin: 'bad' })),
      );
      expect(JSON.stringify(errors)).not.toMatch(/seven|at once|later/);
      expect(calls).toBeLessThanOrEqual(2);
    }
  });

  it('of which one record fails', async () => {
    load = async (ids) => new Map(ids.map((id, i) => [id, i === 1 ? 'x' : name === 'badThing' ? { size: i } : i]));
    const { data, errors } = await server.query(query);
    const shown = data.customers.nodes.map((row: Record<string, unknown>) => row[name]);
    expect(shown.filter((value: unknown) => value === null)).toHaveLength(1);
    expect(errors).toHaveLength(1);
  });

  it('that works again is asked again', async () => {
    load = values(name === 'badThing' ? { size: 1 } : 1);
    expect((await server.query(query)).errors).toEqual([]);
  });
});

it('a field that hangs costs one timeout', async () => {
  load = hang;
  await server.query('{ customers { nodes { id badNumber } } }');
  expect(calls).toBe(1);
});

it('a feed asks again for each event, and once within its answer', async () => {
  const { id } = core[0] as { id: string };
  const recorded = { customer: { id }, kind: 'enquiry', channel: 'email', direction: 'INBOUND' };
  await done(server, 'interactionRecord', recorded, 'interaction { id }');
  // Behind what has happened so far: each answer is then one of the updates below.
  const after = await until(async () => {
    const { data } = await server.query('{ events(first: 10, types: ["interaction.recorded"]) { nodes { cursor } } }');
    return data.events.nodes[0]?.cursor;
  });
  const feed = follow(
    server.subscriber(),
    'subscription ($id: ID!, $after: String) { customerChanged(after: $after, id: $id) { badNumber interactions(first: 5) { nodes { customer { badNumber } } } } }',
    { id, after },
  );
  load = () => Promise.reject(new Error('not now'));
  for (const round of [1, 2, 3]) {
    calls = 0;
    if (round === 3) load = values(3);
    const before = feed.items.length;
    await done(server, 'customerUpdate', { id, displayName: `C0 ${round}` }, 'customer { id }');
    await until(() => feed.items.length > before);
    const { data, errors = [] } = feed.items.at(-1)!;
    const told = round === 3 ? 3 : null;
    expect(data.customerChanged).toEqual({ badNumber: told, interactions: { nodes: [{ customer: { badNumber: told } }] } });
    expect(errors.map(({ extensions }) => extensions.code)).toEqual(round === 3 ? [] : ['PLUGIN_UNAVAILABLE', 'PLUGIN_UNAVAILABLE']);
    if (round < 3) expect(calls).toBe(1);
  }
  feed.stop();
});

it('one answer is one operation, wherever in it a field is asked', () => {
  const asked = (ctx: object, operation: string) => operationOf(ctx as never, { operation: { operation } } as never);
  const [one, other] = [{ requestId: 'r' }, { requestId: 'r' }];
  expect([asked(one, 'query'), asked(other, 'query'), asked({ requestId: '' }, 'subscription')]).toEqual(['r', 'r', '']);
  expect(asked(one, 'subscription')).toBe(asked(one, 'subscription'));
  expect(asked(one, 'subscription')).not.toBe(asked(other, 'subscription'));
});

it('a query that fails is null beside the core', async () => {
  for (const [, failing] of failures.slice(0, 6)) {
    load = failing;
    const { data, errors } = await server.query('{ badAnswer customers { nodes { id } } }');
    expect(data.badAnswer).toBeNull();
    expect(data.customers.nodes).toHaveLength(3);
    expect(errors).toMatchObject([{ path: ['badAnswer'], extensions: { code: 'PLUGIN_UNAVAILABLE', plugin: 'bad' } }]);
  }
});

it('no promise is left alone', async () => {
  await new Promise((resolve) => setImmediate(resolve));
  expect(unhandled).toEqual([]);
});
