// Stages and health that rules keep: from a recorded interaction to the moved customer, its history and its events.
import fc from 'fast-check';
import { graphql } from 'graphql';
import sql from 'sql-template-tag';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { compileRole } from '../../src/auth/permissions.ts';
import { insertRows } from '../../src/commands/rows.ts';
import { inWorkspace } from '../../src/commands/system.ts';
import { encodeId } from '../../src/graphql/ids.ts';
import { newId } from '../../src/lib/typeid.ts';
import { customerArchive } from '../../src/modules/customers/customers.commands.ts';
import { customerCreate, customerUpdate } from '../../src/modules/customers/index.ts';
import { interactionsRecord } from '../../src/modules/interactions/index.ts';
import {
  customerMoveToStage,
  defaultStageRules,
  healthRuleSet,
  resolveDefaultStageRules,
  lifecycleStageCommands as stages,
} from '../../src/modules/lifecycle/index.ts';
import { drainRules } from '../../src/modules/rules/keep/index.ts';
import { createReader } from '../../src/query/reader.ts';
import { createTestDomain, type TestDomain } from '../support/domain.ts';

const DAY = 86_400_000;
const day = (n: number) => new Date(Date.UTC(2024, 0, 1) + n * DAY);
const orders = { kinds: ['order_placed'] };
const atLeast = (gte: number) => ({ interactions: { where: orders, count: { gte } } });

let domain: TestDomain;
let customer: string;
let made = 0;

beforeAll(async () => {
  domain = await createTestDomain();
  await setRules({ first_purchase: atLeast(1), repeat: atLeast(2), loyal: atLeast(4) });
  await drain();
});
afterAll(() => domain?.stop());
beforeEach(async () => {
  customer = await make();
});

async function setRules(rules: Record<string, object | null>, returnable: string[] = []): Promise<void> {
  const rows = ['first_purchase', 'repeat', 'loyal', 'lost'].map((key) => ({
    key,
    name: key,
    rule: rules[key] ?? null,
    returnable: returnable.includes(key),
  }));
  await domain.done(stages.upsert, { rows });
}

const make = async () => (await domain.done(customerCreate, { displayName: `Customer ${++made}` })).id;
const drain = () => drainRules(domain.db);
type Fact = { of?: string; at: Date; ref?: string; kind?: string };
const record = (...facts: Fact[]) =>
  domain.done(interactionsRecord, {
    rows: facts.map(({ of = customer, at, ref = String(++made), kind = 'order_placed' }) => ({
      customer: { id: encodeId('Customer', of) },
      kind,
      channel: 'web',
      direction: 'INBOUND',
      occurredAt: at,
      externalRef: { system: 'shop', value: ref },
    })),
  });
const move = (stage: string, occurredAt?: Date) =>
  domain.done(customerMoveToStage, { customer: { id: encodeId('Customer', customer) }, stage, ...(occurredAt && { occurredAt }) });

type Entry = { customer_id: string; from_id: string | null; to_id: string; key: string; at: Date; automatic: boolean; reason: string };
const entriesOf = (ids: string[]) =>
  domain.db.query<Entry>(sql`select t.customer_id, t.from_id, t.to_id, s.key, t.occurred_at as at, t.automatic, t.reason
    from lifecycle_transitions t join lifecycle_stages s on s.id = t.to_id
    where t.customer_id = any(${ids}::uuid[]) order by t.customer_id, t.occurred_at, t.id`);
const history = async () =>
  (await entriesOf([customer])).map(({ key, at, automatic }) => [key, (at.getTime() - day(0).getTime()) / DAY, automatic]);
const present = async (id = customer) =>
  (
    await domain.db.query<{
      stage: string | null;
      since: Date | null;
      health: string;
    }>(sql`select s.key as stage, c.stage_since as since, c.health
      from customers c left join lifecycle_stages s on s.id = c.stage_id where c.id = ${id}::uuid`)
  )[0]!;
// biome-ignore lint/suspicious/noExplicitAny: data of events of many types
type Told = { type: string; data: any };
const told = (type: string, id = customer) =>
  domain.db.query<Told>(sql`select type, data from events where subject_id = ${id}::uuid and type = ${type} order by seq`);

describe('rules of stages', () => {
  test('move customers as it happens, through every stage at its own moment, and say so', async () => {
    await record({ at: day(10) }, { at: day(20) }, { at: day(15), kind: 'enquiry' });
    await drain();
    expect(await history()).toEqual([
      ['first_purchase', 10, true],
      ['repeat', 20, true],
    ]);
    expect(await present()).toMatchObject({ stage: 'repeat', since: day(20) });
    const events = await told('customer.stage_changed');
    expect(events.map(({ data }) => [data.before.stageSince, data.after.stageSince])).toEqual([
      [null, day(10).toISOString()],
      [day(10).toISOString(), day(20).toISOString()],
    ]);
    expect(events[1]!.data).toMatchObject({ reason: 'By the rule of the stage repeat.', cause: 'EVENT' });
    expect((await entriesOf([customer])).map(({ reason }) => reason)).toEqual([
      'By the rule of the stage first_purchase.',
      'By the rule of the stage repeat.',
    ]);
  });

  test('a backdated fact repairs the history, and an event tells before and after', async () => {
    await record({ at: day(10) });
    await drain();
    await record({ at: day(5) });
    await drain();
    expect(await history()).toEqual([
      ['first_purchase', 5, true],
      ['repeat', 10, true],
    ]);
    const [repaired] = await told('customer.stage_history_repaired');
    expect(repaired!.data).toEqual({
      before: { stageSince: day(10).toISOString(), transitions: [{ stage: 'first_purchase', occurredAt: day(10).toISOString() }] },
      after: { stageSince: day(5).toISOString(), transitions: [{ stage: 'first_purchase', occurredAt: day(5).toISOString() }] },
      cause: 'EVENT',
    });
    await record({ at: day(4), kind: 'enquiry' });
    await drain();
    expect(await told('customer.stage_history_repaired')).toHaveLength(1);
  });

  test('nobody is moved backwards, and what a person did stands', async () => {
    await record({ at: day(10), ref: `${customer}-a` }, { at: day(20), ref: `${customer}-b` });
    await drain();
    await record({ at: day(20), ref: `${customer}-b`, kind: 'enquiry' });
    await drain();
    expect((await present()).stage).toBe('repeat');
    await move('prospect', day(30));
    await record({ at: day(40), kind: 'order_placed', ref: `${customer}-b` });
    await drain();
    expect((await history()).at(-2)).toEqual(['prospect', 30, false]);
    // The second order is later than the move: it leads on, the first alone does not.
    expect((await history()).at(-1)).toEqual(['repeat', 40, true]);
    await move('advocate', day(50));
    await record({ at: day(60) }, { at: day(61) });
    await drain();
    expect(await present()).toMatchObject({ stage: 'advocate', since: day(50) });
  });

  test('a rule that changes is applied to everyone; archived customers and stages without a rule are left alone', async () => {
    const other = await make();
    const archived = await make();
    await record({ at: day(10), of: other }, { at: day(11), of: archived });
    await domain.done(customerArchive, { id: encodeId('Customer', archived) });
    await setRules({ first_purchase: atLeast(1), repeat: atLeast(2), loyal: atLeast(1) });
    await drain();
    expect([(await present(other)).stage, (await present(archived)).stage, (await present()).stage]).toEqual(['loyal', null, null]);
    expect((await told('customer.stage_changed', other)).at(-1)!.data.cause).toBe('EVALUATION');
    await setRules({ first_purchase: atLeast(1), repeat: atLeast(2), loyal: atLeast(4) });
    await drain();
    expect((await present(other)).stage).toBe('loyal');
  });

  test('lost by the passing of time, and back with the next order', async () => {
    const lost = { interactions: { where: orders, last: { olderThan: { days: 365 } } } };
    const rules = { first_purchase: atLeast(1), repeat: atLeast(2), loyal: atLeast(4) };
    await setRules({ ...rules, lost }, ['repeat']);
    await record({ at: day(10) });
    await drain();
    expect(await history()).toEqual([
      ['first_purchase', 10, true],
      ['lost', 375, true],
    ]);
    const now = new Date(Date.now() - 60_000);
    await record({ at: now });
    await drain();
    expect(await present()).toMatchObject({ stage: 'repeat', since: now });
    const checks = await domain.db.query<{ due_at: Date }>(sql`select due_at from rule_checks where customer_id = ${customer}::uuid`);
    expect(checks.map(({ due_at }) => Math.round((due_at.getTime() - now.getTime()) / DAY))).toEqual([365]);
    await setRules(rules);
    await drain();
  });

  test('moves of persons at the same time break no history', async () => {
    const names = ['prospect', 'advocate', 'lost'];
    const facts = Array.from({ length: 6 }, (_one, i) => record({ at: day(i) }));
    await Promise.all(facts);
    await Promise.all([drain(), ...Array.from({ length: 12 }, (_one, i) => move(names[i % 3]!))]);
    await drain();
    let from: string | null = null;
    for (const entry of await entriesOf([customer])) {
      expect(entry.from_id).toBe(from);
      from = entry.to_id;
    }
    const [row] = await domain.db.query<{ stage_id: string }>(sql`select stage_id from customers where id = ${customer}::uuid`);
    expect(row!.stage_id).toBe(from);
  });

  test('cannot ask for the stage, nor for what is not there', async () => {
    const [{ id } = { id: '' }] = await domain.db.query<{ id: string }>(sql`select id from lifecycle_stages where key = 'loyal'`);
    const refused = async (rule: object) =>
      (await domain.run(stages.update, { id: encodeId('LifecycleStage', id), rule })).userErrors.map(
        ({ code, path }) => `${code} ${path.join('.')}`,
      );
    expect(await refused({ all: [atLeast(1), { stage: { in: ['repeat'] } }] })).toEqual(['RULE_CIRCULAR rule']);
    const segmentationId = newId();
    const segment = { workspaceId: domain.workspaceId, name: 'x', key: 'those_who_are_loyal' };
    await insertRows(domain.db, 'Segmentation', [{ ...segment, id: segmentationId, kind: 'TACTICAL' }]);
    await insertRows(domain.db, 'Segment', [
      { ...segment, id: newId(), segmentationId, kind: 'DYNAMIC', priority: 0, rule: { stage: { in: [id] } } },
    ]);
    expect(await refused({ segment: { in: [segment.key] } })).toEqual(['RULE_CIRCULAR rule']);
    expect(await refused({ all: [atLeast(1), { interactions: { where: { kinds: ['none'] }, count: { gte: 1 } } }] })).toEqual([
      'NOT_FOUND rule.all.1.interactions.where.kinds.0',
    ]);
  });
});

test('whatever happens, the history is that of a naive replay', async () => {
  const fact = fc.record({
    who: fc.nat({ max: 7 }),
    ref: fc.nat({ max: 7 }),
    day: fc.integer({ min: 0, max: 300 }),
    kind: fc.constantFrom('order_placed', 'order_placed', 'enquiry'),
  });
  const rounds = fc.array(fc.array(fact, { minLength: 1, maxLength: 25 }), { minLength: 1, maxLength: 5 });
  const needs = { first_purchase: 1, repeat: 2, loyal: 4 };
  await fc.assert(
    fc.asyncProperty(rounds, async (list) => {
      const people = await Promise.all(Array.from({ length: 8 }, make));
      const facts = people.map(() => new Map<number, { day: number; kind: string }>());
      const reached = people.map(() => new Map<string, number>());
      for (const round of list) {
        await record(
          ...round.map((one) => ({ of: people[one.who]!, at: day(one.day), ref: `${people[one.who]}-${one.ref}`, kind: one.kind })),
        );
        await drain();
        for (const one of round) facts[one.who]!.set(one.ref, one);
        for (const [who, entries] of reached.entries()) {
          const placed = [...facts[who]!.values()].filter(({ kind }) => kind === 'order_placed').map((one) => one.day);
          placed.sort((a, b) => a - b);
          let latest = Number.POSITIVE_INFINITY;
          for (const [stage, count] of Object.entries(needs).reverse()) {
            const at = placed[count - 1] ?? entries.get(stage);
            if (at === undefined) continue;
            latest = Math.min(latest, at);
            entries.set(stage, latest);
          }
        }
      }
      const entries = Map.groupBy(await entriesOf(people), (entry) => entry.customer_id);
      for (const [who, id] of people.entries()) {
        const expected = Object.keys(needs).flatMap((stage) => (reached[who]!.has(stage) ? [[stage, day(reached[who]!.get(stage)!)]] : []));
        expect((entries.get(id) ?? []).map(({ key, at }) => [key, at])).toEqual(expected);
        expect(await present(id)).toMatchObject({ stage: expected.at(-1)?.[0] ?? null, since: expected.at(-1)?.[1] ?? null });
      }
    }),
    { numRuns: 8 },
  );
});

test('the default rules fit a new workspace', async () => {
  const resolved = await domain.db.transaction((tx) => inWorkspace(tx, domain.workspaceId, resolveDefaultStageRules));
  expect(Object.keys(resolved)).toEqual(['first_purchase', 'repeat', 'loyal', 'lost']);
  const rows = Object.entries(defaultStageRules).map(([key, stage]) => ({ key, name: key, ...stage }));
  await domain.done(stages.upsert, { rows });
  const at = (ago: number) => new Date(Date.now() - ago * DAY);
  await record({ at: at(1000) });
  const [once, thrice, often] = [customer, await make(), await make()];
  await record(
    ...[900, 800, 30].map((ago) => ({ of: thrice, at: at(ago) })),
    ...[50, 40, 30, 20, 10].map((ago) => ({ of: often, at: at(ago) })),
  );
  await drain();
  expect(await Promise.all([once, thrice, often].map(async (id) => (await present(id)).stage))).toEqual(['lost', 'repeat', 'loyal']);
  await setRules({ first_purchase: atLeast(1), repeat: atLeast(2), loyal: atLeast(4) });
  await drain();
});

describe('in the API', () => {
  const ask = async (source: string, variables: object = {}, hiddenFields: string[] = []) => {
    const role = compileRole({ permissions: ['*'], rowScope: {}, hiddenFields });
    const viewer = { ...domain.viewer, role };
    const { buildSchema } = await import('../../src/graphql/schema.ts');
    const contextValue = { requestId: 'test', viewer, db: domain.db, reader: createReader(domain.db, viewer) };
    const { data, errors } = await graphql({ schema: buildSchema(), source, variableValues: { ...variables }, contextValue });
    // biome-ignore lint/suspicious/noExplicitAny: data has the shape of the operation
    return { data: structuredClone(data) as any, errors: (errors ?? []).map((error) => error.extensions.code ?? error.message) };
  };
  const fields = 'key returnable rule';

  test('rules are written and read in the same form', async () => {
    const rule = { all: [{ interactions: { where: orders, count: { gte: 3 } } }, { not: { field: { country: { eq: 'GB' } } } }] };
    const made = await ask(
      `mutation ($rule: SegmentRuleInput!) { lifecycleStageCreate(input: { key: "fan", name: "Fan", rule: $rule, returnable: true }) {
        lifecycleStage { ${fields} } userErrors { code path } } }`,
      { rule },
    );
    expect(made).toEqual({
      data: { lifecycleStageCreate: { lifecycleStage: { key: 'fan', returnable: true, rule }, userErrors: [] } },
      errors: [],
    });
    const list = `{ lifecycleStages { nodes { ${fields} } } }`;
    const { nodes } = (await ask(list)).data.lifecycleStages;
    expect(nodes.find((node: { key: string }) => node.key === 'first_purchase').rule).toEqual(atLeast(1));
    expect(nodes.find((node: { key: string }) => node.key === 'prospect').rule).toBe(null);
    const hidden = await ask(list, {}, ['LifecycleStage.rule']);
    expect(hidden.data.lifecycleStages.nodes.map((node: { rule: unknown }) => node.rule)).toEqual(nodes.map(() => null));
    const { data } = await ask(
      'mutation ($rule: SegmentRuleInput!) { lifecycleStagesUpsert(input: { rows: [{ key: "fan", name: "Fan", rule: $rule }] }) { results { status } } }',
      { rule },
    );
    expect(data.lifecycleStagesUpsert.results).toEqual([{ status: 'UNCHANGED' }]);
    const [{ id } = { id: '' }] = await domain.db.query<{ id: string }>(sql`select id from lifecycle_stages where key = 'fan'`);
    await domain.done(stages.update, { id: encodeId('LifecycleStage', id), rule: null });
    const cleared = (await ask(list)).data.lifecycleStages.nodes.find((node: { key: string }) => node.key === 'fan');
    expect(cleared).toEqual({ key: 'fan', returnable: true, rule: null });
  });

  test('moves say whether a rule made them', async () => {
    await move('prospect', day(1));
    await record({ at: day(10) });
    await drain();
    const { data } = await ask('query ($id: ID!) { customer(by: { id: $id }) { transitions { nodes { automatic to { key } } } } }', {
      id: encodeId('Customer', customer),
    });
    expect(data.customer.transitions.nodes).toEqual([
      { automatic: true, to: { key: 'first_purchase' } },
      { automatic: false, to: { key: 'prospect' } },
    ]);
  });

  test('health rules are set, listed and removed', async () => {
    const set = `mutation ($input: HealthRuleSetInput!) { healthRuleSet(input: $input) { healthRule { health rule version } userErrors { code path } } }`;
    const list = async () => (await ask('{ healthRules { nodes { health rule } } }')).data.healthRules.nodes;
    const first = await ask(set, { input: { health: 'AT_RISK', rule: atLeast(1) } });
    expect(first.data.healthRuleSet).toEqual({ healthRule: { health: 'AT_RISK', rule: atLeast(1), version: 1 }, userErrors: [] });
    const second = await ask(set, { input: { health: 'AT_RISK', rule: atLeast(2) } });
    expect(second.data.healthRuleSet.healthRule).toEqual({ health: 'AT_RISK', rule: atLeast(2), version: 2 });
    const circular = await ask(set, { input: { health: 'HEALTHY', rule: { not: { field: { health: { eq: 'AT_RISK' } } } } } });
    expect(circular.data.healthRuleSet).toEqual({ healthRule: null, userErrors: [{ code: 'RULE_CIRCULAR', path: ['rule'] }] });
    expect(await list()).toEqual([{ health: 'AT_RISK', rule: atLeast(2) }]);
    const removed = await ask(set, { input: { health: 'AT_RISK', rule: null } });
    expect(removed).toEqual({ data: { healthRuleSet: { healthRule: null, userErrors: [] } }, errors: [] });
    expect(await list()).toEqual([]);
  });
});

describe('health', () => {
  const recently = { interactions: { where: orders, within: { days: 30 }, count: { gte: 1 } } };
  const complained = { interactions: { where: { kinds: ['complaint'] }, within: { days: 30 }, count: { gte: 1 } } };
  const rule = (health: string, written: object | null) => domain.done(healthRuleSet, { health, rule: written });

  test('is at risk before it is healthy, and unknown where no rule holds', async () => {
    await rule('HEALTHY', recently);
    await rule('AT_RISK', complained);
    await drain();
    const at = new Date(Date.now() - DAY);
    await record({ at });
    await drain();
    expect((await present()).health).toBe('HEALTHY');
    await record({ at, kind: 'complaint' });
    await drain();
    expect((await present()).health).toBe('AT_RISK');
    const events = await told('customer.updated');
    expect(events.map(({ data }) => [data.before.health, data.after.health])).toEqual([
      ['UNKNOWN', 'HEALTHY'],
      ['HEALTHY', 'AT_RISK'],
    ]);
    const other = await make();
    await drain();
    expect((await present(other)).health).toBe('UNKNOWN');
    await rule('AT_RISK', null);
    await drain();
    expect((await present()).health).toBe('HEALTHY');
  });

  test('what a person says stands until something happens, and for good without rules', async () => {
    await rule('HEALTHY', recently);
    await record({ at: new Date(Date.now() - DAY) });
    await drain();
    await domain.done(customerUpdate, { id: encodeId('Customer', customer), health: 'AT_RISK' });
    await drain();
    expect((await present()).health).toBe('AT_RISK');
    await record({ at: new Date(Date.now() - DAY) });
    await drain();
    expect((await present()).health).toBe('HEALTHY');
    await rule('HEALTHY', null);
    await rule('AT_RISK', null);
    await drain();
    await domain.done(customerUpdate, { id: encodeId('Customer', customer), health: 'AT_RISK' });
    await record({ at: new Date(Date.now() - DAY) });
    await drain();
    expect((await present()).health).toBe('AT_RISK');
    expect((await domain.run(healthRuleSet, { health: 'UNKNOWN', rule: recently })).userErrors.map(({ code }) => code)).toEqual([
      'INVALID_VALUE',
    ]);
    expect(await domain.db.query(sql`select 1 from rule_units where kind = 'HEALTH'`)).toEqual([]);
  });
});
