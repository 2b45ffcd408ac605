// A plugin cannot use what it has not declared: one test for each capability, and what lies behind them.
import { type Capability, definePlugin, type ReadContext, sql, v, type WriteContext, z } from 'trato/plugin';
import { createTestHost, type TestHost } from 'trato/plugin/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { capabilityWords } from '../../src/plugin/capabilities.ts';
import { loadedPlugins, loadPlugin } from '../../src/plugin/load.ts';

const log = { info() {}, warn() {}, error() {} };
let made = 0;
const base = () => ({
  id: `poor-${++made}`,
  version: '1.0.0',
  api: '^1.0.0',
  description: 'Has little.',
  config: z.object({}),
  scopes: {},
});

// biome-ignore lint/suspicious/noExplicitAny: what plugins in JavaScript would do
type AnyHost = any;

/** What a plugin would do with each part. */
const uses: Record<keyof typeof capabilityWords, (host: AnyHost) => unknown> = {
  schema: (host) => host.schema.field('Customer', 'x', { description: 'X.', value: v.int(), load: async () => new Map() }),
  attributes: (host) => host.attributes.define('Customer', { key: 'x', name: 'X', description: 'X.', type: 'TEXT' }),
  tables: (host) => host.tables.migrations({ '001_x': 'create table x (workspace_id uuid primary key)' }),
  events: (host) => host.events.on('x', ['customer.created'], async () => undefined),
  // Of a plugin: a command of the core would need a permission beside.
  guards: (host) => host.guards.before('trierTry', async () => undefined),
  strategies: (host) => host.strategies.leadScore('x', async () => new Map()),
  channels: (host) => host.channels.provide('chat', { addressKind: 'EMAIL', send: async () => ({ externalId: 'x' }) }),
  schedules: (host) => host.schedules.every('x', 60, async () => undefined),
  http: (host) => host.http.route('GET', 'x', { verify: async () => null, handle: async () => ({ status: 200 }) }),
  network: (host) => host.network('https://example.com/'),
};

// What functions of a plugin without any capability but these may do is tried inside a running host.
let outcome = '';
const kept: { host?: AnyHost; read?: ReadContext; write?: WriteContext } = {};
const tried: Record<string, (ctx: WriteContext) => Promise<unknown>> = {};
const tryHost = definePlugin({
  id: 'trier',
  version: '1.0.0',
  api: '^1.0.0',
  description: 'Tries what it may not.',
  config: z.object({}),
  capabilities: ['schema', 'tables', 'read:channels', 'write:customers'],
  scopes: { 'trier:write': 'Try.' },
  setup(host) {
    kept.host = host;
    host.tables.migrations({ '001_own': 'create table own (workspace_id uuid, id int, primary key (workspace_id, id))' });
    host.schema.mutation('try', {
      description: 'Tries.',
      scope: 'trier:write',
      input: { what: z.string().meta({ description: 'What.' }) },
      gives: { told: { description: 'What it was told.', value: v.string() } },
      run: async (ctx, { what }) => {
        kept.write = ctx;
        outcome = await tried[what]!(ctx).then(
          (found) => `done: ${JSON.stringify(found)}`,
          (error: Error) => `refused: ${error.message}`,
        );
        return { told: outcome };
      },
    });
  },
});
const tableless = definePlugin({
  id: 'tableless',
  version: '1.0.0',
  api: '^1.0.0',
  description: 'Has no tables.',
  config: z.object({}),
  capabilities: ['schema'],
  scopes: { 'tableless:read': 'Read.' },
  setup({ schema }) {
    schema.query('told', {
      description: 'What it was told.',
      value: v.string(),
      scope: 'tableless:read',
      resolve: async (ctx) => {
        const answers = await Promise.allSettled([ctx.sql(sql`select 1`), ctx.query('{ customers { nodes { id } } }')]);
        return answers.map((answer) => (answer.status === 'rejected' ? (answer.reason as Error).message : 'done')).join(' | ');
      },
    });
  },
});

const words = Object.keys(capabilityWords) as (keyof typeof capabilityWords)[];
/** Without the capability, and with no other. Plugins are loaded before the schema is built, so before the tests. */
const attempts = Object.fromEntries(
  words.map((word) => {
    const loading = (capabilities: Capability[]) => {
      const definition = {
        ...base(),
        capabilities,
        setup: (given: AnyHost) => void (word === 'network' ? given.network : uses[word](given)),
      };
      try {
        return { id: definition.id, error: null, loaded: loadPlugin(definition, { log }).sealed };
      } catch (error) {
        return { id: definition.id, error: error as Error & { code?: string }, loaded: false };
      }
    };
    return [word, { without: loading(words.filter((one) => one !== word)), alone: loading([word]) }];
  }),
);

let host: TestHost;
beforeAll(async () => {
  host = await createTestHost({ plugins: [{ plugin: tryHost }, { plugin: tableless }] });
});
afterAll(() => host?.stop());

/** What came of it inside; a statement that failed ends the whole transaction, so the caller may be told less. */
async function told(work: (ctx: WriteContext) => Promise<unknown>): Promise<string> {
  const name = `t${++made}`;
  tried[name] = work;
  outcome = 'was not called';
  const document = 'mutation ($input: TrierTryInput!) { trierTry(input: $input) { told userErrors { code message } } }';
  await host.answer(document, { input: { what: name } });
  return outcome;
}

describe('without the capability', () => {
  for (const word of words) {
    test(`${word} is not there, and with it alone it is`, () => {
      const { without, alone } = attempts[word]!;
      expect(without.error?.message).toMatch(new RegExp(`^${without.id}: .*"${word}".*capability.*'${word}'`));
      expect(without.error?.code).toBe('PLUGIN_CAPABILITY_MISSING');
      expect(loadedPlugins().map(({ id }) => id)).not.toContain(without.id);
      expect(alone).toEqual({ id: alone.id, error: null, loaded: true });
    });
  }

  test('a capability that nobody knows, or of a subject that is none, is refused', () => {
    for (const capability of ['everything', 'read:', 'read:nothing', 'write:recognise', 'delete:customers', 'customers:read', '*']) {
      const definition = { ...base(), capabilities: [capability as Capability], setup: () => undefined };
      expect(() => loadPlugin(definition, { log })).toThrow(new RegExp(`^${definition.id}: .*capability`));
    }
  });

  test('ctx.sql needs tables', async () => {
    const { tablelessTold } = await host.query('{ tablelessTold }');
    const [statement, query] = tablelessTold.split(' | ');
    expect(statement).toContain("'tables'");
    expect(query).toMatch(/customers:read|FORBIDDEN|lacks/);
  });

  test('ctx.query reads what was declared and nothing else', async () => {
    expect(await told((ctx) => ctx.query('{ channels(first: 1) { nodes { key } } }'))).toMatch(/^done: .*"key"/);
    for (const field of ['customers', 'interactions', 'users', 'apiKeys']) {
      expect(await told((ctx) => ctx.query(`{ ${field}(first: 1) { nodes { id } } }`))).toMatch(/^refused: .*(permission|lacks)/);
    }
    expect(await told((ctx) => ctx.query('mutation { customerCreate(input: {}) { userErrors { code } } }'))).toMatch(/^refused/);
  });

  test('ctx.command writes what was declared and nothing else', async () => {
    const person = { kind: 'PERSON', displayName: 'Ada' };
    expect(await told((ctx) => ctx.command('customerCreate', person))).toMatch(/^done: .*"id"/);
    expect(await told((ctx) => ctx.command('teamCreate', { name: 'Sales' }))).toMatch(/^refused: .*write:teams/);
    expect(await told((ctx) => ctx.command('apiKeyCreate', { name: 'x', role: 'administrator' }))).toMatch(/^refused: .*write:api-keys/);
    expect(await told((ctx) => ctx.command('nothingDo', {}))).toMatch(/^refused: .*no command/);
  });
});

describe('its statements', () => {
  test('reach its own tables', async () => {
    expect(await told((ctx) => ctx.sql(sql`insert into own values (${ctx.workspaceId}, 1) returning id`))).toBe('done: [{"id":1}]');
  });

  test('reach nothing of the core', async () => {
    const refused = /^refused: (permission denied|relation .* does not exist)/;
    for (const table of ['customers', 'public.customers', 'public.api_keys', 'public.plugin_failures', 'public.event_inbox']) {
      expect(await told((ctx) => ctx.sql({ text: `select * from ${table}`, values: [] }))).toMatch(refused);
    }
    expect(await told((ctx) => ctx.sql(sql`update public.customers set display_name = 'x'`))).toMatch(refused);
    expect(await told((ctx) => ctx.sql(sql`insert into public.roles default values`))).toMatch(refused);
  });

  test('cannot put their role off, or end the transaction', async () => {
    const texts = [
      'reset role',
      'set role postgres',
      'set local role none',
      'rollback',
      'commit',
      "select set_config('role', 'none', true)",
      "with x as (select set_config('role', 'none', true)) select * from x",
      'select 1; reset role; select * from public.customers',
      'drop table own',
      'create table public.mine (id int)',
      'do $$ begin reset role; end $$',
      "copy own to program 'true'",
      'listen trato',
    ];
    for (const text of texts)
      expect([text, await told((ctx) => ctx.sql({ text, values: [] }))]).toEqual([text, expect.stringMatching(/^refused/)]);
    expect(await told((ctx) => ctx.sql(sql`select count(*)::int as n from own`))).toMatch(/^done/);
  });
});

describe('after setup', () => {
  test('nothing more can be registered', () => {
    for (const word of ['schema', 'tables'] as const) {
      expect(() => uses[word](kept.host)).toThrow('while setup runs');
    }
    for (const word of ['events', 'http', 'guards'] as const) expect(() => uses[word](kept.host)).toThrow('capability');
  });

  test('contexts that were kept do not outlive their call', async () => {
    await told(async (ctx) => ctx.now);
    await expect(kept.write!.sql(sql`select 1`)).rejects.toThrow();
    await expect(kept.write!.command('customerCreate', { kind: 'PERSON', displayName: 'Late' })).rejects.toThrow();
    const { customers } = await host
      .query('{ customers(first: 50, filter: { displayName: { eq: "Late" } }) { nodes { id } } }')
      .catch(() => ({ customers: { nodes: [] } }));
    expect(customers.nodes).toEqual([]);
  });
});
