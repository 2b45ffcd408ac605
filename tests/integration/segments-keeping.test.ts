// Who is in which segment: rules, partitions, value classes, lists and their history.
import sql from 'sql-template-tag';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import '../../src/modules/relationships/index.ts';
import '../../src/modules/sales/index.ts';
import { encodeId } from '../../src/graphql/ids.ts';
import { customerArchive, customerRestore } from '../../src/modules/customers/customers.commands.ts';
import { customerCreate, customerUpdate } from '../../src/modules/customers/index.ts';
import { interactionRecord } from '../../src/modules/interactions/index.ts';
import { drainRules } from '../../src/modules/rules/index.ts';
import {
  segmentationCommands,
  segmentationRecompute,
  segmentCommands,
  segmentMembersAdd,
  segmentMembersRemove,
} from '../../src/modules/segments/index.ts';
import { recomputeDue } from '../../src/modules/segments/recompute.ts';
import { createTestDomain, type TestDomain } from '../support/domain.ts';

let domain: TestDomain;
beforeAll(async () => {
  domain = await createTestDomain();
});
afterAll(() => domain?.stop());
afterEach(async () => {
  for (const table of [
    'rule_checks',
    'rule_units',
    'segment_memberships',
    'segments',
    'segmentations',
    'interactions',
    'identities',
    'lifecycle_transitions',
    'customers',
  ]) {
    await domain.db.execute({ text: `delete from ${table}`, values: [] });
  }
});

const id = (entity: string, uuid: string) => encodeId(entity, uuid);
const make = async (displayName: string, more: object = {}) => (await domain.done(customerCreate, { displayName, ...more })).id;
const customer = (uuid: string) => ({ id: id('Customer', uuid) });
const tactical = (key = 'profiles') => domain.done(segmentationCommands.create, { key, name: key, kind: 'TACTICAL' });
const strategic = (key = 'value', more: object = {}) =>
  domain.done(segmentationCommands.create, { key, name: key, kind: 'STRATEGIC', ...more });
const segment = async (key: string, segmentation: string, rule?: object, more: object = {}) =>
  (await domain.done(segmentCommands.create, { key, name: key, segmentation, rule, ...more })).id;
const settle = () => drainRules(domain.db);
const country = (eq: string) => ({ field: { country: { eq } } });
const order = (uuid: string, value = '10', more: object = {}) =>
  domain.done(interactionRecord, {
    customer: customer(uuid),
    kind: 'order_placed',
    channel: 'web',
    direction: 'INBOUND',
    value: { amount: value, currency: 'EUR' },
    ...more,
  });

/** key -> names of its members. */
async function members(at?: Date): Promise<Record<string, string[]>> {
  const now = at ? sql`m.entered_at <= ${at} and (m.left_at is null or m.left_at > ${at})` : sql`m.left_at is null`;
  const rows = await domain.db.query<{
    key: string;
    names: string[];
  }>(sql`select s.key, coalesce(array_agg(c.display_name order by c.display_name)
      filter (where c.id is not null), '{}') as names
    from segments s left join segment_memberships m on m.segment_id = s.id and ${now} left join customers c on c.id = m.customer_id
    where s.archived_at is null group by 1`);
  return Object.fromEntries(rows.map((row) => [row.key, row.names]));
}
async function codes(outcome: Promise<{ userErrors: { code: string; path: string[] }[] }>) {
  return (await outcome).userErrors.map((error) => `${error.code} ${error.path.join('.')}`);
}
const moves = async () =>
  (
    await domain.db.query<{ line: string }>(sql`select e.type || ' ' || s.key || ' ' || c.display_name as line from events e
      join segments s on s.id::text = e.data -> 'after' ->> 'segmentId' join customers c on c.id = e.customer_id
      where e.subject_type = 'SegmentMembership' order by e.seq`)
  ).map((row) => row.line);

describe('a dynamic segment', () => {
  test('takes who fits, follows changes and keeps the history', async () => {
    await tactical();
    const ann = await make('Ann', { country: 'ES' });
    const bob = await make('Bob', { country: 'FR' });
    await segment('spain', 'profiles', country('ES'));
    await settle();
    expect(await members()).toEqual({ spain: ['Ann'] });
    const before = new Date();
    await domain.done(customerUpdate, { ...customer(ann), country: 'FR' });
    await domain.done(customerUpdate, { ...customer(bob), country: 'ES' });
    await make('Cleo', { country: 'ES' });
    await settle();
    expect(await members()).toEqual({ spain: ['Bob', 'Cleo'] });
    expect(await members(before)).toEqual({ spain: ['Ann'] });
    expect((await moves()).sort()).toEqual([
      'segment.entered spain Ann',
      'segment.entered spain Bob',
      'segment.entered spain Cleo',
      'segment.left spain Ann',
    ]);
  });

  test('leaves out archived customers and takes them back', async () => {
    await tactical();
    const ann = await make('Ann', { country: 'ES' });
    await segment('spain', 'profiles', country('ES'));
    await settle();
    await domain.done(customerArchive, customer(ann));
    await settle();
    expect(await members()).toEqual({ spain: [] });
    await domain.done(customerRestore, customer(ann));
    await settle();
    expect(await members()).toEqual({ spain: ['Ann'] });
  });

  test('counts what happened, and asks for other segments', async () => {
    await tactical();
    const ann = await make('Ann');
    await make('Bob');
    await segment('buyers', 'profiles', { interactions: { where: { kinds: ['order_placed'] }, count: { gte: 2 } } });
    await segment('others', 'profiles', { segment: { notIn: ['buyers'] } });
    await settle();
    expect(await members()).toEqual({ buyers: [], others: ['Ann', 'Bob'] });
    await order(ann);
    await order(ann);
    await settle();
    expect(await members()).toEqual({ buyers: ['Ann'], others: ['Bob'] });
  });

  test('is worked out anew when its rule changes, and empties when it is archived', async () => {
    await tactical();
    await make('Ann', { country: 'ES' });
    await make('Bob', { country: 'FR' });
    const uuid = await segment('one', 'profiles', country('ES'));
    await settle();
    await domain.done(segmentCommands.update, { id: id('Segment', uuid), rule: country('FR') });
    await settle();
    expect(await members()).toEqual({ one: ['Bob'] });
    await domain.done(segmentCommands.archive, { id: id('Segment', uuid) });
    const [open] = await domain.db.query<{ n: number }>(sql`select count(*)::int as n from segment_memberships where left_at is null`);
    expect(open!.n).toBe(0);
    await settle();
    await domain.done(segmentCommands.restore, { id: id('Segment', uuid) });
    await settle();
    expect(await members()).toEqual({ one: ['Bob'] });
  });
});

describe('a strategic segmentation', () => {
  test('places everyone by the first rule that holds, else in the default', async () => {
    await strategic('regions', { defaultSegment: { key: 'elsewhere', name: 'Elsewhere' } });
    const ann = await make('Ann', { country: 'ES', tags: ['vip'] });
    await make('Bob', { country: 'ES' });
    await make('Cleo');
    await segment('spain', 'regions', country('ES'), { priority: 10 });
    await segment('vip', 'regions', { field: { tags: { has: 'vip' } } }, { priority: 5 });
    await settle();
    expect(await members()).toEqual({ elsewhere: ['Cleo'], spain: ['Bob'], vip: ['Ann'] });
    await domain.done(customerUpdate, { ...customer(ann), tags: [] });
    await settle();
    expect(await members()).toEqual({ elsewhere: ['Cleo'], spain: ['Ann', 'Bob'], vip: [] });
    const [spain] = await domain.db.query<{ id: string }>(sql`select id from segments where key = 'spain'`);
    await domain.done(segmentCommands.archive, { id: id('Segment', spain!.id) });
    await settle();
    expect(await members()).toEqual({ elsewhere: ['Ann', 'Bob', 'Cleo'], vip: [] });
  });

  test('has a default that stays and takes no lists', async () => {
    await strategic('regions');
    const [other] = await domain.db.query<{ id: string }>(sql`select id from segments where key = 'regions_other'`);
    expect(await codes(domain.run(segmentCommands.archive, { id: id('Segment', other!.id) }))).toEqual(['SEGMENT_IS_DEFAULT id']);
    const list = { key: 'list', name: 'List', segmentation: 'regions', kind: 'STATIC' };
    expect(await codes(domain.run(segmentCommands.create, list))).toEqual(['SEGMENT_STATIC_STRATEGIC kind']);
    expect(await codes(domain.run(segmentCommands.update, { id: id('Segment', other!.id), rule: country('ES') }))).toEqual([
      'SEGMENT_RULE_UNEXPECTED rule',
    ]);
  });
});

describe('circles', () => {
  test('are refused, through strategic segmentations too', async () => {
    await tactical();
    await strategic('regions');
    const a = await segment('a', 'profiles', country('ES'));
    await segment('b', 'profiles', { all: [{ segment: { in: ['a'] } }] });
    const rule = { any: [country('FR'), { not: { segment: { in: ['b'] } } }] };
    expect(await codes(domain.run(segmentCommands.update, { id: id('Segment', a), rule }))).toEqual(['SEGMENT_CYCLE rule']);
    expect(await codes(domain.run(segmentCommands.update, { id: id('Segment', a), rule: { segment: { in: ['a'] } } }))).toEqual([
      'SEGMENT_CYCLE rule',
    ]);
    await segment('north', 'regions', country('NO'));
    const own = { key: 'south', name: 'South', segmentation: 'regions', rule: { segment: { in: ['regions_other'] } } };
    expect(await codes(domain.run(segmentCommands.create, own))).toEqual(['SEGMENT_CYCLE rule']);
    await segment('far', 'profiles', { segment: { in: ['north'] } });
    const [north] = await domain.db.query<{ id: string }>(sql`select id from segments where key = 'north'`);
    expect(await codes(domain.run(segmentCommands.update, { id: id('Segment', north!.id), rule: { segment: { in: ['far'] } } }))).toEqual([
      'SEGMENT_CYCLE rule',
    ]);
    expect(await codes(domain.run(segmentCommands.archive, { id: id('Segment', a) }))).toEqual(['SEGMENT_IN_USE id']);
  });

  test('cannot be closed by two at the same moment', async () => {
    await tactical();
    const a = await segment('a', 'profiles', country('ES'));
    const b = await segment('b', 'profiles', country('FR'));
    const both = await Promise.all([
      codes(domain.run(segmentCommands.update, { id: id('Segment', a), rule: { segment: { in: ['b'] } } })),
      codes(domain.run(segmentCommands.update, { id: id('Segment', b), rule: { segment: { in: ['a'] } } })),
    ]);
    expect(both.flat()).toEqual(['SEGMENT_CYCLE rule']);
  });
});

describe('a static list', () => {
  test('is kept by hand, row by row', async () => {
    await tactical();
    await segment('friends', 'profiles');
    await segment('spain', 'profiles', country('ES'));
    const ann = await make('Ann');
    const rows = [{ segment: 'friends', customer: customer(ann) }];
    const added = await domain.done(segmentMembersAdd, {
      rows: [...rows, ...rows, { segment: 'spain', customer: customer(ann) }],
      onError: 'SKIP',
    });
    expect(added.results.map((row) => row.status)).toEqual(['CREATED', 'UNCHANGED', 'REJECTED']);
    expect(added.results[2]!.userErrors[0]).toMatchObject({ code: 'SEGMENT_NOT_STATIC', path: ['rows', '2', 'segment'] });
    expect(await members()).toEqual({ friends: ['Ann'], spain: [] });
    const removed = await domain.done(segmentMembersRemove, { rows: [...rows, ...rows], onError: 'SKIP' });
    expect(removed.results.map((row) => row.status)).toEqual(['UPDATED', 'REJECTED']);
    expect(await members()).toEqual({ friends: [], spain: [] });
  });
});

describe('value classes on a schedule', () => {
  test('are worked out anew when they are due', async () => {
    const ann = await make('Ann');
    const measure = { source: 'INTERACTION_VALUE' };
    const whole = await strategic('abc', {
      method: 'VALUE_CLASSES',
      measure,
      recomputeMinutes: 60,
      classes: [{ key: 'all', name: 'All', ceiling: '1' }],
    });
    await settle();
    await order(ann);
    await recomputeDue(domain.db);
    await settle();
    expect(await members()).toEqual({ all: [], abc_none: ['Ann'] });
    await domain.db.execute(sql`update segmentations set recompute_at = now() where id = ${whole.id}::uuid`);
    await recomputeDue(domain.db);
    await settle();
    expect(await members()).toEqual({ all: ['Ann'], abc_none: [] });
    const [next] = await domain.db.query<{ later: boolean }>(
      sql`select recompute_at > now() + interval '59 minutes' as later from segmentations`,
    );
    expect(next!.later).toBe(true);
  });
});

describe('value classes', () => {
  const measure = { source: 'INTERACTION_VALUE', kinds: ['order_placed'] };

  test('cut at 80 and 95 %, the one that crosses falls below', async () => {
    // 50, 30 | 20 crosses nothing of 80: shares .5, .8 | .9, .95 | 1
    for (const [name, value] of [
      ['Ann', '50'],
      ['Bob', '30'],
      ['Cleo', '10'],
      ['Dan', '5'],
      ['Eve', '5'],
    ] as const)
      await order(await make(name), value);
    await make('Zoe');
    const partner = await make('Partner', { partyRoles: ['partner'] });
    await order(partner, '1000');
    const whole = await strategic('abc', { method: 'VALUE_CLASSES', measure });
    await settle();
    expect(await members()).toEqual({ abc_a: ['Ann', 'Bob'], abc_b: ['Cleo', 'Dan'], abc_c: ['Eve'], abc_none: ['Partner', 'Zoe'] });
    const late = await make('Late');
    await order(late, '900');
    await settle();
    // The values are looked at when they are worked out anew: until then whoever is new has none.
    expect((await members()).abc_none).toEqual(['Late', 'Partner', 'Zoe']);
    await domain.done(segmentationRecompute, { id: id('Segmentation', whole.id) });
    await settle();
    // .9 crosses the border of A: it falls below.
    expect(await members()).toEqual({
      abc_a: [],
      abc_b: ['Ann', 'Late'],
      abc_c: ['Bob', 'Cleo', 'Dan', 'Eve'],
      abc_none: ['Partner', 'Zoe'],
    });
    const [value] = await domain.db.query<{ value: string }>(
      sql`select value from segment_memberships where customer_id = ${late}::uuid and left_at is null`,
    );
    expect(value!.value).toBe('900.0000');
  });
});
