// The funnel of the lifecycle against figures worked out by hand, and against a naive count.
import fc from 'fast-check';
import sql from 'sql-template-tag';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { insertRows } from '../../src/commands/rows.ts';
import { newId } from '../../src/lib/typeid.ts';
import { readFunnel } from '../../src/modules/lifecycle/index.ts';
import { createWorld, type World } from '../support/command-world.ts';

const keys = ['prospect', 'first', 'repeat', 'loyal'];
const day = (n: number) => new Date(Date.UTC(2024, 0, 1 + n));
const DAY = 86_400;

let world: World;
const stageId: Record<string, string> = {};

beforeAll(async () => {
  world = await createWorld();
  for (const [position, key] of keys.entries()) stageId[key] = await world.add('LifecycleStage', { key, name: key, position });
  await world.add('PartyRole', { key: 'buyer', name: 'Buyer', countsAsCustomer: true });
  await world.add('PartyRole', { key: 'supplier', name: 'Supplier', countsAsCustomer: false });
});
afterAll(() => world?.close());
beforeEach(async () => {
  await world.rows(sql`delete from lifecycle_transitions`);
  await world.rows(sql`delete from customers`);
});

type Entry = { stage: string; day: number };
type Person = { entries: Entry[]; partyRoles?: string[]; country?: string; archived?: boolean; ownerId?: string };

async function add(people: Person[]): Promise<void> {
  const rows = people.map((person) => ({ id: newId(), ...person }));
  await insertRows(
    world.db,
    'Customer',
    rows.map(({ id, entries, partyRoles, country, archived }) => ({
      workspaceId: world.workspaceId,
      id,
      kind: 'PERSON' as const,
      displayName: id,
      partyRoles: partyRoles ?? [],
      country: country ?? null,
      stageId: entries.length > 0 ? stageId[entries.at(-1)!.stage]! : null,
      archivedAt: archived ? new Date() : null,
    })),
  );
  const steps = rows.flatMap(({ id: customerId, entries }) =>
    entries.map((entry, i) => ({
      workspaceId: world.workspaceId,
      id: newId(),
      customerId,
      fromId: i === 0 ? null : stageId[entries[i - 1]!.stage]!,
      toId: stageId[entry.stage]!,
      occurredAt: day(entry.day),
      actorKind: 'SYSTEM' as const,
    })),
  );
  await insertRows(world.db, 'LifecycleTransition', steps);
}

const document = `query ($from: DateTime!, $to: DateTime!, $filter: CustomerFilter) {
  lifecycleFunnel(from: $from, to: $to, filter: $filter) { stage { key } entries exits conversion medianSeconds current } }`;
type Figures = { entries: number; exits: number; conversion: number | null; medianSeconds: number | null; current: number };

async function funnel(from: number, to: number, filter: object | null = null): Promise<Record<string, Figures>> {
  const { data, errors } = await world.ask(document, { from: day(from).toISOString(), to: day(to).toISOString(), filter });
  expect(errors).toEqual([]);
  return Object.fromEntries(
    data.lifecycleFunnel.map(({ stage, ...figures }: Figures & { stage: { key: string } }) => [stage.key, figures]),
  );
}

const path = (text: string): Entry[] =>
  text.split(' ').map((part) => {
    const [stage, at] = part.split('@');
    return { stage: stage!, day: Number(at) };
  });

describe('known figures', () => {
  beforeEach(() =>
    add([
      { entries: path('prospect@0 first@10 repeat@30'), country: 'GB' },
      { entries: path('prospect@5 first@25') },
      { entries: path('prospect@12'), partyRoles: ['buyer', 'supplier'] },
      { entries: path('prospect@12 loyal@15 first@18') },
      { entries: path('prospect@12 first@15'), partyRoles: ['supplier'] },
      { entries: path('prospect@12 first@15'), archived: true },
    ]),
  );

  test('entries, exits, conversion, median time and who stands there', async () => {
    expect(await funnel(10, 30)).toEqual({
      prospect: { entries: 2, exits: 3, conversion: 0.5, medianSeconds: 10 * DAY, current: 1 },
      first: { entries: 3, exits: 0, conversion: 0, medianSeconds: null, current: 2 },
      repeat: { entries: 0, exits: 0, conversion: null, medianSeconds: null, current: 1 },
      loyal: { entries: 1, exits: 1, conversion: 0, medianSeconds: 3 * DAY, current: 0 },
    });
  });

  test('the period begins with its first moment and ends before its last', async () => {
    const { first, repeat } = await funnel(25, 31);
    expect([first!.entries, first!.exits, first!.medianSeconds, repeat!.entries]).toEqual([1, 1, 20 * DAY, 1]);
    expect((await funnel(26, 30)).repeat!.entries).toBe(0);
    const { errors } = await world.ask(document, { from: day(3).toISOString(), to: day(3).toISOString() });
    expect(errors).toEqual(['BAD_USER_INPUT']);
  });

  test('only customers that fit a filter, and that the role sees', async () => {
    const british = await funnel(0, 100, { country: { eq: 'GB' } });
    expect(keys.map((key) => british[key]!.entries)).toEqual([1, 1, 1, 0]);
    const ask = (role: Parameters<World['viewer']>[0]) =>
      world.ask(document, { from: day(0).toISOString(), to: day(100).toISOString() }, world.viewer(role));
    const base = { permissions: ['customers:read', 'lifecycle:read'], rowScope: {}, hiddenFields: [] };
    const own = await ask({ ...base, rowScope: { customers: 'OWN' } });
    expect(own.data.lifecycleFunnel.map((row: Figures) => row.entries + row.exits + row.current)).toEqual([0, 0, 0, 0]);
    expect((await ask({ ...base, permissions: ['lifecycle:read'] })).errors).toEqual(['FORBIDDEN']);
    expect((await ask({ ...base, permissions: ['customers:read'] })).errors).toEqual(['FORBIDDEN']);
    for (const hidden of ['LifecycleTransition.to', 'LifecycleTransition.occurredAt', 'Customer.stage'])
      expect((await ask({ ...base, hiddenFields: [hidden] })).errors).toEqual(['FORBIDDEN']);
  });
});

// What the figures mean, said as simply as it goes.
function naive(people: Person[], from: number, to: number): Record<string, Figures> {
  const inPeriod = ({ day }: Entry) => day >= from && day < to;
  return Object.fromEntries(
    keys.map((key, position) => {
      const entered = people.filter(({ entries }) => entries.some((entry) => entry.stage === key && inPeriod(entry)));
      const advanced = entered.filter(({ entries }) => {
        const first = entries.findIndex((entry) => entry.stage === key && inPeriod(entry));
        return entries.slice(first + 1).some((entry) => inPeriod(entry) && keys.indexOf(entry.stage) > position);
      });
      const stays = people
        .flatMap(({ entries }) =>
          entries.flatMap((entry, i) =>
            i > 0 && entries[i - 1]!.stage === key && inPeriod(entry) ? [entry.day - entries[i - 1]!.day] : [],
          ),
        )
        .sort((a, b) => a - b);
      const middle = stays.length / 2;
      const median = stays.length % 2 === 1 ? stays[Math.floor(middle)]! : (stays[middle - 1]! + stays[middle]!) / 2;
      const figures = {
        entries: people.flatMap(({ entries }) => entries.filter((entry) => entry.stage === key && inPeriod(entry))).length,
        exits: stays.length,
        conversion: entered.length === 0 ? null : advanced.length / entered.length,
        medianSeconds: stays.length === 0 ? null : median * DAY,
        current: people.filter(({ entries }) => entries.at(-1)?.stage === key).length,
      };
      return [key, figures];
    }),
  );
}

test('any histories give what a naive count gives', async () => {
  const entries = fc
    .array(fc.record({ stage: fc.constantFrom(...keys), day: fc.integer({ min: 0, max: 60 }) }), { maxLength: 6 })
    .map((list) => list.sort((a, b) => a.day - b.day).filter((entry, i) => entry.stage !== list[i - 1]?.stage));
  const people = fc.array(fc.record({ entries }), { maxLength: 12 });
  const period = fc.tuple(fc.integer({ min: 0, max: 60 }), fc.integer({ min: 1, max: 40 }));
  await fc.assert(
    fc.asyncProperty(people, period, async (list, [from, days]) => {
      await world.rows(sql`delete from lifecycle_transitions`);
      await world.rows(sql`delete from customers`);
      await add(list);
      const rows = await readFunnel(world.db, world.viewer(), { from: day(from), to: day(from + days) });
      const found = rows.map(({ stageId: id, entered, advanced, ...figures }) => [
        keys.find((key) => stageId[key] === id),
        { ...figures, conversion: entered === 0 ? null : advanced / entered },
      ]);
      expect(Object.fromEntries(found)).toEqual(naive(list, from, from + days));
    }),
    { numRuns: 60 },
  );
});
