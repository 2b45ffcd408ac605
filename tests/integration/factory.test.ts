import fc from 'fast-check';
import sql from 'sql-template-tag';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { systemViewer } from '../../src/auth/system-viewer.ts';
import type { EventRow } from '../../src/events/index.ts';
import { encodeId } from '../../src/graphql/ids.ts';
import { newId } from '../../src/lib/typeid.ts';
import { opportunityRuleCommands as commands, runDueDates, takeSignals } from '../../src/modules/factory/index.ts';
import { readReports } from '../../src/modules/factory/report.ts';
import { interactionRecord } from '../../src/modules/interactions/index.ts';
import { drainRules } from '../../src/modules/rules/keep/index.ts';
import { winOpportunity } from '../../src/modules/sales/index.ts';
import '../../src/modules/factory/rules.schema.ts';
import { inWorkspace } from '../../src/commands/system.ts';
import { createWorld, type World } from '../support/command-world.ts';

let world: World;
let pipelineId: string,
  talk: string,
  segmentId: string,
  stageId: string,
  ada: string,
  bob: string,
  ann: string,
  bea: string,
  teamId: string;
let cup: string, pot: string;
let keys = 0;

beforeAll(async () => {
  world = await createWorld();
  pipelineId = await world.add('Pipeline', { key: 'new', name: 'New', position: 0, isDefault: true });
  talk = await world.add('PipelineStage', { pipelineId, key: 'talk', name: 'Talk', position: 0, probability: '0.5000' });
  await world.add('PipelineStage', {
    pipelineId,
    key: 'asks',
    name: 'Asks',
    position: 1,
    probability: '0.5000',
    requiredFields: ['VALUE'],
  });
  await world.add('PipelineStage', { pipelineId, key: 'won', name: 'Won', position: 2, probability: '1.0000', outcome: 'WON' });
  const segmentationId = await world.add('Segmentation', { key: 'profiles', name: 'Profiles', kind: 'TACTICAL' });
  segmentId = await world.add('Segment', { key: 'big', name: 'Big', segmentationId, kind: 'STATIC', priority: 0 });
  stageId = await world.add('LifecycleStage', { key: 'loyal', name: 'Loyal', position: 0 });
  await world.add('InteractionKind', { key: 'enquiry', name: 'Enquiry' });
  await world.add('Channel', { key: 'web', name: 'Web' });
  [ann, bea] = (await Promise.all(['Ann', 'Bea'].map((name) => world.add('User', { name })))).sort() as [string, string];
  teamId = await world.add('Team', { name: 'North' });
  for (const userId of [ann, bea]) {
    await world.db.execute(
      sql`insert into team_members (workspace_id, team_id, user_id) values (${world.workspaceId}, ${teamId}, ${userId})`,
    );
  }
  [cup, pot] = (await Promise.all(
    ['cup', 'pot'].map((key) => world.add('Product', { key, name: key.toUpperCase(), priceAmount: '12.5000', priceCurrency: 'EUR' })),
  )) as [string, string];
  await world.add('AttributeDefinition', { entity: 'CUSTOMER', key: 'renewal', name: 'Renewal', type: 'DATE' });
  await world.add('AttributeDefinition', { entity: 'CUSTOMER', key: 'shoe', name: 'Shoe', type: 'NUMBER' });
  await drainRules(world.db);
});
afterAll(() => world?.close());
beforeEach(async () => {
  for (const table of ['opportunity_rule_firings', 'opportunity_transitions', 'opportunity_lines', 'opportunities', 'opportunity_rules']) {
    await world.db.execute({ text: `delete from ${table}`, values: [] });
  }
  await world.db.execute(sql`delete from event_inbox`);
  [ada, bob] = (await world.customers('Ada', 'Bob')) as [string, string];
});

const plain = () => ({ key: `rule_${++keys}`, name: 'Rule', nameTemplate: '{rule}: {customer}', strategy: 'CUSTOMER_OWNER' });
async function rule(more: object): Promise<string> {
  const { result, errors } = await world.run(commands.create, { ...plain(), ...more });
  expect(errors).toEqual([]);
  return (result as { id: string }).id;
}
type Made = {
  id: string;
  name: string;
  customerId: string;
  ruleId: string;
  ownerId: string | null;
  teamId: string | null;
  value: string | null;
  closes: string | null;
  stageId: string;
};
const made = () =>
  world.rows<Made>(sql`select id, name, customer_id as "customerId", rule_id as "ruleId", owner_id as "ownerId", team_id as "teamId", stage_id as "stageId",
    value_amount::text || ' ' || value_currency as value, expected_close_on::text as closes from opportunities where rule_id is not null order by created_at, id`);

let seq = 0n;
const event = (
  type: string,
  customerId: string | null,
  after: object,
  subject: [string, string] = ['Customer', customerId!],
): EventRow => ({
  ...{ seq: ++seq, workspaceId: world.workspaceId, id: newId(), type, subjectType: subject[0], subjectId: subject[1], customerId },
  ...{
    actorKind: 'SYSTEM' as const,
    actorId: null,
    origin: null,
    requestId: null,
    occurredAt: new Date(),
    data: { after: after as never },
  },
});
const entered = (customerId: string) => event('segment.entered', customerId, { segmentId, customerId, enteredAt: new Date() });
const take = (...events: EventRow[]) => world.db.transaction((tx) => takeSignals(tx, events));

describe('a rule of the factory', () => {
  test('makes an opportunity from an interaction, out of the log, and says why', async () => {
    await world.db.execute(sql`update customers set owner_id = ${ann}::uuid where id = ${ada}::uuid`);
    const id = await rule({
      signal: { interaction: { kind: 'enquiry', direction: 'INBOUND', minimumValue: '100' } },
      condition: { field: { displayName: { eq: 'Ada' } } },
      value: { interactionValue: { percent: '12.5' } },
      closeInDays: 10,
    });
    const contact = (customer: string, amount: string, direction = 'INBOUND', more: object = {}) =>
      world.run(interactionRecord, {
        ...{ customer: { id: encodeId('Customer', customer) }, kind: 'enquiry', channel: 'web', direction },
        ...{ value: { amount, currency: 'EUR' }, ...more },
      } as never);
    await contact(ada, '99.9999');
    await contact(ada, '500', 'OUTBOUND');
    await contact(bob, '500');
    await contact(ada, '500', 'INBOUND', { occurredAt: new Date(Date.now() - 100 * 86_400_000) });
    await drainRules(world.db);
    expect(await made()).toEqual([]);
    const { errors } = await contact(ada, '333.3333');
    expect(errors).toEqual([]);
    await contact(ada, '900');
    await drainRules(world.db);
    const all = await made();
    expect(all).toMatchObject([{ name: 'Rule: Ada', customerId: ada, ruleId: id, ownerId: ann, value: '41.6666 EUR', stageId: talk }]);
    expect(Date.parse(all[0]!.closes!) - Date.parse(new Date().toISOString().slice(0, 10))).toBe(10 * 86_400_000);
    const [told] = await world.rows<{ data: { after: { ruleId: string }; cause: string } }>(
      sql`select data from events where type = 'opportunity.created' and subject_id = ${all[0]!.id}::uuid`,
    );
    expect(told!.data.after.ruleId).toBe(id);
    const cause = await world.rows(sql`select type from events where id = ${told!.data.cause}::uuid`);
    expect(cause).toEqual([{ type: 'interaction.recorded' }]);
  });

  test('makes no second one for the same customer and reason within its period', async () => {
    await rule({ signal: { segmentEntered: { segment: 'big' } }, periodDays: 30 });
    await take(entered(ada), entered(ada), entered(bob));
    await take(entered(ada));
    expect((await made()).map((one) => one.customerId).sort()).toEqual([ada, bob].sort());
    const aged = (days: number) => world.db.execute(sql`update opportunity_rule_firings set fired_at = now() - ${days} * interval '1 day'`);
    await aged(29);
    await take(entered(ada));
    expect(await made()).toHaveLength(2);
    await aged(31);
    await take(entered(ada));
    expect(await made()).toHaveLength(3);
  });

  test('brought the same signals by several at once makes each opportunity once', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 6 }), { minLength: 2, maxLength: 5 }),
        async (handlers) => {
          const people = await world.customers('A', 'B', 'C', 'D', 'E');
          const rules = [
            await rule({ signal: { segmentEntered: { segment: 'big' } }, strategy: 'ROUND_ROBIN', team: { id: encodeId('Team', teamId) } }),
            await rule({ signal: { stageChanged: { stage: 'loyal' } } }),
          ];
          const signals = (who: number) => [
            entered(people[who]!),
            event('customer.stage_changed', people[who]!, { stageId, stageSince: new Date().toISOString() }),
          ];
          await Promise.all(handlers.map((order) => take(...order.flatMap(signals))));
          const wanted = new Set(handlers.flat().flatMap((who) => rules.map((id) => `${id} ${people[who]}`)));
          const all = (await made()).filter(({ ruleId }) => rules.includes(ruleId));
          expect(all.map(({ ruleId, customerId }) => `${ruleId} ${customerId}`).sort()).toEqual([...wanted].sort());
          const turns = all.filter(({ ruleId }) => ruleId === rules[0]).map(({ ownerId }) => ownerId);
          expect(
            Math.abs(turns.filter((owner) => owner === ann).length - turns.filter((owner) => owner === bea).length),
          ).toBeLessThanOrEqual(1);
          for (const id of rules) await world.run(commands.archive, { id: encodeId('OpportunityRule', id) });
        },
      ),
      { numRuns: 12 },
    );
  });

  test('offers the companion of what was bought, unless it is bought or being bought', async () => {
    const id = await rule({
      signal: { companionMissing: { product: 'cup', companion: 'pot' } },
      value: { productPrice: true },
      nameTemplate: '{product} for {customer}',
    });
    const buy = async (customerId: string, ...products: string[]) => {
      const opportunityId = await world.add('Opportunity', {
        ...{ name: 'x', customerId, pipelineId, stageId: talk, status: 'OPEN', openedAt: new Date(), stageSince: new Date() },
        ...{ valueAmount: '5.0000', valueCurrency: 'EUR' },
      });
      for (const [position, productId] of products.entries()) {
        await world.add('OpportunityLine', { opportunityId, productId, position, unitAmount: '5.0000', amount: '5.0000' });
      }
      await world.db.transaction((tx) => inWorkspace(tx, world.workspaceId, (ctx) => winOpportunity(ctx, opportunityId)));
    };
    await buy(ada, cup);
    await buy(bob, cup, pot);
    await drainRules(world.db);
    expect(await made()).toMatchObject([{ name: 'POT for Ada', customerId: ada, ruleId: id, value: '12.5000 EUR' }]);
    await world.db.execute(sql`delete from opportunity_rule_firings`);
    await buy(ada, cup);
    await drainRules(world.db);
    expect(await made()).toHaveLength(1);
  });

  test('says in the log when its opportunity cannot be made, and makes the others', async () => {
    const bad = await rule({ signal: { segmentEntered: { segment: 'big' } }, stage: 'asks', pipeline: 'new' });
    const good = await rule({ signal: { segmentEntered: { segment: 'big' } } });
    await take(entered(ada));
    expect((await made()).map(({ ruleId }) => ruleId)).toEqual([good]);
    const failed = await world.events('opportunity_rule.failed');
    expect(failed).toMatchObject([
      { subject_id: bad, customer_id: ada, data: { after: { errors: [{ code: 'OPPORTUNITY_FIELD_REQUIRED' }] } } },
    ]);
  });

  test('that breaks keeps no other from its work', async () => {
    const broken = await rule({ signal: { segmentEntered: { segment: 'big' } }, value: { fixed: { amount: '1', currency: 'EUR' } } });
    const sound = await rule({ signal: { segmentEntered: { segment: 'big' } } });
    await world.db.execute(
      sql`update opportunity_rules set value = '{"fixed": {"amount": "99999999999999999999", "currency": "EUR"}}' where id = ${broken}::uuid`,
    );
    await take(entered(ada));
    expect((await made()).map(({ ruleId }) => ruleId)).toEqual([sound]);
    expect(await world.events('opportunity_rule.failed')).toMatchObject([
      { subject_id: broken, data: { after: { errors: [{ code: 'UNEXPECTED' }] } } },
    ]);
  });

  test('is quiet while it is inactive or archived, and passes over archived customers', async () => {
    const id = await rule({ signal: { segmentEntered: { segment: 'big' } }, active: false });
    await take(entered(ada));
    await world.run(commands.update, { id: encodeId('OpportunityRule', id), active: true });
    await world.run(commands.archive, { id: encodeId('OpportunityRule', id) });
    await take(entered(ada));
    expect(await made()).toEqual([]);
    await world.run(commands.restore, { id: encodeId('OpportunityRule', id) });
    await world.db.execute(sql`update customers set archived_at = now() where id = ${bob}::uuid`);
    await take(entered(ada), entered(bob));
    expect((await made()).map(({ customerId }) => customerId)).toEqual([ada]);
  });
});

describe('days', () => {
  const at = (day: string, hour = 12) => new Date(`${day}T${String(hour).padStart(2, '0')}:00:00Z`);
  const reached = async () => (await made()).map(({ customerId }) => customerId);

  test('birthdays come every year, also of those born on 29 February, and are made once', async () => {
    await world.db.execute(sql`update customers set birth_date = '1990-05-20' where id = ${ada}::uuid`);
    await world.db.execute(sql`update customers set birth_date = '1992-02-29' where id = ${bob}::uuid`);
    await rule({ signal: { dateReached: { date: { birthday: true }, daysBefore: 7 } }, periodDays: 200 });
    await Promise.all([1, 2, 3].map(() => runDueDates(world.db, at('2025-02-21'))));
    expect(await reached()).toEqual([bob]);
    await runDueDates(world.db, at('2025-02-21', 20));
    await runDueDates(world.db, at('2025-05-12'));
    expect(await reached()).toEqual([bob]);
    await runDueDates(world.db, at('2025-05-13'));
    expect(await reached()).toEqual([bob, ada]);
    await runDueDates(world.db, at('2026-05-13'));
    expect(await reached()).toEqual([bob, ada, ada]);
  });

  test('that nobody ran are caught up on', async () => {
    await world.db.execute(sql`update customers set attributes = '{"renewal": "2025-06-05"}' where id = ${ada}::uuid`);
    await world.db.execute(sql`update customers set attributes = '{"renewal": "2025-06-11"}' where id = ${bob}::uuid`);
    await rule({ signal: { dateReached: { date: { attribute: 'renewal' } } } });
    await runDueDates(world.db, at('2025-06-01'));
    expect(await reached()).toEqual([]);
    await runDueDates(world.db, at('2025-06-10'));
    expect(await reached()).toEqual([ada]);
    await world.db.execute(sql`update workspaces set time_zone = 'Pacific/Auckland'`);
    await runDueDates(world.db, at('2025-06-10', 13)).finally(() => world.db.execute(sql`update workspaces set time_zone = 'UTC'`));
    expect(await reached()).toEqual([ada, bob]);
  });

  test('after the last purchase alone', async () => {
    const won = (customerId: string, day: string) =>
      world.add('Opportunity', {
        ...{ name: 'x', customerId, pipelineId, stageId: talk, status: 'WON', openedAt: at(day), stageSince: at(day), closedAt: at(day) },
        ...{ valueAmount: '10.0000', valueCurrency: 'EUR', baseAmount: day === '2025-01-01' ? '10.0000' : '5.0000' },
      });
    await won(ada, '2025-01-01');
    await won(bob, '2025-01-01');
    await won(bob, '2025-01-02');
    await rule({ signal: { dateReached: { date: { lastPurchase: true }, daysAfter: 30 } }, value: { averageWon: true } });
    await runDueDates(world.db, at('2025-01-31'));
    expect(await reached()).toEqual([ada]);
    await runDueDates(world.db, at('2025-02-01'));
    expect((await made()).map(({ customerId, value }) => [customerId, value])).toEqual([
      [ada, '10.0000 EUR'],
      [bob, '7.5000 EUR'],
    ]);
  });
});

describe('rules are written', () => {
  test('with what there is, and refused with the path of the fault', async () => {
    const refused = async (more: object) => (await world.run(commands.create, { ...plain(), ...more })).errors;
    expect(await refused({ signal: { segmentEntered: { segment: 'none' } } })).toEqual(['NOT_FOUND signal.segmentEntered.segment']);
    expect(await refused({ signal: {} })).toEqual(['ONE_OF_INVALID signal']);
    const stageChanged = { signal: { stageChanged: { stage: 'loyal' } } };
    expect(await refused({ ...stageChanged, stage: 'won' })).toEqual(['INVALID_VALUE stage']);
    expect(await refused({ ...stageChanged, pipeline: 'none' })).toEqual(['NOT_FOUND pipeline']);
    expect(await refused({ ...stageChanged, strategy: 'ROUND_ROBIN' })).toEqual(['ASSIGNEE_REQUIRED team']);
    expect(await refused({ ...stageChanged, value: { productPrice: true } })).toEqual(['REQUIRED product']);
    expect(await refused({ ...stageChanged, value: { interactionValue: { percent: '5' } } })).toEqual(['INVALID_VALUE value']);
    const date = (more: object) => ({ signal: { dateReached: more } });
    expect(await refused(date({ date: { attribute: 'shoe' } }))).toEqual(['ATTRIBUTE_TYPE signal.dateReached.date.attribute']);
    expect(await refused(date({ date: { attribute: 'none' } }))).toEqual(['ATTRIBUTE_UNKNOWN signal.dateReached.date.attribute']);
    expect(await refused(date({ date: { birthday: true }, daysBefore: 1, daysAfter: 1 }))).toEqual([
      'ONE_OF_INVALID signal.dateReached.daysAfter',
    ]);
    const [fault] = await refused({ ...stageChanged, condition: { stage: { in: ['none'] } } });
    expect(fault).toMatch(/ condition\./);
  });

  test('sent again change nothing', async () => {
    const row = {
      ...plain(),
      signal: { companionMissing: { product: 'cup', companion: 'pot' } },
      value: { fixed: { amount: '5', currency: 'EUR' } },
    };
    expect(await world.bulk(commands.upsert, [row])).toEqual(['CREATED']);
    expect(await world.bulk(commands.upsert, [row])).toEqual(['UNCHANGED']);
    expect(await world.bulk(commands.upsert, [{ ...row, value: null }])).toEqual(['UPDATED']);
  });

  test('report what came of their opportunities', async () => {
    const [id, other] = [
      await rule({ signal: { segmentEntered: { segment: 'big' } } }),
      await rule({ signal: { stageChanged: { stage: 'loyal' } } }),
    ];
    const opportunity = (status: 'OPEN' | 'WON' | 'LOST', baseAmount: string) =>
      world.add('Opportunity', {
        ...{ name: 'x', customerId: ada, pipelineId, stageId: talk, status, openedAt: new Date(), stageSince: new Date(), ruleId: id },
        ...{ closedAt: status === 'OPEN' ? null : new Date(), valueAmount: baseAmount, valueCurrency: 'EUR', baseAmount },
      });
    await opportunity('OPEN', '1.0000');
    await opportunity('WON', '20.0000');
    await opportunity('LOST', '300.0000');
    await opportunity('LOST', '4000.0000');
    const ever = { from: null, to: null };
    const [report, empty] = await readReports(world.db, systemViewer(world.workspaceId), [id, other], ever);
    expect(report).toMatchObject({ created: 4, open: 1, won: 1, lost: 2, value: '4321.0000', wonValue: '20.0000', conversion: 0.25 });
    expect(empty).toMatchObject({ created: 0, value: '0', conversion: null });
    const [later] = await readReports(world.db, systemViewer(world.workspaceId), [id], { from: new Date(Date.now() + 60_000), to: null });
    expect(later).toMatchObject({ created: 0 });
  });
});
