// The list of the core's types of events holds all that the core's own text writes.
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { eventNoun } from '../../src/commands/crud.ts';
import { MessageStatusValues, OpportunityStatusValues } from '../../src/db/models.ts';
import { coreEventTypes } from '../../src/events/index.ts';
import { distance, isNear, nearest } from '../../src/lib/nearest.ts';

const root = join(import.meta.dirname, '../../src');
const texts = globSync('{modules,commands,auth,jobs,plugin/handlers}/**/*.ts', { cwd: root })
  .filter((file) => !file.includes('.test.'))
  .map((file) => readFileSync(join(root, file), 'utf8'));
const found = (pattern: RegExp) => texts.flatMap((text) => [...text.matchAll(pattern)].map((match) => match.slice(1)));

test('types that the core writes are in the list', () => {
  const said = found(/type: (?:[^'`\n]* )?'([a-z]+(?:_[a-z]+)*\.[a-z]+(?:_[a-z]+)*)'/g).map(([type]) => type!);
  const passed = found(/\b(?:changeQuote|change|tell)\([^;]*?'((?:quote|lead|segment)\.[a-z_]+)'/g).map(([type]) => type!);
  const nouns = found(/crudCommands\(\{[^}]*?noun: '(\w+)'/g).map(([noun]) => eventNoun(noun!));
  const verbs = {
    opportunity: found(/\b(?:emitOpportunity|touched)\(\w+, (?:\w+, )?'(\w+)'/g),
    relationship: found(/\bemitTie\(\w+, '(\w+)'/g),
    webhook: found(/\b(?:emitWebhook|changeWebhook)\(\w+, (?:\w+, )?'(\w+)'/g),
    preference: found(/\bevent\(ctx, '(\w+)'/g),
    need: found(/\bevent\(ctx, '(\w+)'/g),
    plugin_failure: found(/\btell\(ctx, row, '(\w+)'/g),
  };
  const made = [
    ...nouns.flatMap((noun) => ['created', 'updated', 'archived', 'restored'].map((verb) => `${noun}.${verb}`)),
    ...Object.entries(verbs).flatMap(([noun, words]) => words.map(([verb]) => `${noun}.${verb}`)),
    ...MessageStatusValues.map((status) => `message.${status.toLowerCase()}`),
    ...OpportunityStatusValues.filter((status) => status !== 'OPEN').map((status) => `opportunity.${status.toLowerCase()}`),
  ];
  expect([said, passed, nouns, ...Object.values(verbs)].map(({ length }) => length > 1)).not.toContain(false);
  expect([...new Set([...said, ...passed, ...made])].filter((type) => !coreEventTypes.has(type))).toEqual([]);
});

test('the nearest word', () => {
  expect(distance('creatd', 'created')).toBe(1);
  expect(distance('craeted', 'created')).toBe(1);
  expect(distance('', 'abc')).toBe(3);
  expect(nearest('customer.creatd', coreEventTypes)).toBe('customer.created');
  expect([isNear('customer.creatd', 'customer.created'), isNear('a.b', 'c.d')]).toEqual([true, false]);
});
