import fc from 'fast-check';
import sql from 'sql-template-tag';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  relationshipArchive,
  relationshipCreate,
  relationshipRestore,
  relationshipsUpsert,
  relationshipUpdate,
} from '../../src/modules/relationships/index.ts';
import { until } from '../support/eventually.ts';
import { createTieWorld, row, type TieWorld, tieId } from '../support/tie-world.ts';

let world: TieWorld;
let a: string, b: string, c: string, d: string;

beforeAll(async () => {
  world = await createTieWorld();
});
afterAll(() => world?.close());
beforeEach(async () => {
  [a, b, c, d] = (await world.customers('A', 'B', 'C', 'D')) as [string, string, string, string];
});

describe('rules of kinds', () => {
  test('a circle is refused, however long, and where nothing forbids it is not', async () => {
    await world.tie('supplies', a, b);
    await world.tie('supplies', b, c);
    expect((await world.tie('supplies', c, a)).errors).toEqual(['RELATIONSHIP_CYCLE to']);
    expect((await world.tie('supplies', b, a)).errors).toEqual(['RELATIONSHIP_CYCLE to']);
    expect((await world.tie('supplies', a, c)).errors).toEqual([]);
    await world.tie('knows', a, b);
    expect((await world.tie('knows', b, a)).errors).toEqual([]);
  });

  test('a second parent is refused while the first tie is active', async () => {
    const first = await world.tie('subsidiary_of', a, b);
    expect((await world.tie('subsidiary_of', a, c)).errors).toEqual(['RELATIONSHIP_EXCLUSIVE to']);
    expect((await world.run(relationshipUpdate, { id: tieId(first.id), until: '2020-12-31' })).errors).toEqual([]);
    const second = await world.tie('subsidiary_of', a, c);
    expect(second.errors).toEqual([]);
    expect((await world.run(relationshipUpdate, { id: tieId(first.id), until: null })).errors).toEqual(['RELATIONSHIP_EXCLUSIVE to']);
  });

  test('an archived tie does not count, and comes back only where it fits', async () => {
    const first = await world.tie('supplies', a, b);
    await world.run(relationshipArchive, { id: tieId(first.id) });
    expect((await world.tie('supplies', b, a)).errors).toEqual([]);
    expect((await world.run(relationshipRestore, { id: tieId(first.id) })).errors).toEqual(['RELATIONSHIP_CYCLE to']);
    const events = (await world.events()).filter((one) => one.subject_id === first.id).map((one) => one.type);
    expect(events).toEqual(['relationship.created', 'relationship.archived']);
  });

  test('two transactions at once cannot close a circle together, though no customer is common to both', async () => {
    await world.tie('supplies', a, b);
    await world.tie('supplies', c, d);
    // Lets both read what there is, and holds up whoever writes until both wait.
    const gate = await world.db.pool.connect();
    await gate.query('begin; lock table relationships in share mode');
    const both = Promise.all([world.tie('supplies', b, c), world.tie('supplies', d, a)]);
    await until(
      async () =>
        (
          await world.rows(
            sql`select from pg_locks where not granted and database = (select oid from pg_database where datname = current_database())`,
          )
        ).length === 2,
    );
    await gate.query('commit');
    gate.release();
    expect((await both).flatMap(({ errors }) => errors)).toEqual(['RELATIONSHIP_CYCLE to']);
  });
});

test('no random concurrent commands ever leave a circle or a second parent', async () => {
  const who = fc.integer({ min: 0, max: 4 });
  const pair = fc.tuple(fc.constantFrom('supplies', 'subsidiary_of'), who, who);
  const change = fc.oneof(
    fc.record({ do: fc.constant('create' as const), tie: pair, ended: fc.boolean() }),
    fc.record({
      do: fc.constant('upsert' as const),
      ties: fc.array(pair, { minLength: 1, maxLength: 5 }),
      ref: fc.option(fc.integer({ min: 0, max: 3 })),
    }),
    fc.record({ do: fc.constantFrom('archive' as const, 'restore' as const, 'end' as const, 'reopen' as const), nth: fc.nat(20) }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(change, { minLength: 2, maxLength: 6 }), { minLength: 1, maxLength: 5 }), async (rounds) => {
      const people = await world.customers('V', 'W', 'X', 'Y', 'Z');
      const between = ([kind, from, to]: [string, number, number], more: object = {}) => row(kind, people[from]!, people[to]!, more);
      for (const round of rounds) {
        const ids = (
          await world.rows<{ id: string }>(sql`select id from relationships where from_id = any(${people}::uuid[]) order by id`)
        ).map(({ id }) => tieId(id));
        await Promise.all(
          round.map((one) => {
            if (one.do === 'create') return world.run(relationshipCreate, between(one.tie, one.ended ? { until: '2020-01-01' } : {}));
            if (one.do === 'upsert') {
              const externalRef = one.ref === null ? {} : { externalRef: { system: people[0], value: String(one.ref) } };
              return world.run(relationshipsUpsert, {
                rows: one.ties.map((each, i) => between(each, i === 0 ? externalRef : {})),
                onError: 'SKIP',
              });
            }
            const id = ids[one.nth % (ids.length || 1)];
            if (!id) return null;
            if (one.do === 'archive') return world.run(relationshipArchive, { id });
            if (one.do === 'restore') return world.run(relationshipRestore, { id });
            return world.run(relationshipUpdate, { id, until: one.do === 'end' ? '2020-01-01' : null });
          }),
        );
      }
      const circles = await world.rows(sql`
        with recursive active as (select * from relationships where from_id = any(${people}::uuid[]) and archived_at is null and (until is null or until >= current_date)),
        walk (kind_id, start, at) as (select kind_id, from_id, to_id from active union select w.kind_id, w.start, r.to_id from walk w join active r on r.from_id = w.at and r.kind_id = w.kind_id)
        select from walk where start = at`);
      const second = await world.rows(sql`select from relationships r join relationship_kinds k on k.id = r.kind_id and k.exclusive
        where from_id = any(${people}::uuid[]) and r.archived_at is null and (until is null or until >= current_date) group by r.kind_id, from_id having count(*) > 1`);
      expect([circles.length, second.length]).toEqual([0, 0]);
    }),
    { numRuns: 25 },
  );
});
