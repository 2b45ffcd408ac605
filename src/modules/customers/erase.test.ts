import sql, { raw } from 'sql-template-tag';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestDomain, type TestDomain } from '../../../tests/support/domain.ts';
import { insertRows } from '../../commands/rows.ts';
import { type ModelName, models, type RowOf } from '../../db/models.ts';
import { encodeId } from '../../graphql/ids.ts';
import { newId } from '../../lib/typeid.ts';
import { interactionsRecord } from '../interactions/index.ts';
import { customerMoveToStage } from '../lifecycle/index.ts';
import { relationshipCreate } from '../relationships/relationships.commands.ts';
import { customerCreate, customerUpdate } from './customers.commands.ts';
import { customerErase } from './erase.command.ts';
import { needCommands, preferenceCommands } from './knowledge.commands.ts';

let domain: TestDomain;
beforeAll(async () => {
  domain = await createTestDomain();
});
afterAll(() => domain?.stop());

const ref = (id: string) => ({ id: encodeId('Customer', id) });
const contact = (id: string, more: object) => ({ customer: ref(id), kind: 'call', channel: 'phone', direction: 'INBOUND', ...more });

/** Every table and the number of its rows in which a text stands. */
async function whereabouts(text: string): Promise<Record<string, number>> {
  const tables = await domain.db.query<{ name: string }>(sql`select tablename as name from pg_tables where schemaname = 'public'`);
  const found: Record<string, number> = {};
  for (const { name } of tables) {
    const [row] = await domain.db.query<{ count: bigint }>(
      sql`select count(*) as count from ${raw(name)} t where t::text ilike ${`%${text}%`}`,
    );
    if (row!.count > 0n) found[name] = Number(row!.count);
  }
  return found;
}

test('leaves no trace of the customer but redacted events, and all of everybody else', async () => {
  const create = async (name: string) =>
    (
      await domain.done(customerCreate, {
        givenName: `Secret${name}`,
        identities: [{ kind: 'EMAIL', value: `secret${name}@example.org` }],
        stage: 'prospect',
        tags: ['secretA'],
      })
    ).id;
  const [erased, friend] = [await create('A'), await create('B')];
  await domain.done(preferenceCommands.add, { customer: ref(erased), topic: 't', value: 'secretA likes red', basis: 'STATED' });
  await domain.done(needCommands.add, { customer: ref(erased), topic: 't', value: 'secretA lacks blue', basis: 'STATED' });
  await domain.done(customerMoveToStage, { customer: ref(erased), stage: 'loyal', reason: 'secretA bought' });
  await domain.done(customerUpdate, { ...ref(erased), city: 'SecretA Town' });
  await domain.done(relationshipCreate, { kind: 'works_at', from: ref(friend), to: ref(erased), title: 'boss of secretA' });
  const thread = { externalId: { system: 'mail', value: 'secretA thread' } };
  await domain.done(interactionsRecord, {
    rows: [
      contact(erased, {
        subject: 'secretA asks',
        body: 'secretA',
        conversation: thread,
        participants: [{ customer: ref(friend), role: 'cc' }],
      }),
      contact(friend, {
        subject: 'mine',
        participants: [
          { customer: ref(erased), role: 'secretA cc' },
          { customer: ref(friend), role: 'self' },
        ],
      }),
      // Recorded for the wrong one at first.
      contact(friend, { subject: 'secretA by mistake', externalRef: { system: 'x', value: 'moved' } }),
    ],
  });
  await domain.done(interactionsRecord, {
    rows: [contact(erased, { subject: 'secretA by mistake', externalRef: { system: 'x', value: 'moved' } })],
  });
  const before = await domain.db.query<{ count: bigint }>(sql`select count(*) as count from event_inbox`);

  expect((await domain.run(customerErase, { ...ref(erased), confirm: 'yes' })).userErrors).toMatchObject([{ code: 'NOT_CONFIRMED' }]);
  await domain.done(customerErase, { ...ref(erased), confirm: 'erase' });

  // One of the friend's own labels.
  const left = await whereabouts('secretA');
  expect(left).toEqual({ customers: 1, event_inbox: 1 });
  const byId = await whereabouts(erased);
  expect(Object.keys(byId)).toEqual(['event_inbox']);
  const events = await domain.db.query<{ type: string; data: object }>(
    sql`select type, data from event_inbox where customer_id = ${erased}::uuid order by position`,
  );
  expect(events.length).toBeGreaterThan(8);
  for (const event of events) expect(event.data).toEqual({ erased: true });
  expect(events.at(-1)!.type).toBe('customer.erased');
  const after = await domain.db.query<{ count: bigint }>(sql`select count(*) as count from event_inbox`);
  expect(after[0]!.count).toBe(before[0]!.count + 1n);
  const mine = await domain.db.query<{ subject: string; participants: bigint }>(
    sql`select subject, (select count(*) from interaction_participants p where p.interaction_id = i.id) as participants from interactions i`,
  );
  expect(mine).toEqual([{ subject: 'mine', participants: 1n }]);
  expect((await domain.run(customerUpdate, { ...ref(erased), city: 'X' })).userErrors).toMatchObject([{ code: 'NOT_FOUND' }]);
});

test('leaves nothing of what was sold to it or planned for it, and what others only shared with it', async () => {
  const { db, viewer } = domain;
  const workspaceId = viewer.workspaceId;
  const erased = (await domain.done(customerCreate, { displayName: 'secretX' })).id;
  const friend = (await domain.done(customerCreate, { displayName: 'Friend' })).id;
  const make = async <M extends ModelName>(model: M, row: Partial<RowOf[M]>): Promise<string> => {
    const id = newId();
    await insertRows(db, model, [{ workspaceId, ...('id' in models[model].columns && { id }), ...row }] as never);
    return id;
  };
  const moment = new Date('2026-01-05T10:00:00Z');
  const word = { key: 'erasing', name: 'Erasing' };
  const pipelineId = await make('Pipeline', { ...word, position: 9 });
  const stageId = await make('PipelineStage', { ...word, pipelineId, position: 0, probability: '0.5' });
  const productId = await make('Product', word);
  const roleId = await make('OpportunityRole', word);
  const competitorId = await make('Competitor', word);
  const sourceId = await make('LeadSource', word);
  const criterionId = await make('LeadCriterion', { ...word, points: 1, rule: {} });
  const ruleId = await make('OpportunityRule', {
    ...word,
    signal: 'INTERACTION',
    settings: {},
    pipelineId,
    nameTemplate: '{customer}',
    strategy: 'CUSTOMER_OWNER',
  });
  const segmentationId = await make('Segmentation', { ...word, kind: 'TACTICAL' });
  const segmentId = await make('Segment', { ...word, segmentationId, kind: 'STATIC', priority: 0 });
  const unitId = await make('RuleUnit', { kind: 'SEGMENT' });
  for (const customerId of [erased, friend]) {
    const secret = customerId === erased ? 'secretX' : 'open';
    const leadId = await make('Lead', { customerId, sourceId, message: secret, capturedAt: moment });
    await make('LeadPoints', { leadId, criterionId, points: 1 });
    await make('Consent', { customerId, leadId, purpose: secret, status: 'GRANTED', legalBasis: 'CONSENT', givenAt: moment });
    await make('Consent', { customerId: friend, leadId, purpose: 'mail', status: 'GRANTED', legalBasis: 'CONSENT', givenAt: moment });
    const sale = { pipelineId, stageId, status: 'OPEN', name: secret, openedAt: moment, stageSince: moment, leadId } as const;
    const opportunityId = await make('Opportunity', { ...sale, customerId });
    // Somebody else's, of a lead of this one; both take part in it.
    const shared = await make('Opportunity', { ...sale, customerId: friend, name: 'shared' });
    await make('OpportunityLine', { opportunityId, productId, position: 0, unitAmount: '1', amount: '1', description: secret });
    await make('OpportunityTransition', { opportunityId, toId: stageId, occurredAt: moment, actorKind: 'SYSTEM', reason: secret });
    await make('OpportunityCompetitor', { opportunityId, competitorId, note: secret });
    for (const of of [opportunityId, shared]) {
      await make('OpportunityContact', { opportunityId: of, customerId, roleId, note: secret });
      const after = { customerId, note: secret };
      const type = 'opportunity.contact_added';
      await make('EventInbox', {
        type,
        subjectType: 'Opportunity',
        subjectId: of,
        actorKind: 'SYSTEM',
        occurredAt: moment,
        data: { after },
      });
    }
    await make('OpportunityContact', { opportunityId, customerId: friend, roleId, note: 'buys too' }).catch(() => null);
    const priced = { currency: 'EUR', netAmount: '1', discountAmount: '0', taxAmount: '0', totalAmount: '1' };
    const quoteId = await make('Quote', { opportunityId, number: secret, revision: 1, ...priced });
    await make('Quote', { opportunityId, number: secret, revision: 2, previousId: quoteId, ...priced });
    await make('QuoteLine', {
      quoteId,
      position: 0,
      quantity: '1',
      unitAmount: '1',
      netAmount: '1',
      taxAmount: '0',
      totalAmount: '1',
      description: secret,
    });
    await make('OpportunityRuleFiring', { ruleId, customerId, reason: secret, firedAt: moment, opportunityId });
    await make('SegmentMembership', { segmentationId, segmentId, customerId, exclusive: false, enteredAt: moment });
    await make('RuleCheck', { unitId, customerId, dueAt: moment });
  }
  const before = await whereabouts(friend);

  await domain.done(customerErase, { ...ref(erased), confirm: 'erase' });

  expect(await whereabouts('secretX')).toEqual({});
  expect(Object.keys(await whereabouts(erased))).toEqual(['event_inbox']);
  const kept = await whereabouts(friend);
  // But for having taken part in the other's opportunity.
  expect({ ...before, opportunity_contacts: before.opportunity_contacts! - 1 }).toEqual(kept);
  expect(await db.query(sql`select name from opportunities order by name`)).toEqual([
    { name: 'open' },
    { name: 'shared' },
    { name: 'shared' },
  ]);
});

test('frees the identities for somebody new', async () => {
  const person = { identities: [{ kind: 'EMAIL', value: 'back@example.org' }] };
  const { id } = await domain.done(customerCreate, person);
  await domain.done(customerErase, { ...ref(id), confirm: 'erase' });
  expect((await domain.done(customerCreate, person)).id).not.toBe(id);
});

test('meets writers of the same customer without losing its way: afterwards there is one customer or none of them half', async () => {
  for (let round = 0; round < 5; round++) {
    const value = `meet${round}@example.org`;
    const { id } = await domain.done(customerCreate, { identities: [{ kind: 'EMAIL', value }] });
    const byEmail = { customer: { identity: { kind: 'EMAIL', value } }, kind: 'call', channel: 'phone', direction: 'INBOUND' };
    const write = () => domain.run(interactionsRecord, { rows: [byEmail], onError: 'SKIP' });
    const [erased, ...written] = await Promise.all([
      domain.run(customerErase, { ...ref(id), confirm: 'erase' }),
      write(),
      write(),
      write(),
      write(),
    ]);
    expect(erased.userErrors).toEqual([]);
    expect(written.flatMap(({ result }) => result!.results.map((row) => row.status))).toEqual(Array(4).fill('CREATED'));
    const rows = await domain.db.query<{ id: string }>(
      sql`select c.id from customers c join identities i on i.customer_id = c.id where i.value = ${value}`,
    );
    expect(rows.length).toBeLessThanOrEqual(1);
    expect(rows).not.toContainEqual({ id });
    const orphans = await domain.db.query(sql`select 1 from interactions where customer_id = ${id}::uuid`);
    expect(orphans).toEqual([]);
  }
});
