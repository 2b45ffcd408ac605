// The words that plugins are told are those that their host takes.
import { expect, test } from 'vitest';
import { z } from 'zod';
import { coreEventTypes } from '../events/index.ts';
import { meant } from '../lib/nearest.ts';
import { validateDefinition } from './validate.ts';
import { pluginWords } from './words.ts';

const words = pluginWords();
const definition = (capabilities: string[]) => ({
  ...{ id: 'a-plugin', version: '1.0.0', api: '*', description: 'A.', config: z.object({}), scopes: {}, setup: () => undefined },
  capabilities,
});

test('every subject and every capability that is named is taken', () => {
  const needed = [...words.events.map(({ needs }) => needs), ...words.commands.map(({ needs }) => needs)].filter((one) => one !== null);
  const offered = [...words.capabilities, ...words.subjects.map(({ name }) => ({ name: `read:${name}` }))].map(({ name }) => name);
  expect(() => validateDefinition(definition([...new Set([...offered, ...needed])]))).not.toThrow();
  expect(offered).toContain('read:customers');
});

test('events have the fields of what they are about', () => {
  expect(words.events.flatMap(({ types }) => types).toSorted()).toEqual([...coreEventTypes].toSorted());
  expect(words.events.filter(({ fields }) => fields.length === 0)).toEqual([]);
  const recorded = words.events.find(({ types }) => types.includes('interaction.recorded'));
  expect(recorded).toMatchObject({ needs: 'read:interactions', fields: expect.arrayContaining(['direction', 'customerId', 'occurredAt']) });
  expect(recorded!.fields).not.toContain('workspaceId');
  expect(words.events.flatMap(({ fields }) => fields).filter((field) => /hash$|secret$/i.test(field))).toEqual([]);
});

test('commands and types are those of the core', () => {
  expect(words.types).toEqual(expect.arrayContaining(['Customer', 'Interaction', 'Opportunity']));
  expect(words.commands).toEqual(
    expect.arrayContaining([
      { name: 'customerUpdate', needs: 'write:customers' },
      { name: 'customerErase', needs: null },
    ]),
  );
});

test('a subject that is none is refused with the right word', () => {
  expect(() => validateDefinition(definition(['read:customer']))).toThrow('do you mean "read:customers"?');
  expect(() => validateDefinition(definition(['write:everything']))).toThrow('there are customers, ');
});

test('a name that is none is refused with the one that was meant', () => {
  expect(
    meant(
      'customerUpdat',
      words.commands.map(({ name }) => name),
    ),
  ).toBe(': do you mean customerUpdate?');
  expect(meant('Custmer', words.types)).toBe(': do you mean Customer?');
  for (const odd of [undefined, 'quite another', 'x'.repeat(10_000)]) expect(meant(odd, words.types)).toBe('');
});
