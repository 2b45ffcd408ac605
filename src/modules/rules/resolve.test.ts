// Rules that are refused, with the path of the fault, and rules that are stored.
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { z } from 'zod';
import { createTestDomain, type TestDomain } from '../../../tests/support/domain.ts';
import { defineCommand } from '../../commands/command.ts';
import { input } from '../../commands/fields.ts';
import { attributeDefinitionCommands } from '../attributes/index.ts';
import { type RuleInput, resolveRule, ruleInput, type StoredRule } from './index.ts';

let domain: TestDomain;
let stored: StoredRule;

const store = defineCommand<{ rule: RuleInput }, null>({
  name: 'storeRule',
  description: 'Resolves a rule.',
  permission: 'segments:write',
  input: input('StoreRuleInput', 'A rule.', { rule: ruleInput('The rule.') }) as unknown as z.ZodType<{ rule: RuleInput }>,
  run: async (ctx, { rule }) => {
    stored = await resolveRule(ctx, rule, ['rule']);
    return null as never;
  },
});

beforeAll(async () => {
  domain = await createTestDomain();
  const define = (definition: object) =>
    domain.done(attributeDefinitionCommands.create, { entity: 'CUSTOMER', name: 'Name', ...definition });
  await define({ key: 'score', type: 'NUMBER' });
  await define({ key: 'tier', type: 'SELECT', options: ['gold', 'silver'] });
  await define({ key: 'renewal', type: 'DATE' });
});
afterAll(() => domain?.stop());

async function faultsOf(rule: unknown): Promise<string[]> {
  const { userErrors } = await domain.run(store, { rule });
  return userErrors.map(({ code, path }) => `${code} ${path.join('.')}`);
}

const nested = (levels: number): object => {
  let rule: object = { field: { country: { eq: 'GB' } } };
  for (let level = 1; level < levels; level++) rule = { not: rule };
  return rule;
};

test('what does not fit the language is refused at its place', async () => {
  expect(await faultsOf(nested(8))).toEqual([]);
  expect(await faultsOf(nested(9))).toEqual([`RULE_TOO_DEEP rule.${'not.'.repeat(8).slice(0, -1)}`]);
  expect(await faultsOf(nested(20_000))).toEqual([`RULE_TOO_DEEP rule.${'not.'.repeat(8).slice(0, -1)}`]);
  const many = Array.from({ length: 101 }, () => ({ field: { country: { eq: 'GB' } } }));
  expect(await faultsOf({ any: many })).toEqual(['RULE_TOO_LARGE rule.any.100']);
  expect(await faultsOf({ any: many.slice(1) })).toEqual([]);
  expect(await faultsOf({})).toEqual(['RULE_EMPTY rule']);
  expect(await faultsOf({ all: [] })).toEqual(['RULE_EMPTY rule.all']);
  expect(await faultsOf({ all: [{ field: {} }] })).toEqual(['RULE_EMPTY rule.all.0.field']);
  expect(await faultsOf({ all: [{ field: { country: {} } }] })).toEqual(['RULE_EMPTY rule.all.0.field.country']);
  expect(await faultsOf({ interactions: { count: {} } })).toEqual(['RULE_EMPTY rule.interactions.count']);
  expect(await faultsOf({ interactions: { where: {} } })).toEqual(['RULE_EMPTY rule.interactions']);
  expect(await faultsOf({ interactions: { count: { gt: 1 }, last: { isNull: true } } })).toEqual(['ONE_OF_INVALID rule.interactions']);
  expect(await faultsOf({ interactions: { count: { gt: 1 }, within: {} } })).toEqual(['RULE_EMPTY rule.interactions.within']);
  expect(await faultsOf({ interactions: { last: { withinLast: { days: 1, months: 1 } } } })).toEqual([
    'ONE_OF_INVALID rule.interactions.last.withinLast',
  ]);
  expect(await faultsOf({ field: { country: { eq: 'GB' } }, stage: { in: ['loyal'] } })).toEqual(['ONE_OF_INVALID rule']);
  expect(await faultsOf({ field: { country: { eq: 5 } } })).toEqual(['WRONG_TYPE rule.field.country.eq']);
  expect(await faultsOf({ field: { shoeSize: { eq: '5' } } })).toEqual(['UNKNOWN_FIELD rule.field']);
});

test('attributes must be there and take what they are compared with', async () => {
  expect(await faultsOf({ attribute: { key: 'score', number: { gte: 5 } } })).toEqual([]);
  expect(await faultsOf({ not: { attribute: { key: 'shoe_size', number: { gte: 5 } } } })).toEqual([
    'RULE_FIELD_UNKNOWN rule.not.attribute.key',
  ]);
  expect(await faultsOf({ all: [{ attribute: { key: 'score', text: { eq: '5' } } }] })).toEqual(['RULE_TYPE rule.all.0.attribute.text']);
  expect(await faultsOf({ attribute: { key: 'tier', text: { in: ['gold', 'tin'] } } })).toEqual([
    'ATTRIBUTE_OPTION rule.attribute.text.in.1',
  ]);
  expect(await faultsOf({ attribute: { key: 'renewal', date: { gte: 'soon' } } })).toEqual(['RULE_TYPE rule.attribute.date.gte']);
  expect(await faultsOf({ attribute: { key: 'tier' } })).toEqual(['RULE_EMPTY rule.attribute']);
});

test('what a rule refers to must be there', async () => {
  expect(
    await faultsOf({
      all: [{ stage: { in: ['prospect', 'nowhere'] } }, { interactions: { where: { kinds: ['telepathy'] }, count: { gte: 1 } } }],
    }),
  ).toEqual(['NOT_FOUND rule.all.0.stage.in.1', 'NOT_FOUND rule.all.1.interactions.where.kinds.0']);
  expect(await faultsOf({ segment: { in: ['vip'] } })).toEqual(['NOT_FOUND rule.segment.in.0']);
  expect(await faultsOf({ relationship: { kind: 'works_at', other: { segment: { notIn: ['vip'] } } } })).toEqual([
    'NOT_FOUND rule.relationship.other.segment.notIn.0',
  ]);
});

test('ids stand in place of keys, and amounts have a currency', async () => {
  expect(await faultsOf({ all: [{ stage: { in: ['prospect'] } }, { interactions: { sum: { of: 'VALUE', gte: '5' } } }] })).toEqual([]);
  const [stage] = await domain.db.query<{ id: string }>({ text: "select id from lifecycle_stages where key = 'prospect'", values: [] });
  expect(stored).toEqual({
    all: [{ stage: { in: [stage!.id] } }, { interactions: { sum: { of: 'VALUE', gte: '5.0000', currency: 'EUR' } } }],
  });
});
