import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { encodeId } from '../../src/graphql/ids.ts';
import '../../src/modules/sales/sales.schema.ts';
import '../../src/modules/factory/rules.schema.ts';
import { createWorld, type World } from '../support/command-world.ts';

let world: World;
let ann: string, ada: string, pipelineId: string, stageId: string, ruleId: string;

beforeAll(async () => {
  world = await createWorld();
  pipelineId = await world.add('Pipeline', { key: 'new', name: 'New', position: 0, isDefault: true });
  stageId = await world.add('PipelineStage', { pipelineId, key: 'talk', name: 'Talk', position: 0, probability: '0.5000' });
  await world.add('LifecycleStage', { key: 'loyal', name: 'Loyal', position: 0 });
  ann = await world.add('User', { name: 'Ann' });
  [ada] = (await world.customers('Ada')) as [string];
});
afterAll(() => world?.close());

describe('the API', () => {
  test('makes a rule and reads it in the form in which it was written', async () => {
    const input = {
      key: 'loyal',
      name: 'Loyal',
      nameTemplate: '{customer}',
      strategy: 'USER',
      user: { id: encodeId('User', ann) },
      signal: { stageChanged: { stage: 'loyal' } },
      condition: { field: { country: { eq: 'NZ' } } },
      value: { fixed: { amount: '12', currency: 'EUR' } },
    };
    const { data, errors } = await world.ask(
      `mutation ($input: OpportunityRuleCreateInput!) { opportunityRuleCreate(input: $input) { userErrors { code path } opportunityRule {
        id key active periodDays pipeline { key } user { name } signal condition value report { created conversion value { amount currency } } } } }`,
      { input },
    );
    expect(errors).toEqual([]);
    expect(data.opportunityRuleCreate.userErrors).toEqual([]);
    const { id, ...shown } = data.opportunityRuleCreate.opportunityRule;
    ruleId = id;
    expect(shown).toEqual({
      ...{ key: 'loyal', active: true, periodDays: 90, pipeline: { key: 'new' }, user: { name: 'Ann' } },
      ...{ signal: input.signal, condition: input.condition, value: { fixed: { amount: '12.0000', currency: 'EUR' } } },
      report: { created: 0, conversion: null, value: { amount: '0.00', currency: 'EUR' } },
    });
  });

  test('shows which rule made an opportunity, and what a rule made', async () => {
    const { rows } = { rows: await world.rows<{ id: string }>({ text: 'select id from opportunity_rules', values: [] } as never) };
    const made = { name: 'x', customerId: ada, pipelineId, stageId, ownerId: ann, ruleId: rows[0]!.id, openedAt: new Date('2025-05-01') };
    await world.add('Opportunity', {
      ...{ ...made, status: 'WON', stageSince: new Date(), closedAt: new Date('2025-05-03') },
      ...{ valueAmount: '10.0000', valueCurrency: 'EUR', baseAmount: '10.0000' },
    });
    await world.add('Opportunity', {
      ...{ ...made, ownerId: null, ruleId: null, status: 'OPEN', stageSince: new Date(), expectedCloseOn: '2025-05-31' as never },
      ...{ valueAmount: '7.0000', valueCurrency: 'EUR', baseAmount: '7.0000', forecastCategory: 'COMMITTED' },
    });
    const { data, errors } = await world.ask(
      `query ($id: ID!) { opportunityRule(id: $id) { opportunities { nodes { rule { id } } } report { won conversion wonValue { amount } } }
        forecast(period: MONTH, from: "2025-05-01", to: "2025-05-01", by: OWNER) {
          currency totals { pipeline { amount } weighted { amount } won { amount currency } openCount target { amount } attainment }
          rows { startsOn endsOn owner { name } team { name } others committed { amount } won { amount } } }
        salesPerformance(from: "2025-05-01", to: "2025-05-31", by: RULE) {
          totals { created winRate averageWonValue { amount } medianCycleSeconds } rows { rule { key } key owner { name } won wonValue { amount } } } }`,
      { id: ruleId },
    );
    expect(errors).toEqual([]);
    expect(data.opportunityRule).toEqual({
      opportunities: { nodes: [{ rule: { id: ruleId } }] },
      report: { won: 1, conversion: 1, wonValue: { amount: '10.00' } },
    });
    expect(data.forecast.totals).toEqual({
      ...{ pipeline: { amount: '7.00' }, weighted: { amount: '3.50' }, won: { amount: '10.00', currency: 'EUR' }, openCount: 1 },
      ...{ target: null, attainment: null },
    });
    const month = { startsOn: '2025-05-01', endsOn: '2025-05-31', team: null, others: false };
    expect(data.forecast.rows).toEqual([
      { ...month, owner: { name: 'Ann' }, committed: { amount: '0.00' }, won: { amount: '10.00' } },
      { ...month, owner: null, committed: { amount: '7.00' }, won: { amount: '0.00' } },
    ]);
    expect(data.salesPerformance).toEqual({
      totals: { created: 2, winRate: 1, averageWonValue: { amount: '10.00' }, medianCycleSeconds: 2 * 86_400 },
      rows: [
        { rule: { key: 'loyal' }, key: null, owner: null, won: 1, wonValue: { amount: '10.00' } },
        { rule: null, key: null, owner: null, won: 0, wonValue: { amount: '0.00' } },
      ],
    });
  });

  test('shows for whom a rule would make an opportunity', async () => {
    const stage = await world.add('LifecycleStage', { key: 'new', name: 'New', position: 1 });
    const customer = (country: string) =>
      world.add('Customer', {
        kind: 'PERSON',
        displayName: country,
        country,
        stageId: stage,
        birthDate: new Date().toISOString().slice(0, 10) as never,
      });
    const [kiwi] = [await customer('NZ'), await customer('GB')];
    const segmentationId = await world.add('Segmentation', { key: 's', name: 'S', kind: 'TACTICAL' });
    const segmentId = await world.add('Segment', { key: 'big', name: 'Big', segmentationId, kind: 'STATIC', priority: 0 });
    await world.add('SegmentMembership', { segmentationId, segmentId, customerId: kiwi, exclusive: false, enteredAt: new Date() });
    for (const key of ['cup', 'pot']) await world.add('Product', { key, name: key });
    await world.add('InteractionKind', { key: 'enquiry', name: 'Enquiry' });
    const preview = async (signal: object, condition: object | null, as = world.viewer()) => {
      const input = { key: `p${Math.random()}`, name: 'P', nameTemplate: 'p', strategy: 'CUSTOMER_OWNER', signal, condition };
      const made = await world.ask(
        'mutation ($input: OpportunityRuleCreateInput!) { opportunityRuleCreate(input: $input) { opportunityRule { id } } }',
        { input },
      );
      const { data, errors } = await world.ask(
        'query ($id: ID!) { opportunityRulePreview(id: $id) { count { value isExact } sample { displayName } } }',
        { id: made.data.opportunityRuleCreate.opportunityRule.id },
        as,
      );
      if (errors.length > 0) return errors;
      expect(data.opportunityRulePreview.count).toEqual({ value: data.opportunityRulePreview.sample.length, isExact: true });
      return data.opportunityRulePreview.sample.map((one: { displayName: string }) => one.displayName);
    };
    const kiwis = { field: { country: { eq: 'NZ' } } };
    expect(await preview({ stageChanged: { stage: 'new' } }, null)).toEqual(['NZ', 'GB']);
    expect(await preview({ stageChanged: { stage: 'new' } }, kiwis)).toEqual(['NZ']);
    expect(await preview({ segmentEntered: { segment: 'big' } }, null)).toEqual(['NZ']);
    expect(await preview({ dateReached: { date: { birthday: true } } }, kiwis)).toEqual(['NZ']);
    expect(await preview({ dateReached: { date: { lastPurchase: true }, daysAfter: 5 } }, null)).toEqual([]);
    expect(await preview({ interaction: { kind: 'enquiry', minimumValue: '5' } }, null)).toEqual([]);
    expect(await preview({ companionMissing: { product: 'cup', companion: 'pot' } }, null)).toEqual([]);
    const reader = world.viewer({ permissions: ['sales-rules:read', 'customers:read'], rowScope: {}, hiddenFields: [] });
    expect(await preview({ stageChanged: { stage: 'new' } }, null, reader)).toEqual(['FORBIDDEN']);
    const writer = (...hiddenFields: string[]) =>
      world.viewer({ permissions: ['sales-rules:*', 'customers:read'], rowScope: {}, hiddenFields });
    expect(await preview({ stageChanged: { stage: 'new' } }, kiwis, writer())).toEqual(['NZ']);
    expect(await preview({ stageChanged: { stage: 'new' } }, kiwis, writer('Customer.country'))).toEqual(['FORBIDDEN']);
    expect(await preview({ interaction: { kind: 'enquiry' } }, null, writer())).toEqual(['FORBIDDEN']);
  });

  test('keeps to itself what the role must not see', async () => {
    const asked = (hiddenFields: string[], permissions = ['opportunities:read', 'sales-rules:read']) =>
      world.ask(
        `{ opportunityRules { nodes { report { created wonValue { amount } } } } forecast(period: YEAR, from: "2025-05-01", to: "2025-05-01") { totals { openCount won { amount } } } }`,
        {},
        world.viewer({ permissions, rowScope: {}, hiddenFields }),
      );
    expect((await asked([])).errors).toEqual([]);
    expect((await asked(['Opportunity.value'])).errors).toContain('FORBIDDEN');
    expect((await asked([], ['sales-rules:read'])).errors).toContain('FORBIDDEN');
    const { errors } = await world.ask(
      '{ forecast(period: YEAR, from: "2025-05-01", to: "2025-05-01") { totals { target { amount } } } }',
      {},
      world.viewer({ permissions: ['opportunities:read'], rowScope: {}, hiddenFields: [] }),
    );
    expect(errors).toEqual(['FORBIDDEN']);
  });
});
