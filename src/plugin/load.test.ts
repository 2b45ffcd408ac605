import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { definePlugin, type Plugin } from './definition.ts';
import type { SchemaHost } from './host-schema.ts';
import { loadedPlugin, loadPlugin } from './load.ts';
import { v } from './values.ts';

const log = { info() {}, warn() {}, error() {} };
let count = 0;

/** A plugin that would load, but for `changes`. */
function plugin(changes: Record<string, unknown> = {}): Plugin {
  const id = `sample${++count}`;
  return {
    id,
    version: '1.0.0',
    api: '^1.0.0',
    description: 'A sample.',
    config: z.object({}),
    capabilities: [],
    scopes: {},
    setup() {},
    ...changes,
  } as Plugin;
}

/** One that adds to the schema. */
function adding(add: (schema: SchemaHost<string>, id: string) => void, changes: Record<string, unknown> = {}): Plugin {
  const made = plugin({ capabilities: ['schema'], ...changes });
  made.scopes = { [`${made.id}:read`]: 'See.' };
  made.setup = ({ schema }: never) => add(schema, made.id);
  return made;
}

const load = (definition: Plugin, config?: unknown) => loadPlugin(definition, { log, config });
const refusal = (definition: Plugin, config?: unknown) => {
  try {
    load(definition, config);
  } catch (error) {
    expect(loadedPlugin(definition.id)?.definition).not.toBe(definition);
    return (error as Error).message;
  }
  throw new Error('it was loaded');
};

describe('a definition is refused', () => {
  it.each([
    [{ id: 'Loyalty' }, /no id of a plugin/],
    [{ id: 'a--b' }, /no id of a plugin/],
    [{ id: 'x'.repeat(31) }, /no id of a plugin/],
    [{ id: 'customers' }, /customers: the core uses this id/],
    [{ version: '1.0' }, /sample\d+: its version must be semantic/],
    [{ api: 'one' }, /its api must be a range/],
    [{ api: '^2.0.0' }, /works with the plugin API \^2\.0\.0, and this server has 1\.0\.0/],
    [{ description: ' ' }, /needs a description/],
    [{ config: {} }, /config must be a zod schema/],
    [{ setup: undefined }, /setup must be a function/],
    [{ capabilities: ['root'] }, /no capability "root"/],
    [{ capabilities: ['read:everything'] }, /names no subject/],
    [{ capabilities: ['erase:customers'] }, /no capability "erase:customers"/],
    [{ capabilities: ['http', 'http'] }, /twice/],
    [{ scopes: { 'customers:read': 'See.' } }, /must be named sample\d+:read/],
    [{ scopes: { read: 'See.' } }, /must be named/],
  ])('%o', (changes, reason) => {
    expect(refusal(plugin(changes))).toMatch(reason);
  });

  it('for a scope without a description', () => {
    const made = plugin();
    made.scopes = { [`${made.id}:read`]: '' };
    expect(refusal(made)).toMatch(/needs a description/);
  });

  it('where its id or its names are taken', () => {
    load(plugin({ id: 'twin-1' }));
    expect(refusal(plugin({ id: 'twin-1' }))).toBe('twin-1: there are two plugins with this id');
    expect(refusal(plugin({ id: 'twin1' }))).toMatch(/^twin1: .*the plugin twin-1/);
    expect(refusal(plugin({ id: 'money' }))).toMatch(/^money: the core has a type Money/);
    expect(refusal(plugin({ id: 'customer' }))).toBe("customer: the core's own events begin with customer");
  });
});

describe('configuration', () => {
  const config = z.object({ word: z.string().default('Hello'), secret: z.object({ key: z.string().min(10) }).optional() });

  it('is checked and filled in', () => {
    let seen: unknown;
    load(
      plugin({
        config,
        setup: (host: { config: unknown }) => {
          seen = host.config;
        },
      }),
    );
    expect(seen).toEqual({ word: 'Hello' });
  });

  it('is refused by path and reason, never with its value', () => {
    const reason = refusal(plugin({ config }), { secret: { key: 'hunter2' } });
    expect(reason).toMatch(/secret\.key/);
    expect(reason).not.toContain('hunter2');
  });

  it.each([
    ['throws what quotes it', z.object({ key: z.string().transform((text) => JSON.parse(text)) }), 'SyntaxError'],
    ['is asked later', z.object({ key: z.string().refine(async () => true) }), '$ZodAsyncError'],
  ])('whose schema %s is refused with the id, and without the value', (_what, schema, kind) => {
    const made = plugin({ config: schema });
    const reason = refusal(made, { key: 'hunter2' });
    expect(reason).toBe(`${made.id}: its configuration cannot be checked: the schema threw ${kind}; it must neither throw nor be async`);
  });
});

describe('the host', () => {
  it('lacks what was not declared, and says what to declare', () => {
    const reason = refusal(plugin({ setup: (host: { http: unknown }) => host.http }));
    expect(reason).toMatch(/^sample\d+: .*without the capability: add 'http'/);
  });

  it('is shut when setup is over', () => {
    let kept: SchemaHost<string> | undefined;
    load(
      adding((schema) => {
        kept = schema;
      }),
    );
    expect(() => kept!.enum('Late', { description: 'Late.', values: { A: 'A.' } })).toThrow(/only be called while setup runs/);
  });

  it('takes no setup that goes on later, and tells who threw', () => {
    expect(refusal(plugin({ setup: async () => {} }))).toMatch(/must not be async/);
    const thrown = plugin({
      setup() {
        throw new Error('no luck');
      },
    });
    expect(refusal(thrown)).toBe(`${thrown.id}: no luck`);
  });
});

describe('the schema takes no', () => {
  const value = v.int();
  const description = 'Something.';
  const read = async () => new Map();
  it.each<[string, (schema: SchemaHost<string>, id: string) => void, RegExp]>([
    ['bad name', (s) => s.field('Customer', 'Points', { description, value, load: read }), /no name of a field/],
    ['type that is not there', (s) => s.field('Nobody', 'points', { description, value, load: read }), /no type Nobody/],
    ['type that is no entity', (s) => s.field('PageInfo', 'points', { description, value, load: read }), /no type PageInfo/],
    ['field without a description', (s) => s.field('Customer', 'points', { description: '', value, load: read }), /needs a description/],
    [
      'scope of others',
      (s) => s.field('Customer', 'points', { description, value, scope: 'customers:read', load: read }),
      /does not offer/,
    ],
    [
      'query without a scope',
      (s) => s.query('points', { description, value, scope: undefined as never, resolve: async () => 1 }),
      /needs a scope/,
    ],
    [
      'record of no type',
      (s) => s.field('Customer', 'friend', { description, value: v.record('Friend'), load: read }),
      /no records of the type Friend/,
    ],
    [
      'type of somebody else',
      (s) => s.field('Customer', 'x', { description, value: { type: 'Tier' }, load: read as never }),
      /no type Tier/,
    ],
    ['list of lists', (s) => s.field('Customer', 'x', { description, value: v.list(v.list(value)), load: read }), /list of lists/],
    ['timeout without end', (s) => s.field('Customer', 'x', { description, value, timeoutMs: 1e9, load: read }), /timeoutMs/],
    [
      'argument without a description',
      (s, id) => s.query('x', { description, value, scope: `${id}:read`, args: { n: z.string() }, resolve: async () => 1 }),
      /\.n needs a description/,
    ],
    [
      'argument of no type',
      (s, id) =>
        s.query('x', { description, value, scope: `${id}:read`, args: { n: z.map(z.string(), z.string()) }, resolve: async () => 1 }),
      /no GraphQL input/,
    ],
    [
      'input object of a foreign name',
      (s, id) =>
        s.query('x', {
          description,
          value,
          scope: `${id}:read`,
          args: { n: z.object({ a: z.string().meta({ description }) }).meta({ gql: 'CustomerCreateInput', description }) },
          resolve: async () => 1,
        }),
      /needs \.meta/,
    ],
    ['enum value in small letters', (s) => void s.enum('Kind', { description, values: { big: 'Big.' } }), /no value of/],
    [
      'the same twice',
      (s) => {
        s.enum('Kind', { description, values: { A: 'A.' } });
        s.enum('Kind', { description, values: { A: 'A.' } });
      },
      /twice/,
    ],
    [
      'payload that hides user errors',
      (s, id) =>
        s.mutation('x', {
          description,
          scope: `${id}:read`,
          input: { n: z.string().meta({ description }) },
          gives: { userErrors: { description, value } },
          run: async () => ({ userErrors: 1 }),
        }),
      /has userErrors already/,
    ],
    [
      'subscription to nothing',
      (s, id) => s.subscription('x', { description, value, scope: `${id}:read`, events: [], select: async () => [] }),
      /types of the events/,
    ],
  ])('%s', (_what, add, reason) => {
    const made = adding(add);
    const message = refusal(made);
    expect(message).toMatch(reason);
    expect(message.startsWith(`${made.id}: `)).toBe(true);
  });

  it('name that another plugin has', () => {
    load(adding((schema) => void schema.enum('OneTwo', { description, values: { A: 'A.' } }), { id: 'clash' }));
    expect(refusal(adding((schema) => void schema.enum('Two', { description, values: { A: 'A.' } }), { id: 'clash-one' }))).toBe(
      'clash-one: the plugin clash adds ClashOneTwo already',
    );
  });
});

it('definePlugin types what setup is given', () => {
  definePlugin({
    id: 'typed',
    version: '1.0.0',
    api: '^1.0.0',
    description: 'Typed.',
    config: z.object({ word: z.string() }),
    capabilities: ['schema'],
    scopes: { 'typed:read': 'See.' },
    setup(host) {
      const word: string = host.config.word;
      // @ts-expect-error: not declared
      void host.http;
      // @ts-expect-error: no such scope
      host.schema.field('Customer', word, { description: word, value: v.int(), scope: 'typed:write', load: async () => new Map() });
    },
  });
});
