import { buildSchema } from 'graphql';
import { expect, test } from 'vitest';
import { subscriptionFaults } from './subscription-faults.ts';

const schema = (fields: string) =>
  buildSchema(`
    interface Node { id: ID! }
    type Customer implements Node { id: ID! }
    type GoodThing { at: Int! owner: Customer others: [Customer]! more: [GoodThing!]! }
    type GoodBad { inner: GoodWorse! }
    type GoodWorse { owner: Customer! all: [Customer!] bad: GoodBad }
    type Query { a: Int }
    type Subscription { ${fields} coreOnes: Customer! goodness: Customer! }`);

const names = { camel: 'good', pascal: 'Good' };
const asked = { name: 'told', description: 'What was told.', scope: 'good:read' };
const after = '("A cursor." after: String)';

/** Those of the schema alone: what follows the log is told by the server's own fields. */
const faults = (fields: string, given = [asked]) =>
  subscriptionFaults(schema(fields), names, given).filter((fault) => !fault.includes('follow the log'));

test('a good subscription has no faults', () => {
  expect(faults(`goodTold${after}: GoodThing!`)).toEqual([]);
  expect(faults(`goodTold${after}: Customer`)).toEqual([]);
});

test.each([
  ['is not named as it must be', `told${after}: Int`, [asked], 'told is not in the schema as goodTold'],
  ['says nothing', `goodTold${after}: Int`, [{ ...asked, description: ' N. ' }], 'goodTold does not say what it tells'],
  ['has an argument that says nothing', 'goodTold("A cursor." after: String, n: Int): Int', [asked], 'goodTold(n) does not say what it is'],
  ['needs no scope', `goodTold${after}: Int`, [{ ...asked, scope: '' }], 'goodTold needs no scope'],
  ['does not resume', 'goodTold: Int', [asked], 'goodTold does not resume after a cursor'],
  ['cannot begin without a cursor', 'goodTold("A cursor." after: String!): Int', [asked], 'goodTold does not resume after a cursor'],
  ['promises a record', `goodTold${after}: Customer!`, [asked], 'goodTold is a record'],
  ['promises records', `goodTold${after}: [Customer!]`, [asked], 'goodTold[] is a record'],
])('one that %s has one', (_what, fields, given, fault) => {
  expect(faults(fields, given)).toEqual([expect.stringContaining(fault)]);
});

test('also far below, and where it was made without the host', () => {
  expect(faults(`goodTold${after}: GoodBad!`)).toEqual([
    expect.stringContaining('GoodWorse.owner is a record'),
    expect.stringContaining('GoodWorse.all[] is a record'),
  ]);
  expect(faults(`goodTold${after}: Int "Behind its back." goodHidden${after}: Int`)).toEqual(['goodHidden needs no scope']);
  expect(subscriptionFaults(schema(`goodTold${after}: Int`), names, [asked])).toEqual([
    'goodTold does not follow the log, and serves no webhooks',
  ]);
});
