// Stages that rules keep: from a recorded interaction to the moved customer, its history and its events.
import sql from 'sql-template-tag';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { insertRows } from '../../src/commands/rows.ts';
import { encodeId } from '../../src/graphql/ids.ts';
import { newId } from '../../src/lib/typeid.ts';
import { customerArchive } from '../../src/modules/customers/customers.commands.ts';
import { lifecycleStageCommands as stages } from '../../src/modules/lifecycle/index.ts';
import { atLeast, createStageWorld, DAY, day, type Fact, orders, type StageWorld, usualRules } from '../support/stage-world.ts';

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
const history = async () =>
  (await world.entriesOf([customer])).map(({ key, at, automatic }) => [key, (at.getTime() - day(0).getTime()) / DAY, automatic]);
const told = (type: string, id = customer) => world.told(type, id);

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
    expect((await world.entriesOf([customer])).map(({ reason }) => reason)).toEqual([
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
    await world.move(customer, 'prospect', day(30));
    await record({ at: day(40), kind: 'order_placed', ref: `${customer}-b` });
    await drain();
    expect((await history()).at(-2)).toEqual(['prospect', 30, false]);
    // The second order is later than the move: it leads on, the first alone does not.
    expect((await history()).at(-1)).toEqual(['repeat', 40, true]);
    await world.move(customer, 'advocate', day(50));
    await record({ at: day(60) }, { at: day(61) });
    await drain();
    expect(await present()).toMatchObject({ stage: 'advocate', since: day(50) });
  });

  test('a rule that changes is applied to everyone; archived customers and stages without a rule are left alone', async () => {
    const other = await world.make();
    const archived = await world.make();
    await record({ at: day(10), of: other }, { at: day(11), of: archived });
    await world.domain.done(customerArchive, { id: encodeId('Customer', archived) });
    await world.setRules({ first_purchase: atLeast(1), repeat: atLeast(2), loyal: atLeast(1) });
    await drain();
    expect([(await present(other)).stage, (await present(archived)).stage, (await present()).stage]).toEqual(['loyal', null, null]);
    expect((await told('customer.stage_changed', other)).at(-1)!.data.cause).toBe('EVALUATION');
    await world.setRules(usualRules);
    await drain();
    expect((await present(other)).stage).toBe('loyal');
  });

  test('lost by the passing of time, and back with the next order', async () => {
    const lost = { interactions: { where: orders, last: { olderThan: { days: 365 } } } };
    await world.setRules({ ...usualRules, lost }, ['repeat']);
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
    const checks = await world.domain.db.query<{ due_at: Date }>(sql`select due_at from rule_checks where customer_id = ${customer}::uuid`);
    expect(checks.map(({ due_at }) => Math.round((due_at.getTime() - now.getTime()) / DAY))).toEqual([365]);
    await world.setRules(usualRules);
    await drain();
  });

  test('moves of persons at the same time break no history', async () => {
    const names = ['prospect', 'advocate', 'lost'];
    const facts = Array.from({ length: 6 }, (_one, i) => record({ at: day(i) }));
    await Promise.all(facts);
    await Promise.all([drain(), ...Array.from({ length: 12 }, (_one, i) => world.move(customer, names[i % 3]!))]);
    await drain();
    let from: string | null = null;
    for (const entry of await world.entriesOf([customer])) {
      expect(entry.from_id).toBe(from);
      from = entry.to_id;
    }
    const [row] = await world.domain.db.query<{ stage_id: string }>(sql`select stage_id from customers where id = ${customer}::uuid`);
    expect(row!.stage_id).toBe(from);
  });

  test('cannot ask for the stage, nor for what is not there', async () => {
    const [{ id } = { id: '' }] = await world.domain.db.query<{ id: string }>(sql`select id from lifecycle_stages where key = 'loyal'`);
    const refused = async (rule: object) =>
      (await world.domain.run(stages.update, { id: encodeId('LifecycleStage', id), rule })).userErrors.map(
        ({ code, path }) => `${code} ${path.join('.')}`,
      );
    expect(await refused({ all: [atLeast(1), { stage: { in: ['repeat'] } }] })).toEqual(['RULE_CIRCULAR rule']);
    const segmentationId = newId();
    const segment = { workspaceId: world.domain.workspaceId, name: 'x', key: 'those_who_are_loyal' };
    await insertRows(world.domain.db, 'Segmentation', [{ ...segment, id: segmentationId, kind: 'TACTICAL' }]);
    await insertRows(world.domain.db, 'Segment', [
      { ...segment, id: newId(), segmentationId, kind: 'DYNAMIC', priority: 0, rule: { stage: { in: [id] } } },
    ]);
    expect(await refused({ segment: { in: [segment.key] } })).toEqual(['RULE_CIRCULAR rule']);
    expect(await refused({ all: [atLeast(1), { interactions: { where: { kinds: ['none'] }, count: { gte: 1 } } }] })).toEqual([
      'NOT_FOUND rule.all.1.interactions.where.kinds.0',
    ]);
  });
});
