import sql from 'sql-template-tag';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { encodeId } from '../../src/graphql/ids.ts';
import { customerMoveToStage, lifecycleStageCommands as stages } from '../../src/modules/lifecycle/index.ts';
import { createWorld, type World } from '../support/command-world.ts';

let world: World;
let customer: string;
const stageId: Record<string, string> = {};

beforeAll(async () => {
  world = await createWorld();
  for (const [position, key] of ['prospect', 'first_purchase', 'repeat', 'loyal'].entries())
    stageId[key] = await world.add('LifecycleStage', { key, name: key, position });
});
afterAll(() => world?.close());
beforeEach(async () => {
  [customer] = (await world.customers('Ada')) as [string];
});

const ref = () => ({ id: encodeId('Customer', customer) });
const move = (stage: string, more: object = {}) => world.run(customerMoveToStage, { customer: ref(), stage, ...more });
const history = () =>
  world.rows<{ from_id: string | null; to_id: string; occurred_at: Date; reason: string | null }>(
    sql`select from_id, to_id, occurred_at, reason from lifecycle_transitions where customer_id = ${customer}::uuid order by occurred_at, id`,
  );
const present = async () =>
  (
    await world.rows<{ stage_id: string | null; stage_since: Date | null; version: number }>(
      sql`select stage_id, stage_since, version from customers where id = ${customer}::uuid`,
    )
  )[0]!;

describe('moving to a stage', () => {
  test('keeps the stage, its time, the history and an event', async () => {
    const occurredAt = new Date('2024-05-01T10:00:00Z');
    expect((await move('prospect', { occurredAt, reason: 'came to the fair' })).errors).toEqual([]);
    expect((await move('repeat', { occurredAt: new Date('2024-06-01T10:00:00Z'), expectedVersion: 2 })).errors).toEqual([]);
    expect(await present()).toEqual({ stage_id: stageId.repeat, stage_since: new Date('2024-06-01T10:00:00Z'), version: 3 });
    expect((await history()).map((row) => [row.from_id, row.to_id, row.reason])).toEqual([
      [null, stageId.prospect, 'came to the fair'],
      [stageId.prospect, stageId.repeat, null],
    ]);
    const events = (await world.events('customer.stage_changed')).filter((event) => event.subject_id === customer);
    expect(events.map(({ customer_id, data }) => [customer_id, data])).toEqual([
      [
        customer,
        {
          before: { stageId: null, stageSince: null },
          after: { stageId: stageId.prospect, stageSince: '2024-05-01T10:00:00.000Z' },
          reason: 'came to the fair',
        },
      ],
      [
        customer,
        {
          before: { stageId: stageId.prospect, stageSince: '2024-05-01T10:00:00.000Z' },
          after: { stageId: stageId.repeat, stageSince: '2024-06-01T10:00:00.000Z' },
        },
      ],
    ]);
  });

  test('where the customer stands changes nothing', async () => {
    await move('loyal');
    const before = [await present(), (await world.events()).length];
    expect((await move('loyal', { reason: 'again' })).errors).toEqual([]);
    expect([await present(), (await world.events()).length]).toEqual(before);
    expect(await history()).toHaveLength(1);
  });

  test('is refused in the future, before the last move, at another version, and to what is not there', async () => {
    await move('prospect', { occurredAt: new Date('2024-05-01T10:00:00Z') });
    expect((await move('loyal', { occurredAt: new Date(Date.now() + 60_000) })).errors).toEqual(['IN_FUTURE occurredAt']);
    expect((await move('loyal', { occurredAt: new Date('2024-05-01T09:59:59.999Z') })).errors).toEqual(['STAGE_HISTORY_ORDER occurredAt']);
    expect((await move('loyal', { expectedVersion: 1 })).errors).toEqual(['VERSION_CONFLICT expectedVersion']);
    expect((await move('nowhere')).errors).toEqual(['NOT_FOUND stage']);
    expect(
      (await world.run(customerMoveToStage, { customer: { identity: { kind: 'EMAIL', value: 'x@example.com' } }, stage: 'loyal' })).errors,
    ).toEqual(['NOT_FOUND customer']);
    expect(await history()).toHaveLength(1);
    expect((await move('loyal', { occurredAt: new Date('2024-05-01T10:00:00Z') })).errors).toEqual([]);
  });

  test('many at once lose no history: each begins where the one before ended', async () => {
    const keys = Array.from({ length: 30 }, (_one, i) => ['prospect', 'repeat', 'loyal'][i % 3]!);
    const outcomes = await Promise.all(keys.map((key) => move(key)));
    expect(outcomes.flatMap(({ errors }) => errors)).toEqual([]);
    const steps = await history();
    let at: string | null = null;
    for (const step of steps) {
      expect(step.from_id).toBe(at);
      expect(step.to_id).not.toBe(at);
      at = step.to_id;
    }
    const now = await present();
    expect([now.stage_id, now.stage_since]).toEqual([at, steps.at(-1)!.occurred_at]);
    expect((await world.events('customer.stage_changed')).filter((event) => event.subject_id === customer)).toHaveLength(steps.length);
  });

  test('is the privilege of those who see the customer', async () => {
    const own = world.viewer(
      { permissions: ['customers:read', 'customers:write'], rowScope: { customers: 'OWN' }, hiddenFields: [] },
      { userId: customer },
    );
    expect((await world.run(customerMoveToStage, { customer: ref(), stage: 'loyal' }, own)).errors).toEqual(['NOT_FOUND customer']);
  });

  test('shows in the API, the history newest first', async () => {
    const moving =
      'mutation ($id: ID!, $stage: String!) { customerMoveToStage(input: { customer: { id: $id }, stage: $stage }) { customer { stage { key } stageSince transitions { nodes { from { key } to { key } } } } userErrors { code } } }';
    await world.ask(moving, { ...ref(), stage: 'prospect' });
    const { data, errors } = await world.ask(moving, { ...ref(), stage: 'loyal' });
    expect(errors).toEqual([]);
    const { customer: found } = data.customerMoveToStage;
    expect(found.stage).toEqual({ key: 'loyal' });
    expect(found.transitions.nodes).toEqual([
      { from: { key: 'prospect' }, to: { key: 'loyal' } },
      { from: null, to: { key: 'prospect' } },
    ]);
    const [step] = await world.rows<{ id: string }>(
      sql`select id from lifecycle_transitions where customer_id = ${customer}::uuid limit 1`,
    );
    const id = encodeId('LifecycleTransition', step!.id);
    const stagesOnly = world.viewer({ permissions: ['lifecycle:read'], rowScope: {}, hiddenFields: [] });
    expect((await world.ask('query ($id: ID!) { node(id: $id) { id } }', { id }, stagesOnly)).data.node).toBe(null);
    expect((await world.ask('query ($id: ID!) { node(id: $id) { id } }', { id })).data.node).toEqual({ id });
  });
});

describe('stages', () => {
  test('are ordered by position, and a new one comes last', async () => {
    const teamId = await world.add('Team', { name: 'Care' });
    const { errors } = await world.run(stages.create, {
      key: 'advocate',
      name: 'Advocate',
      team: { id: encodeId('Team', teamId) },
    });
    expect(errors).toEqual([]);
    const { data } = await world.ask('{ lifecycleStages { nodes { key position team { name } } } }');
    expect(data.lifecycleStages.nodes.map((stage: { key: string }) => stage.key)).toEqual([
      'prospect',
      'first_purchase',
      'repeat',
      'loyal',
      'advocate',
    ]);
    expect(data.lifecycleStages.nodes.at(-1)).toEqual({ key: 'advocate', position: 4, team: { name: 'Care' } });
  });

  test('sent again change nothing, and keep the place that is not told', async () => {
    expect(
      await world.bulk(stages.upsert, [
        { key: 'lost', name: 'Lost', position: 9 },
        { key: 'won_back', name: 'Won back' },
      ]),
    ).toEqual(['CREATED', 'CREATED']);
    expect(
      await world.bulk(stages.upsert, [
        { key: 'lost', name: 'Lost' },
        { key: 'won_back', name: 'Won back again' },
      ]),
    ).toEqual(['UNCHANGED', 'UPDATED']);
    const rows = await world.rows(sql`select key, position from lifecycle_stages where key in ('lost', 'won_back') order by position`);
    expect(rows).toEqual([
      { key: 'lost', position: 9 },
      { key: 'won_back', position: 10 },
    ]);
    expect((await world.run(stages.create, { key: 'x', name: 'X', team: { externalId: { system: 's', value: 'v' } } })).errors).toEqual([
      'NOT_FOUND team',
    ]);
  });
});
