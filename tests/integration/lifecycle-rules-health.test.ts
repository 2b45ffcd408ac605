// Health that rules keep, and the rules of stages and health in the API.
import { graphql } from 'graphql';
import sql from 'sql-template-tag';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { compileRole } from '../../src/auth/permissions.ts';
import { encodeId } from '../../src/graphql/ids.ts';
import { customerUpdate } from '../../src/modules/customers/index.ts';
import { healthRuleSet, lifecycleStageCommands as stages } from '../../src/modules/lifecycle/index.ts';
import { createReader } from '../../src/query/reader.ts';
import { atLeast, createStageWorld, DAY, day, type Fact, orders, type StageWorld } from '../support/stage-world.ts';

let world: StageWorld;
let customer: string;

beforeAll(async () => {
  world = await createStageWorld();
});
afterAll(() => world?.domain.stop());
beforeEach(async () => {
  customer = await world.make();
});

const drain = () => world.drain();
const record = (...facts: (Omit<Fact, 'of'> & { of?: string })[]) => world.record(...facts.map((fact) => ({ of: customer, ...fact })));
const present = (id = customer) => world.present(id);
const told = (type: string) => world.told(type, customer);

describe('in the API', () => {
  const ask = async (source: string, variables: object = {}, hiddenFields: string[] = []) => {
    const role = compileRole({ permissions: ['*'], rowScope: {}, hiddenFields });
    const viewer = { ...world.domain.viewer, role };
    const { buildSchema } = await import('../../src/graphql/schema.ts');
    const contextValue = { requestId: 'test', viewer, db: world.domain.db, reader: createReader(world.domain.db, viewer) };
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
    const [{ id } = { id: '' }] = await world.domain.db.query<{ id: string }>(sql`select id from lifecycle_stages where key = 'fan'`);
    await world.domain.done(stages.update, { id: encodeId('LifecycleStage', id), rule: null });
    const cleared = (await ask(list)).data.lifecycleStages.nodes.find((node: { key: string }) => node.key === 'fan');
    expect(cleared).toEqual({ key: 'fan', returnable: true, rule: null });
  });

  test('moves say whether a rule made them', async () => {
    await world.move(customer, 'prospect', day(1));
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
  const rule = (health: string, written: object | null) => world.domain.done(healthRuleSet, { health, rule: written });

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
    const other = await world.make();
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
    await world.domain.done(customerUpdate, { id: encodeId('Customer', customer), health: 'AT_RISK' });
    await drain();
    expect((await present()).health).toBe('AT_RISK');
    await record({ at: new Date(Date.now() - DAY) });
    await drain();
    expect((await present()).health).toBe('HEALTHY');
    await rule('HEALTHY', null);
    await rule('AT_RISK', null);
    await drain();
    await world.domain.done(customerUpdate, { id: encodeId('Customer', customer), health: 'AT_RISK' });
    await record({ at: new Date(Date.now() - DAY) });
    await drain();
    expect((await present()).health).toBe('AT_RISK');
    expect((await world.domain.run(healthRuleSet, { health: 'UNKNOWN', rule: recently })).userErrors.map(({ code }) => code)).toEqual([
      'INVALID_VALUE',
    ]);
    expect(await world.domain.db.query(sql`select 1 from rule_units where kind = 'HEALTH'`)).toEqual([]);
  });
});
