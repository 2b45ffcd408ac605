// Scores of leads: each criterion gives its points to the open leads of those for whom its rule holds, whatever happens in
// whatever order, and a score is the sum of its points.
import fc from 'fast-check';
import sql from 'sql-template-tag';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Command } from '../../src/commands/command.ts';
import { encodeTypeId, newId } from '../../src/lib/typeid.ts';
import { customerArchive, customerRestore } from '../../src/modules/customers/customers.commands.ts';
import { customerCreate, customerUpdate } from '../../src/modules/customers/index.ts';
import { interactionRecord } from '../../src/modules/interactions/index.ts';
import { leadCapture, leadCriterionCommands, leadDisqualify, leadUpdate } from '../../src/modules/leads/index.ts';
import { drainRules } from '../../src/modules/rules/keep/index.ts';
import { createTestDomain, type TestDomain } from '../support/domain.ts';

let domain: TestDomain;
beforeAll(async () => {
  domain = await createTestDomain({ connections: 20 });
  await domain.db.execute(
    sql`insert into lead_sources (workspace_id, id, key, name) values (${domain.workspaceId}::uuid, ${newId()}::uuid, 'web_form', 'Form') on conflict do nothing`,
  );
});
afterAll(() => domain.stop());

const countries = ['DE', 'FR', 'IT'] as const;
const enquiries = { interactions: { where: { kinds: ['enquiry'] }, within: { days: 30 }, count: { gte: 2 } } };
const rules = [
  ...countries.map((country) => ({ field: { country: { in: [country] } } })),
  enquiries,
  { all: [{ not: { field: { country: { in: ['IT'] } } } }, enquiries] },
];

const customerId = (id: string) => encodeTypeId('customer', id);
const leadId = (id: string) => encodeTypeId('lead', id);
const criterionId = (id: string) => encodeTypeId('leadcriterion', id);

type World = { customers: string[]; leads: string[]; criteria: string[] };
type Step =
  | { kind: 'country'; at: number; country: (typeof countries)[number] | null }
  | { kind: 'enquiry' | 'archive' | 'restore' | 'capture' | 'close' | 'reopen' | 'dropCriterion' | 'bringCriterion' | 'drain'; at: number }
  | { kind: 'criterion'; at: number; rule: number; points: number };

const at = fc.nat(30);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('country' as const), at, country: fc.constantFrom(...countries, null) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('enquiry' as const), at }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('capture' as const), at }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('criterion' as const),
      at,
      rule: fc.nat(rules.length - 1),
      points: fc.integer({ min: -20, max: 40 }),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constantFrom(...(['archive', 'restore', 'close', 'reopen', 'dropCriterion', 'bringCriterion', 'drain'] as const)),
      at,
    }),
  },
);

const pick = (list: readonly string[], place: number) => list[place % list.length];

/** Does a step; what cannot be done, for there is nothing to do it with or it is not allowed, is left out. */
async function run(world: World, { at: place, ...one }: Step): Promise<void> {
  const customer = pick(world.customers, place)!;
  const lead = pick(world.leads, place);
  const criterion = pick(world.criteria, place);
  const when = <I, R>(id: string | undefined, command: Command<I, R>, input: (id: string) => object) =>
    id ? domain.run(command, input(id)) : null;
  if (one.kind === 'country') await domain.done(customerUpdate, { id: customerId(customer), country: one.country });
  if (one.kind === 'enquiry')
    await domain.done(interactionRecord, {
      customer: { id: customerId(customer) },
      kind: 'enquiry',
      channel: 'email',
      direction: 'INBOUND',
    });
  if (one.kind === 'archive') await domain.run(customerArchive, { id: customerId(customer) });
  if (one.kind === 'restore') await domain.run(customerRestore, { id: customerId(customer) });
  if (one.kind === 'capture')
    world.leads.push((await domain.done(leadCapture, { customer: { id: customerId(customer) }, source: 'web_form' })).id);
  if (one.kind === 'close') await when(lead, leadDisqualify, (id) => ({ id: leadId(id) }));
  if (one.kind === 'reopen') await when(lead, leadUpdate, (id) => ({ id: leadId(id), status: 'WORKING' }));
  if (one.kind === 'dropCriterion') await when(criterion, leadCriterionCommands.archive as never, (id) => ({ id: criterionId(id) }));
  if (one.kind === 'bringCriterion') await when(criterion, leadCriterionCommands.restore, (id) => ({ id: criterionId(id) }));
  if (one.kind === 'drain') await drainRules(domain.db);
  if (one.kind === 'criterion') {
    const { points } = one;
    const rule = rules[one.rule];
    if (criterion && place % 2 === 0)
      await domain.done(leadCriterionCommands.update, { id: criterionId(criterion), name: String(one.rule), points, rule });
    else
      world.criteria.push(
        (await domain.done(leadCriterionCommands.create, { key: `c_${newId()}`, name: String(one.rule), points, rule })).id,
      );
  }
}

type Fact = { id: string; country: string | null; enquiries: number; archived: boolean };
type Criterion = { id: string; rule: number; points: number };
type Shown = { customerId: string; status: string; score: number; points: Record<string, number> };

// Said once more in JavaScript, from the facts.
function holds(rule: number, { country, enquiries: count, archived }: Fact): boolean {
  const many = count >= 2;
  return !archived && [country === 'DE', country === 'FR', country === 'IT', many, country !== 'IT' && many][rule]!;
}

async function check(world: World): Promise<void> {
  const facts = await domain.db.query<Fact>(sql`select c.id, c.country, c.archived_at is not null as archived,
      (select count(*)::int from interactions i where i.customer_id = c.id) as enquiries
    from customers c where c.id = any(${world.customers}::uuid[])`);
  const leads = await domain.db.query<Shown>(sql`select l.customer_id as "customerId", l.status, l.score,
      coalesce((select jsonb_object_agg(p.criterion_id, p.points) from lead_points p where p.lead_id = l.id), '{}') as points
    from leads l where l.id = any(${world.leads}::uuid[])`);
  const criteria = await domain.db.query<Criterion>(sql`select id, name::int as rule, points from lead_criteria where archived_at is null`);
  for (const { customerId: of, status, score, points } of leads) {
    expect(score).toBe(Object.values(points).reduce((sum, one) => sum + one, 0));
    if (status === 'DISQUALIFIED') continue;
    const fact = facts.find(({ id }) => id === of)!;
    expect(points).toEqual(Object.fromEntries(criteria.filter(({ rule }) => holds(rule, fact)).map((one) => [one.id, one.points])));
  }
}

describe('scores', () => {
  it('hold the points of the criteria that hold, after any sequence of changes, some of them at the same moment', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(step, { minLength: 1, maxLength: 4 }), { maxLength: 8 }), async (groups) => {
        const world: World = { customers: [], leads: [], criteria: [] };
        for (const country of [...countries, null])
          world.customers.push((await domain.done(customerCreate, { displayName: 'C', country })).id);
        for (const group of groups) await Promise.all(group.map((one) => run(world, one)));
        await drainRules(domain.db);
        await check(world);
        // The next begins without open leads and criteria.
        await domain.db.execute(sql`update leads set status = 'DISQUALIFIED'`);
        for (const id of world.criteria) await domain.run(leadCriterionCommands.archive, { id: criterionId(id) });
      }),
      { numRuns: 10 },
    );
  });

  it('tell what changed them', async () => {
    const { id } = await domain.done(customerCreate, { displayName: 'C', country: 'DE' });
    const lead = await domain.done(leadCapture, { customer: { id: customerId(id) }, source: 'web_form' });
    const criterion = await domain.done(leadCriterionCommands.create, { key: 'german', name: '0', points: 7, rule: rules[0] });
    await drainRules(domain.db);
    await domain.done(customerUpdate, { id: customerId(id), country: 'FR' });
    await drainRules(domain.db);
    const events = await domain.db.query(
      sql`select data, customer_id as "customerId" from events where subject_id = ${lead.id}::uuid and type = 'lead.scored' order by seq`,
    );
    const cause = (reason: string) => ({ reason, criterionId: criterion.id });
    expect(events).toEqual([
      { customerId: id, data: { before: { score: 0 }, after: { score: 7 }, cause: cause('EVALUATION') } },
      { customerId: id, data: { before: { score: 7 }, after: { score: 0 }, cause: cause('EVENT') } },
    ]);
  });
});
