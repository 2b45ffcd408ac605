// What a plugin says wrongly stops the start with a sentence, also where no compiler has looked at it.
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Database } from '../db/database.ts';
import type { Plugin } from './definition.ts';
import { loadPlugin } from './load.ts';
import { v } from './values.ts';

const warnings: object[] = [];
const log = { info() {}, warn: (fields: object) => void warnings.push(fields), error() {} };
let count = 0;

type Host = Record<string, Record<string, (...args: unknown[]) => void>>;

function plugin(capabilities: string[], setup: (host: Host, id: string) => void, changes: object = {}): Plugin {
  const id = `mis-typed${++count}`;
  const scopes = { [`${id}:read`]: 'See.' };
  const said = { id, version: '1.0.0', api: '^1.0.0', description: 'Says it wrongly.', config: z.object({}), capabilities, scopes };
  return { ...said, setup: (host: never) => setup(host, id), ...changes } as unknown as Plugin;
}
const load = (definition: Plugin) => loadPlugin(definition, { log });
const handle = async () => undefined;
const following = (...types: unknown[]) => plugin(['events'], ({ events }) => events!.on!('a', types, handle));
/** Runs what waits until all plugins are there. */
const looked = async (definition: Plugin, steps: number) => {
  const { prepare } = load(definition);
  for (const step of prepare.slice(0, steps)) await step(undefined as unknown as Database);
};

describe('types of events', () => {
  it.each([
    ['customer.creatd', 'the core writes no such event: do you mean customer.created?'],
    ['customer.bought', 'there are customer.created, customer.updated, '],
    ['created', 'is no type such as customer.created'],
    [undefined, 'is no type such as customer.created'],
  ])('the handler of %s is refused', (type, reason) => {
    expect(() => load(following('customer.updated', type))).toThrow(reason);
  });

  it('its own need its own prefix', () => {
    const subscribing = (type: string) =>
      plugin(['schema'], ({ schema }, id) =>
        schema!.subscription!('x', { description: 'All.', value: v.int(), scope: `${id}:read`, events: [type], select: async () => [] }),
      );
    expect(() => load(subscribing(`mis-typed${count + 1}.planned`))).toThrow(`do you mean mis_typed${count + 1}.planned?`);
    expect(() => load(subscribing(`mistyped${count + 1}.planned`))).toThrow(`do you mean mis_typed${count + 1}.planned?`);
    expect(() => load(subscribing(`mis_typed${count + 1}.planned`))).not.toThrow();
  });

  it('those of other plugins are told of where there is none, and refused where the core was meant', async () => {
    warnings.length = 0;
    await looked(following('shop.sold'), 1);
    expect(warnings).toEqual([{ plugin: `mis-typed${count}`, type: 'shop.sold' }]);
    await expect(looked(following('custmer.created'), 1)).rejects.toThrow('do you mean customer.created?');
    warnings.length = 0;
    load(plugin([], () => undefined, { id: 'consumer', scopes: {} }));
    await looked(following('consumer.created'), 1);
    expect(warnings).toEqual([]);
  });

  it('no plugin passes for the core', () => {
    expect(() => load(plugin([], () => undefined, { id: 'opportunity-rule', scopes: {} }))).toThrow(
      "opportunity-rule: the core's own events begin with opportunity_rule",
    );
  });
});

const attribute = { key: 'k', name: 'K', description: 'A k.', type: 'TEXT' };
const channel = { addressKind: 'EMAIL', send: handle };

it.each<[string, string[], (host: Host) => void, string]>([
  ['a handler', ['events'], ({ events }) => events!.on!('a', ['customer.created']), 'the handler a needs a function'],
  ['a schedule', ['schedules'], ({ schedules }) => schedules!.every!('a', 60), 'the schedule a needs a function'],
  ['a guard', ['guards'], ({ guards }) => guards!.before!('customerCreate'), 'the guard of customerCreate needs a function'],
  ['a strategy', ['strategies'], ({ strategies }) => strategies!.leadScore!('a'), 'the strategy a needs a function'],
  ['a channel', ['channels'], ({ channels }) => channels!.provide!('a', { addressKind: 'EMAIL' }), 'the channel a needs a function send'],
  [
    'a channel of a kind',
    ['channels'],
    ({ channels }) => channels!.provide!('a', { ...channel, addressKind: 'FAX' }),
    'one of EMAIL, PHONE, SOCIAL, WEB_VISITOR, EXTERNAL',
  ],
  ['a time', ['channels'], ({ channels }) => channels!.provide!('a', { ...channel, timeoutMs: '5' }), 'timeoutMs must be from 1 to'],
  [
    'a type of attribute',
    ['attributes'],
    ({ attributes }) => attributes!.define!('Customer', { ...attribute, type: 'NUMBER' }),
    'the type "NUMBER", which there is not: one of TEXT, INTEGER, DECIMAL, BOOLEAN, DATE, DATETIME, OPTION',
  ],
  ['an entity', ['attributes'], ({ attributes }) => attributes!.define!('Lead', attribute), 'one of Customer, Interaction'],
  ['options', ['attributes'], ({ attributes }) => attributes!.define!('Customer', { ...attribute, type: 'OPTION' }), 'needs options'],
  ['a name', ['attributes'], ({ attributes }) => attributes!.define!('Customer', { ...attribute, name: '' }), 'needs a name'],
])('without or with a wrong one it is refused: %s', (_what, capabilities, setup, reason) => {
  expect(() => load(plugin(capabilities, setup))).toThrow(reason);
});

describe('arguments', () => {
  it('that are no zod schema are refused', () => {
    const asking = (args: object) =>
      plugin(['schema'], ({ schema }, id) =>
        schema!.query!('a', { description: 'A.', value: v.int(), scope: `${id}:read`, args, resolve: async () => 1 }),
      );
    expect(() => load(asking({ n: 'Int' }))).toThrow(/misTyped\d+A\.n is no argument such as arg\.text\('…'\)$/);
  });
});

describe('how often schedules run', () => {
  it.each([Number.POSITIVE_INFINITY, Number.NaN, 0, 1e12, '3600', undefined])('%s seconds are refused', (seconds) => {
    const scheduling = plugin(['schedules'], ({ schedules }) => schedules!.every!('a', seconds, handle));
    expect(() => load(scheduling)).toThrow(/the schedule a must rest from 1 to 31622400 seconds$/);
  });
});
