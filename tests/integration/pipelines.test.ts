// Pipelines, stages and products through the API, and opportunities as screens read them.
import sql from 'sql-template-tag';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ask, bulk, codesOf, done, keyOfRole, makeCustomer, mutate } from '../support/core.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

let server: TestServer;
let ann: string;
beforeAll(async () => {
  server = await startTestServer();
  await done(server, 'workspaceUpdate', { currency: 'EUR' }, 'workspace { currency }');
  ann = await makeCustomer(server, { displayName: 'Ann' });
});
afterAll(() => server?.stop());

const codes = (payload: { userErrors: { code: string; path: string[] }[] }) =>
  payload.userErrors.map(({ code, path }) => `${code} ${path.join('.')}`);
const euros = (amount: string) => ({ amount, currency: 'EUR' });

it('a pipeline that becomes the default takes that from the one before, and new opportunities go through it', async () => {
  const { pipeline } = await done(
    server,
    'pipelineCreate',
    { key: 'partners', name: 'Partners', isDefault: true },
    'pipeline { id key isDefault position }',
  );
  expect(pipeline).toMatchObject({ key: 'partners', isDefault: true, position: 1 });
  await bulk(server, 'pipelineStagesUpsert', [
    { pipeline: 'partners', key: 'meeting', name: 'Meeting', stalledAfterDays: 5 },
    { pipeline: 'partners', key: 'signed', name: 'Signed', outcome: 'WON' },
  ]);
  const data = await ask(
    server,
    '{ pipelines { nodes { key isDefault stages { nodes { key position probability outcome forecastCategory } } } } }',
  );
  expect(data.pipelines.nodes.map((one: { key: string; isDefault: boolean }) => [one.key, one.isDefault])).toEqual([
    ['sales', false],
    ['partners', true],
  ]);
  expect(data.pipelines.nodes[1].stages.nodes).toEqual([
    { key: 'meeting', position: 0, probability: '0.50', outcome: 'OPEN', forecastCategory: 'PIPELINE' },
    { key: 'signed', position: 1, probability: '1.00', outcome: 'WON', forecastCategory: 'PIPELINE' },
  ]);
  const made = await done(server, 'opportunityCreate', { name: 'Alliance' }, 'opportunity { stage { key id } pipeline { key } }');
  expect(made.opportunity).toMatchObject({ stage: { key: 'meeting' }, pipeline: { key: 'partners' } });
  const used = await mutate(server, 'pipelineStageUpdate', { id: made.opportunity.stage.id, outcome: 'WON' }, 'pipelineStage { key }');
  expect(codes(used)).toEqual(['STAGE_IN_USE outcome']);
  const moved = await mutate(server, 'pipelineStageUpdate', { id: made.opportunity.stage.id, pipeline: 'sales' }, 'pipelineStage { key }');
  expect(codes(moved)).toEqual(['STAGE_IN_USE pipeline']);
  await done(server, 'pipelineUpdate', { id: pipeline.id, isDefault: false }, 'pipeline { id }');
});

it('products are brought in by key, with a price each; the same again changes nothing', async () => {
  const rows = [
    { key: 'lamp', name: 'Lamp', family: 'Light', price: euros('19.9') },
    { key: 'bulb', name: 'Bulb', family: 'Light', externalRef: { system: 'shop', value: '7' } },
  ];
  expect(await bulk(server, 'productsUpsert', rows)).toMatchObject({ created: 2 });
  expect(await bulk(server, 'productsUpsert', rows)).toMatchObject({ unchanged: 2 });
  await done(server, 'priceListCreate', { key: 'fair', name: 'Fair', currency: 'EUR' }, 'priceList { key }');
  const price = { priceList: 'fair', product: 'lamp', amount: '15', minimumQuantity: '5' };
  expect(await bulk(server, 'pricesUpsert', [price])).toMatchObject({ created: 1 });
  expect(await bulk(server, 'pricesUpsert', [price])).toMatchObject({ unchanged: 1 });
  const wrong = await mutate(
    server,
    'priceListCreate',
    { key: 'w', name: 'W', currency: 'EUR', validFrom: '2020-02-01', validUntil: '2020-01-01' },
    'priceList { key }',
  );
  expect(codes(wrong)).toEqual(['PERIOD_INVALID validUntil']);
  const data = await ask(
    server,
    `{ products(orderBy: [{ field: NAME }], filter: { family: { eq: "Light" } }) { nodes {
    key price { amount } externalRef { value } prices { nodes { amount minimumQuantity priceList { key } } } } } }`,
  );
  expect(data.products.nodes).toEqual([
    { key: 'bulb', price: null, externalRef: { value: '7' }, prices: { nodes: [] } },
    {
      key: 'lamp',
      price: { amount: '19.90' },
      externalRef: null,
      prices: { nodes: [{ amount: '15.00', minimumQuantity: '5.00', priceList: { key: 'fair' } }] },
    },
  ]);
});

it('an opportunity shows what it counts, who takes part and how it moved, and is found from its customer', async () => {
  const fields = {
    name: 'Lights',
    customer: { id: ann },
    value: euros('200'),
    stage: 'engaging',
    openedAt: '2020-01-01T00:00:00Z',
    pipeline: 'sales',
  };
  const { opportunity } = await done(
    server,
    'opportunityCreate',
    fields,
    'opportunity { id weightedValue { amount currency } stalled baseAmount }',
  );
  expect(opportunity).toMatchObject({ weightedValue: { amount: '50.00', currency: 'EUR' }, stalled: true, baseAmount: '200.00' });
  const id = opportunity.id;
  await done(server, 'competitorCreate', { key: 'rival', name: 'Rival' }, 'competitor { id }');
  await done(
    server,
    'opportunityContactAdd',
    { opportunity: id, customer: { id: ann }, role: 'buyer', note: 'Signs.' },
    'opportunity { id }',
  );
  await done(server, 'opportunityContactAdd', { opportunity: id, customer: { id: ann }, role: 'buyer' }, 'opportunity { id }');
  await done(server, 'opportunityCompetitorAdd', { opportunity: id, competitor: 'rival' }, 'opportunity { id }');
  await done(server, 'opportunityUpdate', { id, probability: '0.9' }, 'opportunity { id }');
  const read = `contacts { nodes { customer { displayName } role { key } note } } competitors { nodes { competitor { key } } } weightedValue { amount } version`;
  const { opportunity: seen } = await ask(server, `query ($id: ID!) { opportunity(id: $id) { ${read} } }`, { id });
  expect(seen).toEqual({
    contacts: { nodes: [{ customer: { displayName: 'Ann' }, role: { key: 'buyer' }, note: 'Signs.' }] },
    competitors: { nodes: [{ competitor: { key: 'rival' } }] },
    ...{ weightedValue: { amount: '180.00' }, version: 4 },
  });
  await done(server, 'opportunityContactRemove', { opportunity: id, customer: { id: ann }, role: 'buyer' }, 'opportunity { id }');
  await done(server, 'opportunityCompetitorRemove', { opportunity: id, competitor: 'rival' }, 'opportunity { id }');
  const moved = await done(
    server,
    'opportunityMove',
    { id, stage: 'won', occurredAt: '2020-01-03T00:00:00Z', value: euros('220') },
    'opportunity { status timeInStages { stage { key } seconds } contacts { nodes { note } } competitors { nodes { note } } }',
  );
  expect(moved.opportunity).toEqual({
    ...{ status: 'WON', contacts: { nodes: [] }, competitors: { nodes: [] } },
    timeInStages: [
      { stage: { key: 'engaging' }, seconds: 2 * 86_400 },
      { stage: { key: 'won' }, seconds: 0 },
    ],
  });
  const data = await ask(
    server,
    `query ($id: ID!) {
    customer(by: { id: $id }) { opportunities(orderBy: [{ field: CLOSED_AT, direction: DESC }]) { nodes { name } sum(field: VALUE) { amount } }
      timeline(types: [OPPORTUNITY]) { nodes { at node { ... on Opportunity { name } } } } }
    customers(filter: { opportunities: { some: { status: { eq: WON } } } }) { nodes { displayName } }
    opportunities(filter: { stage: { in: ["won", "lost"] }, customer: { displayName: { eq: "Ann" } } }) { nodes { name customer { displayName } } } }`,
    { id: ann },
  );
  expect(data).toEqual({
    customer: {
      opportunities: { nodes: [{ name: 'Lights' }], sum: { amount: '220.00' } },
      timeline: { nodes: [{ at: '2020-01-01T00:00:00.000Z', node: { name: 'Lights' } }] },
    },
    customers: { nodes: [{ displayName: 'Ann' }] },
    opportunities: { nodes: [{ name: 'Lights', customer: { displayName: 'Ann' } }] },
  });
});

it('an archived opportunity is out of lists until it is restored', async () => {
  const { opportunity } = await done(server, 'opportunityCreate', { name: 'Dust', source: 'attic' }, 'opportunity { id }');
  const list = async () =>
    (await ask(server, '{ opportunities(filter: { source: { eq: "attic" } }) { nodes { name } } }')).opportunities.nodes.length;
  expect(await list()).toBe(1);
  await done(server, 'opportunityArchive', { id: opportunity.id }, 'opportunity { id }');
  expect(await list()).toBe(0);
  await done(server, 'opportunityRestore', { id: opportunity.id }, 'opportunity { id }');
  expect(await list()).toBe(1);
});

it('a role sees the opportunities in its rows, and nothing of them that it hides', async () => {
  const permissions = ['opportunities:read', 'pipelines:read'];
  const nobody = await keyOfRole(server, { permissions, rowScopes: [{ subject: 'opportunities', scope: 'OWN' }] });
  const { opportunities } = await ask(
    server,
    '{ opportunities { totalCount { value } nodes { lines { nodes { amount } } } sum(field: VALUE) { amount } } }',
    {},
    nobody,
  );
  expect(opportunities).toMatchObject({ totalCount: { value: 0 }, nodes: [] });
  const modest = await keyOfRole(server, { permissions, hiddenFields: ['Opportunity.value', 'Opportunity.stageSince'] });
  const hidden = '{ opportunities(first: 1) { nodes { value { amount } weightedValue { amount } secondsInStage stalled } } }';
  expect((await ask(server, hidden, {}, modest)).opportunities.nodes).toEqual([
    { value: null, weightedValue: null, secondsInStage: null, stalled: null },
  ]);
  expect(await codesOf(server, '{ opportunities { sum(field: VALUE) { amount } } }', {}, modest)).toEqual(['FORBIDDEN']);
  expect(await codesOf(server, 'mutation { opportunityCreate(input: { name: "x" }) { userErrors { code } } }', {}, modest)).toEqual([
    'FORBIDDEN',
  ]);
});

it('concerns its customer in the log', async () => {
  const rows = await server.db.query(sql`select distinct type from events where subject_type = 'Opportunity' and customer_id is not null
    union select distinct type from event_inbox where subject_type = 'Opportunity' and customer_id is not null order by type`);
  expect(rows.map(({ type }) => type)).toEqual([
    ...['opportunity.competitor_added', 'opportunity.competitor_removed', 'opportunity.contact_added', 'opportunity.contact_removed'],
    ...['opportunity.created', 'opportunity.moved', 'opportunity.updated', 'opportunity.won'],
  ]);
});
