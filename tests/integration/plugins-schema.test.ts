// What plugins add to the API: fields in batches, values of every type, queries, mutations, subscriptions, and who sees them.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { isPluginSubject } from '../../src/modules/plugins/index.ts';
import '../../src/modules/plugins/plugins.schema.ts';
import { arg, type CallContext, definePlugin, sql, v, z } from '../../src/plugin/index.ts';
import { loadPlugin, preparePlugins } from '../../src/plugin/load.ts';
import { ask, codesOf, keyOfRole, makeCustomer, mutate, record, watchReads } from '../support/core.ts';
import { eventually } from '../support/eventually.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

const log = { info() {}, warn() {}, error() {} };
const calls: { what: string; ids: number; caller: CallContext['caller']; args?: unknown }[] = [];
const points = new Map<string, number>();
const described = { description: 'For the test.' };

const plugin = definePlugin({
  id: 'score-card',
  version: '1.2.3',
  api: '^1.0.0',
  description: 'Keeps scores.',
  config: z.object({ factor: z.number().default(2) }),
  capabilities: ['schema', 'read:customers', 'write:customers'],
  scopes: { 'score-card:read': 'See scores.', 'score-card:write': 'Change scores.' },
  setup({ schema, config }) {
    const tier = schema.enum('Tier', { ...described, values: { LOW: 'Few points.', HIGH: 'Many points.' } });
    const card = schema.type('Card', {
      ...described,
      fields: {
        points: { ...described, value: v.int() },
        tier: { ...described, value: tier },
        since: { ...described, value: v.dateTime() },
        worth: { ...described, value: v.money() },
        owner: { ...described, value: v.record('Customer') },
        notes: { ...described, value: v.optional(v.list(v.string())) },
      },
    });
    const cardOf = (id: string, factor = 1) => ({
      points: (points.get(id) ?? 0) * factor,
      tier: 'LOW' as const,
      since: new Date('2026-01-02T03:04:05Z'),
      worth: { amount: '12.5000', currency: 'EUR' },
      owner: id,
      notes: null,
    });
    const field = { ...described, scope: 'score-card:read' as const };
    schema.field('Customer', 'points', {
      ...field,
      value: v.int(),
      args: { times: arg.int('How often.').default(1) },
      async load(ctx, ids, args) {
        calls.push({ what: 'points', ids: ids.length, caller: ctx.caller, args });
        await ctx.query('{ customers(first: 1) { nodes { id } } }');
        return new Map(ids.flatMap((id) => (points.has(id) ? [[id, (points.get(id) as number) * args.times * config.factor]] : [])));
      },
    });
    schema.field('Customer', 'card', { ...field, value: card, load: async (_ctx, ids) => new Map(ids.map((id) => [id, cardOf(id)])) });
    schema.query('cards', {
      ...field,
      value: v.list(card),
      args: { ids: arg.list(arg.id('Customer', 'A customer.'), 'Whose.'), tier: arg.oneOf(tier, 'Which.').nullish() },
      resolve: async (_ctx, { ids }) => ids.map((id) => cardOf(id, 3)),
    });
    schema.mutation('pointsAdd', {
      ...described,
      scope: 'score-card:write',
      input: { customerId: arg.id('Customer', 'Whose.'), points: arg.int('How many.', 1, 1_000), at: arg.dateTime('When.').nullish() },
      gives: {
        points: { ...described, value: v.int() },
        customer: { ...described, value: v.record('Customer') },
        at: { ...described, value: v.dateTime() },
      },
      async run(ctx, { customerId, points: more }) {
        if (more === 13) ctx.reject('UNLUCKY', 'Thirteen.', ['points']);
        if (more === 666) throw new Error('secret reason');
        calls.push({ what: 'pointsAdd', ids: 1, caller: ctx.caller });
        points.set(customerId, (points.get(customerId) ?? 0) + more);
        ctx.emit({ type: 'points_added', subject: { type: 'Customer', id: customerId }, customerId, after: { points: more } });
        return {
          points: more === 999 ? ('many' as unknown as number) : (points.get(customerId) as number),
          customer: customerId,
          at: ctx.now,
        };
      },
    });
    schema.subscription('pointsAdded', {
      ...described,
      scope: 'score-card:read',
      value: card,
      events: ['score_card.points_added'],
      args: { least: arg.int('From how many.').default(0) },
      select: async (_ctx, events, { least }) =>
        events.map((event) =>
          Number(event.data.after?.points) >= least ? { ...cardOf(event.subjectId), points: Number(event.data.after?.points) } : null,
        ),
    });
  },
});

const guardian = definePlugin({
  id: 'guardian',
  version: '1.0.0',
  api: '^1.0.0',
  description: 'Looks at what other plugins do.',
  config: z.object({}),
  capabilities: ['guards'],
  scopes: {},
  setup({ guards }) {
    guards.before('scoreCardPointsAdd', async (ctx, input) => {
      if (input.points === 77) ctx.reject('ENOUGH', 'No.', ['points']);
    });
  },
});

let server: TestServer;
let ids: string[];
const add = (customerId: string, more: number, options = {}) =>
  mutate(server, 'scoreCardPointsAdd', { customerId, points: more }, 'points at customer { id displayName }', options);

beforeAll(async () => {
  loadPlugin(plugin as never, { log, source: 'score-card' });
  loadPlugin(guardian as never, { log });
  server = await startTestServer();
  await preparePlugins(server.db, log);
  ids = [];
  for (let i = 0; i < 30; i++) ids.push(await makeCustomer(server, { kind: 'PERSON', givenName: `C${i}` }));
  await add(ids[0]!, 5);
});
afterAll(() => server?.stop());
beforeEach(() => {
  calls.length = 0;
});

/** A key whose role grants exactly these. */
async function keyWith(permissions: string[], hiddenFields: string[] = []): Promise<string> {
  return keyOfRole(server, { permissions, hiddenFields });
}

describe('a field on a core type', () => {
  it('is loaded once for a page, at the cost of what it reads itself', async () => {
    const page = 'customers(first: 30) { nodes { id displayName %s } }';
    const plain = await watchReads(server, () => ask(server, `{ ${page.replace('%s', '')} }`));
    const extended = await watchReads(server, () => ask(server, `{ ${page.replace('%s', 'scoreCardPoints')} }`));
    expect(extended.statements.length).toBe(plain.statements.length + 1);
    expect(calls).toMatchObject([{ what: 'points', ids: 30 }]);
    expect(extended.result.customers.nodes.map((row: { id: string }) => row.id)).toEqual(
      plain.result.customers.nodes.map((row: { id: string }) => row.id),
    );
  });

  it('is loaded once for each set of arguments', async () => {
    const data = await ask(
      server,
      '{ customer(by: { id: "%" }) { a: scoreCardPoints b: scoreCardPoints(times: 3) c: scoreCardPoints(times: 3) } }'.replace(
        '%',
        ids[0]!,
      ),
    );
    expect(data.customer).toEqual({ a: 10, b: 30, c: 30 });
    expect(calls.map((call) => call.args)).toEqual([{ times: 1 }, { times: 3 }]);
  });

  it('refuses arguments by name', async () => {
    const { errors } = await server.query('{ customers(first: 1) { nodes { scoreCardPoints(times: -1) } } }');
    expect(errors[0]).toMatchObject({ message: 'times: At least 0.', extensions: { code: 'BAD_USER_INPUT' } });
  });

  it('has values of its own types, and records read with the rights of the caller', async () => {
    const query = `{ customer(by: { id: "${ids[0]}" }) { scoreCardCard { points tier since worth { amount currency } notes owner { id displayName } } } }`;
    const card = { points: 5, tier: 'LOW', since: '2026-01-02T03:04:05.000Z', worth: { amount: '12.50', currency: 'EUR' }, notes: null };
    expect((await ask(server, query)).customer.scoreCardCard).toEqual({ ...card, owner: { id: ids[0], displayName: 'C0' } });
  });

  it('reaches records below lists with one statement more', async () => {
    const query = '{ customers(first: 30) { nodes { scoreCardCard { owner { displayName } } } } }';
    const { statements } = await watchReads(server, () => ask(server, query));
    expect(statements.length).toBe(2);
  });

  it('is null for those without its scope, and is not loaded for them', async () => {
    const key = await keyWith(['customers:read']);
    const { data, errors } = await server.query('{ customers(first: 2) { nodes { displayName scoreCardPoints } } }', {}, { key });
    expect(errors).toEqual([]);
    expect(data.customers.nodes.map((row: { scoreCardPoints: unknown }) => row.scoreCardPoints)).toEqual([null, null]);
    expect(calls).toEqual([]);
  });

  it('is shown by a role that grants its scope', async () => {
    const key = await keyWith(['customers:read']);
    await server.db.execute(sql`update roles set permissions = permissions || '{score-card:read}' where permissions = '{customers:read}'`);
    const { data, errors } = await server.query(`{ customer(by: { id: "${ids[0]}" }) { scoreCardPoints } }`, {}, { key });
    expect({ data, errors }).toEqual({ data: { customer: { scoreCardPoints: 10 } }, errors: [] });
  });

  it('is hidden by roles', async () => {
    const key = await keyWith(['*'], ['Customer.scoreCardPoints']);
    for (const more of ['', 'scoreCardCard { points }']) {
      const { data, errors } = await server.query(`{ customer(by: { id: "${ids[0]}" }) { scoreCardPoints ${more} } }`, {}, { key });
      expect(errors).toEqual([]);
      expect(data.customer.scoreCardPoints).toBeNull();
    }
    expect(calls).toEqual([]);
  });

  it('is found wherever the record is, and only there', async () => {
    const interaction = await record(server, { customer: { id: ids[0] } });
    const data = await ask(
      server,
      `query ($ids: [ID!]!) {
        nodes(ids: $ids) { __typename ... on Customer { scoreCardPoints } ... on Interaction { customer { scoreCardPoints } } }
      }`,
      { ids: [interaction, ids[0], ids[20]] },
    );
    expect(data.nodes).toEqual([
      { __typename: 'Interaction', customer: { scoreCardPoints: 10 } },
      { __typename: 'Customer', scoreCardPoints: 10 },
      { __typename: 'Customer', scoreCardPoints: null },
    ]);
    const { interactions } = await ask(server, '{ interactions(first: 1) { nodes { customer { scoreCardPoints } } } }');
    expect(interactions.nodes).toEqual([{ customer: { scoreCardPoints: 10 } }]);
  });

  it('tells who asks', async () => {
    await server.query('{ customers(first: 1) { nodes { scoreCardPoints } } }', {}, { headers: { 'x-trato-origin': 'shop' } });
    expect(calls[0]!.caller).toMatchObject({ kind: 'API_KEY', origin: 'shop' });
    expect(calls[0]!.caller.can('customers:read')).toBe(true);
  });
});

describe('a query', () => {
  const query = (more = '') => `{ scoreCardCards(ids: ["${ids[1]}"]${more}) { points owner { id } } customers(first: 1) { nodes { id } } }`;

  it('answers beside the core', async () => {
    expect((await ask(server, query(', tier: HIGH'))).scoreCardCards).toEqual([{ points: 0, owner: { id: ids[1] } }]);
  });

  it('needs its scope', async () => {
    const { data, errors } = await server.query(query(), {}, { key: await keyWith(['customers:read']) });
    expect(errors).toMatchObject([{ path: ['scoreCardCards'], extensions: { code: 'FORBIDDEN' } }]);
    expect(data.customers.nodes).toHaveLength(1);
  });

  it('takes ids of its type only', async () => {
    expect(await codesOf(server, '{ scoreCardCards(ids: ["interaction_01h455vb4pex5vsknk084sn02q"]) { points } }')).toEqual([
      'BAD_USER_INPUT',
    ]);
  });
});

describe('a mutation', () => {
  it('gives what was done', async () => {
    const payload = await add(ids[2]!, 7);
    expect(payload).toMatchObject({ points: 7, customer: { id: ids[2], displayName: 'C2' }, userErrors: [] });
  });

  it('is run once for one key', async () => {
    const [one, two] = [await add(ids[3]!, 7, { idempotent: 'k1' }), await add(ids[3]!, 7, { idempotent: 'k1' })];
    expect(two).toEqual(one);
    expect(calls.filter(({ what }) => what === 'pointsAdd')).toHaveLength(1);
  });

  it('refuses by user errors, and changes nothing', async () => {
    expect(await add(ids[4]!, 13)).toMatchObject({ points: null, userErrors: [{ code: 'SCORE_CARD_UNLUCKY', path: ['points'] }] });
    expect(await add(ids[4]!, 0)).toMatchObject({ points: null, customer: null, userErrors: [{ path: ['points'] }] });
    expect(await add('customer_nope', 1)).toMatchObject({ userErrors: [{ code: 'ID_INVALID', path: ['customerId'] }] });
  });

  it('that breaks is undone, and tells nothing but the plugin', async () => {
    for (const more of [666, 999]) {
      const before = await events();
      const { errors } = await server.query(
        `mutation { scoreCardPointsAdd(input: { customerId: "${ids[5]}", points: ${more} }) { points } }`,
      );
      expect(errors).toMatchObject([{ extensions: { code: 'PLUGIN_UNAVAILABLE', plugin: 'score-card' } }]);
      expect(JSON.stringify(errors)).not.toMatch(/secret|many/);
      expect(await events()).toBe(before);
    }
    async function events() {
      return (await ask(server, '{ events(types: ["score_card.points_added"]) { totalCount { value } } }')).events.totalCount.value;
    }
  });

  it('can be guarded by other plugins', async () => {
    expect(await add(ids[4]!, 77)).toMatchObject({ points: null, userErrors: [{ code: 'GUARDIAN_ENOUGH', path: ['points'] }] });
  });

  it('needs its scope', async () => {
    const key = await keyWith(['customers:read']);
    expect(
      await codesOf(server, `mutation { scoreCardPointsAdd(input: { customerId: "${ids[5]}", points: 1 }) { points } }`, {}, key),
    ).toEqual(['FORBIDDEN']);
  });
});

describe('a subscription', () => {
  const document = 'subscription ($after: String) { scoreCardPointsAdded(after: $after, least: 100) { points owner { id } } }';

  async function follow(after: string | undefined, wanted: number, key?: string) {
    const client = server.subscriber(key === undefined ? {} : { key });
    const found: { points: number; cursor: string }[] = [];
    const feed = client.iterate({ query: document, variables: { after } });
    for await (const { data, errors, extensions } of feed) {
      if (errors) throw new Error(JSON.stringify(errors));
      found.push({
        points: (data as never as { scoreCardPointsAdded: { points: number } }).scoreCardPointsAdded.points,
        cursor: (extensions as never as { feed: { cursor: string } }).feed.cursor,
      });
      if (found.length === wanted) break;
    }
    await client.dispose();
    return found;
  }

  it('tells what the plugin selects, and goes on after a cursor', async () => {
    for (const more of [101, 1, 102, 103]) await add(ids[6]!, more);
    const start = Buffer.from('event:0').toString('base64url');
    const all = await follow(start, 3);
    expect(all.map((one) => one.points)).toEqual([101, 102, 103]);
    expect((await follow(all[0]!.cursor, 2)).map((one) => one.points)).toEqual([102, 103]);
  });

  it('comes live', async () => {
    const coming = follow(undefined, 1);
    await eventually(
      async () => {
        await add(ids[7]!, 500);
        expect(await Promise.race([coming, null])).not.toBeNull();
      },
      { interval: 50 },
    );
    expect((await coming).map((one) => one.points)).toEqual([500]);
  });

  it('needs its scope', async () => {
    await expect(follow(undefined, 1, await keyWith(['events:read', 'customers:read']))).rejects.toThrow(/score-card:read/);
  });
});

describe('Query.plugins', () => {
  const query =
    '{ plugins { id version description apiRange state source capabilities scopes { permission description } added { kind name } } }';

  it('tells what is loaded and what it adds', async () => {
    const { plugins } = await ask(server, query);
    expect(plugins.map(({ id }: { id: string }) => id)).toEqual(['score-card', 'guardian']);
    expect(['score-card', 'guardian', 'nobody'].map(isPluginSubject)).toEqual([true, false, false]);
    expect(plugins[0]).toMatchObject({
      id: 'score-card',
      version: '1.2.3',
      apiRange: '^1.0.0',
      state: 'ACTIVE',
      source: 'score-card',
      capabilities: ['schema', 'read:customers', 'write:customers'],
      scopes: [{ permission: 'score-card:read', description: 'See scores.' }, { permission: 'score-card:write' }],
    });
    expect(plugins[0].added).toEqual([
      { kind: 'TYPE', name: 'ScoreCardTier' },
      { kind: 'TYPE', name: 'ScoreCardCard' },
      { kind: 'FIELD', name: 'Customer.scoreCardPoints' },
      { kind: 'FIELD', name: 'Customer.scoreCardCard' },
      { kind: 'QUERY', name: 'scoreCardCards' },
      { kind: 'MUTATION', name: 'scoreCardPointsAdd' },
      { kind: 'SUBSCRIPTION', name: 'scoreCardPointsAdded' },
    ]);
  });

  it('needs plugins:read', async () => {
    expect(await codesOf(server, query, {}, await keyWith(['customers:read']))).toEqual(['FORBIDDEN']);
    expect((await server.query(query, {}, { key: await keyWith(['plugins:read']) })).errors).toEqual([]);
  });

  it('/readyz tells ids and states', async () => {
    expect(await (await fetch(`${server.origin}/readyz`)).json()).toEqual({
      status: 'ready',
      plugins: { 'score-card': 'ACTIVE', guardian: 'ACTIVE' },
    });
  });
});
