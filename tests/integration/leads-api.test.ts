// Leads, consents, territories and quotes through the API: one chain from a form to a won opportunity, and what roles see of it.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { drainRules } from '../../src/modules/rules/index.ts';
import { ask, codesOf, type Data, done, keyOfRole, makeCustomer, mutate } from '../support/core.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

let server: TestServer;
const german = { field: { country: { in: ['DE'] } } };

beforeAll(async () => {
  server = await startTestServer();
  await done(server, 'pipelineCreate', { key: 'own_way', name: 'Own way', isDefault: true }, 'pipeline { id }');
  for (const [key, outcome] of Object.entries({ talk: 'OPEN', won: 'WON' }))
    await done(server, 'pipelineStageCreate', { pipeline: 'own_way', key, name: key, outcome }, 'pipelineStage { id }');
  await done(server, 'leadSourceCreate', { key: 'fair_2027', name: 'Fair' }, 'leadSource { id }');
  await done(server, 'productCreate', { key: 'drill_9', name: 'Drill', price: { amount: '20', currency: 'EUR' } }, 'product { id }');
  await done(server, 'teamCreate', { name: 'North' }, 'team { id }');
});
afterAll(() => server?.stop());

const customerOf = (email: string, more: object = {}) => ({ identities: [{ kind: 'EMAIL', value: email }], ...more });

async function capture(email: string, more: object = {}, customer: object = {}): Promise<string> {
  return (await done(server, 'leadCapture', { customer: customerOf(email, customer), source: 'fair_2027', ...more }, 'lead { id }')).lead
    .id;
}

describe('from a form to a won opportunity', () => {
  it('one chain', async () => {
    const user = (await done(server, 'userCreate', { name: 'Ana', email: 'ana@example.com' }, 'user { id }')).user.id;
    const { territory } = await done(
      server,
      'territoryCreate',
      { key: 'germany', name: 'Germany', strategy: 'USER', user: { id: user }, rule: german },
      'territory { id position rule user { id } strategy }',
    );
    expect(territory).toMatchObject({ position: 0, strategy: 'USER', rule: german, user: { id: user } });
    await done(server, 'leadCriterionCreate', { key: 'german', name: 'German', points: 30, rule: german }, 'leadCriterion { rule points }');
    const lead = await capture(
      'kim@example.com',
      { interest: 'Drills', product: 'drill_9', consents: [{ purpose: 'newsletter', wording: 'Yes.' }] },
      { displayName: 'Kim', country: 'DE' },
    );
    const { lead: captured } = await ask(
      server,
      `query ($id: ID!) { lead(id: $id) { status score interest territory { key } owner { id } product { key } source { key }
        points { nodes { points criterion { key rule } } } customer { id displayName leads { nodes { id } } consents { nodes { purpose status lead { id } } }
          timeline(types: [LEAD, CONSENT]) { nodes { type } } } } }`,
      { id: lead },
    );
    expect(captured).toMatchObject({
      ...{ status: 'NEW', score: 30, interest: 'Drills', territory: { key: 'germany' }, owner: { id: user }, product: { key: 'drill_9' } },
      points: { nodes: [{ points: 30, criterion: { key: 'german', rule: german } }] },
      customer: {
        ...{
          displayName: 'Kim',
          leads: { nodes: [{ id: lead }] },
          consents: { nodes: [{ purpose: 'newsletter', status: 'GRANTED', lead: { id: lead } }] },
        },
        timeline: { nodes: expect.arrayContaining([{ type: 'Lead' }, { type: 'Consent' }]) },
      },
    });
    expect(await ask(server, 'query ($id: ID!) { territoryOf(customer: $id) { key } }', { id: captured.customer.id })).toEqual({
      territoryOf: { key: 'germany' },
    });
    const { lead: converted } = await done(
      server,
      'leadConvert',
      { id: lead },
      'lead { status opportunities { nodes { id name source lead { id } } } }',
    );
    const [opportunity] = converted.opportunities.nodes;
    expect(converted.status).toBe('CONVERTED');
    expect(opportunity).toMatchObject({ name: 'Drills', source: 'fair_2027', lead: { id: lead } });
    const { quote } = await done(
      server,
      'quoteCreate',
      { opportunity: opportunity.id, discountPercent: '10', lines: [{ product: 'drill_9', quantity: '2', taxPercent: '20' }] },
      'quote { id number status net { amount currency } discount { amount } tax { amount } total { amount } lines { nodes { quantity netAmount product { key } } } }',
    );
    expect(quote).toMatchObject({ status: 'DRAFT', net: { currency: 'EUR' }, lines: { nodes: [{ product: { key: 'drill_9' } }] } });
    expect([quote.net, quote.discount, quote.tax, quote.total].map(({ amount }) => Number(amount))).toEqual([36, 4, 7.2, 43.2]);
    await done(server, 'quoteSend', { id: quote.id }, 'quote { status }');
    await done(server, 'quoteAccept', { id: quote.id }, 'quote { status }');
    const { opportunity: won } = await ask(
      server,
      'query ($id: ID!) { opportunity(id: $id) { status value { amount currency } quotes { nodes { number status } } } }',
      { id: opportunity.id },
    );
    expect(won).toMatchObject({
      status: 'WON',
      value: { currency: 'EUR' },
      quotes: { nodes: [{ number: quote.number, status: 'ACCEPTED' }] },
    });
    expect(Number(won.value.amount)).toBe(36);
  });

  it('lists leads by score, and follows what happens to their customers', async () => {
    const [low, high] = [await capture('low@example.com', {}, { country: 'FR' }), await capture('high@example.com', {}, { country: 'DE' })];
    const listed = async () =>
      (await ask(server, '{ leads(orderBy: [{ field: SCORE, direction: DESC }], filter: { status: { eq: NEW } }) { nodes { id score } } }'))
        .leads.nodes;
    expect(await listed()).toEqual([
      { id: high, score: 30 },
      { id: low, score: 0 },
    ]);
    const { lead }: Data = await ask(server, 'query ($id: ID!) { lead(id: $id) { customer { id } } }', { id: high });
    await done(server, 'customerUpdate', { id: lead.customer.id, country: 'IT' }, 'customer { id }');
    await drainRules(server.db);
    expect((await listed()).map(({ score }: Data) => score)).toEqual([0, 0]);
  });
});

describe('roles', () => {
  it('see the leads of their rows, and nothing of a lead without its permission', async () => {
    const lead = await capture('hidden@example.com');
    const own = await keyOfRole(server, { permissions: ['leads:*', 'customers:read'], rowScopes: [{ subject: 'leads', scope: 'OWN' }] });
    expect((await ask(server, 'query ($id: ID!) { lead(id: $id) { id } leads { nodes { id } } }', { id: lead }, own)).lead).toBeNull();
    expect(await mutate(server, 'leadDisqualify', { id: lead }, 'lead { id }', { key: own })).toMatchObject({
      userErrors: [{ code: 'NOT_FOUND', path: ['id'] }],
    });
    const none = await keyOfRole(server, { permissions: ['customers:read'] });
    expect(await codesOf(server, '{ leads { nodes { id } } }', {}, none)).toEqual(['FORBIDDEN']);
    const customer = await makeCustomer(server, { displayName: 'Lee', country: 'DE' });
    expect(await codesOf(server, 'query ($id: ID!) { territoryOf(customer: $id) { key } }', { id: customer }, none)).toEqual(['FORBIDDEN']);
    expect(
      await codesOf(server, 'query ($id: ID!) { customer(by: { id: $id }) { consents { nodes { id } } } }', { id: customer }, none),
    ).toEqual(['FORBIDDEN']);
  });

  it('do not learn the territory of a customer whom they do not see', async () => {
    const customer = await makeCustomer(server, { displayName: 'Lou', country: 'DE' });
    const key = await keyOfRole(server, {
      permissions: ['sales-rules:read', 'customers:read'],
      rowScopes: [{ subject: 'customers', scope: 'OWN' }],
    });
    expect(await ask(server, 'query ($id: ID!) { territoryOf(customer: $id) { key } }', { id: customer }, key)).toEqual({
      territoryOf: null,
    });
  });
});
