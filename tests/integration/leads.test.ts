// Leads: captured once, of a customer who is recognised or made, assigned, worked on and converted.
import sql from 'sql-template-tag';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compileRole } from '../../src/auth/permissions.ts';
import { systemViewer } from '../../src/auth/system-viewer.ts';
import { encodeTypeId, newId } from '../../src/lib/typeid.ts';
import { teamCreate, userCreate } from '../../src/modules/access/index.ts';
import { consentGive, consentWithdraw } from '../../src/modules/consents/index.ts';
import { customerCreate } from '../../src/modules/customers/index.ts';
import { interactionRecord } from '../../src/modules/interactions/index.ts';
import { leadCapture, leadConvert, leadDisqualify, leadSourceCommands, leadsCapture, leadUpdate } from '../../src/modules/leads/index.ts';
import { pipelineCommands, pipelineStageCommands } from '../../src/modules/sales/index.ts';
import { territoryCommands } from '../../src/modules/territories/index.ts';
import { createTestDomain, type TestDomain } from '../support/domain.ts';

let domain: TestDomain;
let owner: string;
let teamId: string;

beforeAll(async () => {
  domain = await createTestDomain();
  const { db, workspaceId } = domain;
  await db.execute(
    sql`insert into lead_sources (workspace_id, id, key, name) values (${workspaceId}::uuid, ${newId()}::uuid, 'fair_2027', 'Fair')`,
  );
  await makePipeline();
  await db.execute(sql`insert into products (workspace_id, id, key, name, price_amount, price_currency)
    values (${workspaceId}::uuid, ${newId()}::uuid, 'drill', 'Drill', 19.99, 'EUR')`);
  owner = (await domain.done(userCreate, { name: 'Ana', email: 'ana@example.com' })).id;
  teamId = (await domain.done(teamCreate, { name: 'North' })).id;
  await domain.done(territoryCommands.create, {
    ...{
      key: 'dach',
      name: 'DACH',
      strategy: 'USER',
      user: { id: encodeTypeId('user', owner) },
      team: { id: encodeTypeId('team', teamId) },
    },
    rule: { field: { country: { in: ['DE', 'AT'] } } },
  });
});
afterAll(() => domain.stop());

// Whatever the workspace begins with: stages that ask for nothing.
async function makePipeline(): Promise<void> {
  await domain.done(pipelineCommands.create, { key: 'own_way', name: 'Own way', isDefault: true });
  for (const [key, outcome] of [
    ['talk', 'OPEN'],
    ['won', 'WON'],
    ['lost', 'LOST'],
  ])
    await domain.done(pipelineStageCommands.create, { pipeline: 'own_way', key, name: key, outcome });
}

const email = (value: string) => ({ kind: 'EMAIL', value });
const ref = ({ id }: { id: string }) => ({ id: encodeTypeId('lead', id) });
type Row = Record<string, unknown>;
const leadRow = async ({ id }: { id: string }) =>
  (
    await domain.db.query<Row>(sql`select customer_id as "customerId", owner_id as "ownerId", team_id as "teamId", status, close_note as note,
    territory_id is not null as assigned from leads where id = ${id}::uuid`)
  )[0]!;
const count = async (table: 'leads' | 'customers' | 'consents') =>
  Number(
    (
      await domain.db.query<{ n: bigint }>(
        sql`select (select count(*) from leads) as leads, (select count(*) from customers) as customers, (select count(*) from consents) as consents`,
      )
    )[0]![table as never],
  );
const codes = async (outcome: Promise<{ userErrors: { code: string; path: string[] }[] }>) =>
  (await outcome).userErrors.map(({ code, path }) => `${code} ${path.join('.')}`);
const capture = (customer: object, more: object = {}) => domain.done(leadCapture, { customer, source: 'fair_2027', ...more });

describe('leadCapture', () => {
  it('makes an unknown customer and assigns the lead by territory', async () => {
    const made = await capture(
      {
        identities: [email('new@example.com'), { kind: 'PHONE', value: '+49 30 901820' }],
        givenName: 'Nora',
        familyName: 'New',
        country: 'DE',
      },
      { interest: 'Drills' },
    );
    expect(await leadRow(made)).toMatchObject({ ownerId: owner, teamId, status: 'NEW', assigned: true });
    const [customer] =
      await domain.db.query(sql`select display_name as name, (select count(*)::int from identities i where i.customer_id = c.id) as identities
      from customers c join leads l on l.customer_id = c.id where l.id = ${made.id}::uuid`);
    expect(customer).toEqual({ name: 'Nora New', identities: 2 });
  });

  it('recognises a customer by any identity, leaves it as it is known and adds what is new', async () => {
    const known = await domain.done(customerCreate, { displayName: 'Known Name', country: 'FR', identities: [email('known@example.com')] });
    const made = await capture({
      identities: [email('KNOWN@example.com'), { kind: 'PHONE', value: '+33 1 40 20 50 50' }],
      givenName: 'Mallory',
      country: 'DE',
    });
    expect(await leadRow(made)).toMatchObject({ customerId: known.id, ownerId: null, assigned: false });
    const [row] =
      await domain.db.query(sql`select display_name as name, country, given_name as given, (select count(*)::int from identities where customer_id = c.id) as identities
      from customers c where id = ${known.id}::uuid`);
    expect(row).toEqual({ name: 'Known Name', country: 'FR', given: null, identities: 2 });
  });

  it('is the same lead for the same reference, also at the same moment', async () => {
    const more = { externalRef: { system: 'forms', value: '7' } };
    const made = await Promise.all(Array.from({ length: 5 }, () => capture({ identities: [email('seven@example.com')] }, more)));
    expect(new Set(made.map(({ id }) => id)).size).toBe(1);
    const before = await count('customers');
    expect(await capture({ identities: [email('other@example.com')] }, more)).toEqual(made[0]);
    expect(await count('customers')).toBe(before);
  });

  it('changes nothing where anything is wrong, and says where', async () => {
    const before = [await count('leads'), await count('customers')];
    const run = (customer: object, more: object = {}) => codes(domain.run(leadCapture, { customer, source: 'fair_2027', ...more }));
    const fresh = { identities: [email('fresh@example.com')] };
    expect(await run(fresh, { source: 'nowhere' })).toEqual(['NOT_FOUND source']);
    expect(await run(fresh, { product: 'nothing' })).toEqual(['NOT_FOUND product']);
    expect(await run(fresh, { capturedAt: new Date('2999-01-01') })).toEqual(['IN_FUTURE capturedAt']);
    expect(await run({ identities: [email('nonsense')] })).toEqual(['EMAIL_INVALID customer.identities.0.value']);
    expect(await run({ givenName: 'Nobody' })).toEqual(['IDENTITY_REQUIRED customer']);
    expect(await run({ identities: [email('known@example.com'), email('new@example.com')] })).toEqual([
      expect.stringMatching(/^IDENTITY_CONFLICT customer/),
    ]);
    expect(await run(fresh, { consents: [{ purpose: 'newsletter', givenAt: new Date('2999-01-01') }] })).toEqual([
      'IN_FUTURE consents.0.givenAt',
    ]);
    expect([await count('leads'), await count('customers')]).toEqual(before);
  });

  it('takes many at once, and leaves out bad ones', async () => {
    const rows = ['a', 'b', 'a'].map((name) => ({
      customer: { identities: [email(`${name}@many.example`)] },
      source: 'fair_2027',
      externalRef: { system: 'many', value: name },
    }));
    const bad = { customer: { identities: [email('c@many.example')] }, source: 'nowhere' };
    const { results } = await domain.done(leadsCapture, { rows: [...rows, bad], onError: 'SKIP' });
    expect(results.map(({ status }) => status)).toEqual(['CREATED', 'CREATED', 'UNCHANGED', 'REJECTED']);
    expect(results[3]!.userErrors).toMatchObject([{ code: 'NOT_FOUND', path: ['rows', '3', 'source'] }]);
  });

  it('does not tell a role of a lead that is not in its rows', async () => {
    const role = compileRole({ permissions: ['leads:*', 'customers:*'], rowScope: { leads: 'OWN', customers: 'ALL' }, hiddenFields: [] });
    const viewer = { ...systemViewer(domain.workspaceId), userId: newId(), role };
    await capture({ identities: [email('nine@example.com')] }, { externalRef: { system: 'forms', value: '9' } });
    const again = {
      customer: { identities: [email('nine@example.com')] },
      source: 'fair_2027',
      externalRef: { system: 'forms', value: '9' },
    };
    expect((await domain.run(leadCapture, again, viewer)).userErrors).toMatchObject([{ code: 'NOT_VISIBLE', path: ['externalRef'] }]);
  });
});

describe('a lead', () => {
  it('becomes one opportunity, and stays with its source, consents and history', async () => {
    const made = await capture(
      { identities: [email('buyer@example.com')], country: 'AT' },
      { interest: 'Ten drills', product: 'drill', consents: [{ purpose: 'newsletter', wording: 'Yes, write me.' }] },
    );
    const { customerId } = await leadRow(made);
    await domain.done(interactionRecord, {
      customer: { id: encodeTypeId('customer', customerId as string) },
      kind: 'enquiry',
      channel: 'email',
      direction: 'INBOUND',
    });
    const outcomes = await Promise.all([domain.run(leadConvert, ref(made)), domain.run(leadConvert, ref(made))]);
    expect(outcomes.flatMap(({ userErrors }) => userErrors.map(({ code }) => code))).toEqual(['LEAD_CONVERTED']);
    const opportunities =
      await domain.db.query(sql`select name, source, owner_id as "ownerId", team_id as "teamId", customer_id as "customerId", value_amount as value, status
      from opportunities where lead_id = ${made.id}::uuid`);
    expect(opportunities).toEqual([
      { name: 'Ten drills', source: 'fair_2027', ownerId: owner, teamId, customerId, value: '19.9900', status: 'OPEN' },
    ]);
    const [kept] = await domain.db.query(sql`select l.status, l.converted_at is not null as converted, s.key as source,
        (select count(*)::int from consents c where c.lead_id = l.id and c.status = 'GRANTED') as consents,
        (select count(*)::int from interactions i where i.customer_id = l.customer_id) as interactions
      from leads l join lead_sources s on s.id = l.source_id where l.id = ${made.id}::uuid`);
    expect(kept).toEqual({ status: 'CONVERTED', converted: true, source: 'fair_2027', consents: 1, interactions: 1 });
    expect(await codes(domain.run(leadUpdate, { ...ref(made), status: 'NEW' }))).toEqual(['LEAD_CONVERTED id']);
    expect(await codes(domain.run(leadDisqualify, ref(made)))).toEqual(['LEAD_CONVERTED id']);
  });

  it('is worked on, given up with a reason and taken up again', async () => {
    const made = await capture({ identities: [email('maybe@example.com')] });
    await domain.done(leadUpdate, { ...ref(made), status: 'WORKING', owner: { email: 'ana@example.com' } });
    expect(await leadRow(made)).toMatchObject({ status: 'WORKING', ownerId: owner });
    await domain.done(leadDisqualify, { ...ref(made), note: 'No money.' });
    expect(await leadRow(made)).toMatchObject({ status: 'DISQUALIFIED', note: 'No money.' });
    await domain.done(leadUpdate, { ...ref(made), status: 'QUALIFIED' });
    expect(await leadRow(made)).toMatchObject({ status: 'QUALIFIED', note: null });
    const events = await domain.db.query<{ type: string }>(
      sql`select type from event_inbox where subject_id = ${made.id}::uuid order by position`,
    );
    expect(events.map(({ type }) => type)).toEqual(['lead.captured', 'lead.updated', 'lead.disqualified', 'lead.updated']);
  });

  it('cannot become an opportunity by a role that makes none', async () => {
    const role = compileRole({ permissions: ['leads:*', 'customers:read'], rowScope: {}, hiddenFields: [] });
    const made = await capture({ identities: [email('forbidden@example.com')] });
    await expect(domain.run(leadConvert, ref(made), { ...systemViewer(domain.workspaceId), role })).rejects.toMatchObject({
      extensions: { code: 'FORBIDDEN' },
    });
  });
});

describe('consents', () => {
  it('are kept when withdrawn, and can be given again', async () => {
    const { id } = await domain.done(customerCreate, { displayName: 'Careful' });
    const customer = { id: encodeTypeId('customer', id) };
    const first = await domain.done(consentGive, { customer, purpose: 'newsletter' });
    expect(await domain.done(consentGive, { customer, purpose: 'newsletter' })).toEqual(first);
    await domain.done(consentWithdraw, { customer, purpose: 'newsletter' });
    expect(await codes(domain.run(consentWithdraw, { customer, purpose: 'newsletter' }))).toEqual(['NOT_FOUND purpose']);
    const again = await domain.done(consentGive, { customer, purpose: 'newsletter', legalBasis: 'CONTRACT' });
    const rows = await domain.db.query(
      sql`select id, status, withdrawn_at is not null as withdrawn from consents where customer_id = ${id}::uuid order by created_at`,
    );
    expect(rows).toEqual([
      { id: first.id, status: 'WITHDRAWN', withdrawn: true },
      { id: again.id, status: 'GRANTED', withdrawn: false },
    ]);
  });
});

it('lead sources are words of the workspace', async () => {
  await domain.done(leadSourceCommands.create, { key: 'walk_in', name: 'Walk-in' });
  expect(await codes(domain.run(leadSourceCommands.create, { key: 'walk_in', name: 'Again' }))).toEqual(['DUPLICATE key']);
});
